"""The offline verdict on a tuned model, from judged rows of the sealed test and nothing else.

    verdict(rows, settings, reads=1)
    -> Verdict(verdict="PASS", reasons=("tuned beats base on exact match, greedy: +0.312 …",), …)

PASS needs all of: every arm answered every task; the tuned model beats the base, and the base with
a better prompt, on exact match at the alpha that this read of the test may spend; it is not below
the base in the other sampling mode; no slice is worse (Holm) or below the floor; it does not refuse
more by the margin. Something missing or unclear is INCONCLUSIVE, a shown loss is FAIL.

All comparisons are paired by task and clustered by group. What must all hold needs no correction
for being many (intersection-union). The same rows and settings always give the same verdict.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from tasks.core.records import Record
from tasks.core.settings import GateSettings
from tasks.evidence import power, stats
from tasks.evidence.completeness import problems
from tasks.evidence.judged import Arm, Judged, Mode
from tasks.evidence.paired import Paired, compare, pair
from tasks.evidence.slices import Slice, by_slice

Outcome = Literal["PASS", "FAIL", "INCONCLUSIVE"]
Decide = Callable[[stats.Difference], tuple[Outcome, str]]


class Comparison(Record, frozen=True, kw_only=True):
    """The tuned model against another arm on the same tasks."""

    name: str
    difference: stats.Difference
    alpha: float
    """Level at which it was asked."""
    detectable: float
    """Smallest difference that this test would have seen four times in five."""
    design_effect: float
    outcome: Outcome
    reason: str


class Verdict(Record, frozen=True, kw_only=True):
    verdict: Outcome
    reasons: tuple[str, ...]
    mode: Mode
    """In which production samples; the comparisons that decide are made in it."""
    reads: int
    """Of this sealed test, this one included."""
    alpha: float
    """What this read may spend."""
    tasks: int = 0
    groups: int = 0
    comparisons: tuple[Comparison, ...] = ()
    slices: tuple[Slice, ...] = ()


def verdict(
    rows: Sequence[Judged],
    settings: GateSettings,
    reads: int,
    *,
    mode: Mode = "greedy",
    max_unscored: float = 0.01,
) -> Verdict:
    """The verdict on `tuned`; pure. `reads` counts the uses of this sealed test, this one included.

    `max_unscored` is the largest share of rows that the reward could not score.
    """
    wrong = problems(rows, reads=reads, min_groups=settings.min_clusters, max_unscored=max_unscored)
    alpha = stats.alpha_of_read(settings.alpha, max(1, reads))
    tasks = {row.measured.example: row.measured.group for row in rows}
    if wrong:
        return Verdict(
            verdict="INCONCLUSIVE",
            reasons=tuple(wrong),
            mode=mode,
            reads=reads,
            alpha=alpha,
            tasks=len(tasks),
            groups=len(set(tasks.values())),
        )
    other: Mode = "sampled" if mode == "greedy" else "greedy"
    comparisons = [
        _superior(rows, "base", mode, alpha),
        _superior(rows, "better-prompt", mode, alpha),
        _not_below(rows, other, alpha),
        *_over_refusal(rows, mode, settings),
    ]
    slices = by_slice([row for row in rows if row.mode == mode], settings)
    found = _fold(comparisons, slices)
    return Verdict(
        verdict=found,
        reasons=_reasons(comparisons, slices, found),
        mode=mode,
        reads=reads,
        alpha=alpha,
        tasks=len(tasks),
        groups=len(set(tasks.values())),
        comparisons=tuple(comparisons),
        slices=tuple(slices),
    )


def _superior(rows: Sequence[Judged], against: Arm, mode: Mode, alpha: float) -> Comparison:
    """Whether the tuned model is better; a gain that a prompt gives too is not training's."""

    def decide(found: stats.Difference) -> tuple[Outcome, str]:
        seen = f"on exact match, {mode}: {_range(found)}, p {found.better:.2g}, {alpha:.2g} needed"
        if found.better <= alpha:
            return "PASS", f"tuned beats {against} {seen}"
        doubt = ", so a prompt may explain the gain" if against == "better-prompt" else ""
        if found.estimate.mean <= 0:
            return "FAIL", f"tuned does not beat {against} {seen}{doubt}"
        return "INCONCLUSIVE", f"tuned is not shown to beat {against} {seen}{doubt}"

    paired = pair(rows, against, mode, lambda row: row.measured.exact)
    return _comparison(f"exact match against {against}, {mode}", paired, alpha, decide)


def _not_below(rows: Sequence[Judged], mode: Mode, alpha: float) -> Comparison:
    """In the mode that production does not use, the model may not be worse than the base."""

    def decide(found: stats.Difference) -> tuple[Outcome, str]:
        seen = f"base on exact match, {mode}: {_range(found)}"
        if found.worse <= alpha:
            return "FAIL", f"tuned is below {seen}, p {found.worse:.2g}"
        if found.estimate.mean < 0:
            return "INCONCLUSIVE", f"tuned seems below {seen}"
        return "PASS", f"tuned is not below {seen}"

    paired = pair(rows, "base", mode, lambda row: row.measured.exact)
    return _comparison(f"exact match against base, {mode}", paired, alpha, decide)


def _over_refusal(
    rows: Sequence[Judged], mode: Mode, settings: GateSettings
) -> Iterable[Comparison]:
    """Non-inferiority where a call was right; nothing to compare where none was."""
    called = [row for row in rows if row.measured.expected == "execute"]
    if not called:
        return
    margin, alpha = settings.over_refusal_margin, settings.alpha
    paired = pair(called, "base", mode, lambda row: row.measured.over_refusal)
    shifted = paired._replace(control=[value + margin for value in paired.control])
    below_margin = compare(shifted, alpha).worse

    def decide(found: stats.Difference) -> tuple[Outcome, str]:
        seen = f"needless refusals or questions, {mode}: {_range(found)}, margin {margin:g}"
        if below_margin <= alpha:
            return "PASS", f"{seen} holds, p {below_margin:.2g}"
        if found.estimate.mean > margin:
            return "FAIL", f"{seen} is passed"
        return "INCONCLUSIVE", f"{seen} is not shown to hold, p {below_margin:.2g}"

    yield _comparison(f"over-refusal against base, {mode}", paired, alpha, decide)


def _comparison(name: str, paired: Paired, alpha: float, decide: Decide) -> Comparison:
    found = compare(paired, alpha)
    outcome, reason = decide(found)
    values = [t - c for t, c in zip(paired.treated, paired.control, strict=True)]
    return Comparison(
        name=name,
        difference=found,
        alpha=alpha,
        detectable=power.detectable(found.estimate.se, alpha=alpha),
        design_effect=stats.design_effect(values, paired.groups),
        outcome=outcome,
        reason=reason,
    )


def _range(found: stats.Difference) -> str:
    estimate = found.estimate
    return f"{estimate.mean:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


def _fold(comparisons: Sequence[Comparison], slices: Sequence[Slice]) -> Outcome:
    outcomes = {comparison.outcome for comparison in comparisons}
    if "FAIL" in outcomes or any(one.lost for one in slices):
        return "FAIL"
    return "INCONCLUSIVE" if "INCONCLUSIVE" in outcomes else "PASS"


def _reasons(
    comparisons: Sequence[Comparison], slices: Sequence[Slice], found: Outcome
) -> tuple[str, ...]:
    """What decided; of a PASS, everything that held."""
    kept = [c.reason for c in comparisons if found == "PASS" or c.outcome != "PASS"]
    return (*kept, *(one.reason for one in slices if one.lost))
