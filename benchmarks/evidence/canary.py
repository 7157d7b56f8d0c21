"""Simulates canaries whose truth is known, and counts how often each rule is wrong.

    python -m benchmarks canary --canaries 10000

Success is 0.80 on the champion; each canary has 6,000 sessions and is looked at every 20. Ours
promotes where the outcome's e-value and those of two guardrails (unreadable calls, 0.5 % on the
champion, margin 1 point; latency, margin 5 % of a cap) and 500 sessions on the challenger say so.
Beside it stand the outcome's e-value alone, a z-test on pooled rates that is looked at as often,
and Kayenta's published rule for one metric: Mann-Whitney on 60 points at 98 %, promote unless the
interval of the shift lies below a quarter of it.
"""

import argparse
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.evidence.sequential import Effect

SESSIONS = 6_000
LOOK_EVERY = 20
FIRST_LOOK = 200
POINTS = 60
"""Of time, for Kayenta's rule."""
ENOUGH = 500
"""Sessions on the challenger before ours promotes."""
MARGIN, ERRORS_MARGIN, LATENCY_MARGIN = 0.02, 0.01, 0.05
ERRORS = 0.005
"""Of sessions with an unreadable call, on the champion."""
ALPHA = 0.05
Z = 1.6449
"""One-sided 5 % of the normal distribution."""
CHUNK = 250
"""Canaries whose pairs of points are held in memory at one time."""

Array = NDArray[Any]


class Traffic(NamedTuple):
    """`share` and `base` of the champion at a point of the canary in [0, 1]."""

    name: str
    share: Callable[[float], float]
    base: Callable[[float], float]


def _ramp(at: float) -> float:
    return 0.05 if at < 1 / 6 else 0.25 if at < 0.5 else 0.5


RAMP = Traffic("ramp 5, 25, 50 %", _ramp, lambda _: 0.8)
TRAFFICS = (
    Traffic("half and half", lambda _: 0.5, lambda _: 0.8),
    Traffic("a tenth on the challenger", lambda _: 0.1, lambda _: 0.8),
    Traffic("half and half, a daily swing", lambda _: 0.5, lambda a: 0.8 + 0.06 * np.sin(25 * a)),
    RAMP,
    Traffic("ramp, all get better", _ramp, lambda at: 0.74 + 0.12 * at),
    Traffic("ramp, all get worse", _ramp, lambda at: 0.86 - 0.12 * at),
)


class Truth(NamedTuple):
    """Challenger minus champion."""

    success: float
    errors: float = 0.0


class Ended(NamedTuple):
    """Session of the first look at which each canary was promoted or stopped; 0 where never."""

    ours: Array
    common: Array
    """Ours without the guardrail on a rare event."""
    outcome: Array
    """By the outcome's e-value alone."""
    pooled: Array
    """By the z-test on pooled rates."""
    kayenta: Array
    stopped: Array
    """Ours, by the outcome or a guardrail."""


def simulate(traffic: Traffic, truth: Truth, *, canaries: int, seed: int) -> Ended:
    """Run `canaries` canaries at once, each to its last session."""
    rng = np.random.default_rng(seed)
    shape = (canaries,)
    outcome = Effect(MARGIN, shape=shape)
    errors = Effect(ERRORS_MARGIN, ERRORS_MARGIN, shape=shape)
    latency = Effect(LATENCY_MARGIN, LATENCY_MARGIN, shape=shape)
    counts, points = np.zeros((2, 2, canaries)), np.zeros((POINTS, 2, 2, canaries))
    ended = Ended(*(np.zeros(canaries) for _ in Ended._fields))
    for number in range(1, SESSIONS + 1):
        at, share = number / SESSIONS, traffic.share(number / SESSIONS)
        treated = (rng.random(canaries) < share).astype(float)
        won = (rng.random(canaries) < traffic.base(at) + truth.success * treated).astype(float)
        read = (rng.random(canaries) >= ERRORS + truth.errors * treated).astype(float)
        waited = np.minimum(1, rng.gamma(4, 0.025, canaries))
        for effect, value in ((outcome, won), (errors, read), (latency, 1 - waited)):
            effect.add(treated, share, value)
        arms = np.stack([1 - treated, treated])
        seen = np.stack([arms, arms * won])
        counts += seen
        points[(number - 1) * POINTS // SESSIONS] += seen
        if number % LOOK_EVERY or number < FIRST_LOOK:
            continue
        proved, harmed = 1 / ALPHA, 3 / ALPHA
        good = outcome.promote >= proved
        guarded = (errors.promote >= proved) & (latency.promote >= proved)
        harm = [effect.harm >= harmed for effect in (outcome, errors, latency)]
        stopped = np.any(harm, axis=0) & (ended.ours == 0)
        ready = good & (counts[0, 1] >= ENOUGH) & (ended.stopped == 0) & ~stopped
        for first, now in (
            (ended.ours, ready & guarded),
            (ended.common, ready & (latency.promote >= proved)),
            (ended.outcome, good),
            (ended.pooled, _z(*counts) > Z),
            (ended.stopped, stopped),
        ):
            first[(first == 0) & now] = number
    ended.kayenta[:] = np.where(_kayenta(points), SESSIONS, 0)
    return ended


def _z(seen: Array, won: Array) -> Array:
    """Of "challenger - champion > -margin", from the rates of all sessions so far."""
    n = np.maximum(seen, 1)
    rate = won / n
    error = np.sqrt(np.maximum((rate * (1 - rate) / n).sum(axis=0), 1e-12))
    z: Array = (rate[1] - rate[0] + MARGIN) / error
    return np.where(seen.min(axis=0) >= LOOK_EVERY, z, -np.inf)


def _kayenta(points: Array) -> Array:
    """Whether each canary passes: its success is not classified as low."""
    seen, won = points[:, 0], points[:, 1]
    rates = won / np.maximum(seen, 1)
    pairs = POINTS * POINTS
    reach = 2.3263 * np.sqrt(pairs * (2 * POINTS + 1) / 12)
    upper = min(pairs - 1, round(pairs / 2 + reach))
    passed = []
    for start in range(0, rates.shape[2], CHUNK):
        part = rates[:, :, start : start + CHUNK]
        shifts = (part[:, 1][:, None] - part[:, 0][None]).reshape(pairs, -1)
        shifts.sort(axis=0)
        passed.append(shifts[upper] >= -0.25 * np.abs(shifts[pairs // 2]))
    return np.concatenate(passed)


RULES = "ours | ours, latency alone | outcome alone | peeked z | Kayenta"


def _false_promotions(canaries: int) -> Iterator[str]:
    yield f"| worse by just the margin of 2 points | {RULES} |"
    yield "|---|--:|--:|--:|--:|--:|"
    rows = [(traffic, Truth(-MARGIN), traffic.name) for traffic in TRAFFICS]
    rare = "ramp, 5 points better, calls worse by their margin"
    rows.append((RAMP, Truth(0.05, ERRORS_MARGIN), rare))
    for seed, (traffic, truth, name) in enumerate(rows):
        ended = simulate(traffic, truth, canaries=canaries, seed=seed)
        rates = ((first > 0).mean() for first in ended[:5])
        yield f"| {name} | {' | '.join(f'{rate:.1%}' for rate in rates)} |"


def _speed(canaries: int) -> Iterator[str]:
    yield f"| ramp, truly; promoted, 90 % of all after | {RULES} | stopped by ours, half after |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for points in (5, 3, 0, -5, -10):
        ended = simulate(RAMP, Truth(points / 100), canaries=canaries, seed=100 + points)
        cells = [f"{(first > 0).mean():.2%}, {_when(first, 0.9)}" for first in ended[:5]]
        stopped = f"{(ended.stopped > 0).mean():.1%}, {_when(ended.stopped, 0.5)}"
        yield f"| {points:+d} points | {' | '.join(cells)} | {stopped} |"


def _when(first: Array, quantile: float) -> str:
    """Sessions by which that share of all canaries had ended so."""
    ends = np.sort(np.where(first > 0, first, np.inf))
    end = ends[min(len(ends) - 1, int(quantile * len(ends)))]
    return "never" if np.isinf(end) else f"{end:,.0f}"


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--canaries", type=int, default=1_000)
    asked = parser.parse_args()
    for part in (_false_promotions, _speed):
        for line in part(asked.canaries):
            print(line, flush=True)
        print(flush=True)


if __name__ == "__main__":
    main()
