"""Looks for parts of the test on which the tuned model lost, while it gained on the whole.

    Slice(name="behaviour clarify", n=140, difference=-0.11, worse=0.004, standing="worse")

"No slice may drop" would refuse two thirds of the models that are better everywhere, by chance
alone; "only the whole counts" would pass nearly all that lost ten points on one. Between them: Holm
over the slices' losses, and a floor.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from tasks.core.records import Record
from tasks.core.settings import GateSettings
from tasks.evidence import stats
from tasks.evidence.judged import Judged
from tasks.evidence.paired import Paired, compare, pair

Standing = Literal["ok", "worse", "below-floor", "cannot-judge"]


class Slice(Record, frozen=True, kw_only=True):
    """Tuned against base on part of the tasks, in exact match."""

    name: str
    n: int
    """Tasks."""
    difference: float
    worse: float | None
    """Holm's adjusted p-value of a loss; None where there are too few tasks to judge."""
    standing: Standing

    @property
    def lost(self) -> bool:
        """Whether it forbids a promotion."""
        return self.standing in ("worse", "below-floor")

    @property
    def reason(self) -> str:
        """The slice in one line."""
        seen = f"{self.name}: {self.difference:+.3f} on {self.n} tasks"
        if self.worse is None:
            return f"{seen}, too few to judge"
        return f"{seen}, p of a loss {self.worse:.2g}: {self.standing}"


def by_slice(rows: Sequence[Judged], settings: GateSettings) -> list[Slice]:
    """Tuned against base, by name of the slice; all rows are of one sampling mode."""
    named: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        named[f"behaviour {row.measured.expected}"].append(row)
        named["held-out tools" if row.tags.held_out else "known tools"].append(row)
        for tool in set(row.tags.tools):
            named[f"tool {tool}"].append(row)
    paired = {
        name: pair(named[name], "base", rows[0].mode, lambda row: row.measured.exact)
        for name in sorted(named)
    }
    judged = [name for name in paired if len(paired[name].groups) >= settings.slice_min]
    losses = {name: compare(paired[name], settings.slice_alpha).worse for name in judged}
    adjusted = dict(zip(judged, stats.holm([losses[name] for name in judged]), strict=True))
    return [_slice(name, paired[name], adjusted.get(name), settings) for name in paired]


def _slice(name: str, paired: Paired, worse: float | None, settings: GateSettings) -> Slice:
    n = len(paired.groups)
    mean = (sum(paired.treated) - sum(paired.control)) / n
    standing: Standing = "ok"
    if worse is None:
        standing = "cannot-judge"
    elif worse <= settings.slice_alpha:
        standing = "worse"
    elif mean < -settings.slice_floor:
        standing = "below-floor"
    return Slice(name=name, n=n, difference=mean, worse=worse, standing=standing)
