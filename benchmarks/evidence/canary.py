"""Simulates canaries whose truth is known, and counts how often each rule is wrong.

    python -m benchmarks canary                 # 2,000 canaries a row, some seconds

The challenger is worse by just the margin, so every promotion is a false one; 5 % are allowed.
Each canary has 6,000 sessions, success 0.80 on the champion, and is looked at every 20 sessions.
Beside our betting e-value stands what is common: a z-test on pooled rates, looked at as often.
Last, how soon a challenger that is really worse is stopped.
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
MARGIN = 0.02
ALPHA = 0.05
Z = 1.6449
"""One-sided 5 % of the normal distribution."""


class Traffic(NamedTuple):
    """`share` and `base` of the champion at a point of the canary in [0, 1]."""

    name: str
    share: Callable[[float], float]
    base: Callable[[float], float]


def _ramp(at: float) -> float:
    return 0.05 if at < 1 / 6 else 0.25 if at < 0.5 else 0.5


TRAFFICS = (
    Traffic("half and half", lambda _: 0.5, lambda _: 0.8),
    Traffic("a tenth on the challenger", lambda _: 0.1, lambda _: 0.8),
    Traffic("ramp 5, 25, 50 %", _ramp, lambda _: 0.8),
    Traffic("ramp, all get better", _ramp, lambda at: 0.74 + 0.12 * at),
    Traffic("ramp, all get worse", _ramp, lambda at: 0.86 - 0.12 * at),
)


class Ended(NamedTuple):
    """Session of the first look at which each canary was promoted or stopped; 0 where never."""

    promoted: NDArray[Any]
    pooled: NDArray[Any]
    """Promoted by the z-test on pooled rates."""
    stopped: NDArray[Any]


def simulate(traffic: Traffic, *, effect: float, canaries: int, seed: int) -> Ended:
    """Run `canaries` canaries at once, each to its last session."""
    rng = np.random.default_rng(seed)
    evidence = Effect(MARGIN, shape=(canaries,))
    seen, won = np.zeros((2, canaries)), np.zeros((2, canaries))
    ended = Ended(*(np.zeros(canaries) for _ in Ended._fields))
    for number in range(1, SESSIONS + 1):
        at = number / SESSIONS
        treated = (rng.random(canaries) < traffic.share(at)).astype(float)
        outcome = (rng.random(canaries) < traffic.base(at) + effect * treated).astype(float)
        evidence.add(treated, traffic.share(at), outcome)
        arms = np.stack([1 - treated, treated])
        seen += arms
        won += arms * outcome
        if number % LOOK_EVERY == 0 and number >= FIRST_LOOK:
            reached = (evidence.promote >= 1 / ALPHA, _z(seen, won) > Z, evidence.harm >= 1 / ALPHA)
            for first, now in zip(ended, reached, strict=True):
                first[(first == 0) & now] = number
    return ended


def _z(seen: NDArray[Any], won: NDArray[Any]) -> NDArray[Any]:
    """Of "challenger - champion > -margin", from the rates of all sessions so far."""
    n = np.maximum(seen, 1)
    rate = won / n
    error = np.sqrt(np.maximum((rate * (1 - rate) / n).sum(axis=0), 1e-12))
    z: NDArray[Any] = (rate[1] - rate[0] + MARGIN) / error
    return np.where(seen.min(axis=0) >= LOOK_EVERY, z, -np.inf)


def _false_promotions(canaries: int) -> Iterator[str]:
    yield "| worse by the margin of 2 points | e-value | z-test on pooled rates |"
    yield "|---|--:|--:|"
    for seed, traffic in enumerate(TRAFFICS):
        ended = simulate(traffic, effect=-MARGIN, canaries=canaries, seed=seed)
        rates = ((found > 0).mean() for found in (ended.promoted, ended.pooled))
        yield f"| {traffic.name} | {' | '.join(f'{rate:.1%}' for rate in rates)} |"


def _stops(canaries: int) -> Iterator[str]:
    yield "| truly worse by, half and half | stopped | sessions until then, median | promoted |"
    yield "|---|--:|--:|--:|"
    for points in (5, 10, 20):
        ended = simulate(TRAFFICS[0], effect=-points / 100, canaries=canaries, seed=points)
        when = ended.stopped[ended.stopped > 0]
        yield (
            f"| {points} points | {len(when) / canaries:.1%} | {np.median(when):,.0f} | "
            f"{(ended.promoted > 0).mean():.1%} |"
        )


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--canaries", type=int, default=2_000)
    given = parser.parse_args()
    print("\n".join(_false_promotions(given.canaries)), end="\n\n", flush=True)
    print("\n".join(_stops(given.canaries)))


if __name__ == "__main__":
    main()
