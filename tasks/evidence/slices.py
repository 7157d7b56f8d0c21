"""Looks for parts of the test on which the tuned model lost, while it gained on the whole.

    Slice(name="behaviour clarify", n=140, difference=-0.11, worse=0.004, standing="worse")

"No slice may drop" would refuse two thirds of the models that are better everywhere, by chance
alone; "only the whole counts" would pass nearly all that lost ten points on one. So a slice loses
where its loss is significant (Holm over all slices, of any size), or where it has `slice_min` tasks
and stays below the floor after its difference was drawn towards the others' as far as chance
explains them: two tasks lost of five are below any floor, and prove nothing.

A critical slice is not let off by being small: it has to be shown not worse than the base by the
margin, and says how many tasks are missing where it is not. Behaviours are critical, and tools that
`gate.critical` names. Sources: Holm (1979); DerSimonian & Laird, "Meta-analysis in clinical trials"
(1986), for the shrinkage.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

from tasks.core.records import Record
from tasks.core.settings import GateSettings
from tasks.evidence import noninferiority, stats
from tasks.evidence.judged import Arm, Judged, Paired, compare, pair

Standing = Literal["ok", "worse", "below-floor", "cannot-judge", "unproven"]


class Slice(Record, frozen=True, kw_only=True):
    """Tuned against what production runs on part of the tasks, in exact match."""

    name: str
    n: int
    """Tasks."""
    difference: float
    low: float | None = None
    """95 % interval of the difference; None where one group cannot tell."""
    high: float | None = None
    shrunk: float
    """The difference, drawn towards that of all slices as far as chance explains it."""
    worse: float
    """Holm's adjusted p-value of a loss."""
    critical: bool = False
    within_margin: float | None = None
    """Of a critical slice: p-value of "worse by the margin or more"."""
    missing: int = 0
    """Tasks that a critical slice lacks to be shown within the margin, if the model is unchanged
    there."""
    standing: Standing

    @property
    def lost(self) -> bool:
        """Whether it forbids a promotion for good."""
        return self.standing in ("worse", "below-floor")

    @property
    def reason(self) -> str:
        """The slice in one line."""
        seen = f"{self.name}: {self.difference:+.3f} on {self.n} tasks"
        if self.standing == "unproven":
            more = f"; about {self.missing} more tasks are needed" if self.missing else ""
            shown = "" if self.within_margin is None else f", p {self.within_margin:.2g}"
            return f"{seen}, critical and not shown to be within the margin{shown}{more}"
        if self.standing == "cannot-judge":
            return f"{seen}, too few to judge"
        return f"{seen}, p of a loss {self.worse:.2g}: {self.standing}"


def by_slice(rows: Sequence[Judged], settings: GateSettings, against: Arm = "base") -> list[Slice]:
    """Tuned against an arm, by name of the slice; all rows are of one sampling mode.

    A critical tool without any task stands there with none, unproven.
    """
    named: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        named[f"behaviour {row.measured.expected}"].append(row)
        named["held-out tools" if row.tags.held_out else "known tools"].append(row)
        for tool in set(row.tags.tools):
            named[f"tool {tool}"].append(row)
    critical = {f"tool {tool}" for tool in settings.critical}
    critical |= {name for name in named if name.startswith("behaviour ")}
    paired = {
        name: pair(named[name], against, rows[0].mode, lambda row: row.measured.exact)
        for name in sorted(named)
    }
    compared = {name: compare(values, settings.slice_alpha) for name, values in paired.items()}
    adjusted = stats.holm([compared[name].worse for name in paired])
    shrunk = _shrunk({name: compared[name].estimate for name in paired})
    slices = [
        _slice(
            name,
            paired[name],
            settings,
            worse=worse,
            estimate=compared[name].estimate,
            shrunk=shrunk[name],
            critical=name in critical,
        )
        for name, worse in zip(paired, adjusted, strict=True)
    ]
    absent = sorted(critical - set(paired))
    return slices + [_absent(name, settings) for name in absent]


def _slice(
    name: str,
    paired: Paired,
    settings: GateSettings,
    *,
    worse: float,
    estimate: stats.Estimate,
    shrunk: float,
    critical: bool,
) -> Slice:
    n = len(paired.groups)
    differences = [t - c for t, c in zip(paired.treated, paired.control, strict=True)]
    within = missing = None
    if critical:
        within = noninferiority.noninferior(*paired, margin=settings.critical_margin)
        missing = _missing(differences, paired.groups, settings)
    standing: Standing = "ok"
    if worse <= settings.slice_alpha:
        standing = "worse"
    elif n >= settings.slice_min and shrunk < -settings.slice_floor:
        standing = "below-floor"
    elif within is not None and within > settings.alpha:
        standing = "unproven"
    elif not critical and n < settings.slice_min:
        standing = "cannot-judge"
    return Slice(
        name=name,
        n=n,
        difference=sum(differences) / n,
        low=estimate.low,
        high=estimate.high,
        shrunk=shrunk,
        worse=worse,
        critical=critical,
        within_margin=within,
        missing=(missing or 0) if standing == "unproven" else 0,
        standing=standing,
    )


def _missing(differences: Sequence[float], groups: Sequence[str], settings: GateSettings) -> int:
    """Tasks beyond those that there are, at the discordance and the design effect seen so far."""
    n = len(differences)
    needed = noninferiority.tasks_needed(
        sum(map(abs, differences)) / n,
        margin=settings.critical_margin,
        alpha=settings.alpha,
        effect=noninferiority.design_effect(differences, groups),
    )
    return max(1, needed - n)


def _absent(name: str, settings: GateSettings) -> Slice:
    needed = noninferiority.tasks_needed(
        0.25, margin=settings.critical_margin, alpha=settings.alpha
    )
    return Slice(
        name=name,
        n=0,
        difference=0.0,
        shrunk=0.0,
        worse=1.0,
        critical=True,
        missing=needed,
        standing="unproven",
    )


def _shrunk(estimates: Mapping[str, stats.Estimate]) -> dict[str, float]:
    """Empirical Bayes means: what the slices have in common, and what sets one apart.

    A slice whose error is unknown (one group) or zero is weighed as the most uncertain one that is
    known, so that a handful of equal tasks does not pass for certainty.
    """
    errors = [e.se for e in estimates.values() if e.se]
    widest = max(errors, default=0.0)
    if not widest:
        return {name: estimate.mean for name, estimate in estimates.items()}
    variances = {name: (e.se or widest) ** 2 for name, e in estimates.items()}
    weights = {name: 1 / variance for name, variance in variances.items()}
    total = sum(weights.values())
    common = sum(weights[name] * estimates[name].mean for name in estimates) / total
    spread = sum(weights[name] * (estimates[name].mean - common) ** 2 for name in estimates)
    scale = total - sum(weight**2 for weight in weights.values()) / total
    between = max(0.0, (spread - (len(estimates) - 1)) / scale) if scale > 0 else 0.0
    return {
        name: common + (estimates[name].mean - common) * between / (between + variances[name])
        for name in estimates
    }
