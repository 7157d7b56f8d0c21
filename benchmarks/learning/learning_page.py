"""Writes the page of the learning benchmark: lifts, behaviours and what choosing cost, by run.

| run | reward before | after | lift | exact before | after | lift | refuses wrongly | CPU s |
"""

from collections.abc import Sequence

from tasks.core.records import Behaviour
from tasks.core.settings import TrainSettings
from tasks.evidence.arms import Compared
from tasks.evidence.judged import MODES, Arm, Mode
from tasks.evidence.metrics import Rate
from tasks.evidence.reports import TrainReport

BEHAVIOURS: tuple[Behaviour, ...] = ("execute", "clarify", "refuse")

Run = tuple[str, float, TrainReport, Compared]
"""Name, CPU seconds, the report of the step `train`, and what `arms.compare` found."""


def page(settings: TrainSettings, runs: Sequence[Run]) -> str:
    """Markdown."""
    _, _, report, compared = runs[0]
    lines = [
        "# What training teaches the embedded default",
        "",
        f"{settings.steps} steps of {settings.prompts_per_step} prompts x {settings.generations} "
        f"completions, learning rate {settings.learning_rate:g}; {report.prompts['train']} "
        f"training prompts, checkpoint chosen on {report.prompts['validation']} others; asked "
        f"{compared.tasks} tasks about tools that no training row names; 95 % intervals over "
        "tasks.",
    ]
    for mode in MODES:
        lines += ["", f"## {mode.capitalize()}", "", *_table(mode, runs)]
    lines += ["", "## Exact match by behaviour, greedy", "", *_behaviours(runs)]
    return "\n".join(lines)


def _table(mode: Mode, runs: Sequence[Run]) -> list[str]:
    lines = [
        "| run | reward before | after | lift | exact before | after | lift "
        "| refuses wrongly | step | CPU s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    arms: tuple[Arm, ...] = ("base", "tuned")
    for name, cpu_s, report, compared in runs:
        before, after = (compared.arms[arm][mode].overall for arm in arms)
        over = after.over_refusal.mean if after.over_refusal else 0.0
        lines.append(
            f"| {name} | {_rate(before.reward)} | {_rate(after.reward)} "
            f"| {_lift(compared, mode, 'reward')} | {_rate(before.exact)} "
            f"| {_rate(after.exact)} | {_lift(compared, mode, 'exact')} "
            f"| {over:.1%} | {report.best_step} | {cpu_s:.0f} |"
        )
    return lines


def _behaviours(runs: Sequence[Run]) -> list[str]:
    models = [("base", runs[0][3].arms["base"])]
    models += [(name, compared.arms["tuned"]) for name, _, _, compared in runs]
    lines = [
        f"| model | {' | '.join(BEHAVIOURS)} | invents a tool | acts instead |",
        "|---|---|---|---|---|---|",
    ]
    for name, modes in models:
        cell = modes["greedy"]
        overall = cell.overall.rates()
        rates = [cell.by_behaviour[b].exact.mean for b in BEHAVIOURS]
        rates += [overall[fault].mean for fault in ("invented", "acted_instead")]
        lines.append(f"| {name} | " + " | ".join(f"{rate:.2f}" for rate in rates) + " |")
    return lines


def _rate(rate: Rate | None) -> str:
    return "none" if rate is None else f"{rate.mean:.3f} {_interval(rate.low, rate.high, '.3f')}"


def _lift(compared: Compared, mode: Mode, name: str) -> str:
    lift = compared.lift["base"][mode][name]
    return "none" if lift is None else f"{lift.mean:+.0%} {_interval(lift.low, lift.high, '+.0%')}"


def _interval(low: float | None, high: float | None, form: str) -> str:
    if low is None or high is None:
        return "[unknown]"
    return f"[{format(low, form)}, {format(high, form)}]"
