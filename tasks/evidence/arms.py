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
from typing import Any

import msgspec

from tasks.core.records import Tags
from tasks.evidence import judged, metrics, stats
from tasks.evidence.judged import ARMS, MODES, Arm, Judged, Mode

Value = Callable[[Judged], float | None]

FIGURES: dict[str, Value] = {
    "reward": lambda row: row.reward,
    "exact": lambda row: float(row.measured.exact),
}
"""What lifts are told of."""


def compare(rows: Sequence[Judged]) -> dict[str, Any]:
    """Figures of each arm and mode, and the tuned arm's relative lift over the others.

    A lift is `{mean, low, high, se, n, clusters}` with a 95 % interval clustered by group (see
    `stats.ratio_interval`), or None where the other arm has a mean of zero or less.
    """
    cells: dict[tuple[Arm, Mode], list[Judged]] = defaultdict(list)
    for row in rows:
        cells[row.arm, row.mode].append(row)
    return {
        "tasks": len({row.measured.example for row in rows}),
        "groups": len({row.measured.group for row in rows}),
        "arms": {
            arm: {mode: _figures(cells[arm, mode]) for mode in MODES if cells[arm, mode]}
            for arm in ARMS
        },
        "lift": _lifts(cells),
        "lift_held_out": _lifts({key: _held_out(mine) for key, mine in cells.items()}),
    }


def lift(
    tuned: Sequence[Judged], control: Sequence[Judged], value: Value
) -> dict[str, float] | None:
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
    found = stats.ratio_interval(
        [above for above, _, _ in pairs],
        [below for _, below, _ in pairs],
        [group for _, _, group in pairs],
    )
    return dict(msgspec.structs.asdict(found))


def _lifts(cells: Mapping[tuple[Arm, Mode], Sequence[Judged]]) -> dict[str, Any]:
    return {
        arm: {
            mode: {
                name: lift(cells["tuned", mode], cells[arm, mode], value)
                for name, value in FIGURES.items()
            }
            for mode in MODES
            if cells.get((arm, mode)) and cells.get(("tuned", mode))
        }
        for arm in ARMS
        if arm != "tuned"
    }


def _held_out(rows: Sequence[Judged]) -> list[Judged]:
    return [row for row in rows if row.tags.held_out]


def as_arm(rows: Sequence[Judged], arm: Arm) -> list[Judged]:
    """The same answers under another arm's name, where both read the very same prompts."""
    return [msgspec.structs.replace(row, arm=arm) for row in rows]


def headline(evaluation: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Figures by arm and mode on held-out tools, or on all rows where no tool was held out."""
    return {
        (arm, mode): found["by_tools"].get("held_out")
        or {key: found[key] for key in ("reward", "by_behaviour")} | found["overall"]
        for arm, modes in evaluation["arms"].items()
        for mode, found in modes.items()
    }


def plot(found: dict[str, Any], target: Path) -> None:
    """Draw reward and exact match of each arm with 95 % intervals, as a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for panel, name in zip(panels, FIGURES, strict=True):
        for offset, mode in enumerate(MODES):
            known = [(i, _rate(found["arms"][arm].get(mode), name)) for i, arm in enumerate(ARMS)]
            points = [(i + 0.36 * offset - 0.18, rate) for i, rate in known if rate]
            panel.bar(
                [x for x, _ in points],
                [rate["mean"] for _, rate in points],
                width=0.34,
                yerr=[
                    [r[a] - r[b] for _, r in points] for a, b in (("mean", "low"), ("high", "mean"))
                ],
                label=mode,
                capsize=3,
            )
        panel.set(title=name, xticks=range(len(ARMS)), xticklabels=ARMS)
    panels[0].legend(frameon=False)
    figure.savefig(target, dpi=110)


def _figures(rows: Sequence[Judged]) -> dict[str, Any]:
    by_tools: dict[str, list[Judged]] = defaultdict(list)
    by_behaviour: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        by_tools[kind(row.tags)].append(row)
        by_behaviour[row.measured.expected].append(row)
    found = judged.summarise(rows)
    for behaviour, part in by_behaviour.items():
        found["by_behaviour"][behaviour]["reward"] = _reward(part)
    found["by_tools"] = {name: _flat(part) for name, part in sorted(by_tools.items())}
    return found


def _flat(rows: Sequence[Judged]) -> dict[str, Any]:
    found = metrics.summarise([row.measured for row in rows])
    return {
        **found["overall"],
        "reward": _reward(rows),
        "by_behaviour": found["by_behaviour"],
    }


def kind(tags: Tags) -> str:
    """Whether training saw the tools that an example is about."""
    return "held_out" if tags.held_out else "seen"


def _reward(rows: Sequence[Judged]) -> dict[str, float] | None:
    scored = [row for row in rows if row.reward is not None]
    return judged.reward_rate(scored) if scored else None


def _rate(cell: dict[str, Any] | None, name: str) -> dict[str, float] | None:
    if cell is None:
        return None
    rate: dict[str, float] | None = cell["reward"] if name == "reward" else cell["overall"][name]
    return rate
