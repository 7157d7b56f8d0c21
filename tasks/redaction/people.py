"""Counts the records of a part that name a person, and by which of the keys that are asked for.

{"records": 851, "named": 640, "keys": {"user_id": 640}, "metadata": ["domain", "session_id"]}
"""

from collections import Counter
from collections.abc import Iterable, Set
from typing import Any, NamedTuple

PERSONS = "persons"
LISTED = 50
"""Names of metadata that are remembered of a part."""


class Mention(NamedTuple):
    """A person, and how a record names them."""

    person: str
    """Keyed hash."""
    key: str = ""
    """As the settings write it; empty for an address of mail in metadata."""


def told(records: int, keys: Iterable[str], metadata: Iterable[str]) -> dict[str, Any]:
    """What a first look says of a part: so many records, and which keys any of them has."""
    return {
        "records": records,
        "keys": dict.fromkeys(sorted(set(keys)), 1),
        "metadata": sorted(set(metadata))[:LISTED],
    }


class _Told:
    """Records that mention the same people in the same way, as those of a session do."""

    def __init__(self, mentions: frozenset[Mention]) -> None:
        self.persons = tuple(sorted({mention.person for mention in mentions}))
        self.keys = {mention.key for mention in mentions if mention.key}
        self.records = 0


class People:
    """Looks at the records that were redacted."""

    def __init__(self) -> None:
        self._told: dict[frozenset[Mention], _Told] = {}
        self._metadata: set[str] = set()

    def offered(self, names: Iterable[str]) -> None:
        """Names that a record's metadata has."""
        if len(self._metadata) < LISTED:
            self._metadata.update(names)

    def of(self, mentions: Set[Mention]) -> tuple[str, ...]:
        """Count one record that mentions these; returns the persons' hashes, sorted."""
        same = frozenset(mentions)
        told = self._told.get(same)
        if told is None:
            told = self._told[same] = _Told(same)
        told.records += 1
        return told.persons

    def info(self) -> dict[str, Any]:
        """What the part says of it."""
        keys: Counter[str] = Counter()
        for told in self._told.values():
            keys.update(dict.fromkeys(told.keys, told.records))
        return {
            "records": sum(told.records for told in self._told.values()),
            "named": sum(told.records for told in self._told.values() if told.persons),
            "keys": dict(sorted(keys.items())),
            "metadata": sorted(self._metadata)[:LISTED],
        }
