"""Sequential evidence about two arms, fed one session at a time, that may be looked at any time.

A session in its order of start is (was it on the challenger, the share in force, its outcome):

    evidence = Effect(margin=0.02)
    evidence.add(treated=1, share=0.1, outcome=1.0)
    evidence.promote                     e-value against "challenger - champion <= -margin"

An e-value is what a bet against a hypothesis has made of 1. If the hypothesis is true, the chance
that it ever reaches 1/alpha is at most alpha (Ville's inequality), for any number of looks and
any size of sample: nothing here is asymptotic. `share` may change over time but only because of
the past; drift of both arms together does no harm, which a comparison of pooled rates cannot say.

Every number may be a numpy array instead, one entry a replication: simulations run this code.
Sources: Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting" (JRSS B
2024); Waudby-Smith et al., "Anytime-valid off-policy inference" (2022), for the weighted scores;
Lindon & Malek, "Anytime-valid inference for multinomial count data" (arXiv 2011.03567).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FRACTIONS = (0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.7, 0.9)
"""Shares of its wealth that a bet may risk; their mean needs no guess of the effect's size."""

LARGEST = 690.0
"""Log of the largest e-value reported: above, a float overflows and nothing more is learnt."""

CONCENTRATION = 100.0
"""Strength of the belief that the split is nearly right; finds 8 % instead of 10 % soonest."""

Number = Any
"""A float, or a numpy array with one entry a replication."""


class Effect:
    """Evidence on the difference in mean outcome, challenger minus champion; outcomes in [0, 1].

    Args:
        margin: non-inferiority margin m of `promote`, against effect <= -m. 0 is superiority.
        tolerance: t of `harm`, against effect >= -t.
        shape: of the replications; () for one real canary.
    """

    def __init__(
        self, margin: Number = 0.0, tolerance: Number = 0.0, shape: tuple[int, ...] = ()
    ) -> None:
        self._margin = margin
        self._tolerance = tolerance
        self._count = np.zeros((2, *shape))
        self._sum = np.zeros((2, *shape))
        self._psi = np.zeros(shape)
        self.sessions = 0
        wealth = np.zeros((len(FRACTIONS), *shape))
        self._log_promote: NDArray[np.float64] = wealth
        self._log_harm: NDArray[np.float64] = wealth.copy()
        self._fractions = np.reshape(FRACTIONS, (-1, *[1] * len(shape)))

    def add(self, treated: Number, share: Number, outcome: Number) -> None:
        """One session: `treated` 1 on the challenger, else 0; `share` in force at its start.

        psi is unbiased for the effect at this moment whatever the arms' past means are; lo and hi
        are the least and the most it can be, known before the outcome.
        """
        f0, f1 = (self._sum + 0.5) / (self._count + 1)
        psi = (
            f1
            - f0
            + treated * (outcome - f1) / share
            - (1 - treated) * (outcome - f0) / (1 - share)
        )
        lo = np.minimum(f1 - f0 - f1 / share, f1 - f0 - (1 - f0) / (1 - share))
        hi = np.maximum(f1 - f0 + (1 - f1) / share, f1 - f0 + f0 / (1 - share))
        m, h = self._margin, -self._tolerance
        self._log_promote = self._log_promote + np.log1p(self._fractions * (psi + m) / -(lo + m))
        self._log_harm = self._log_harm + np.log1p(-self._fractions * (psi - h) / (hi - h))
        self._count[0] += 1 - treated
        self._count[1] += treated
        self._sum[0] += (1 - treated) * outcome
        self._sum[1] += treated * outcome
        self._psi = self._psi + psi
        self.sessions += 1

    @property
    def promote(self) -> Number:
        """E-value against "the challenger is worse than the champion by the margin or more"."""
        return _mean_wealth(self._log_promote)

    @property
    def harm(self) -> Number:
        """E-value against "the challenger is no worse than the champion"."""
        return _mean_wealth(self._log_harm)

    @property
    def effect(self) -> Number:
        """Mean of psi: the unbiased estimate of the mean effect so far; 0 before any session."""
        return self._psi / max(1, self.sessions)

    def mean(self, arm: int) -> Number:
        """Plain mean outcome of an arm (1 the challenger, 0 the champion); 0 where it is empty."""
        return self._sum[arm] / np.maximum(1, self._count[arm])


class Interval:
    """A confidence sequence of the effect: at every look at once it holds with `confidence`.

    Inverts the tests of `Effect` over a grid of effects; the bounds are points of the grid.
    """

    def __init__(self, confidence: float = 0.95, step: float = 0.005) -> None:
        self._grid = np.round(np.arange(-1 + step, 1 - step / 2, step), 6)
        self._tests = Effect(margin=-self._grid, tolerance=-self._grid, shape=self._grid.shape)
        self._limit = 2 / (1 - confidence)
        self._above = np.zeros(len(self._grid), dtype=bool)
        self._below = np.zeros(len(self._grid), dtype=bool)

    def add(self, treated: float, share: float, outcome: float) -> None:
        """As `Effect.add`."""
        self._tests.add(treated, share, outcome)
        self._above |= self._tests.promote >= self._limit
        self._below |= self._tests.harm >= self._limit

    @property
    def low(self) -> float:
        """Every effect at or below it is refuted; -1 where none is."""
        return float(self._grid[self._above].max(initial=-1.0))

    @property
    def high(self) -> float:
        """Every effect at or above it is refuted; 1 where none is."""
        return float(self._grid[self._below].min(initial=1.0))


class Split:
    """Evidence that sessions do not reach the arms in the share set (sample ratio mismatch).

    For each share in force a Beta-binomial bet around it; their product is the e-value.
    """

    def __init__(self, concentration: float = CONCENTRATION) -> None:
        self._concentration = concentration
        self._counts: dict[float, tuple[Number, Number]] = {}
        self._log: Number = 0.0

    def add(self, treated: Number, share: float) -> None:
        """One session: `treated` 1 on the challenger, else 0."""
        ones, zeros = self._counts.get(share, (0.0, 0.0))
        believed = (self._concentration * share + ones) / (self._concentration + ones + zeros)
        likely = treated * believed / share + (1 - treated) * (1 - believed) / (1 - share)
        self._log = self._log + np.log(likely)
        self._counts[share] = (ones + treated, zeros + 1 - treated)

    @property
    def mismatch(self) -> Number:
        """E-value against "each session had its share's chance of the challenger"."""
        return np.exp(np.minimum(self._log, LARGEST))


def _mean_wealth(log_wealth: NDArray[np.float64]) -> Number:
    top = log_wealth.max(axis=0)
    log_mean = top + np.log(np.exp(log_wealth - top).mean(axis=0))
    return np.exp(np.minimum(log_mean, LARGEST))
