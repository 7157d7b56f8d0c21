"""`ratchet run` and `ratchet finetune`: the pipeline, and its model steps."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import data, interruption
from cli.console import Json, Verbose, Workspace, emit, say, table

if TYPE_CHECKING:
    from tasks.evidence.metrics import Rate

Until = Annotated[
    str,
    typer.Option(help="Last step: split, baseline, train, evaluate, gate, or promote."),
]


def run(
    workspace: Workspace = Path(),
    until: Until = "gate",
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Run the whole path once: curate, fine-tune, judge, and release if told to."""
    from flows import environment
    from tasks.core.errors import SettingsError

    steps = ("split", "baseline", "train", "evaluate", "gate", "promote")
    if until not in steps:
        raise SettingsError(f"--until {until}: expected one of {', '.join(steps)}")
    environment.prepare(workspace, verbose=verbose)
    interruption.ends_the_command()
    from flows.pipeline import pipeline

    result = pipeline(str(workspace), until=until)
    result["curate"] = data.flat(result["curate"])
    if json:
        emit(result)
        return
    data.show(result["curate"])
    if "finetune" in result:
        show(result["finetune"])
    if "release" in result:
        say(f"Release: {result['release']['status']}")


def finetune(
    workspace: Workspace = Path(),
    resume: Annotated[str, typer.Option(help="Id of a run that was broken off.")] = "",
    until: Until = "gate",
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Train on the dataset that stands here, then evaluate and judge the result."""
    from flows import environment

    environment.prepare(workspace, verbose=verbose)
    interruption.ends_the_command()
    from flows.finetune import finetune as finetune_flow

    result = finetune_flow(str(workspace), run_id=resume, until=until)
    if json:
        emit(result)
    else:
        show(result)


def show(result: dict[str, Any]) -> None:
    """Print what each arm reached, and the gate's verdict."""
    if "evaluate" in result:
        arms(result["evaluate"])
    if "gate" in result:
        verdict("Gate", result["gate"])
    card = Path(result["job"]).parent / "baseline" / "card.html"
    if card.exists():
        say(f"Report card of the logged replies: {card}")
    say(f"Run {result['run_id']}; files in {Path(result['job']).parent}")


def arms(evaluated: dict[str, Any]) -> None:
    """Print each arm on tools that training never saw (else on the whole test), with intervals."""
    from tasks.evidence import reports
    from tasks.evidence.arms import headline

    cells = headline(reports.of(reports.EvaluationReport, evaluated))
    rows = []
    for (arm, mode), cell in cells.items():
        rates = cell.overall.rates()
        shown = [_rate(rates.get(name)) for name in ("reward", "exact", "over_refusal")]
        rows.append([f"{arm}, {mode}", *shown, f"{cell.overall.n:,}"])
    title = "Held-out test, tools never seen in training"
    table(title, ["arm", "reward [95 %]", "exact match", "over-refusal", "n"], rows)
    behaviours = list(next(iter(cells.values())).by_behaviour)
    table(
        "Exact match by behaviour",
        ["arm", *behaviours],
        [
            [f"{arm}, {mode}", *(_rate(cell.by_behaviour[name].exact) for name in behaviours)]
            for (arm, mode), cell in cells.items()
        ],
    )


def _rate(rate: "Rate | None") -> str:
    if rate is None:
        return "-"
    low, high = ("?" if bound is None else f"{bound:.3f}" for bound in (rate.low, rate.high))
    return f"{rate.mean:.3f} [{low}, {high}]"


def verdict(name: str, found: dict[str, Any]) -> None:
    """Print a verdict and its reasons."""
    colour = {"PASS": "green", "FAIL": "red"}.get(found["verdict"], "yellow")
    say(f"[bold {colour}]{name}: {found['verdict']}[/]")
    for reason in found["reasons"]:
        say(f"  {reason}")
