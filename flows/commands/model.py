"""`ratchet run` and `ratchet finetune`: the pipeline, and its model steps."""

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands import data
from flows.commands.console import Json, Verbose, Workspace, emit, say, table

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
    say(f"Run {result['run_id']}; files in {Path(result['job']).parent}")


def arms(evaluation: dict[str, Any]) -> None:
    """Print the arms of an evaluation with their intervals."""
    rows = [
        [
            f"{name} ({mode})",
            *(
                f"{found[metric]['value']:.3f} [{found[metric]['low']:.3f}, "
                f"{found[metric]['high']:.3f}]"
                for metric in ("reward", "exact")
            ),
            f"{found['over_refusal']:.3f}",
            f"{found['n']:,}",
        ]
        for name, modes in evaluation["arms"].items()
        for mode, found in modes.items()
    ]
    table(
        "Sealed test, held-out tools",
        ["arm", "reward [95 %]", "exact [95 %]", "over-refusal", "n"],
        rows,
    )


def verdict(name: str, found: dict[str, Any]) -> None:
    """Print a verdict and its reasons."""
    colour = {"PASS": "green", "FAIL": "red"}.get(found["verdict"], "yellow")
    say(f"[bold {colour}]{name}: {found['verdict']}[/]")
    for reason in found["reasons"]:
        say(f"  {reason}")
