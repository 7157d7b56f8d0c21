"""Tells which records the last run had that are in the logs no more, and why.

    Lost(reason="source-rewritten", objects=1, records=40, first="logs/a.log",
         by_object={"logs/a.log": 40})

A log only grows, is renamed, copied and truncated, or deleted by age; each of these keeps the bytes
that were there, or takes a whole object away. An object that begins otherwise than it did, or is
shorter, was rewritten: a line that a dataset was made of was changed or taken out. What was lost is
told by the ids of records, so a record that another object holds is none; whether an object was
rewritten, by the sha256 of its first bytes against that of all bytes which the last run read.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from tasks.core import parts
from tasks.core.errors import StageError
from tasks.core.parts import Manifest, Part
from tasks.core.records import Record
from tasks.logs import sources
from tasks.logs.prefixes import Digest
from tasks.logs.sources import LogObject

REWRITTEN = "source-rewritten"
GONE = "source-gone"
LISTED = 12
SIZE = "size"
"""In a part's info: bytes of its object, as they are stored."""

Objects = Mapping[str, LogObject]
"""Those of the run, by uri."""


class Lost(Record, frozen=True, kw_only=True):
    """Records that the last run had and that are in the logs no more."""

    reason: str
    """`source-rewritten` where the object is there with other bytes, else `source-gone`."""
    objects: int
    records: int
    first: str
    by_object: dict[str, int] = {}
    """Object to how many of its records are lost."""


def lost(
    before: Manifest, now: Manifest, fresh: Sequence[Part], folder: Path, objects: Objects
) -> tuple[Lost, ...]:
    """Records of changed and deleted objects that no object holds (a renamed log loses none).

    `fresh` are the parts of objects that are new or changed; asked before the old parts are
    collected from the folder.
    """
    still = {part.info["uri"]: part.info["sha256"] for part in now.parts}
    left = [p for p in before.parts if p.rows and still.get(p.info["uri"]) != p.info["sha256"]]
    missing = _missing(left, fresh, now, folder)
    reasons: dict[str, dict[str, int]] = defaultdict(dict)
    for uri in sorted(missing):
        if why := _reason(uri, before, objects.get(uri)):
            reasons[why][uri] = len(missing[uri])
    return tuple(
        Lost(
            reason=reason,
            objects=len(found),
            records=sum(found.values()),
            first=min(found),
            by_object=found,
        )
        for reason, found in sorted(reasons.items())
    )


def lines(found: Iterable[Lost], folder: str) -> list[str]:
    """What a person should be told, a line for each reason; `folder` names where all is listed."""
    told = []
    for one in found:
        what = f"{one.reason}: {one.records} records that the last run had are in "
        if one.reason == REWRITTEN:
            told.append(
                f"{what}no log any more, as {one.objects} log objects were rewritten or cut: "
                f"{_listed(one)}; they leave the next version, {folder} lists all "
                "(ingest.rewritten: stop refuses such a run)"
            )
        else:
            told.append(
                f"{what}{one.objects} log objects no more, first {one.first}; what no other object "
                "holds leaves the next version"
            )
    return told


def refuse(found: Iterable[Lost]) -> None:
    """Stop where a rewritten log lost records.

    Raises:
        StageError: it names the objects and how many records each lost.
    """
    for one in found:
        if one.reason == REWRITTEN:
            raise StageError(
                f"{one.objects} log objects were rewritten or cut since the last run, and "
                f"{one.records} records that it had are in no log any more: {_listed(one)}. Put "
                "these objects (or a copy beside them) back as they were; or, if the records were "
                "taken out on purpose, run once with `ingest.rewritten: warn`; nothing was "
                "committed"
            )


def _missing(
    left: Sequence[Part], fresh: Sequence[Part], now: Manifest, folder: Path
) -> dict[str, set[bytes]]:
    """Object to the ids of its records that are nowhere now."""
    if not left:
        return {}
    held = {name for part in fresh for name in _ids(folder, part)}
    missing: dict[str, set[bytes]] = defaultdict(set)
    for part in left:
        missing[part.info["uri"]].update(name for name in _ids(folder, part) if name not in held)
    wanted = set().union(*missing.values())
    if wanted:  # seldom, and then a copy may have been read by an earlier run
        anew = {part.sha256 for part in fresh}
        kept = (part for part in now.parts if part.sha256 not in anew)
        elsewhere = {name for part in kept for name in _ids(folder, part) if name in wanted}
        missing = {uri: names - elsewhere for uri, names in missing.items()}
    return {uri: names for uri, names in missing.items() if names}


def _reason(uri: str, before: Manifest, found: LogObject | None) -> str:
    """Why an object's records are gone; empty where it holds all the bytes that it did."""
    if found is None:
        return GONE
    had = {part.info["uri"]: part.info for part in before.parts}
    near = [info for other, info in had.items() if _folder(other) == _folder(uri)]
    begins = _prefixes(found, [info[SIZE] for info in near if SIZE in info])
    same = [info for info in near if begins.get(info.get(SIZE, -1)) == info["sha256"]]
    if had[uri] in same:
        return ""  # it grew: a filter or a format of another version left them out
    # Rotation renames the next one over the oldest, whose records go by age.
    return GONE if any(info[SIZE] for info in same) else REWRITTEN


def _prefixes(found: LogObject, sizes: Iterable[int]) -> dict[int, str]:
    """Size to the sha256 of the object's first so many bytes, where it has them."""
    digest = Digest(sizes)
    if not found.fault:
        for chunk in sources.stored(found):
            digest.update(chunk)
    return digest.prefixes


def _folder(uri: str) -> str:
    return str(PurePosixPath(uri).parent)


def _ids(folder: Path, part: Part) -> Iterator[bytes]:
    if not parts.part_path(folder, part).is_file():
        return
    if part.label:  # feedback, which has no id
        for line, _ in parts.read_lines(folder, part, _Any):
            yield hashlib.sha256(line).digest()
        return
    for row in parts.read_part(folder, part, _Named):
        yield bytes.fromhex(row.id)


class _Any(msgspec.Struct):
    pass


class _Named(msgspec.Struct):
    id: str


def _listed(one: Lost) -> str:
    named = [f"{uri} ({count})" for uri, count in list(one.by_object.items())[:LISTED]]
    more = len(one.by_object) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")
