"""Simulates models that are worse by just the margin, and counts how often each test passes them.

    python -m benchmarks margins --runs 2000

At the margin one model in twenty may pass a test at .05. The base errs in 0 to 20 % of the tasks,
which come alone or in groups that rise and fall together. The paired t test, clustered by group,
stands beside ours. `--tables` made evaluations are put through the whole gate as well: none may
pass while a critical slice is unproven.
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tasks.core.records import Behaviour, Tags
from tasks.core.settings import GateSettings
from tasks.evidence import stats
from tasks.evidence.judged import ARMS, MODES, Arm, Judged, Mode
from tasks.evidence.metrics import Measured
from tasks.evidence.noninferiority import noninferior
from tasks.evidence.verdict import verdict

ALPHA = 0.05
SIZES = (5, 20, 40, 100, 500)
RATES = (0.0, 0.02, 0.05, 0.1, 0.2)
SETTINGS = GateSettings(
    alpha=ALPHA, slice_alpha=0.1, slice_floor=0.08, slice_min=40, over_refusal_margin=0.05
)


class Groups(NamedTuple):
    size: int
    shared: float
    """Chance that a task does as its group does."""

    @property
    def name(self) -> str:
        return "alone" if self.size == 1 else f"groups of {self.size}, {self.shared:.0%} shared"


class Case(NamedTuple):
    size: int
    """Tasks."""
    groups: Groups
    errs: float
    """Rate of the base's errors."""
    margin: float


GROUPS = (Groups(1, 0.0), Groups(5, 0.5), Groups(5, 1.0), Groups(9, 0.5))


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000, help="simulated tests in each cell")
    parser.add_argument("--tables", type=int, default=10_000, help="evaluations through the gate")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    print("Share of models worse by the margin that pass, in percent; 5.0 is the level.\n")
    print("| margin | tasks | groups | ours, base errs in 0 / 2 / 5 / 10 / 20 % | t test |")
    print("|--:|--:|---|---|---|")
    worst = 0.0
    for margin in (0.05, 0.1):
        for size in SIZES:
            for groups in GROUPS:
                if groups.size > size:
                    continue
                cells = [_cell(Case(size, groups, rate, margin), rng, asked.runs) for rate in RATES]
                worst = max(worst, *(ours for ours, _ in cells))
                columns = (" / ".join(f"{100 * cell[i]:.1f}" for cell in cells) for i in (0, 1))
                print(f"| {margin} | {size} | {groups.name} | {' | '.join(columns)} |", flush=True)
    print(f"\nLargest of ours: {100 * worst:.1f} % ({asked.runs} runs a cell).\n")
    print(_gated(asked.tables, asked.seed))


def _cell(case: Case, rng: np.random.Generator, runs: int) -> tuple[float, float]:
    passed = np.zeros(2)
    for _ in range(runs):
        treated, control, names = _draw(case, rng)
        passed[0] += noninferior(treated, control, names, margin=case.margin) <= ALPHA
        shifted = [value - case.margin for value in control]
        passed[1] += stats.paired_difference(treated, shifted, names, flips=199).better <= ALPHA
    return float(passed[0] / runs), float(passed[1] / runs)


def _draw(case: Case, rng: np.random.Generator) -> tuple[list[float], list[float], list[str]]:
    """Right or wrong of both models on the same tasks; half of the tasks they find equally hard."""
    groups = case.groups
    count = max(1, case.size // groups.size)

    def hardness() -> np.ndarray:
        own = rng.random((count, groups.size))
        common = np.repeat(rng.random((count, 1)), groups.size, axis=1)
        return np.where(rng.random(own.shape) < np.sqrt(groups.shared), common, own)

    first = hardness()
    second = np.where(rng.random(first.shape) < 0.5, first, hardness())
    names = np.repeat(np.arange(count), groups.size).astype(str)
    control, treated = first < 1 - case.errs, second < 1 - case.errs - case.margin
    values = [right.ravel().astype(float).tolist() for right in (treated, control)]
    return values[0], values[1], list(names)


def _gated(tables: int, seed: int) -> str:
    rng = random.Random(seed)
    outcomes: Counter[str] = Counter()
    wrong = 0
    for _ in range(tables):
        found = verdict(list(_table(rng)), SETTINGS, 1)
        outcomes[found.verdict] += 1
        unproven = any(one.critical and one.standing != "ok" for one in found.slices)
        wrong += found.verdict == "PASS" and unproven
    counts = ", ".join(f"{count} {name}" for name, count in outcomes.most_common())
    return f"{tables} made evaluations: {counts}; {wrong} PASS with a critical slice unproven."


def _table(rng: random.Random) -> Iterator[Judged]:
    """Rows of an evaluation with behaviours of any size and any gain or loss."""
    behaviours: tuple[Behaviour, ...] = ("execute", "clarify", "refuse", "answer")
    for behaviour in behaviours:
        tasks = rng.choice((0, 3, 12, 39, 80, 160))
        base, gain = rng.random(), rng.choice((-0.6, -0.1, 0.0, 0.1, 0.4))
        for number in range(tasks):
            hard = rng.random()
            for arm in ARMS:
                rate = base + gain if arm == "tuned" else base
                for mode in MODES:
                    yield _row(behaviour, number, arm=arm, mode=mode, exact=hard < rate)


def _row(behaviour: Behaviour, number: int, *, arm: Arm, mode: Mode, exact: bool) -> Judged:
    name = f"{behaviour}-{number:03d}"
    measured = Measured(
        example=name,
        group=name,
        expected=behaviour,
        did=behaviour,
        exact=exact,
        invented=False,
        malformed=False,
        acted_instead=False,
        over_refusal=False,
    )
    return Judged(
        arm=arm,
        mode=mode,
        reward=float(exact),
        tokens=1,
        tags=Tags(),
        measured=measured,
    )


if __name__ == "__main__":
    main()
