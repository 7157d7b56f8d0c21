"""Sets arms against each other: figures of each by mode, behaviour and tool, and relative lifts.

    {"tasks": 520, "arms": {"tuned": {"greedy": {"reward": {"mean": 0.93, ...}, ...}}},
     "lift": {"base": {"greedy": {"exact": {"mean": 0.63, "low": 0.52, "high": 0.74}}}},
     "lift_held_out": {...}}    the same over tools that training never saw

A lift of 0.63 says that the tuned model earns or gets right 63 % more than the arm it is held
against. This describes; what may be promoted is the gate's to say.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from tasks.core.records import Record
from tasks.evidence import judged, stats
from tasks.evidence.judged import MODES, Arm, Cell, Judged, Mode, ToolCell
from tasks.evidence.stats import Estimate

Value = Callable[[Judged], float | None]

FIGURES: dict[str, Value] = {
    "reward": lambda row: row.reward,
    "exact": lambda row: float(row.measured.exact),
}
"""What lifts are told of."""


Lifts = dict[Arm, dict[Mode, dict[str, Estimate | None]]]
"""Arm that is held against, mode and figure to the tuned arm's relative lift; None where the other
arm has a mean of zero or less."""


class Compared(Record, frozen=True, kw_only=True):
    """What an evaluation found."""

    tasks: int
    groups: int
    arms: dict[Arm, dict[Mode, Cell]]
    lift: Lifts
    lift_held_out: Lifts
    """The same over tools that training never saw."""


def compare(rows: Sequence[Judged]) -> Compared:
    """Figures of each arm and mode, and the tuned arm's relative lift over the others.

    Lifts have 95 % intervals clustered by group (see `stats.ratio_interval`).
    """
    cells: dict[tuple[Arm, Mode], list[Judged]] = defaultdict(list)
    for row in rows:
        cells[row.arm, row.mode].append(row)
    return Compared(
        tasks=len({row.measured.example for row in rows}),
        groups=len({row.measured.group for row in rows}),
        arms={
            arm: {mode: judged.summarise(cells[arm, mode]) for mode in MODES if cells[arm, mode]}
            for arm in judged.arms_of(rows)
        },
        lift=_lifts(cells),
        lift_held_out=_lifts({key: _held_out(mine) for key, mine in cells.items()}),
    )


def lift(tuned: Sequence[Judged], control: Sequence[Judged], value: Value) -> Estimate | None:
    """Relative lift of a value over rows that stand for the same draws, in the same order.

    A draw that either arm has no value for is left out of both.
    """
    pairs = [
        (above, below, row.measured.group)
        for row, other in zip(tuned, control, strict=True)
        if (above := value(row)) is not None and (below := value(other)) is not None
    ]
    if sum(below for _, below, _ in pairs) <= 0:
        return None
    return stats.ratio_interval(
        [above for above, _, _ in pairs],
        [below for _, below, _ in pairs],
        [group for _, _, group in pairs],
    )


def _lifts(cells: Mapping[tuple[Arm, Mode], Sequence[Judged]]) -> Lifts:
    others = sorted({arm for arm, _ in cells} - {"tuned"})
    return {
        arm: {
            mode: {
                name: lift(cells["tuned", mode], cells[arm, mode], value)
                for name, value in FIGURES.items()
            }
            for mode in MODES
            if cells.get((arm, mode)) and cells.get(("tuned", mode))
        }
        for arm in others
    }


def _held_out(rows: Sequence[Judged]) -> list[Judged]:
    return [row for row in rows if row.tags.held_out]


def as_arm(rows: Sequence[Judged], arm: Arm) -> list[Judged]:
    """The same answers under another arm's name, where both read the very same prompts."""
    return [msgspec.structs.replace(row, arm=arm) for row in rows]


def headline(compared: Compared) -> dict[tuple[Arm, Mode], ToolCell]:
    """Figures by arm and mode on held-out tools, or on all rows where no tool was held out."""
    return {
        (arm, mode): cell.by_tools.get("held_out")
        or ToolCell(overall=cell.overall, by_behaviour=cell.by_behaviour)
        for arm, modes in compared.arms.items()
        for mode, cell in modes.items()
    }


def plot(compared: Compared, target: Path) -> None:
    """Draw reward and exact match of each arm with 95 % intervals, as a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    arms = list(compared.arms)
    for panel, name in zip(panels, FIGURES, strict=True):
        for offset, mode in enumerate(MODES):
            cells = [(i, compared.arms[arm].get(mode)) for i, arm in enumerate(arms)]
            rates = [(i, cell.overall.rates().get(name)) for i, cell in cells if cell]
            points = [(i + 0.36 * offset - 0.18, rate) for i, rate in rates if rate]
            panel.bar(
                [x for x, _ in points],
                [rate.mean for _, rate in points],
                width=0.34,
                yerr=[
                    [r.mean - (r.mean if r.low is None else r.low) for _, r in points],
                    [(r.mean if r.high is None else r.high) - r.mean for _, r in points],
                ],
                label=mode,
                capsize=3,
            )
        panel.set(title=name, xticks=range(len(arms)), xticklabels=arms)
    panels[0].legend(frameon=False)
    figure.savefig(target, dpi=110)
