"""Who records name: counted by key, and what a person is told of keys that are wrong.

    {"records": 851, "named": 640, "keys": {"user_id": 640}, "metadata": ["domain", "session_id"]}

    redact.person_keys: none of 1,698 records has 'member_nr', …; their metadata has domain,
    session_id. Correct the key in params.yaml, or take it out; nothing was committed

A wrong key is silent otherwise: without sessions no feedback joins, and a person whom no record
names cannot be erased. A key that the user chose and no record has is refused; one of the defaults
is a warning, as they are guesses.
"""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from typing import Any, NamedTuple

from tasks.core.errors import SettingsError
from tasks.redaction.fields import compact

SESSION_KEY = "session_id"
PERSON_KEYS = ("user_id", "customer_id", "email", "user_email")
"""What params.yaml says before anybody has looked at the logs."""
SHOWN = 20
"""Names of metadata in a message."""
LONGEST = 40
"""Characters of such a name: a longer one is no name."""


def total(told: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What all parts say, as a manifest shows it; at the most `SHOWN` names of metadata."""
    sums: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    names: set[str] = set()
    for found in told:
        keys.update(found.get("keys", {}))
        names.update(name for name in found.get("metadata", ()) if len(name) <= LONGEST)
        sums.update({name: count for name, count in found.items() if isinstance(count, int)})
    return {**sums, "keys": dict(sorted(keys.items())), "metadata": sorted(names)[:SHOWN]}


def sessions(key: str, found: dict[str, Any]) -> list[str]:
    """What a person should be told of `ingest.session_key`, a line each.

    `found` is the `total` of what `naming.Naming` counted.

    Raises:
        SettingsError: another key than the default, and no record has it.
    """
    records, named, nameless = (found.get(n, 0) for n in ("records", "named", "nameless"))
    if not records:
        return []
    if not named and key != SESSION_KEY:
        raise SettingsError(
            f"ingest.session_key = {key!r}: none of {records:,} records has it; their "
            f"{_offered(found)}. Correct it in params.yaml; nothing was committed"
        )
    if not nameless:
        return []
    if not named:
        return [
            f"none of {records:,} records names its session under {key!r}: each call counts as a "
            f"session of its own, and feedback by session joins none. Their {_offered(found)}; set "
            "ingest.session_key in params.yaml"
        ]
    return [
        f"{_share(nameless, records)} have no {key!r} (ingest.session_key): each of these calls "
        f"counts as a session of its own. Their {_offered(found)}"
    ]


def persons(keys: Sequence[str], found: dict[str, Any]) -> list[str]:
    """What a person should be told of `redact.person_keys`, a line each.

    `found` is the `total` of what `People` counted.

    Raises:
        SettingsError: a key that is none of the defaults, and no record has it.
    """
    refuse(keys, found)
    records, named, has = found.get("records", 0), found.get("named", 0), found.get("keys", {})
    if not records:
        return []
    if not named:
        return [
            "no record names a person: `ratchet erase` can find nobody, and `split` cannot keep a "
            f"person's sessions together. Their {_offered(found)}; set redact.person_keys in "
            "params.yaml to what names people in these logs"
        ]
    return [
        f"{_share(records - has[key], records)} do not have {key!r} (redact.person_keys)"
        + ("" if named == has[key] else f"; {named:,} name a person by one key or another")
        for key in _chosen(keys)
        if has[key] < records
    ]


def refuse(keys: Sequence[str], found: dict[str, Any]) -> None:
    """Do nothing where records have every key of `redact.person_keys` that is no default.

    `found` is the `total` of what `first_look` or `People` says.

    Raises:
        SettingsError: no record has one of them.
    """
    records, has = found.get("records", 0), found.get("keys", {})
    unknown = [key for key in _chosen(keys) if not has.get(key)]
    if not records or not unknown:
        return
    raise SettingsError(
        f"redact.person_keys: none of {records:,} records has "
        f"{', '.join(map(repr, unknown))}, neither in metadata nor as a key of JSON in "
        f"messages, arguments or results; their {_offered(found)}. Correct the key in "
        "params.yaml, or take it out until the logs have it: with a wrong one nobody can be "
        "erased; nothing was committed"
    )


def _chosen(keys: Sequence[str]) -> list[str]:
    defaults = {compact(key) for key in PERSON_KEYS}
    return [key for key in keys if compact(key) not in defaults]


def _share(some: int, records: int) -> str:
    return f"{some:,} of {records:,} records ({some / records:.1%})"


def _offered(found: dict[str, Any]) -> str:
    names = ", ".join(found["metadata"])
    return f"metadata has {names}" if names else "metadata is empty"


PERSONS = "persons"
LISTED = 50
"""Names of metadata that are remembered of a part."""


class Mention(NamedTuple):
    """A person, and how a record names them."""

    person: str
    """Keyed hash."""
    key: str = ""
    """As the settings write it; empty for an address of mail in metadata."""


def first_look(records: int, keys: Iterable[str], metadata: Iterable[str]) -> dict[str, Any]:
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
