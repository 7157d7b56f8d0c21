"""What a difference between two models on the same tasks is worth: intervals and tests.

Tasks of one group (a session, a template, a person) rise and fall together, so each function that
reads values reads their groups too, and its unit is the group:

    values    [1.0, 0.5, 0.0]        one number a task, samples already averaged
    clusters  ["a", "a", "b"]        the task's group

Pure and seeded: the same input gives the same floats.
Sources: Miller, "Adding Error Bars to Evals" (arXiv 2411.00640), for paired, clustered errors;
inspect_ai `scorer/_metrics/std.py` for the formula of `clustered_mean`.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import EvidenceError
from tasks.core.records import Record

FLIPS = 1999
SMALL = 40
"""With fewer clusters the sign-flip test replaces the t test, whose tails are then too thin."""

Array = NDArray[np.float64]


class Estimate(Record, frozen=True, kw_only=True):
    """A mean over tasks with its interval; None where one cluster cannot tell."""

    mean: float
    se: float | None
    low: float | None
    high: float | None
    n: int
    """Tasks."""
    clusters: int


class Difference(Record, frozen=True, kw_only=True):
    """A mean difference, and how surprising it would be if there were none."""

    estimate: Estimate
    better: float
    """One-sided p-value of "not above zero": small means the difference is a gain."""
    worse: float
    """One-sided p-value of "not below zero": small means the difference is a loss."""
    method: Literal["t", "sign-flip"]


def clustered_mean(
    values: Sequence[float], clusters: Sequence[str], confidence: float = 0.95
) -> Estimate:
    """Mean with a cluster-robust standard error and a t interval with C - 1 degrees of freedom.

    se = sqrt(C / (C - 1) * sum over clusters of (sum of deviations)^2) / n, as inspect_ai's
    `stderr(cluster=)` and `ci(method="t", cluster=)`.

    Raises:
        EvidenceError: no values, or not one cluster for each.
    """
    array, index = _checked(values, clusters)
    mean = float(array.mean())
    count = int(index.max()) + 1
    return _interval(mean, _se(array - mean, index), len(array), count, confidence)


def paired_difference(
    treated: Sequence[float],
    control: Sequence[float],
    clusters: Sequence[str],
    *,
    confidence: float = 0.95,
    flips: int = FLIPS,
    seed: int = 0,
) -> Difference:
    """Mean of `treated - control` over the same tasks, with both one-sided p-values.

    From `SMALL` clusters on a t test with C - 1 degrees of freedom; below, the studentised
    cluster sign-flip test (`sign_flip`), which holds its level down to two clusters.

    Raises:
        EvidenceError: no values, or lengths that differ.
    """
    _same_length(treated, control, "control")
    difference = [t - c for t, c in zip(treated, control, strict=True)]
    estimate = clustered_mean(difference, clusters, confidence)
    if estimate.clusters < SMALL:
        better, worse = sign_flip(difference, clusters, flips=flips, seed=seed)
        return Difference(estimate=estimate, better=better, worse=worse, method="sign-flip")
    from scipy.special import stdtr

    score = _score(estimate.mean, estimate.se or 0.0)
    better = float(stdtr(estimate.clusters - 1, -score))
    worse = float(stdtr(estimate.clusters - 1, score))
    return Difference(estimate=estimate, better=better, worse=worse, method="t")


def sign_flip(
    values: Sequence[float], clusters: Sequence[str], *, flips: int = FLIPS, seed: int = 0
) -> tuple[float, float]:
    """One-sided p-values (mean above zero, mean below zero) by flipping whole clusters' signs.

    Studentised: each flip's mean is divided by its own clustered error, which keeps the level where
    clusters differ in size. All 2^C flips are taken where they are no more than `flips + 1`;
    else `flips` random ones and the data itself: p = (1 + as extreme) / (1 + flips).
    Source: Canay, Romano & Shaikh, "Randomization Tests Under an Approximate Symmetry
    Assumption", Econometrica 85 (2017).
    """
    array, index = _checked(values, clusters)
    sums = np.bincount(index, weights=array).astype(np.float64)
    sizes = np.bincount(index).astype(np.float64)
    observed = _studentised(np.ones((1, len(sums))), sums, sizes)[0]
    if 2 ** len(sums) <= flips + 1:
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=len(sums))))
        extra = 0
    else:
        signs = np.random.default_rng(seed).choice((1.0, -1.0), size=(flips, len(sums)))
        extra = 1
    scores = _studentised(signs, sums, sizes)
    slack = 1e-9 * max(1.0, abs(observed)) if math.isfinite(observed) else 0.0
    above = int((scores >= observed - slack).sum())
    below = int((scores <= observed + slack).sum())
    return (above + extra) / (len(signs) + extra), (below + extra) / (len(signs) + extra)


def ratio_interval(
    treated: Sequence[float],
    control: Sequence[float],
    clusters: Sequence[str],
    confidence: float = 0.95,
) -> Estimate:
    """Relative lift `mean(treated) / mean(control) - 1` (0.57 is +57 %), clustered.

    Delta method: the clustered error of `treated - R * control` over the control's mean. Source:
    Deng, Knoblich & Lu, "Applying the Delta Method in Metric Analytics", KDD 2018.

    Raises:
        EvidenceError: the control's mean is not above zero, so that no ratio means anything.
    """
    _same_length(treated, control, "control")
    above, index = _checked(treated, clusters)
    below, _ = _checked(control, clusters)
    base = float(below.mean())
    if base <= 0:
        raise EvidenceError(
            f"the control's mean is {base:.4g}: a relative lift needs one above zero; "
            "report the difference instead"
        )
    ratio = float(above.mean()) / base
    se = _se(above - ratio * below, index) / base
    return _interval(ratio - 1, se, len(above), int(index.max()) + 1, confidence)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values, in the order given.

    Reject those at or below alpha: the chance of any false rejection is then at most alpha.
    Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (1979).
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = running
    return adjusted


def alpha_of_read(alpha: float, read: int) -> float:
    """The alpha that the `read`-th use of one held-out test set may spend: alpha * 6/(pi^2 read^2).

    Summed over all reads for ever it is `alpha`, so trying again and again finds nothing false.

    Raises:
        EvidenceError: read is below 1.
    """
    if read < 1:
        raise EvidenceError(f"read {read} of the held-out test: reads are counted from 1")
    return alpha * 6 / (math.pi**2 * read**2)


def design_effect(values: Sequence[float], clusters: Sequence[str]) -> float:
    """Variance of the clustered mean over that of independent tasks (1 where all are equal)."""
    array, index = _checked(values, clusters)
    n = len(array)
    deviations = array - array.mean()
    naive = float((deviations**2).sum()) / (n * (n - 1)) if n > 1 else 0.0
    if naive <= 1e-24:
        return 1.0
    return _se(deviations, index) ** 2 / naive


def _checked(values: Sequence[float], clusters: Sequence[str]) -> tuple[Array, NDArray[np.intp]]:
    _same_length(values, clusters, "clusters")
    if len(values) == 0:
        raise EvidenceError("no values: a mean needs at least one task")
    # Clusters are numbered in sorted order, so that the order of rows cannot change a result.
    _, index = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise EvidenceError(
            f"{int((~np.isfinite(array)).sum())} of {len(array)} values are no finite numbers: "
            "what could not be measured has to be left out and counted, not averaged"
        )
    return array, index


def _same_length(values: Sequence[object], others: Sequence[object], name: str) -> None:
    if len(values) != len(others):
        raise EvidenceError(f"{len(values)} values but {len(others)} {name}: give one for each")


def _se(deviations: Array, index: NDArray[np.intp]) -> float:
    sums = np.bincount(index, weights=deviations)
    if len(sums) < 2:
        return math.inf
    spread = float((sums**2).sum()) * len(sums) / (len(sums) - 1)
    return math.sqrt(spread) / len(deviations)


def _interval(mean: float, se: float, n: int, clusters: int, confidence: float) -> Estimate:
    if clusters < 2:
        return Estimate(mean=mean, se=None, low=None, high=None, n=n, clusters=clusters)
    from scipy.special import stdtrit

    reach = float(stdtrit(clusters - 1, 0.5 + confidence / 2)) * se
    return Estimate(mean=mean, se=se, low=mean - reach, high=mean + reach, n=n, clusters=clusters)


def _studentised(signs: Array, sums: Array, sizes: Array) -> Array:
    """Mean over clustered error for each row of signs; 0/0 is 0, x/0 infinite."""
    n = sizes.sum()
    means = signs @ sums / n
    deviations = signs * sums - np.outer(means, sizes)
    errors = np.sqrt((deviations**2).sum(axis=1) * len(sums) / max(1, len(sums) - 1)) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.where(errors > 1e-12, means / errors, np.sign(means) * np.inf)
    return np.asarray(np.where(np.abs(means) <= 1e-15, 0.0, scores), dtype=np.float64)


def _score(mean: float, se: float) -> float:
    if se > 1e-12:
        return mean / se
    return 0.0 if mean == 0 else math.copysign(math.inf, mean)
