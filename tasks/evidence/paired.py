"""Brings two arms' answers to the same tasks side by side, one value a task and arm.

rows of tuned and base, three samples each  ->  Paired([1.0, 0.67], [0.33, 0.0], ["a", "b"])
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from tasks.evidence import stats
from tasks.evidence.judged import Arm, Judged, Mode

Value = Callable[[Judged], bool]


class Paired(NamedTuple):
    """One value a task and arm, in the order of task ids."""

    treated: list[float]
    control: list[float]
    groups: list[str]


def pair(rows: Iterable[Judged], against: Arm, mode: Mode, value: Value) -> Paired:
    """Samples averaged by task, so that each task counts once."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    groups: dict[str, str] = {}
    for row in rows:
        if row.mode == mode and row.arm in ("tuned", against):
            found[row.measured.example, row.arm].append(float(value(row)))
            groups[row.measured.example] = row.measured.group
    tasks = sorted(groups)

    def means(arm: str) -> list[float]:
        return [sum(found[task, arm]) / len(found[task, arm]) for task in tasks]

    return Paired(means("tuned"), means(against), [groups[task] for task in tasks])


def compare(paired: Paired, alpha: float) -> stats.Difference:
    """The difference, with p-values fine enough to be held against `alpha`."""
    # With 20 flips beyond alpha, the p-value at alpha is known to about a fifth of itself.
    flips = max(stats.FLIPS, round(20 / alpha))
    return stats.paired_difference(paired.treated, paired.control, paired.groups, flips=flips)
