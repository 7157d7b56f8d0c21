"""`ratchet run` and `ratchet finetune`: the pipeline, and its model steps."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import data
from cli.console import Json, Verbose, Workspace, emit, say, table

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
        say(f"The incumbent's report card: {card}")
    say(f"Run {result['run_id']}; files in {Path(result['job']).parent}")


def arms(evaluation: dict[str, Any]) -> None:
    """Print each arm on tools that training never saw (else on the whole test), with intervals."""
    from tasks.evidence.arms import headline

    rows = [
        [
            f"{arm}, {mode}",
            *(_rate(found.get(name)) for name in ("reward", "exact", "over_refusal")),
            f"{found['n']:,}",
        ]
        for (arm, mode), found in headline(evaluation).items()
    ]
    title = "Sealed test, tools never seen in training"
    table(title, ["arm", "reward [95 %]", "exact match", "over-refusal", "n"], rows)
    by_behaviour = {key: found["by_behaviour"] for key, found in headline(evaluation).items()}
    behaviours = list(next(iter(by_behaviour.values())))
    table(
        "Exact match by behaviour",
        ["arm", *behaviours],
        [
            [f"{arm}, {mode}", *(_rate(found[name]["exact"]) for name in behaviours)]
            for (arm, mode), found in by_behaviour.items()
        ],
    )


def _rate(found: dict[str, float] | None) -> str:
    return f"{found['mean']:.3f} [{found['low']:.3f}, {found['high']:.3f}]" if found else "-"


def verdict(name: str, found: dict[str, Any]) -> None:
    """Print a verdict and its reasons."""
    colour = {"PASS": "green", "FAIL": "red"}.get(found["verdict"], "yellow")
    say(f"[bold {colour}]{name}: {found['verdict']}[/]")
    for reason in found["reasons"]:
        say(f"  {reason}")
