"""Walks forward from a person to every dataset version and model that saw them.

    person mia_li_3668  ->  1c0f… under key 5b0e3c91a7d2
      logs      s3://logs/…/03/14/…json.gz          lines 3, 7, 12
      dataset   dataset-v1.0                        14 train, 2 unlabelled, the held-out test
      model     models:/agent/2 @champion           learnt from it

A session in which one record names the person is theirs as a whole, as it is for `erase`: its
other lines and rows are listed too.

Read from what recorded it: the columns of the log as it stands, the rows of every tagged dataset,
MLflow's registry. The clear value is hashed here and goes nowhere else.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tasks.core import parts, stages, step, workspace
from tasks.core.curation_settings import PARAMS_FILE
from tasks.core.errors import EvidenceError, StageError
from tasks.core.parts import Part
from tasks.core.records import Record
from tasks.core.services import Services
from tasks.core.settings import load
from tasks.dataset import proof
from tasks.labelling import annotations, part_index
from tasks.labelling.annotations import Erased
from tasks.labelling.part_index import PartIndex
from tasks.lineage import audit
from tasks.lineage.audit import SourceLines
from tasks.lineage.model_registry import Registry
from tasks.redaction.keys import DEFAULT_KEY, key_id, keys_before, load_key, person_hash

OPEN = ("train", "validation", "unlabelled")
SEALED = "test"


class SeenData(Record, frozen=True, kw_only=True):
    """A dataset version that holds records of the person."""

    version: str
    md5: str
    examples: dict[str, int]
    """By open partition."""
    sealed: bool
    """Whether the held-out test holds some too; it is not opened to count them."""


class SeenModel(Record, frozen=True, kw_only=True):
    """A model that was made with such a dataset version."""

    model: str
    aliases: tuple[str, ...]
    dataset: str
    how: tuple[str, ...]
    """`trained`, `chosen` (by validation), `judged` (by the held-out test)."""


class Seen(Record, frozen=True, kw_only=True):
    """All that saw a person."""

    hashes: tuple[str, ...]
    """Of the values that were asked for, under the key of `key_id`."""
    key_id: str
    erased: bool
    """Whether the register of erased persons holds all of them."""
    logs: tuple[SourceLines, ...]
    """Of the log as `dedup` last read it, duplicates and erased records too."""
    datasets: tuple[SeenData, ...]
    models: tuple[SeenModel, ...]


def find(folder: Path, values: Sequence[str]) -> Seen:
    """Everything in a workspace that saw the person whom these values name.

    Raises:
        StageError: nothing is redacted yet, or under another key than the one that is here.
        EvidenceError: a dataset version, or the key it was redacted under, is neither here nor in
            DVC's cache.
    """
    names = _hashed(folder, values)
    sessions = _sessions(folder, names.under_any)
    datasets = tuple(_datasets(folder, names, sessions))
    known = {
        (found.person, found.key_id)
        for found in annotations.read(stages.annotations_of(folder)).erased
    }
    return Seen(
        hashes=names.now,
        key_id=names.key_id,
        erased=all((name, names.key_id) in known for name in names.now),
        logs=_logs(folder, sessions),
        datasets=datasets,
        models=tuple(_models(folder, {seen.version: seen for seen in datasets})),
    )


def known(folder: Path, values: Sequence[str]) -> Seen:
    """As `find`, of a person who is known here.

    Raises:
        EvidenceError: no record and no dataset holds one of the values, nor were they erased.
        StageError: as `find`.
    """
    return _seen(folder, values, "")


def erase(folder: Path, values: Sequence[str]) -> Seen:
    """Have the person left out of all dataset versions to come; returns what saw them so far.

    Raises:
        EvidenceError: no record and no dataset holds one of the values.
        StageError: as `find`.
    """
    seen = _seen(folder, values, "; nothing was written down")
    today = datetime.now(UTC).date().isoformat()
    found = [Erased(person=name, key_id=seen.key_id, at=today) for name in seen.hashes]
    annotations.erase(stages.annotations_of(folder), found, _hashed(folder, values).before)
    workspace.keep(folder, "Erase a person", stages.annotations_of(folder).name)
    return Seen(
        hashes=seen.hashes,
        key_id=seen.key_id,
        erased=True,
        logs=seen.logs,
        datasets=seen.datasets,
        models=seen.models,
    )


def _seen(folder: Path, values: Sequence[str], end: str) -> Seen:
    """What saw the person; a value that names nobody may be a slip, and would pass for done."""
    each = [find(folder, [value]) for value in values]
    unknown = [n for n, s in enumerate(each, 1) if not (s.logs or s.datasets or s.erased)]
    if not unknown:
        return each[0] if len(each) == 1 else find(folder, values)
    which = "this person" if len(each) == 1 else f"the person of --person number {unknown[0]}"
    keys = ", ".join(load(folder / PARAMS_FILE).redact.person_keys)
    raise EvidenceError(
        f"no record of this workspace names {which}: give the value as it stands in the logs under "
        f"one of redact.person_keys ({keys}), case does not count, each value that there is with "
        f"a --person of its own{end}"
    )


class _Names(NamedTuple):
    """A person's hashes."""

    now: tuple[str, ...]
    """Under the key in use."""
    key_id: str
    before: frozenset[tuple[str, str]]
    """Under keys that a rotation has left, each with the key's id."""

    @property
    def under_any(self) -> frozenset[str]:
        return frozenset((*self.now, *(name for name, _ in self.before)))

    @property
    def keys(self) -> frozenset[str]:
        return frozenset((self.key_id, *(key for _, key in self.before)))


def _hashed(folder: Path, values: Sequence[str]) -> _Names:
    made_with = parts.require_manifest(folder / "data" / step.FOLDERS["redact"]).info.get("key_id")
    place = Services().ratchet_key_file or str(folder / DEFAULT_KEY)
    key = load_key(place, made_before=True)
    if made_with != key_id(key):
        raise StageError(
            f"the data of {folder} is redacted under key {made_with}, and the key here is "
            f"{key_id(key)}: name the right one in RATCHET_KEY_FILE"
        )
    before = frozenset(
        (person_hash(old, value), key_id(old)) for old in keys_before(place) for value in values
    )
    now = tuple(sorted({person_hash(key, value) for value in values}))
    return _Names(now, key_id(key), before)


def _indexes(folder: Path) -> Iterator[PartIndex]:
    here = folder / "data" / step.FOLDERS["dedup"]
    for part in parts.require_manifest(here).labelled(part_index.LABEL):
        yield from parts.read_part(here, part, PartIndex)


def _sessions(folder: Path, hashes: frozenset[str]) -> frozenset[int]:
    """Hashes of the sessions of the log in which a record names the person."""
    return frozenset(
        int(part_index.column(index.session, "u8")[row])
        for index in _indexes(folder)
        for row in part_index.rows_of([index], hashes)
    )


def _logs(folder: Path, sessions: frozenset[int]) -> tuple[SourceLines, ...]:
    lines: dict[tuple[str, str], set[int]] = defaultdict(set)
    wanted = np.array(sorted(sessions), np.uint64)
    for index in _indexes(folder):
        theirs = np.isin(part_index.column(index.session, "u8"), wanted)
        for row in np.flatnonzero(theirs).tolist():
            place = index.place(row)
            lines[place.uri, place.format].add(place.line)
    return tuple(
        SourceLines(uri=uri, format=kind, lines=tuple(sorted(numbers)))
        for (uri, kind), numbers in sorted(lines.items())
    )


def _datasets(folder: Path, names: _Names, sessions: frozenset[int]) -> list[SeenData]:
    found = []
    for version in workspace.versions(folder):
        manifest, rows = audit.dataset(folder, version.tag, version.md5)
        key = audit.redacted_under(folder, version.tag)
        if key not in names.keys:
            raise EvidenceError(
                f"{version.tag} is redacted under key {key}, which is not here, so nobody can be "
                f"found in it: bring the key back as {DEFAULT_KEY.name}.{key} beside the one in use"
            )
        # What an old version holds of them may be in the log no more.
        known = set(sessions)
        for part in manifest.parts:
            if part.label in OPEN and _may_hold(part, names.under_any, ()):
                known.update(proof.hashed(row.session_id) for row in rows(part)
                             if not names.under_any.isdisjoint(row.persons))  # fmt: skip
        holding = [part for part in manifest.parts if _may_hold(part, names.under_any, known)]
        counts: Counter[str] = Counter()
        for part in holding:
            if part.label in OPEN:
                theirs = (proof.hashed(row.session_id) in known for row in rows(part))
                counts[part.label] += sum(theirs)
        sealed = any(part.label == SEALED for part in holding)
        examples = {label: n for label, n in sorted(counts.items()) if n}
        if examples or sealed:
            found.append(
                SeenData(version=version.tag, md5=version.md5, examples=examples, sealed=sealed)
            )
    return found


def _may_hold(part: Part, persons: Collection[str], sessions: Collection[int]) -> bool:
    """By the witness that a part carries: it tells without the rows being read."""
    named, said = part.info.get("persons"), part.info.get("sessions")
    return (named is not None and proof.holds(named, persons)) or (
        said is not None and proof.holds_hashes(said, sessions)
    )


def _models(folder: Path, seen: dict[str, SeenData]) -> list[SeenModel]:
    if not seen:
        return []
    found = []
    for version in Registry(folder).versions():
        data = seen.get(version.tags.get("dataset.version", ""))
        if data is None or version.tags.get("dvc.md5") != data.md5:
            continue
        how = [word for label, word in (("train", "trained"), ("validation", "chosen"))
               if data.examples.get(label)]  # fmt: skip
        if data.sealed:
            how.append("judged")
        if how:
            name = f"models:/{version.name}/{version.version}"
            found.append(
                SeenModel(model=name, aliases=version.aliases, dataset=data.version, how=tuple(how))
            )
    return sorted(found, key=lambda model: model.model)
