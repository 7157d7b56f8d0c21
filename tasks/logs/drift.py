"""Tells what changed in the logs since the last run: fields, records that no longer fit, losses.

    Drift(fields=(Fields(source="s3://logs", format="bedrock_invocation",
                         new=("guardrail object",), gone=("region string",), changed=()),),
          lost=(Lost(reason="source-rewritten", objects=1, records=40, first="logs/a.log", …),))

What no longer fits is a fact of the logs and stands in the manifest. What is new or gone depends on
the run before, so it stands beside the stage's folder, which stays what a rebuild would write.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from tasks.core import parts
from tasks.core.curation_settings import IngestSettings
from tasks.core.parts import Manifest, Part
from tasks.core.records import Record, encode
from tasks.logs import losses, profile, sources
from tasks.logs.losses import Lost, Objects
from tasks.logs.profile import Profile
from tasks.logs.schema_errors import BREAKING, LISTED, Broken, check, report, root_of

LOOKED = 4
"""Records that must have been looked at on both sides before a field counts as gone."""


class Fields(Record, frozen=True, kw_only=True):
    """How the new objects of a source differ from those that were there, as `path type`."""

    source: str
    format: str
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    """Every record looked at had it, and no new one has."""
    changed: tuple[str, ...] = ()
    """`path: string, now object`"""


class Drift(Record, frozen=True, kw_only=True):
    fields: tuple[Fields, ...] = ()
    lost: tuple[Lost, ...] = ()


class Settled(NamedTuple):
    """What a run found; `lines` are for a person, and empty where nothing has changed."""

    lines: tuple[str, ...] = ()
    drift: Drift | None = None

    def keep(self, folder: Path) -> None:
        """Remember it; a run that found nothing new leaves what the last change brought."""
        if self.drift is not None:
            parts.replace(place(folder), encode(self.drift) + b"\n")


def settle(
    before: Manifest | None, now: Manifest, folder: Path, objects: Objects, given: IngestSettings
) -> Settled:
    """What changed since the manifest before; asked before the commit, which collects old parts.

    `objects` are those that the manifest `now` was made of.

    Raises:
        StageError: more than the share `max_missing` of a source's records lack a field, or a log
            was rewritten and that is to stop the run.
    """
    roots = {sources.canonical(log.uri) for log in given.sources}
    found = msgspec.convert(now.info[BREAKING], tuple[Broken, ...])
    check(found, now.labelled(""), roots, given.max_missing)
    if before == now:
        return Settled()
    drift = compare(before, now, roots, folder, objects) if before else Drift()
    if given.rewritten == "stop":
        losses.refuse(drift.lost)
    had = before.info.get(BREAKING) if before else None
    told = found if now.info[BREAKING] != had else ()
    return Settled(tuple(lines(drift, told, place(folder))), drift)


def compare(
    before: Manifest, now: Manifest, roots: Collection[str], folder: Path, objects: Objects
) -> Drift:
    """What the objects that are new or changed say that those of the last run did not."""
    had = {part.info["uri"]: part.info["sha256"] for part in before.parts}
    fresh = [part for part in now.parts if had.get(part.info["uri"]) != part.info["sha256"]]
    old = _profiles(before, before.parts, roots)
    seen = _profiles(now, fresh, roots)
    found = [_fields(*name, old[name], new) for name, new in sorted(seen.items()) if name in old]
    told = tuple(one for one in found if one.new or one.gone or one.changed)
    return Drift(fields=told, lost=losses.lost(before, now, fresh, folder, objects))


def lines(drift: Drift, found: Sequence[Broken], kept: Path) -> list[str]:
    """What a person should be told, a line each; `kept` is where all of it stands."""
    told = []
    for one in drift.fields:
        pieces = [
            f"{what} {_few(names)}"
            for what, names in (
                ("new fields", one.new),
                ("fields that are gone", one.gone),
                ("fields of another type", one.changed),
            )
            if names
        ]
        told.append(f"the schema of {one.format} in {one.source} changed: {'; '.join(pieces)}")
    told += losses.lines(drift.lost, str(kept))
    if found:
        told.append(f"records that do not fit their format: {report(found)}")
    return told


def place(folder: Path) -> Path:
    """Where a stage's drift is kept: beside its folder, which must not depend on earlier runs."""
    return folder.with_name(f".{folder.name}.drift.json")


def read(folder: Path) -> tuple[Drift, tuple[Broken, ...]]:
    """What the last change of the ingested logs brought."""
    manifest = parts.read_manifest(folder)
    given = manifest.info.get(BREAKING, []) if manifest else []
    try:
        drift = msgspec.json.decode(place(folder).read_bytes(), type=Drift)
    except (FileNotFoundError, msgspec.DecodeError):
        drift = Drift()
    return drift, msgspec.convert(given, tuple[Broken, ...])


def _profiles(
    manifest: Manifest, given: Iterable[Part], roots: Collection[str]
) -> dict[tuple[str, str], Profile]:
    tables = manifest.info.get(profile.FIELDS, {})
    found: dict[tuple[str, str], Profile] = defaultdict(Profile)
    for part in given:
        if part.info.get(profile.FIELDS):
            found[root_of(part.info["uri"], roots), part.info["format"]] |= profile.read(
                part, tables
            )
    return found


def _fields(source: str, name: str, old: Profile, new: Profile) -> Fields:
    before, now = _types(old.some), _types(new.some)
    appeared = [path for path in now if path not in before]
    enough = old.looked >= LOOKED and new.looked >= LOOKED
    gone = [path for path in _types(old.always) if path not in now] if enough else []
    changed = [path for path in now if path in before and not now[path] <= before[path]]
    return Fields(
        source=source,
        format=name,
        new=tuple(f"{path} {_either(now[path])}" for path in _topmost(appeared)),
        gone=tuple(f"{path} {_either(before[path])}" for path in _topmost(gone)),
        changed=tuple(
            f"{path}: {_either(before[path])}, now {_either(now[path])}" for path in sorted(changed)
        ),
    )


def _types(fields: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for field in fields:
        path, _, kind = field.rpartition(" ")
        found[path].add(kind)
    return found


def _either(kinds: Iterable[str]) -> str:
    return " or ".join(sorted(kinds))


def _topmost(paths: Collection[str]) -> list[str]:
    """Without those that stand below another of them."""
    found: list[str] = []
    for path in sorted(paths, key=lambda path: path.replace("[]", ".[]").split(".")):
        if not any(path.startswith((f"{one}.", f"{one}[")) for one in found[-1:]):
            found.append(path)
    return found


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
