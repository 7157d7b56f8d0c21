"""Makes each distinct decision of the log one `Example`: labelled, tagged, with what proves it.

    data/redacted  invocations, feedback beside them
    data/deduped   examples, a part for each part that was read; `index` and `review` parts beside
                   them, and review.jsonl: what a person should label

Redelivered and retried calls and near-duplicate sessions are counted as duplicates and go. What
has become of a row can depend on any other part, so the whole log is looked at through indexes
(hashes, made once a part); a part is written again only where what was decided on its rows, or
what feedback says of them, is not what it was.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path

import msgspec

from tasks.core import closure, collector, parts, stages, step
from tasks.core.curation_settings import DedupSettings
from tasks.core.parts import Counts, Manifest, Part
from tasks.core.records import Feedback, encode
from tasks.labelling import (
    annotations,
    decisions,
    examples,
    folding,
    labellers,
    log_index,
    part_index,
    reviews,
)
from tasks.labelling.annotations import Registers
from tasks.labelling.decisions import SUCCESS
from tasks.labelling.folding import CONFLICTING, REFUSED
from tasks.labelling.part_index import PartIndex
from tasks.labelling.raw_records import RawExample, RawInvocation
from tasks.labelling.row_facts import LogFacts, ranks
from tasks.labelling.schemas import Schemas

NO_REGISTERS = Registers()


def dedup(
    settings: DedupSettings, source: Path, target: Path, people: Registers = NO_REGISTERS
) -> Manifest:
    """Read invocations and feedback from `source`, commit examples to `target`.

    `people` holds the labels that people gave and the persons to be left out.

    Raises:
        StageError: `source` was never written, or was changed since; a label is of no record or
            does not fit its reply; persons were erased under another key.
    """
    redacted = parts.require_manifest(source)
    inputs = sorted(redacted.labelled(""), key=lambda part: part.sha256)
    erased = people.persons(redacted.info.get("key_id", ""))
    feedback = sorted(part.sha256 for part in redacted.labelled("feedback"))
    labeller = labellers.key(settings.labeller)
    key = _key("all", settings, labeller, people.key, *(part.sha256 for part in inputs), *feedback)
    before = parts.read_manifest(target)
    if before and before.info.get("key") == key and _intact(target, before):
        return before
    with collector.paused():
        indexed = list(_indexes(inputs, source, target))
        facts = _facts(settings, indexed, source, target, people=people, erased=erased)
        made = list(_examples(settings, inputs, source, target, facts))
        asked = list(_reviews(settings, made, target))
    manifest = Manifest(
        stage="dedup",
        parts=(*made, *asked, *indexed),
        counts=step.total(made),
        info={
            "key": key,
            "clusters": facts.clusters(),
            "similarity": settings.similarity,
            "reviewed": facts.reviewed,
            "to_review": sum(part.rows for part in asked),
            "negatives": sum(part.info["negatives"] for part in made),
            "kept_out": _sums(made, "kept_out"),
            "not_understood": _sums(made, "not_understood"),
            "labeller": labellers.load(settings.labeller).VERSION,
            "replayed": {"calls": facts.replayed, "equal": facts.equal},
        },
    )
    reviews.write(target, asked)
    parts.commit(target, manifest)
    step.warn("dedup", [*_contradictions(manifest), *_kept_out(manifest), *_languages(manifest)])
    return manifest


def _contradictions(manifest: Manifest) -> list[str]:
    conflicts = [r for p in manifest.parts for r in p.rejects if r.reason == REFUSED[CONFLICTING]]
    if not conflicts:
        return []
    place = min((reject.source.uri, reject.source.line) for reject in conflicts if reject.source)
    return [
        f"{len(conflicts)} records have the request id of another record that says something else, "
        f"the first in {place[0]}:{place[1]}: none of them is used, see rejected.jsonl. A request "
        "id is given once; correct what writes these logs"
    ]


def _sums(examples_parts: Sequence[Part], name: str) -> dict[str, int]:
    counts = Counter[str]()
    for part in examples_parts:
        counts.update(part.info[name])
    return dict(sorted(counts.items()))


def _kept_out(manifest: Manifest) -> list[str]:
    rules: dict[str, int] = manifest.info["kept_out"]
    if not rules:
        return []
    listed = ", ".join(f"{rule} {count}" for rule, count in rules.items())
    return [
        f"{sum(rules.values())} decisions would have a reference but for how they came about "
        f"({listed}): they prove nothing, whatever their session came to"
    ]


def _languages(manifest: Manifest) -> list[str]:
    languages: dict[str, int] = manifest.info["not_understood"]
    if not languages:
        return []
    count = sum(languages.values())
    listed = ", ".join(f"{code} {n}" for code, n in languages.items())
    return [
        f"{count} of {manifest.counts.accepted} decisions ({count / manifest.counts.accepted:.1%}) "
        f"are replies in languages that no rule covers ({listed}): they prove nothing until a "
        "person labels them (data/deduped/review.jsonl) or dedup.labeller names a labeller of yours"
    ]


def _indexes(inputs: Sequence[Part], source: Path, target: Path) -> Iterator[Part]:
    def work(part: Part, key: str) -> Part:
        index = part_index.make(source, part)
        return parts.write_part(target, [index], key=key, label=part_index.LABEL)

    return step.each_part(
        inputs, target, lambda part: _key(part_index.LABEL, part.sha256), work, "indexing"
    )


def _facts(
    settings: DedupSettings,
    indexed: Sequence[Part],
    source: Path,
    target: Path,
    *,
    people: Registers,
    erased: frozenset[str],
) -> LogFacts:
    ledger = decisions.join(parts.read_parts(source, Feedback, "feedback"))
    part_indexes = [index for part in indexed for index in parts.read_part(target, part, PartIndex)]
    joined = log_index.gather(part_indexes)
    gone = part_index.rows_of(part_indexes, erased)
    folded = folding.fold(joined, settings.similarity, ranks(ledger), gone)
    return LogFacts(part_indexes, joined, folded, ledger, people.labels)


def _examples(
    settings: DedupSettings,
    inputs: Sequence[Part],
    source: Path,
    target: Path,
    facts: LogFacts,
) -> Iterator[Part]:
    ends = accumulate(part.rows for part in inputs)
    rows = {p.sha256: range(end - p.rows, end) for p, end in zip(inputs, ends, strict=True)}

    schemas, labeller = Schemas(), labellers.key(settings.labeller)

    def key(part: Part) -> str:
        digest = facts.digest(rows[part.sha256])
        return _key("examples", settings, labeller, part.sha256, digest)

    def work(part: Part, key: str) -> Part:
        mine = rows[part.sha256]
        pairs = zip(parts.read_part(source, part, RawInvocation), facts.of(mine), strict=True)
        reasons, rejects = facts.reasons(mine), facts.refused(mine)
        gone = sum(reasons.values())
        counts = Counts(
            read=len(mine),
            accepted=len(mine) - gone,
            rejected=len(rejects),
            duplicate=gone - len(rejects),
            reasons=dict(sorted(reasons.items())),
        )
        negatives, doubtful = 0, []
        kept_out, not_understood = Counter[str](), Counter[str]()

        def rows_of_part() -> Iterator[RawExample]:
            nonlocal negatives
            for row, row_facts in pairs:
                if row_facts:
                    negatives += row_facts.outcome is not None and row_facts.outcome < SUCCESS
                    made = examples.example(row, row_facts, settings, schemas)
                    kept_out.update([made.kept_out] if made.kept_out else [])
                    not_understood.update([] if made.is_understood else [made.language])
                    if made.example.confidence < settings.review_below:
                        doubtful.append(encode(reviews.review(made.example)))
                    yield made.example

        made = parts.write_part(target, rows_of_part(), key=key, counts=counts, rejects=rejects)
        asked = parts.write_lines(target, doubtful)
        info = {
            "negatives": negatives,
            "review": asked.sha256,
            "to_review": asked.rows,
            "kept_out": dict(sorted(kept_out.items())),
            "not_understood": dict(sorted(not_understood.items())),
        }
        return msgspec.structs.replace(made, info=info)

    return step.each_part(inputs, target, key, work, "deciding")


def _reviews(
    settings: DedupSettings, example_parts: Sequence[Part], target: Path
) -> Iterator[Part]:
    """Written together with the examples; made of them only where the file is gone."""

    def work(part: Part, key: str) -> Part:
        asked = Part(
            sha256=part.info["review"],
            rows=part.info["to_review"],
            key=key,
            label=reviews.LABEL,
        )
        if parts.part_path(target, asked).is_file():
            return asked
        rows = reviews.of(parts.read_part(target, part, RawExample), settings.review_below)
        return parts.write_part(target, rows, key=key, label=reviews.LABEL)

    def key(part: Part) -> str:
        return _key(reviews.LABEL, settings, part.sha256)

    return step.each_part(example_parts, target, key, work, "gathering what is to be reviewed")


def _intact(target: Path, manifest: Manifest) -> bool:
    whole = all(parts.part_path(target, part).is_file() for part in manifest.parts)
    return whole and (target / reviews.FILE).is_file()


def _key(*values: str | DedupSettings) -> str:
    return step.fingerprint(_code(), *values)


@cache
def _code() -> str:
    return closure.sha("tasks.dedup")


if __name__ == "__main__":
    step.main(
        "dedup",
        lambda params, data: dedup(
            params.dedup,
            data / "redacted",
            data / "deduped",
            annotations.read(stages.annotations_of(data.parent)),
        ),
    )
