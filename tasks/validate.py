"""Checks every example and holds the set as a whole against its contract.

    data/deduped     examples
    data/validated   those without a fault, `facts` beside them; expectations.json and .html

An example with a fault is a counted reject. The contract is a Great Expectations suite over the
flat facts; it stops the stage where it is not met or cannot be evaluated, and nothing is committed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import msgspec

from tasks.core import checks, collector, expectations, parts, step
from tasks.core.checks import Fault
from tasks.core.decisions import SUCCESS
from tasks.core.errors import StageError
from tasks.core.expectations import Outcome
from tasks.core.facts import LABEL, Facts, facts
from tasks.core.parts import Counts, Manifest, Part
from tasks.core.records import Example, Rejected, encode
from tasks.core.schemas import Schemas
from tasks.core.settings import ValidateSettings

CODE = (
    "tasks/validate.py",
    "tasks/core/checks.py",
    "tasks/core/expectations.py",
    "tasks/core/facts.py",
    "tasks/core/parts.py",
    "tasks/core/records.py",
    "tasks/core/schemas.py",
)
RESULT = "expectations.json"
PAGE = "expectations.html"


def validate(settings: ValidateSettings, source: Path, target: Path) -> Manifest:
    """Read examples from `source`, commit the good ones to `target`.

    Raises:
        StageError: too few examples with a reference, too many rejects, or another expectation
            that is not met or could not be evaluated; names it, what was observed, and the cure.
    """
    inputs = sorted(parts.require_manifest(source).labelled(""), key=lambda part: part.sha256)
    with collector.paused():
        made = list(_examples(settings, inputs, source, target))
        tables = list(_facts(made, target))
        counts = step.total(made)
        key = _key("suite", settings, *(p.sha256 for p in tables), encode(counts).decode())
        before = parts.read_manifest(target)
        if not before or before.info.get("key") != key or not _is_reported(target):
            rows = [row for part in tables for row in parts.read_part(target, part, Facts)]
            _report(target, _held(rows, counts, settings))
    manifest = Manifest(stage="validate", parts=(*made, *tables), counts=counts, info={"key": key})
    parts.commit(target, manifest)
    return manifest


def _examples(
    settings: ValidateSettings, inputs: Sequence[Part], source: Path, target: Path
) -> Iterator[Part]:
    schemas = Schemas()

    def work(part: Part, key: str) -> Part:
        rejects: list[Rejected] = []

        def sound() -> Iterator[Example]:
            for example in parts.read_part(source, part, Example):
                found = checks.fault(example, settings.max_context_chars, schemas)
                if found is None:
                    yield example
                else:
                    rejects.append(_rejected(example, found))

        made = parts.write_part(target, sound(), key=key)
        reasons = Counter(reject.reason for reject in rejects)
        counts = Counts(
            read=part.rows,
            accepted=made.rows,
            rejected=len(rejects),
            reasons=dict(sorted(reasons.items())),
        )
        return msgspec.structs.replace(made, counts=counts, rejects=tuple(rejects))

    return step.each_part(
        inputs, target, lambda part: _key("examples", settings, part.sha256), work, "checking"
    )


def _facts(made: Sequence[Part], target: Path) -> Iterator[Part]:
    def work(part: Part, key: str) -> Part:
        rows = (facts(example) for example in parts.read_part(target, part, Example))
        return parts.write_part(target, rows, key=key, label=LABEL)

    return step.each_part(
        made, target, lambda part: _key(LABEL, part.sha256), work, "gathering facts"
    )


def _rejected(example: Example, found: Fault) -> Rejected:
    return Rejected(
        id=example.id, reason=found.reason, source=example.sources[0], detail=found.detail
    )


def _held(rows: Sequence[Facts], counts: Counts, settings: ValidateSettings) -> Outcome:
    """The suite's outcome, where it is a good one."""
    _enough(rows, settings)
    outcome = expectations.evaluate(rows, counts, settings)
    if not outcome.met:
        reasons = ", ".join(f"{name} {count}" for name, count in sorted(counts.reasons.items()))
        raise StageError(
            f"the dataset breaks its contract: {expectations.explain(outcome)}. Correct the logs"
            + (f" ({counts.rejected} of {counts.read} rejected: {reasons})" if reasons else "")
            + " or the `validate` section of params.yaml; nothing was committed"
        )
    return outcome


def _enough(rows: Sequence[Facts], settings: ValidateSettings) -> None:
    """Say what is missing before anything heavy is loaded."""
    referenced = sum(row.referenced for row in rows)
    if referenced >= settings.min_examples:
        return
    lacking = [row for row in rows if not row.referenced]
    unknown = sum(row.outcome is None for row in lacking)
    failed = sum(row.outcome is not None and row.outcome < SUCCESS for row in lacking)
    raise StageError(
        f"{referenced} of {len(rows)} examples have a reference, validate.min_examples asks for "
        f"{settings.min_examples}: {unknown} more lack feedback, {failed} are of failed sessions "
        f"without a human edit, {len(lacking) - unknown - failed} were a call that failed or a "
        "reply that says nothing. Bring feedback for more sessions (`ingest.feedback`: outcomes or "
        "human edits) or lower validate.min_examples"
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
    return step.code_sha(*CODE)


if __name__ == "__main__":
    step.main(
        "validate",
        lambda params, data: validate(params.validate_, data / "deduped", data / "validated"),
    )
