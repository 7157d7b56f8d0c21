"""Whether a rate is lower by less than a margin on the same tasks: a restricted score test.

    noninferior([1, 1, 0], [1, 1, 1], ["a", "b", "c"], margin=0.1)   ->  0.62: not shown

    b tasks right in the first arm alone, c in the second alone, of n; d = -margin
    z = (b - c - n d) / sqrt(n (2 q + d - d^2))      q maximises the likelihood under p10 - p01 = d

A t test estimates the variance from the differences that were seen. Near rates of 0 or 1 there are
hardly any, so it takes chance for certainty; the score test takes the variance that the margin
itself implies. Tasks in one group rise and fall together: n and the counts are divided by the
design effect, which is estimated where enough groups differ at all, and else is the largest that
the sizes of the groups allow. Source: Tango, "Equivalence test and confidence interval for the
difference in proportions for the paired-sample design", Statistics in Medicine 17 (1998).
"""

import math
from collections.abc import Sequence

import numpy as np

from tasks.core.errors import EvidenceError

ENOUGH = 12
"""Groups with a difference from which the design effect is estimated."""
_CAUTION = 1.3
"""The estimate scatters and is too low as often as too high; `python -m benchmarks margins` shows
the level that holds with this factor."""


def noninferior(
    treated: Sequence[float], control: Sequence[float], groups: Sequence[str], *, margin: float
) -> float:
    """One-sided p-value of "the treated rate is lower by `margin` or more"; small shows it is not.

    Values are in [0, 1], one a task: 0 or 1, or the mean of several samples, which then counts as a
    part of a difference.

    Raises:
        EvidenceError: no values, lengths that differ, a value outside [0, 1], or no margin.
    """
    from scipy.special import stdtr

    first, second = _checked(treated, control, groups, margin)
    differences = first - second
    effect = design_effect(differences, groups)
    clusters = len(set(groups))
    n = len(differences) / effect
    ahead = float(np.clip(differences, 0, None).sum()) / effect
    behind = float(np.clip(-differences, 0, None).sum()) / effect
    score = _score(ahead, behind, n, -margin)
    if clusters < 2:
        return 1.0
    return float(stdtr(clusters - 1, -score))


def design_effect(differences: Sequence[float] | np.ndarray, groups: Sequence[str]) -> float:
    """By what the variance of the mean is larger than that of independent tasks; at least 1."""
    values = np.asarray(differences, dtype=float)
    _, index = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    sizes = np.bincount(index).astype(float)
    largest = float((sizes**2).sum() / sizes.sum())
    sums = np.bincount(index, weights=np.abs(values))
    if (sums > 0).sum() < ENOUGH:
        return largest
    deviations = values - values.mean()
    within = float((deviations**2).sum())
    if within <= 1e-12:  # all differ alike: nothing tells how groups hang together
        return largest
    between = float((np.bincount(index, weights=deviations) ** 2).sum())
    estimated = _CAUTION * between / within * len(sizes) / max(1, len(sizes) - 1)
    return float(min(largest, max(1.0, estimated)))


def tasks_needed(discordance: float, *, margin: float, alpha: float, effect: float = 1.0) -> int:
    """Tasks with which an unchanged model is shown not to be worse, four times in five.

    `discordance` is the share of tasks on which the arms differ.
    """
    from scipy.special import ndtri

    reach = float(ndtri(1 - alpha) + ndtri(0.8))
    variance = max(discordance, margin - margin**2)
    return math.ceil(reach**2 * variance / margin**2 * effect)


def _score(ahead: float, behind: float, n: float, shift: float) -> float:
    """The score statistic for "first minus second is `shift`", with the restricted estimate."""
    linear = ahead + behind + (ahead - behind - 2 * n) * shift
    root = max(0.0, linear**2 + 8 * n * behind * shift * (1 - shift))
    only_second = min(max((linear + math.sqrt(root)) / (4 * n), -shift, 0.0), (1 - shift) / 2)
    variance = n * (2 * only_second + shift - shift**2)
    distance = ahead - behind - n * shift
    if variance <= 1e-12:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance)


def _checked(
    treated: Sequence[float], control: Sequence[float], groups: Sequence[str], margin: float
) -> tuple[np.ndarray, np.ndarray]:
    if not 0 < margin < 1:
        raise EvidenceError(f"margin {margin}: expected a number between 0 and 1")
    if not len(treated) == len(control) == len(groups):
        raise EvidenceError(
            f"{len(treated)} values, {len(control)} of the other arm and {len(groups)} groups: "
            "give one of each for a task"
        )
    if not treated:
        raise EvidenceError("no values: a rate needs at least one task")
    first, second = (np.asarray(values, dtype=float) for values in (treated, control))
    both = np.concatenate((first, second))
    if not np.all((both >= 0) & (both <= 1)):
        raise EvidenceError("a value is outside of [0, 1] or no number: rates are made of 0 and 1")
    return first, second
