"""Reads what people have decided about single records: labels they gave, persons to be erased.

    annotations/reviewed.jsonl   {"id": "9f3a…", "label": "clarify", "missing": ["city"]}
    annotations/erased.jsonl     {"at": "2026-11-25", "key_id": "5b0e3c91a7d2", "person": "1c0f…"}

The folder stands in the workspace under git, beside params.yaml: like params it is an input, and
`dedup` runs again when it changes. Lines of `data/deduped/review.jsonl` may be copied as they are
into a file of any name here and be given their label. Of an erased person a keyed hash stands here.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar, cast, get_args

import msgspec

from tasks.core import parts, stages
from tasks.core.errors import SettingsError, StageError
from tasks.core.records import Behaviour, Record, encode
from tasks.core.step import fingerprint
from tasks.labelling.raw_records import View

ERASED = "erased.jsonl"

T = TypeVar("T", bound=msgspec.Struct)


class Reviewed(NamedTuple):
    """A person's label of one decision."""

    behaviour: Behaviour
    missing: tuple[str, ...]
    place: str
    """File and line that say so."""


class Erased(Record, frozen=True, kw_only=True):
    """A person whose records are to leave the dataset."""

    person: str
    """As in `Example.persons`."""
    key_id: str
    """Of the key that the hash was made with."""
    at: str
    """The day."""


class Registers(NamedTuple):
    labels: dict[str, Reviewed] = {}
    """By the id of the example."""
    erased: tuple[Erased, ...] = ()

    @property
    def key(self) -> str:
        """Changes when anything in the registers does that changes the data."""
        labels = sorted((name, found[:2]) for name, found in self.labels.items())
        persons = sorted({found.person for found in self.erased})
        return fingerprint(msgspec.json.encode([labels, persons]).decode())

    def persons(self, key_id: str) -> frozenset[str]:
        """Hashes of the erased, for data that was redacted under this key.

        Raises:
            StageError: some were erased under another key, so that nothing would match them.
        """
        other = [found for found in self.erased if found.key_id != key_id]
        known = {found.person for found in self.erased if found.key_id == key_id}
        if other:
            raise StageError(
                f"{len(other)} of {len(self.erased)} persons in {stages.ANNOTATIONS}/{ERASED} were "
                f"erased under key {other[0].key_id}, the data is redacted under "
                f"{key_id or 'none'}: their records cannot be told any more. Run `ratchet erase` "
                "for each of them again, which puts the new hash in the place of the old one, or "
                "bring the old key back"
            )
        return frozenset(known)


class _Line(View, frozen=True, kw_only=True):
    id: str
    label: str
    missing: tuple[str, ...] = ()


def read(folder: Path) -> Registers:
    """The registers of a workspace; empty where it has none.

    Raises:
        SettingsError: a line that is no record, an unknown label, or two labels for one example.
    """
    labels: dict[str, Reviewed] = {}
    for path in sorted(folder.glob("*.jsonl")):
        if path.name != ERASED:
            for name, found in _labels(path):
                known = labels.setdefault(name, found)
                if known[:2] != found[:2]:
                    raise SettingsError(
                        f"{found.place} labels {name[:12]} {found.behaviour}, {known.place} labels "
                        f"it {known.behaviour}; keep one"
                    )
    return Registers(labels, tuple(_lines(folder / ERASED, Erased)))


def erase(folder: Path, found: Iterable[Erased], instead: Collection[tuple[str, str]] = ()) -> None:
    """Add persons to the register; those that stand there already are not added again.

    `instead` are hashes of theirs under earlier keys, each with the key's id: such lines go.
    """
    path = folder / ERASED
    known = [line for line in _lines(path, Erased) if (line.person, line.key_id) not in instead]
    had = {(line.person, line.key_id) for line in known}
    lines = [*known, *(line for line in found if (line.person, line.key_id) not in had)]
    parts.replace(path, b"".join(encode(line) + b"\n" for line in lines))


def _labels(path: Path) -> Iterator[tuple[str, Reviewed]]:
    expected = get_args(Behaviour)
    for number, line in enumerate(_lines(path, _Line), 1):
        if line.label and line.label not in expected:
            raise SettingsError(
                f"{path}:{number} label = {line.label!r}: expected one of {', '.join(expected)}, "
                'or "" for not decided yet'
            )
        if line.label:
            label = cast(Behaviour, line.label)
            yield line.id, Reviewed(label, line.missing, f"{path}:{number}")


def _lines(path: Path, kind: type[T]) -> list[T]:
    found = []
    lines = path.read_bytes().splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            found.append(msgspec.json.decode(line, type=kind))
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise SettingsError(
                f"{path}:{number} is no line of this register ({error}); correct it or take it out"
            ) from error
    return found
