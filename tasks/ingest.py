"""Reads raw logs through their formats: an Invocation for each call, a part for each log object.

A run opens only objects that are new or changed since its last manifest, so its cost grows with
what arrived. What it writes depends on the sources as they are now, not on when or in which order
they came: an object that was deleted takes its records with it. A record that stands twice in one
object counts once, the other is the duplicate `redelivered`; across objects `dedup` decides, which
sees them all.

A record that cannot be read is a counted reject with its reason, at `line` 0 where the object as a
whole is meant. Feedback is read beside the logs into parts of its own and counted on its own, in
the manifest's `info`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tasks import formats
from tasks.core import closure, disk_space, parts, step, workers
from tasks.core.curation_settings import IngestSettings
from tasks.core.errors import SourceError
from tasks.core.parts import Manifest, Part
from tasks.core.records import Feedback, Invocation, Record, Source
from tasks.logs import (
    bodies,
    clocks,
    drift,
    endings,
    feedback,
    intake,
    ledger,
    losses,
    profile,
    sources,
    tolerance,
    unique_keys,
)
from tasks.logs.endings import HELD, Ending, Patience
from tasks.logs.etags import Etags
from tasks.logs.intake import FEEDBACK, Parse
from tasks.logs.json_lines import Malformed, decode
from tasks.logs.naming import SESSIONS, Naming
from tasks.logs.prefixes import Digest
from tasks.logs.seen import Seen
from tasks.logs.selection import KEYS, Chooser, Selection
from tasks.logs.sources import Line
from tasks.logs.unwrapping import unwrapped
from tasks.logs.wanted import Wanted, plan
from tasks.redaction import people

SAMPLED = 20
"""Lines of an object that are looked at to recognise its format."""
LARGE = 16 << 20
"""Bytes of lines that are enough for that."""


class _Run(NamedTuple):
    """What objects are read with."""

    settings: IngestSettings
    target: Path
    patience: Patience
    selection: Selection | None = None


def ingest(settings: IngestSettings, target: Path) -> Manifest:
    """Read all sources into `target` and commit its new state.

    Raises:
        SettingsError: a format, a pair of uris or a key of the session that cannot be.
        SourceError: a source is missing, empty or unreadable.
        StageError: more records were rejected than `settings.max_rejected` allows, or lack a field
            than `settings.max_missing`; or a log was rewritten and `settings.rewritten` says stop.
    """
    wanted, skipped = plan(settings, target, _holds_records)
    run = _Run(settings, target, Patience(time.time(), settings.torn_after_s))
    etags = Etags(target)
    before = parts.read_manifest(target)
    known = ledger.by_uri(before)
    told = [want for want in wanted if want.format == FEEDBACK]
    logs = [want for want in wanted if want.format != FEEDBACK]
    with step.progress("reading logs", len(wanted)) as advance:
        made = list(_parts(told, known, run, etags, advance))
        # What is wanted of the logs can depend on the feedback.
        selection = Selection(settings.filter, target, made) if settings.filter else None
        made += _parts(logs, known, run._replace(selection=selection), etags, advance)
    roots = {sources.canonical(log.uri) for log in settings.sources}
    manifest = ledger.manifest(made, skipped, roots, before)
    if selection:
        selection.check(made)
    objects = {want.found.uri: want.found for want in wanted}
    changes = drift.settle(before, manifest, target, objects, settings)
    most = settings.max_rejected
    for label in ("", FEEDBACK):
        tolerance.check(manifest.labelled(label), most, label or "log", changes.lines)
    unnamed = people.sessions(settings.session_key, manifest.info[SESSIONS])
    if manifest == before:
        unnamed = []  # it was said then
    changes.keep(target)
    parts.commit(target, manifest)
    etags.write()
    waiting = endings.lines(manifest.info[HELD], settings.torn_after_s)
    ahead = clocks.lines(before, manifest, objects, run.patience.now)
    step.warn("ingest", [*changes.lines, *waiting, *ahead, *unnamed])
    return manifest


class Look(NamedTuple):
    """What the first records of a source are."""

    uri: str
    objects: int
    """At or below the uri."""
    formats: tuple[str, ...]
    """That its records are in."""
    read: int
    """Records that could be read, of those that were looked at."""
    looked_at: int


def look(settings: IngestSettings, target: Path, objects: int = 3) -> list[Look]:
    """Read the first records of each source and feedback as `ingest` will, and write nothing.

    Args:
        settings: the section `ingest` of params.yaml.
        target: the folder that `ingest` will write.
        objects: of one source, spread over it; 20 records of each.

    Raises:
        SettingsError: a format, a pair of uris or a key of the session that cannot be.
        SourceError: a source is missing, empty or unreadable, or no record of it can be read.
    """
    wanted, _ = plan(settings, target, _holds_records)
    roots = [
        sources.canonical(one) for one in (*(s.uri for s in settings.sources), *settings.feedback)
    ]
    return [_look(root, wanted, settings, objects) for root in dict.fromkeys(roots)]


def _look(root: str, wanted: Sequence[Wanted], settings: IngestSettings, objects: int) -> Look:
    below = [one for one in wanted if f"{one.found.uri}/".startswith(f"{root}/")]
    names: set[str] = set()
    faults: list[str] = []
    looked_at = 0
    for want in below[:: max(1, len(below) // objects)][:objects]:
        first = _sample(unwrapped(sources.read_lines(want.found, Digest())))
        name, parse = _parser(want.format, first, settings)
        names |= {name} - {""}
        looked_at += len(first)
        for line in first:
            try:
                place = Source(uri=want.found.uri, line=line.number, format=name)
                records = [] if line.fault else parse(line.content, place)
                fault = next((one for one in records if isinstance(one, Malformed)), None)
            except Malformed as error:
                fault = error
            if fault or line.fault:
                why = f"{fault.reason}: {fault}" if fault else f"{line.fault}: {line.detail}"
                faults.append(f"{want.found.uri}:{line.number}: {why}")
    if looked_at and len(faults) == looked_at:
        raise SourceError(
            f"none of the first {looked_at} records of {root} can be read: {faults[0]}. Name the "
            "folder of the logs alone, or their format with --format"
        )
    return Look(root, len(below), tuple(sorted(names)), looked_at - len(faults), looked_at)


def _holds_records(uri: str, name: str) -> bool:
    return formats.holds_records(uri, formats.available() if name == formats.AUTO else [name])


def _parts(
    wanted: Sequence[Wanted],
    known: dict[str, list[Part]],
    run: _Run,
    etags: Etags,
    advance: Callable[[int], None],
) -> Iterator[Part]:
    """The parts of each object: those of the last run where they still hold, else read anew."""
    had = [_kept(known.get(want.found.uri, []), want, run, etags) for want in wanted]
    missing = [want for want, kept in zip(wanted, had, strict=True) if not kept]
    disk_space.logs([want.found.unpacked for want in missing], run.target)
    # A remote store's client runs a thread, which a fork could not take along.
    each = workers.each if all(want.found.store is None for want in missing) else map
    fresh = iter(each(lambda want: _read(want, run), missing))
    for want, kept in zip(wanted, had, strict=True):
        found = kept or next(fresh)
        etags.note(want.found.uri, want.found.etag, found[0].info["sha256"])
        yield from found
        advance(1)


def _kept(had: list[Part], want: Wanted, run: _Run, etags: Etags) -> list[Part]:
    """The object's parts from the last run, if they are what reading it again would give."""
    if not had:
        return []
    found = want.found
    sha256 = "" if found.fault else etags.sha256(found.uri, found.etag)
    if not sha256 and not found.fault:
        if found.store is not None:
            return []  # to hash it would be to fetch it, and then it can as well be read
        sha256 = sources.sha256(found)
    if any(reject.reason == bodies.MISSING for part in had for reject in part.rejects):
        return []  # it may have come
    cut = endings.cut(had)
    if cut and cut != run.patience.state(found):
        return []  # it waited long enough
    for number, part in enumerate(had):
        intact = parts.part_path(run.target, part).is_file()
        if not intact or part.key != _key(want, sha256, run, number, cut):
            return []
    return had


def _read(want: Wanted, run: _Run) -> list[Part]:
    """Read an object to its end and write its parts."""
    found = want.found
    digest = Digest()
    if found.fault:
        lines = iter([Line(0, b"", fault=found.fault, detail="expected a regular file")])
    else:
        lines = unwrapped(sources.read_lines(found, digest))
    first = _sample(lines)
    name, parse = _parser(want.format, first, run.settings)
    chooser = Chooser(run.selection) if run.selection else None
    keep = chooser.keep if chooser else None
    watch, naming, dated = profile.Watch(), Naming(run.settings.session_key), clocks.Latest()
    label = FEEDBACK if want.format == FEEDBACK else ""
    ending = Ending(run.patience.state(found))
    with closing(Seen(run.target)) as delivered:
        place = Source(uri=found.uri, line=0, format=name)
        outcomes = intake.outcomes(
            watch.passing(chain(first, lines)), parse, place, delivered, ending, keep=keep
        )
        passing = outcomes if label else naming.passing(outcomes)
        made = intake.write(dated.passing(passing), run.target, run.settings.part_records, label)
    sha256 = "" if found.fault else digest.hexdigest()
    info: dict[str, Any] = {"uri": found.uri, "sha256": sha256, "format": name}
    info |= {losses.SIZE: digest.size}
    info |= ending.info() | dated.info() | ({KEYS: chooser.seen()} if chooser else {})
    seen = {profile.FIELDS: watch.info(), SESSIONS: naming.info()} if name and not label else {}
    return [
        msgspec.structs.replace(
            part,
            key=_key(want, sha256, run, number, ending.cut),
            info=info | (seen if not number else {}),
        )
        for number, part in enumerate(made)
    ]


def _sample(lines: Iterator[Line]) -> list[Line]:
    """The first lines; fewer where they are large, as all are held while the object is read."""
    first: list[Line] = []
    for line in islice(lines, SAMPLED):
        first.append(line)
        if sum(len(one.content) for one in first) > LARGE:
            break
    return first


def _parser(name: str, first: list[Line], settings: IngestSettings) -> tuple[str, Parse]:
    """The format's name and how it reads a line; for an unknown one each line is a reject."""
    if name == FEEDBACK:
        return name, _feedback
    readable = [line.content for line in first if not line.fault]
    if name == formats.AUTO:
        try:
            name = formats.recognise(readable)
        except Malformed as error:
            begun = len(first) == 1 and not first[0].ended
            return "", partial(_refuse, error, begun)
    parse, key, outcomes = formats.load(name).parse, settings.session_key, settings.outcomes
    unique = settings.unique_keys

    def read(line: bytes, source: Source) -> Sequence[Record | Malformed]:
        found: Sequence[Record | Malformed] = parse(line, source, key)
        if unique:
            unique_keys.check(line)
        return feedback.with_outcomes(found, outcomes) if outcomes else found

    return name, read


def _feedback(line: bytes, _: Source) -> list[Feedback]:
    told = feedback.parse(line)
    unique_keys.check(line)  # feedback proves, and its lines are few and short
    return [told]


def _refuse(error: Malformed, begun: bool, line: bytes, _: Source) -> list[Invocation]:
    if begun:  # of an object whose first line is still being written no format can be known
        decode(line, _any)
    raise error


def _key(want: Wanted, sha256: str, run: _Run, number: int, cut: str) -> str:
    """Hash of all that a part is made from; each of an object's parts has its number in it."""
    found = want.found
    return step.fingerprint(
        found.uri,
        found.fault,
        sha256,
        want.format,
        _code(want.format),
        run.settings.session_key,
        str(run.settings.unique_keys),
        *sorted(run.settings.outcomes),
        str(run.settings.part_records),
        run.selection.key if run.selection else "",
        str(number),
        cut,
    )


@cache
def _code(name: str) -> str:
    """sha256 over the source of what reads this format; for `auto` every format has a say."""
    # Feedback has a form of its own and no format.
    return closure.sha("tasks.ingest", *(() if name == FEEDBACK else formats.modules(name)))


_any = msgspec.json.Decoder()

if __name__ == "__main__":
    step.main("ingest", lambda params, data: ingest(params.ingest, data / "ingested"))
