"""Replaces personal data and secrets in invocations and feedback by keyed surrogates.

    data/ingested  {"role": "user", "content": "I'm Mia Li, mia_li_3668, mia@example.com"}
    data/redacted  {"role": "user", "content": "I'm Xabo3dumi Xoke7lasu, qeo_pa_1842, x4fq…invalid"}

A first pass collects what each session knows: what keys give away (`first_name`, `user_id`,
`password`), what patterns and Presidio find. A second replaces it, and every name, id and date of
birth that the session knows wherever it stands again: in other messages, in arguments and results,
in other calls of the session and in other parts. One value has one surrogate, so that an argument
still equals the text it came from. A record that cannot be searched whole is refused and counted;
if anything known is left after redaction, nothing is committed.

Not covered without a name model (`redact.ner_model`, the local folder of a spaCy pipeline or of a
transformers token classifier): names
in running text that no key, introduction (`my name is`) or other message of the session gives away;
nicknames and misspellings; and, with or without one, who a story is about without being named
(job, place and day together), pictures and sound, home-made encodings, and quasi-identifiers such
as city, last four digits and order numbers, which stay. Tools' definitions are searched by patterns
alone, and the source's uri stays as it is, as an auditor has to find the line.

What the first pass learnt is kept in a private folder outside of `data/` in clear, for the next run
to start from; it may be deleted at any time. The key of the surrogates is never below `data/`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tasks.core import closure, collector, parts, step, workers
from tasks.core.curation_settings import CurationParams, RedactSettings
from tasks.core.errors import StageError
from tasks.core.parts import Counts, Manifest, Part
from tasks.core.records import Feedback, Record, Rejected, Source, encode
from tasks.redaction import first_pass, leak_scan, names, people
from tasks.redaction.fields import Fields
from tasks.redaction.finders import Finders
from tasks.redaction.first_pass import FEEDBACK, Collected, Work, collect_parts
from tasks.redaction.keys import key_id, load_key, rotate_key
from tasks.redaction.lines import Line
from tasks.redaction.people import PERSONS
from tasks.redaction.second_pass import Rewriter
from tasks.redaction.sift import Sift
from tasks.redaction.surrogates import Surrogates

AUDIT = "audit"
NAMES = "names"
FAILED = "redaction-failed"
LEFT = "leak-left"
WITHOUT_MODEL = (
    "no name model reads the texts: names that no key, introduction or other message gives away "
    "stay. Name one in redact.ner_model (docs/privacy.md)"
)
PRIVATE = Path(".ratchet/redact")


class _Made(NamedTuple):
    """What becomes of one part."""

    records: Part
    audit: Part


def redact(
    settings: RedactSettings, source: Path, target: Path, *, key: bytes, private: Path
) -> Manifest:
    """Read `source`, commit the same records without personal data to `target`.

    Args:
        settings: the section `redact` of params.yaml.
        source: folder with invocations (label "") and feedback (label `feedback`).
        target: folder to write; beside the same labels, parts `audit` with a `Finding` for each
            replacement and never a value.
        key: of the surrogates, see `load_key`.
        private: folder for what the sessions know, in clear; outside of all versioning.

    Raises:
        SettingsError: a person key of the user's own that no record has.
        StageError: `target` was made under another key, or more records than `max_leaks` allows
            still held something, or `source` was never written or was changed since.
    """
    inputs = parts.require_manifest(source).parts
    before = parts.read_manifest(target)
    _same_key(before, settings, target, key)
    with collector.paused():
        work = _begin(settings, source, target, key, private)
        collected = collect_parts(work, inputs)
        _expect(settings, [lesson.persons for lesson in collected.lessons.values()])
        made = _made(work, before, inputs, collected)
    manifest = _manifest(made, key, settings.key_rotation)
    _refuse_leaks(settings, manifest)
    warnings = [*people.persons(settings.person_keys, manifest.info[PERSONS]), *_left(manifest)]
    warnings += [] if settings.ner_model else [WITHOUT_MODEL]
    parts.commit(target, manifest)
    step.warn("redact", warnings)
    return manifest


def _expect(settings: RedactSettings, persons: Sequence[dict[str, Any]]) -> None:
    """Refuse a key that nobody has before the long part, as nothing of that would be committed."""
    people.refuse(settings.person_keys, people.total(persons))


def _refuse_leaks(settings: RedactSettings, manifest: Manifest) -> None:
    """Stop where more than a few records still held something: then a form is not opened at all.

    One record is always allowed: it goes, and must not hold up all others.
    """
    leaks = [one for part in manifest.parts for one in part.rejects if one.reason == LEFT]
    records = sum(part.counts.read for part in manifest.parts if part.label != AUDIT)
    if len(leaks) <= max(1.0, settings.max_leaks * records):
        return
    raise StageError(
        f"{len(leaks):,} of {records:,} records still held something after redaction, more than "
        f"redact.max_leaks = {settings.max_leaks:g} allows: a {leaks[0].detail.partition(' ')[0]} "
        f"that is left in {leaks[0].detail.rpartition(' ')[2]} of record {leaks[0].id} is the "
        "first; nothing was committed. Keep that record and report its form, or raise "
        "redact.max_leaks in params.yaml to leave such records out"
    )


def _left(manifest: Manifest) -> list[str]:
    count = sum(part.counts.reasons.get(LEFT, 0) for part in manifest.parts)
    if not count:
        return []
    return [
        f"{count} records are left out, as something known was left in them after redaction: see "
        f"{LEFT} in rejected.jsonl, and report their form"
    ]


def _made(
    work: Work, before: Manifest | None, inputs: Sequence[Part], collected: Collected
) -> list[_Made]:
    """Each part with its audit: kept where both are there, made where one is new or gone."""
    wanted = [(part, _key(work, part, collected.touched(part))) for part in inputs]
    kept = _kept(work.target, before, [key for _, key in wanted])
    missing = [pair for pair in wanted if pair[1] not in kept]
    fresh = workers.each(lambda pair: _redact(work, pair[0], collected, pair[1]), missing)
    made: list[_Made] = []
    with step.progress("redacting", len(wanted)) as advance:
        for _, key in wanted:
            made.append(kept[key] if key in kept else next(fresh))
            advance(1)
    return made


def _kept(target: Path, before: Manifest | None, keys: Sequence[str]) -> dict[str, _Made]:
    by_key = before.by_key() if before else {}
    kept: dict[str, _Made] = {}
    for key in keys:
        both = [by_key[name] for name in (key, AUDIT + key) if name in by_key]
        if len(both) == len(_Made._fields) and all(
            parts.part_path(target, part).is_file() for part in both
        ):
            kept[key] = _Made(*both)
    return kept


def _same_key(before: Manifest | None, settings: RedactSettings, target: Path, key: bytes) -> None:
    """A second key in one set would give one person two surrogates."""
    made_with = before.info.get("key_id") if before else None
    if _rotated(before, settings) or made_with in (None, key_id(key)):
        return
    raise StageError(
        f"{target} was redacted under key {made_with}, and this key is {key_id(key)}: bring that "
        "key back, or raise redact.key_rotation in params.yaml to have everything made again "
        "under the new one"
    )


def _rotated(before: Manifest | None, settings: RedactSettings) -> bool:
    return before is not None and before.info.get("key_rotation", 0) != settings.key_rotation


def _begin(settings: RedactSettings, source: Path, target: Path, key: bytes, private: Path) -> Work:
    model = names.version(settings.ner_model)
    own = [name for name in settings.recognizers if "." in name]
    code = closure.sha("tasks.redact", *own)
    about = step.fingerprint(settings, code, key_id(key), model)
    finders, fields = Finders(settings), Fields(settings.person_keys)
    return Work(
        settings=settings,
        source=source,
        target=target,
        private=private,
        finders=finders,
        fields=fields,
        sift=Sift(finders, fields),
        surrogates=Surrogates(key),
        about=about,
    )


def _key(work: Work, part: Part, touched: dict[str, msgspec.Raw]) -> str:
    """Hash of all that the part is made from. Keyed, as it covers what the sessions know."""
    return work.surrogates.mark(
        "part",
        step.fingerprint(
            work.about,
            part.sha256,
            part.label,
            msgspec.json.encode(touched).decode(),
        ),
    )


def _redact(work: Work, part: Part, collected: Collected, key: str) -> _Made:
    """The part without personal data, and its audit."""
    rewriter = Rewriter(
        work.finders, work.fields, work.surrogates, work.sift, collected.touched(part)
    )
    rejects: list[Rejected] = []
    if part.label == FEEDBACK:
        records = _feedback(work, part, rewriter, collected, rejects)
    else:
        records = _invocations(work, part, rewriter, rejects)
    made = parts.write_part(work.target, records, key=key, label=part.label)
    by_type = Counter(finding.type for finding in rewriter.findings)
    counts = Counts(
        read=made.rows + len(rejects),
        accepted=made.rows,
        rejected=len(rejects),
        reasons=dict(sorted(Counter(reject.reason for reject in rejects).items())),
    )
    made = msgspec.structs.replace(
        made,
        counts=counts,
        rejects=tuple(rejects),
        info={
            "source": part.sha256,
            "redacted": dict(sorted(by_type.items())),
            PERSONS: rewriter.people.info(),
            NAMES: rewriter.read_by_model,
        },
    )
    rows = len(rewriter.findings)
    audit = parts.write_part(
        work.target,
        rewriter.findings,
        key=AUDIT + key,
        label=AUDIT,
        counts=Counts(read=rows, accepted=rows),
    )
    return _Made(made, audit)


def _invocations(
    work: Work, part: Part, rewriter: Rewriter, rejects: list[Rejected]
) -> Iterator[Record]:
    for line in parts.read_part(work.source, part, Line):
        try:
            yield rewriter.line(line)
        except (leak_scan.LeakFound, *first_pass.FAILURES) as error:
            rejects.append(_refused(work, error, line.id, line.source))


def _refused(work: Work, error: Exception, record: str, source: Source | None = None) -> Rejected:
    """The reject, where the record may go by itself."""
    if not isinstance(error, leak_scan.LeakFound):
        # The error's text may quote the record; its name does not.
        return Rejected(id=record, reason=FAILED, source=source, detail=type(error).__name__)
    if work.settings.leak_scan == "stop":
        raise error
    return Rejected(id=record, reason=LEFT, source=source, detail=error.detail)


def _feedback(
    work: Work,
    part: Part,
    rewriter: Rewriter,
    collected: Collected,
    rejects: list[Rejected],
) -> Iterator[Record]:
    for row in parts.read_part(work.source, part, Feedback):
        record = hashlib.sha256(encode(row)).hexdigest()
        try:
            yield rewriter.feedback(row, collected.session_of(row), record)
        except (leak_scan.LeakFound, *first_pass.FAILURES) as error:
            rejects.append(_refused(work, error, record))


def _manifest(made: Sequence[_Made], key: bytes, rotation: int) -> Manifest:
    """Feedback is counted on its own, as ingest does: a decision is one invocation."""
    by_type: Counter[str] = Counter()
    records = [one.records for one in made]
    for part in records:
        by_type.update(part.info["redacted"])
    return Manifest(
        stage="redact",
        parts=(*records, *(one.audit for one in made)),
        counts=step.total(part for part in records if not part.label),
        info={
            "key_id": key_id(key),
            "key_rotation": rotation,
            "redacted": dict(sorted(by_type.items())),
            NAMES: _names(records),
            PERSONS: people.total(part.info.get(PERSONS, {}) for part in records),
            FEEDBACK: msgspec.structs.asdict(
                step.total(part for part in records if part.label == FEEDBACK)
            ),
        },
    )


def _names(records: Sequence[Part]) -> dict[str, int]:
    """Texts of all parts, and those that no name model looked at."""
    sums: Counter[str] = Counter({"texts": 0, "unread": 0})
    for part in records:
        sums.update(part.info.get(NAMES, {}))
    return dict(sums)


def _stage(params: CurationParams, data: Path) -> Manifest:
    from tasks.core.services import Services

    source, target = data / "ingested", data / "redacted"
    parts.require_manifest(source)
    before = parts.read_manifest(target)
    named = Services().ratchet_key_file
    if before is not None and _rotated(before, params.redact):
        key = rotate_key(before.info["key_id"], named)
    else:
        key = load_key(named, made_before=before is not None)
    return redact(params.redact, source, target, key=key, private=PRIVATE)


if __name__ == "__main__":
    step.main("redact", _stage)
