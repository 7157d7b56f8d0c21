"""Writes the page of the learning benchmark: lifts, behaviours and what choosing cost, by run.

| run | reward before | after | lift | exact before | after | lift | refuses wrongly | CPU s |
"""

from collections.abc import Sequence
from typing import Any

from tasks.core.settings import TrainSettings
from tasks.evidence.judged import MODES, Mode

BEHAVIOURS = ("execute", "clarify", "refuse")

Run = tuple[str, float, dict[str, Any], dict[str, Any]]
"""Name, CPU seconds, the report of the step `train`, and what `arms.compare` found."""


def page(settings: TrainSettings, runs: Sequence[Run]) -> str:
    """Markdown."""
    _, _, report, compared = runs[0]
    lines = [
        "# What training teaches the embedded default",
        "",
        f"{settings.steps} steps of {settings.prompts_per_step} prompts x {settings.generations} "
        f"completions, learning rate {settings.learning_rate:g}; {report['prompts']['train']} "
        f"training prompts, checkpoint chosen on {report['prompts']['validation']} others; asked "
        f"{compared['tasks']} tasks about tools that no training row names; 95 % intervals over "
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
    for name, cpu_s, report, found in runs:
        before, after = (found["arms"][arm][mode] for arm in ("base", "tuned"))
        over = after["overall"]["over_refusal"]["mean"]
        lines.append(
            f"| {name} | {_rate(before['reward'])} | {_rate(after['reward'])} "
            f"| {_lift(found, mode, 'reward')} | {_rate(before['overall']['exact'])} "
            f"| {_rate(after['overall']['exact'])} | {_lift(found, mode, 'exact')} "
            f"| {over:.1%} | {report['best_step']} | {cpu_s:.0f} |"
        )
    return lines


def _behaviours(runs: Sequence[Run]) -> list[str]:
    models = [("base", runs[0][3]["arms"]["base"])]
    models += [(name, found["arms"]["tuned"]) for name, _, _, found in runs]
    lines = [
        f"| model | {' | '.join(BEHAVIOURS)} | invents a tool | acts instead |",
        "|---|---|---|---|---|---|",
    ]
    for name, modes in models:
        cell = modes["greedy"]
        rates = [cell["by_behaviour"][b]["exact"]["mean"] for b in BEHAVIOURS]
        rates += [cell["overall"][fault]["mean"] for fault in ("invented", "acted_instead")]
        lines.append(f"| {name} | " + " | ".join(f"{rate:.2f}" for rate in rates) + " |")
    return lines


def _rate(rate: dict[str, float]) -> str:
    return f"{rate['mean']:.3f} [{rate['low']:.3f}, {rate['high']:.3f}]"


def _lift(found: dict[str, Any], mode: Mode, name: str) -> str:
    lift = found["lift"]["base"][mode][name]
    return f"{lift['mean']:+.0%} [{lift['low']:+.0%}, {lift['high']:+.0%}]" if lift else "none"
