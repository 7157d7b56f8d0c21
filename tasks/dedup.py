"""Makes each distinct decision of the log one `Example`: labelled, tagged, with what proves it.

    data/redacted  invocations, feedback beside them
    data/deduped   examples, a part for each part that was read; `sketch` parts beside them

Redelivered and retried calls and near-duplicate sessions are counted as duplicates and go. What
has become of a row can depend on any other part, so the whole log is looked at through sketches
(hashes, made once a part); a part is written again only where what was decided on its rows, or
what feedback says of them, is not what it was.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path

import msgspec

from tasks.core import (
    behaviour,
    collector,
    decisions,
    envelopes,
    folding,
    parts,
    sketches,
    step,
    tags,
)
from tasks.core.decisions import Known
from tasks.core.envelopes import Envelope, Logged
from tasks.core.parts import Counts, Manifest, Part
from tasks.core.records import Feedback, Reply, encode
from tasks.core.rulings import Ruling, Rulings, ranks
from tasks.core.settings import DedupSettings
from tasks.core.sketches import Sketch

CODE = (
    "tasks/dedup.py",
    "tasks/core/behaviour",
    "tasks/core/chains.py",
    "tasks/core/decisions.py",
    "tasks/core/envelopes.py",
    "tasks/core/folding.py",
    "tasks/core/parts.py",
    "tasks/core/records.py",
    "tasks/core/rulings.py",
    "tasks/core/shingles.py",
    "tasks/core/similarity.py",
    "tasks/core/sketches.py",
    "tasks/core/tags.py",
)


def dedup(settings: DedupSettings, source: Path, target: Path) -> Manifest:
    """Read invocations and feedback from `source`, commit examples to `target`.

    Raises:
        StageError: `source` was never written, or was changed since.
    """
    inputs = sorted(parts.require_manifest(source).labelled(""), key=lambda part: part.sha256)
    feedback = parts.require_manifest(source).labelled("feedback")
    key = _key("all", settings, *(p.sha256 for p in inputs), *sorted(p.sha256 for p in feedback))
    before = parts.read_manifest(target)
    if before and before.info.get("key") == key and _intact(target, before):
        return before
    with collector.paused():
        sketched = list(_sketches(inputs, source, target))
        rulings = _rulings(settings, sketched, source, target)
        made = list(_examples(settings, inputs, source, target, rulings))
    manifest = Manifest(
        stage="dedup",
        parts=(*made, *sketched),
        counts=step.total(made),
        info={"key": key, "clusters": rulings.clusters()},
    )
    parts.commit(target, manifest)
    return manifest


def _sketches(inputs: Sequence[Part], source: Path, target: Path) -> Iterator[Part]:
    def work(part: Part, key: str) -> Part:
        made = sketches.make(source, part)
        return parts.write_part(target, [made], key=key, label=sketches.LABEL)

    return step.each_part(
        inputs, target, lambda part: _key(sketches.LABEL, part.sha256), work, "sketching"
    )


def _rulings(
    settings: DedupSettings, sketched: Sequence[Part], source: Path, target: Path
) -> Rulings:
    ledger = decisions.join(parts.read_parts(source, Feedback, "feedback"))
    found = [sketch for part in sketched for sketch in parts.read_part(target, part, Sketch)]
    columns = folding.gather(found)
    folded = folding.fold(columns, settings.similarity, ranks(ledger))
    return Rulings(found, columns, folded, ledger)


def _examples(
    settings: DedupSettings,
    inputs: Sequence[Part],
    source: Path,
    target: Path,
    rulings: Rulings,
) -> Iterator[Part]:
    ends = accumulate(part.rows for part in inputs)
    rows = {p.sha256: range(end - p.rows, end) for p, end in zip(inputs, ends, strict=True)}

    def key(part: Part) -> str:
        return _key("examples", settings, part.sha256, rulings.digest(rows[part.sha256]))

    def work(part: Part, key: str) -> Part:
        mine = rows[part.sha256]
        pairs = zip(parts.read_part(source, part, Logged), rulings.of(mine), strict=True)
        reasons = rulings.reasons(mine)
        gone = sum(reasons.values())
        counts = Counts(
            read=len(mine),
            accepted=len(mine) - gone,
            duplicate=gone,
            reasons=dict(sorted(reasons.items())),
        )
        made = (_example(row, ruling) for row, ruling in pairs if ruling)
        return parts.write_part(target, made, key=key, counts=counts)

    return step.each_part(inputs, target, key, work, "deciding")


def _example(row: Logged, ruling: Ruling) -> Envelope:
    tools, reply = envelopes.tools(row.tools), _reply.decode(row.response)
    label = behaviour.classify(reply, tools)
    known = Known(ruling.outcome, ruling.edit)
    reference, truth = decisions.refer(reply, label, tools, known, ruling.failed)
    tagged = tags.tag(
        envelopes.turns(row.messages),
        reply,
        offered=len(tools),
        behaviour=label.behaviour,
        reference=reference,
        domain=row.metadata.get("domain", ""),
    )
    return Envelope(
        id=row.id,
        messages=row.messages,
        tools=row.tools,
        reply=row.response,
        reference=msgspec.Raw(_encoder.encode(reference)),
        truth_source=truth,
        outcome=ruling.outcome,
        behaviour=label.behaviour,
        confidence=label.confidence,
        tags=tagged,
        session_id=row.session_id,
        cluster=ruling.cluster,
        persons=row.persons,
        invocations=(row.id, *ruling.ids),
        sources=(row.source, *(msgspec.Raw(encode(place)) for place in ruling.places)),
        timestamp=row.timestamp,
    )


_reply = msgspec.json.Decoder(Reply)
_encoder = msgspec.json.Encoder(order="sorted")


def _intact(target: Path, manifest: Manifest) -> bool:
    return all(parts.part_path(target, part).is_file() for part in manifest.parts)


def _key(*values: str | DedupSettings) -> str:
    return step.fingerprint(_code(), *values)


@cache
def _code() -> str:
    return step.code_sha(*CODE)


if __name__ == "__main__":
    step.main(
        "dedup",
        lambda params, data: dedup(params.dedup, data / "redacted", data / "deduped"),
    )
