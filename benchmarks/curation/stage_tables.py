"""Lays the costs of data stages out as Markdown tables; figures are medians over the runs."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from benchmarks.curation.stage_runs import Cost

Runs = Sequence[Sequence[Cost]]
"""For each run, the cost of each stage."""


def first(runs: Runs) -> Iterator[str]:
    """What a full run costs."""
    yield (
        "| stage | read | accepted | records/s | µs a record | CPU s | of all | wall s "
        "| peak RSS MB |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    costs = medians(runs)
    total, records = sum(cost.cpu_s for cost in costs), costs[0].read
    for cost in costs:
        yield (
            f"| {cost.stage} | {cost.read:,} | {cost.accepted:,} | "
            f"{cost.read / cost.cpu_s:,.0f} | {cost.cpu_s / records * 1e6:.0f} | "
            f"{cost.cpu_s:.2f} | {cost.cpu_s / total:.0%} | "
            f"{cost.wall_s:.2f} | {cost.peak_mb:.0f} |"
        )
    wall, peak = sum(cost.wall_s for cost in costs), max(cost.peak_mb for cost in costs)
    yield (
        f"| all | {records:,} | {costs[-1].accepted:,} | {records / total:,.0f} | "
        f"{total / records * 1e6:.0f} | {total:.2f} | 100% | {wall:.2f} | {peak:.0f} |"
    )


def again(full: Runs, nothing: Runs, more: Runs) -> Iterator[str]:
    """What a run costs that finds nothing new, what one that finds a little, and the difference."""
    yield "| stage | full, CPU s | nothing new | 1 % new | grows with it | of full | peak RSS MB |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    costs = list(zip(medians(full), medians(nothing), medians(more), strict=True))
    for before, floor, after in costs:
        sums = (before.cpu_s, floor.cpu_s, after.cpu_s)
        yield f"| {before.stage} | {_against(*sums)} | {after.peak_mb:.0f} |"
    whole, floors, added = (
        sum(cost.cpu_s for cost in column) for column in zip(*costs, strict=True)
    )
    peak = max(after.peak_mb for *_, after in costs)
    yield f"| all | {_against(whole, floors, added)} | {peak:.0f} |"


def spread(one: Runs, several: Runs, cores: int) -> Iterator[str]:
    """Wall time on one core beside that on several."""
    yield f"| stage | 1 core, wall s | {cores} cores, wall s | times |"
    yield "|---|--:|--:|--:|"
    costs = [
        (a.stage, a.wall_s, b.wall_s) for a, b in zip(medians(one), medians(several), strict=True)
    ]
    costs.append(("all", sum(a for _, a, _ in costs), sum(b for *_, b in costs)))
    for stage, alone, together in costs:
        yield f"| {stage} | {alone:.2f} | {together:.2f} | {alone / together:.2f} |"


def growth(by_size: Mapping[int, Runs]) -> Iterator[str]:
    """How the cost of a full run grows with the records, and its memory."""
    sizes = sorted(by_size)
    small, large = sizes[0], sizes[-1]
    yield f"| stage | CPU s at {large:,} by that at {small:,} | peak RSS, kB a record |"
    yield "|---|--:|--:|"
    costs = list(zip(medians(by_size[small]), medians(by_size[large]), strict=True))
    for a, b in costs:
        yield f"| {b.stage} | {b.cpu_s / a.cpu_s:.1f} | {b.peak_mb * 1e3 / large:.2f} |"
    before, after = (sum(cost.cpu_s for cost in column) for column in zip(*costs, strict=True))
    peak = max(b.peak_mb for _, b in costs)
    yield f"| all | {after / before:.1f} | {peak * 1e3 / large:.2f} |"


def medians(runs: Runs) -> list[Cost]:
    """Each stage's median cost."""
    return [
        costs[0]._replace(
            wall_s=median(cost.wall_s for cost in costs),
            cpu_s=median(cost.cpu_s for cost in costs),
            peak_mb=median(cost.peak_mb for cost in costs),
        )
        for costs in zip(*runs, strict=True)
    ]


def _against(full: float, floor: float, after: float) -> str:
    return f"{full:.2f} | {floor:.2f} | {after:.2f} | {after - floor:.2f} | {after / full:.1%}"
