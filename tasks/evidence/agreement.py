"""How far two raters of the same things agree beyond chance: Cohen's kappa with its interval.

    judge  [1, 0, 1, 1]   human  [1, 0, 0, 1]     classes 0 and 1
    kappa 0.5, interval 95 %, agreement 0.75, and of each class how often it was seen and right

    kappa = 1 - sum(weight * observed) / sum(weight * expected)

over the cells of the table of both raters' classes; without weights each disagreement counts 1.
The interval is that of the table's posterior under a Dirichlet prior of one row spread over all
cells: with all rows agreed on, a bootstrap would claim certainty, and this one says how little a
few rows prove. Pure and seeded: the same input gives the same floats.
Sources: Cohen, "A coefficient of agreement for nominal scales" (1960) and "Weighted kappa" (1968);
Perks, "Some observations on inverse probability" (1947), for the prior.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import EvidenceError
from tasks.core.records import Record

Weights = Literal["none", "linear", "quadratic"]
DRAWS = 4000
FALL = 0.1
"""A fall of kappa that is an alarm, where the interval leaves no doubt that there is one."""

Array = NDArray[np.float64]


class Class(Record, frozen=True, kw_only=True):
    """One class as the second rater, the one that is trusted, sees it."""

    rows: int
    precision: float | None
    """Of the rows that the first rater put here, the share that belongs here; None: no rows."""
    recall: float | None
    """Of the rows that belong here, the share that the first rater put here."""


class Kappa(Record, frozen=True, kw_only=True):
    value: float
    low: float
    high: float
    confidence: float
    rows: int
    agreement: float
    """Share of rows on which both say the same."""
    table: tuple[tuple[int, ...], ...]
    """Rows by the first rater's class (down) and the second's (across)."""
    classes: tuple[Class, ...]


def cohens_kappa(
    first: Sequence[int],
    second: Sequence[int],
    classes: int,
    *,
    weights: Weights = "none",
    confidence: float = 0.95,
    seed: int = 0,
) -> Kappa:
    """Agreement of two raters on classes 0 to `classes - 1`; the second one is trusted.

    Raises:
        EvidenceError: no rows, not one rating of both for each, or one class only.
    """
    if len(first) != len(second) or not first:
        raise EvidenceError(
            f"{len(first)} and {len(second)} ratings: kappa needs one of both raters for each row"
        )
    table = np.zeros((classes, classes))
    np.add.at(table, (np.asarray(first), np.asarray(second)), 1)
    if (table.sum(axis=0) > 0).sum() < 2:
        raise EvidenceError(
            f"all {len(first)} labels are of one class: agreement beyond chance cannot be seen on "
            "them; label rows of every class, and about as many of each"
        )
    cost = _cost(classes, weights)
    prior = 1 / classes**2
    draws = np.random.default_rng(seed).dirichlet(table.ravel() + prior, size=DRAWS)
    spread = _kappa(draws.reshape(-1, classes, classes), cost)
    tail = (1 - confidence) / 2
    value = float(_kappa(table[np.newaxis] / table.sum(), cost)[0])
    return Kappa(
        value=value,
        # The posterior is drawn towards its prior, and could leave a value of 1 outside.
        low=min(value, float(np.quantile(spread, tail))),
        high=max(value, float(np.quantile(spread, 1 - tail))),
        confidence=confidence,
        rows=len(first),
        agreement=float(np.trace(table) / table.sum()),
        table=tuple(tuple(int(n) for n in row) for row in table),
        classes=tuple(_class(table, i) for i in range(classes)),
    )


def has_fallen(now: Kappa, before: float, *, fall: float = FALL) -> bool:
    """Whether agreement fell by more than `fall`, and the interval now excludes what it was."""
    return before - now.value > fall and now.high < before


def _kappa(shares: Array, cost: Array) -> Array:
    """Of each table of shares; chance cannot disagree where one class is all there is, so 0."""
    expected = shares.sum(axis=2)[:, :, np.newaxis] * shares.sum(axis=1)[:, np.newaxis, :]
    seen = (shares * cost).sum(axis=(1, 2))
    chance = (expected * cost).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(chance > 0, 1 - seen / chance, 0.0), dtype=np.float64)


def _cost(classes: int, weights: Weights) -> Array:
    apart = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes))).astype(np.float64)
    if weights == "none":
        return np.asarray(apart > 0, dtype=np.float64)
    return np.asarray(apart if weights == "linear" else apart**2, dtype=np.float64)


def _class(table: Array, i: int) -> Class:
    given, belong, right = table[i].sum(), table[:, i].sum(), table[i, i]
    return Class(
        rows=int(belong),
        precision=float(right / given) if given else None,
        recall=float(right / belong) if belong else None,
    )
