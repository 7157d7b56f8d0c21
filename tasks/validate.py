"""Checks every example and holds the set as a whole against its contract.

    data/deduped     examples
    data/validated   those without a fault, `facts` beside them; expectations.json and .html

An example with a fault is a counted reject. The contract is a Great Expectations suite over what
the facts add up to; it stops the stage where it is not met or cannot be evaluated, and nothing is
committed. Its report tells drift against the version before, so it alone depends on earlier runs.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tasks.core import closure, collector, parts, step
from tasks.core.curation_settings import ValidateSettings
from tasks.core.errors import StageError
from tasks.core.parts import Counts, Manifest, Part
from tasks.core.records import Rejected, encode
from tasks.dataset import aggregates, checks, expectations, tables
from tasks.dataset.checks import Fault
from tasks.dataset.expectations import Outcome
from tasks.dataset.facts import Checked, Facts, facts
from tasks.dataset.leaks import LEFT, Watch
from tasks.dataset.tables import Frame, Table
from tasks.labelling.decisions import SUCCESS
from tasks.labelling.raw_records import View
from tasks.labelling.schemas import Schemas

RESULT = "expectations.json"
PAGE = "expectations.html"


def validate(settings: ValidateSettings, source: Path, target: Path) -> Manifest:
    """Read examples from `source`, commit the good ones to `target`.

    Raises:
        StageError: too few examples with a reference, too many rejects, or another expectation
            that is not met or could not be evaluated; names it, what was observed, and the cure.
    """
    inputs = sorted(parts.require_manifest(source).labelled(""), key=lambda part: part.sha256)
    before = parts.read_manifest(target)
    with collector.paused():
        fresh: dict[str, Table] = {}
        made = list(_examples(settings, inputs, source, target, fresh))
        kept = list(_tables(made, target, fresh))
        counts = step.total(made)
        key = _key("suite", settings, *(p.sha256 for p in kept), encode(counts).decode())
        if before and before.info.get("key") == key and _is_reported(target):
            info = before.info
        else:
            frame = tables.gather(
                [t for part in kept for t in parts.read_part(target, part, Table)]
            )
            had = before.info.get("shares") if before else None
            _report(target, _held(frame, made, counts, settings, had))
            info = {"key": key, "shares": aggregates.shares(frame)}
        info = {**info, **_passed_on(source)}
    manifest = Manifest(stage="validate", parts=(*made, *kept), counts=counts, info=info)
    parts.commit(target, manifest)
    leaks = counts.reasons.get(LEFT, 0)
    if leaks:
        step.warn("validate", [f"{leaks} examples are left out{_left(made)}"])
    return manifest


def _passed_on(source: Path) -> dict[str, Any]:
    """At which similarity transcripts are near-duplicates: the split proves that none crosses."""
    info = parts.require_manifest(source).info
    return {name: info[name] for name in ("similarity",) if name in info}


def _examples(
    settings: ValidateSettings,
    inputs: Sequence[Part],
    source: Path,
    target: Path,
    fresh: dict[str, Table],
) -> Iterator[Part]:
    """The sound examples, as the bytes they were; their tables go into `fresh`."""
    schemas = Schemas()

    def work(part: Part, key: str) -> Part:
        rejects: list[Rejected] = []
        rows: dict[int, Facts] = {}
        watch = Watch()

        refused: set[int] = set()
        for number, example in enumerate(parts.read_part(source, part, Checked)):
            length = checks.context_chars(example.messages)
            found = checks.fault(example, length, settings.max_context_chars, schemas)
            if found is not None:
                refused.add(number)
                rejects.append(_rejected(example, found))
                continue
            watch.read(example)
            rows[number] = facts(example, length)
        watch.close()
        if watch.first is not None:
            for number, example in enumerate(parts.read_part(source, part, Checked)):
                if number in rows and watch.holds(example):
                    refused.add(number)
                    del rows[number]
                    rejects.append(_rejected(example, Fault(LEFT, watch.told())))
        if refused:
            lines = enumerate(parts.read_lines(source, part, View))
            sound = (line for number, (line, _) in lines if number not in refused)
            made = parts.write_lines(target, sound, key=key)
        else:
            made = parts.copy_part(source, part, target, key=key)
        fresh[made.sha256] = tables.tabulate(rows.values())
        reasons = Counter(reject.reason for reject in rejects)
        counts = Counts(
            read=part.rows,
            accepted=made.rows,
            rejected=len(rejects),
            reasons=dict(sorted(reasons.items())),
        )
        info: dict[str, Any] = {}
        if watch.first is not None:
            at = f"{watch.first.uri}:{watch.first.line}"
            info = {"leaks": dict(sorted(watch.kinds.items())), "leaks_at": at}
        return msgspec.structs.replace(made, counts=counts, rejects=tuple(rejects), info=info)

    return step.each_part(
        inputs,
        target,
        lambda part: _key("examples", settings, part.sha256),
        work,
        "checking",
        meanwhile=expectations.load,
    )


def _tables(made: Sequence[Part], target: Path, fresh: Mapping[str, Table]) -> Iterator[Part]:
    def work(part: Part, key: str) -> Part:
        table = fresh.get(part.sha256)
        if table is None:
            rows = parts.read_part(target, part, Checked)
            table = tables.tabulate(facts(r, checks.context_chars(r.messages)) for r in rows)
        return parts.write_part(target, [table], key=key, label=tables.LABEL)

    return step.each_part(
        made, target, lambda part: _key(tables.LABEL, part.sha256), work, "gathering facts"
    )


def _rejected(example: Checked, found: Fault) -> Rejected:
    return Rejected(
        id=example.id, reason=found.reason, source=example.sources[0], detail=found.detail
    )


def _held(
    frame: Frame,
    made: Sequence[Part],
    counts: Counts,
    settings: ValidateSettings,
    before: Mapping[str, Mapping[str, float]] | None,
) -> Outcome:
    """The suite's outcome, where it is a good one."""
    _enough(frame, settings)
    found = aggregates.aggregate(frame, made, counts, settings, before)
    outcome = expectations.evaluate(found, settings)
    if not outcome.met:
        reasons = ", ".join(f"{name} {count}" for name, count in sorted(counts.reasons.items()))
        raise StageError(
            f"the dataset breaks its contract: {expectations.explain(outcome)}. Correct the logs"
            + (f" ({counts.rejected} of {counts.read} rejected: {reasons})" if reasons else "")
            + _left(made)
            + " or the `validate` section of params.yaml; nothing was committed"
        )
    return outcome


def _left(made: Sequence[Part]) -> str:
    """What of personal data is left and where the first of it was read; never what it says."""
    kinds: Counter[str] = Counter()
    for part in made:
        kinds.update(part.info.get("leaks", {}))
    if not kinds:
        return ""
    at = next(part.info["leaks_at"] for part in made if "leaks_at" in part.info)
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    return f" (personal data is left after redaction: {told}; the first in {at})"


def _enough(frame: Frame, settings: ValidateSettings) -> None:
    """Say what is missing before anything heavy is loaded."""
    referenced = int(frame.referenced.sum())
    if referenced >= settings.min_examples:
        return
    outcomes = frame.outcome[~frame.referenced]
    unknown, failed = int(np.isnan(outcomes).sum()), int((outcomes < SUCCESS).sum())
    raise StageError(
        f"{referenced} of {len(frame.id)} examples have a reference, validate.min_examples asks "
        f"for {settings.min_examples}: {unknown} more lack feedback, {failed} are of failed "
        f"sessions without a human edit, {len(outcomes) - unknown - failed} were a call that "
        "failed, was cut, filtered, forced or taken back, or a reply that says nothing. Bring "
        "feedback for more sessions (`ingest.feedback`: outcomes or human edits), let weaker proof "
        "count (`dedup.trust`: tool_result, incumbent), or lower validate.min_examples"
    )


def _report(target: Path, outcome: Outcome) -> None:
    content = msgspec.json.format(encode(outcome), indent=1) + b"\n"
    parts.replace(target / RESULT, content)
    parts.replace(target / PAGE, expectations.page(outcome).encode())


def _is_reported(target: Path) -> bool:
    return (target / RESULT).is_file() and (target / PAGE).is_file()


def _key(*values: str | ValidateSettings) -> str:
    return step.fingerprint(_code(), *values)


@cache
def _code() -> str:
    return closure.sha("tasks.validate")


if __name__ == "__main__":
    step.main(
        "validate",
        lambda params, data: validate(params.validate_, data / "deduped", data / "validated"),
    )
