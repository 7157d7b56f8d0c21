"""Stops a load of which too much could not be read.

    21 of 51 log records were rejected, at most 5% may be: not-json 21, first at logs/b:1 (…)

What was left out by choice (`filtered`), or is no chat, is no fault; where it is all there is, it
stops the stage too.
"""

from collections.abc import Iterable, Sequence

from tasks.core import step
from tasks.core.errors import StageError
from tasks.core.parts import Counts, Part
from tasks.logs.intake import COUNTED

TOLERATED = 20
"""Rejects that stop nothing, whatever their share: one bad line in five is no bad load."""


def check(
    made: Iterable[Part], max_rejected: float, what: str, changes: Sequence[str] = ()
) -> None:
    """Stop a bad load: a share of rejects that is too high, or nothing but rejects.

    `changes` is what else is known of why.

    Raises:
        StageError: it names each reason, how often, and where it was first.
    """
    made = tuple(made)
    counts = step.total(made)
    left_out = sum(counts.reasons.get(reason, 0) for reason in COUNTED)
    faults, read = counts.rejected - left_out, counts.read - left_out
    if left_out and not counts.accepted and not faults:
        raise StageError(
            f"all {counts.read} {what} records were left out ({_reasons(counts)}): expected calls "
            "of a model; correct `ingest.sources` or `ingest.filter` in params.yaml"
        )
    if faults <= (TOLERATED if counts.accepted else 0):
        return
    if counts.accepted and faults <= max_rejected * read:
        return
    first = {r.reason: r for part in reversed(made) for r in reversed(part.rejects)}
    places = "; ".join(
        f"{reason} {counts.reasons[reason]}, first at {reject.source.uri}:{reject.source.line}"
        + (f" ({reject.detail})" if reject.detail else "")
        for reason, reject in sorted(first.items())
        if reject.source
    )
    raise StageError(
        f"{faults} of {read} {what} records were rejected, at most "
        f"{max_rejected:.0%} may be: {places}{_because(changes)}. Correct or remove these sources, "
        "or raise ingest.max_rejected; nothing was committed"
    )


def _because(changes: Sequence[str]) -> str:
    return f". {'; '.join(changes)}" if changes else ""


def _reasons(counts: Counts) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.reasons.items())
