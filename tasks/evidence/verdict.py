"""The offline verdict on a tuned model, from judged rows of the held-out test and nothing else.

    verdict(rows, settings, reads=1)
    -> Verdict(verdict="PASS", reasons=("tuned beats base on exact match, greedy: +0.312 …",), …)

PASS needs all of: every arm answered every task; the tuned model beats the base, the base with a
better prompt, and the champion where production runs another model than the base, on exact match at
the alpha that this read of the test may spend; it is not below what production runs in the other
sampling mode; no slice is worse (Holm) or below the floor; each critical
slice is shown to be within its margin; it does not refuse more by the margin. Something missing or
unclear is INCONCLUSIVE, a shown loss is FAIL. An arm that gives the very answers of another decides
nothing.

Calls are judged by schema and reference alone, texts by rules: the verdict says which is which.

All comparisons are paired by task and clustered by group. What must all hold needs no correction
for being many (intersection-union). The same rows and settings always give the same verdict.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

from tasks.core.records import Behaviour, Record
from tasks.core.settings import GateSettings
from tasks.evidence import power, stats
from tasks.evidence.judged import Arm, Judged, Mode, Paired, arms_of, compare, pair, problems
from tasks.evidence.metrics import PROVED
from tasks.evidence.noninferiority import noninferior
from tasks.evidence.slices import Slice, by_slice

MOST = 12
"""Slices that are named among the reasons."""

Outcome = Literal["PASS", "FAIL", "INCONCLUSIVE"]
Applied = Outcome | Literal["NOT APPLICABLE"]
Decide = Callable[[stats.Difference], tuple[Outcome, str]]


class Comparison(Record, frozen=True, kw_only=True):
    """The tuned model against another arm on the same tasks."""

    name: str
    difference: stats.Difference
    alpha: float
    """Level at which it was asked."""
    detectable: float | None
    """Smallest difference that this test would have seen four times in five."""
    design_effect: float
    outcome: Applied
    reason: str


class Verdict(Record, frozen=True, kw_only=True):
    verdict: Outcome
    reasons: tuple[str, ...]
    mode: Mode
    """In which production samples; the comparisons that decide are made in it."""
    reads: int
    """Of this held-out test, this one included."""
    alpha: float
    """What this read may spend."""
    tasks: int = 0
    groups: int = 0
    comparisons: tuple[Comparison, ...] = ()
    slices: tuple[Slice, ...] = ()
    proved: tuple[Behaviour, ...] = ()
    """Expected behaviours whose exact match follows from schemas and references alone."""
    by_judge: tuple[Behaviour, ...] = ()
    """Expected behaviours whose texts an independent judge read, each of them."""
    by_rules: tuple[Behaviour, ...] = ()
    """Expected behaviours whose texts were read by rules, and by no independent judge."""


def verdict(
    rows: Sequence[Judged],
    settings: GateSettings,
    reads: int,
    *,
    mode: Mode = "greedy",
    max_unscored: float = 0.01,
) -> Verdict:
    """The verdict on `tuned`; pure. `reads` counts the uses of this test, this one included.

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
    # What production runs is what users would lose: the base, or the champion beside it.
    runs: Arm = "champion" if "champion" in arms_of(rows) else "base"
    rivals: tuple[Arm, ...] = ("base", "better-prompt")
    comparisons = [
        *(_superior(rows, arm, mode, alpha) for arm in dict.fromkeys((*rivals, runs))),
        *_calls_alone(rows, runs, mode, alpha),
        _not_below(rows, runs, other, alpha),
        *_over_refusal(rows, runs, mode, settings),
    ]
    slices = by_slice([row for row in rows if row.mode == mode], settings, runs)
    reached = _fold(comparisons, slices)
    expected = {row.measured.expected for row in rows}
    proved = tuple(sorted(expected & set(PROVED)))
    open_rows = {row.measured.expected for row in rows if not row.measured.by_judge}
    by_judge = tuple(sorted(expected - set(PROVED) - open_rows))
    by_rules = tuple(sorted(expected - set(PROVED) - set(by_judge)))
    return Verdict(
        verdict=reached,
        reasons=(*_reasons(comparisons, slices, reached), _basis(proved, by_judge, by_rules)),
        mode=mode,
        reads=reads,
        alpha=alpha,
        tasks=len(tasks),
        groups=len(set(tasks.values())),
        comparisons=tuple(comparisons),
        slices=tuple(slices),
        proved=proved,
        by_judge=by_judge,
        by_rules=by_rules,
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
    compared = _comparison(f"exact match against {against}, {mode}", paired, alpha, decide)
    if against == "base" or not _same_answers(rows, against, "base"):
        return compared
    why = f"{against} gave the very answers of base, {mode}: there is nothing to compare"
    return msgspec.structs.replace(compared, outcome="NOT APPLICABLE", reason=why)


def _same_answers(rows: Sequence[Judged], one: Arm, other: Arm) -> bool:
    """Whether two arms were judged the same on each draw, as where a prompt reaches no model."""
    first, second = (
        {
            (row.mode, row.measured.example, row.sample): (row.measured, row.reward, row.tokens)
            for row in rows
            if row.arm == arm
        }
        for arm in (one, other)
    )
    return first == second


def _calls_alone(
    rows: Sequence[Judged], against: Arm, mode: Mode, alpha: float
) -> Iterable[Comparison]:
    """Calls alone, whose judgement no rule for texts enters; a loss there is a loss."""
    called = [row for row in rows if row.measured.expected in PROVED]
    if not called or len(called) == len(rows):
        return

    def decide(found: stats.Difference) -> tuple[Outcome, str]:
        seen = f"{against} on calls alone, {mode}: {_range(found)}"
        if found.worse <= alpha:
            return "FAIL", f"tuned is below {seen}, p {found.worse:.2g}"
        return "PASS", f"tuned is not below {seen}"

    paired = pair(called, against, mode, lambda row: row.measured.exact)
    yield _comparison(f"calls alone against {against}, {mode}", paired, alpha, decide)


def _not_below(rows: Sequence[Judged], against: Arm, mode: Mode, alpha: float) -> Comparison:
    """In the mode that production does not use, the model may not be worse."""

    def decide(found: stats.Difference) -> tuple[Outcome, str]:
        seen = f"{against} on exact match, {mode}: {_range(found)}"
        if found.worse <= alpha:
            return "FAIL", f"tuned is below {seen}, p {found.worse:.2g}"
        if found.estimate.mean < 0:
            return "INCONCLUSIVE", f"tuned seems below {seen}"
        return "PASS", f"tuned is not below {seen}"

    paired = pair(rows, against, mode, lambda row: row.measured.exact)
    return _comparison(f"exact match against {against}, {mode}", paired, alpha, decide)


def _over_refusal(
    rows: Sequence[Judged], against: Arm, mode: Mode, settings: GateSettings
) -> Iterable[Comparison]:
    """Non-inferiority where a call was right; nothing to compare where none was."""
    called = [row for row in rows if row.measured.expected == "execute"]
    if not called:
        return
    margin, alpha = settings.over_refusal_margin, settings.alpha
    paired = pair(called, against, mode, lambda row: row.measured.over_refusal)
    # Not refusing is the rate that may not fall.
    kept = pair(called, against, mode, lambda row: not row.measured.over_refusal)
    below_margin = noninferior(*kept, margin=margin)

    def decide(found: stats.Difference) -> tuple[Outcome, str]:
        seen = f"needless refusals or questions, {mode}: {_range(found)}, margin {margin:g}"
        if below_margin <= alpha:
            return "PASS", f"{seen} holds, p {below_margin:.2g}"
        if found.estimate.mean > margin:
            return "FAIL", f"{seen} is passed"
        return "INCONCLUSIVE", f"{seen} is not shown to hold, p {below_margin:.2g}"

    yield _comparison(f"over-refusal against {against}, {mode}", paired, alpha, decide)


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
    if estimate.low is None or estimate.high is None:
        return f"{estimate.mean:+.3f} [one group: unknown]"
    return f"{estimate.mean:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


def _fold(comparisons: Sequence[Comparison], slices: Sequence[Slice]) -> Outcome:
    outcomes = {comparison.outcome for comparison in comparisons}
    if "FAIL" in outcomes or any(one.lost for one in slices):
        return "FAIL"
    unproven = any(one.standing == "unproven" for one in slices)
    return "INCONCLUSIVE" if "INCONCLUSIVE" in outcomes or unproven else "PASS"


def _reasons(
    comparisons: Sequence[Comparison], slices: Sequence[Slice], found: Outcome
) -> tuple[str, ...]:
    """What decided; of a PASS, everything that held."""
    silent = ("PASS",) if found != "PASS" else ()
    kept = [c.reason for c in comparisons if c.outcome not in silent]
    told = sorted(
        (one for one in slices if one.lost or one.standing == "unproven"),
        key=lambda one: (not one.lost, not one.critical, one.worse, one.name),
    )
    shown = [one.reason for one in told[:MOST]]
    if len(told) > MOST:
        shown.append(f"{len(told) - MOST} more slices stand on the page")
    return (*kept, *shown)


def _basis(
    proved: Sequence[Behaviour], by_judge: Sequence[Behaviour], by_rules: Sequence[Behaviour]
) -> str:
    """How far the exact matches behind a verdict can be relied on."""
    calls = f"{', '.join(proved)} is proved by schemas and references alone" if proved else ""
    judged = f"{', '.join(by_judge)} read by the judge of gate.judge" if by_judge else ""
    texts = f"{', '.join(by_rules)} read by the gate's rules for English text, by no judge"
    return "; ".join(part for part in (calls, judged, texts if by_rules else "") if part)
