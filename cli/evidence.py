"""`ratchet status`, `audit` and `power`: what is live, where it came from, what a test can see."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import erasure
from cli.console import Json, Workspace, branches, emit, ranges, say, table


def status(workspace: Workspace = Path(), json: Json = False) -> None:
    """Show the dataset, the newest runs with their verdicts, and which model is champion."""
    from flows import environment

    environment.prepare(workspace)
    from tasks.lineage.overview import overview

    found = overview(workspace)
    if json:
        emit(found)
        return
    typer.echo(f"Dataset   {found['dataset'] or 'none yet: ratchet curate'}")
    for alias, version in found["aliases"].items():
        typer.echo(f"{alias:<9} {version}")
    table(
        "Newest runs",
        ["run", "dataset", "gate", "canary"],
        [[run["run"], run["dataset"], run["gate"], run["canary"]] for run in found["runs"]],
    )


def audit(
    model: Annotated[
        str, typer.Argument(help="models:/NAME@ALIAS or models:/NAME/VERSION.", show_default=False)
    ] = "",
    person: Annotated[
        list[str] | None,
        typer.Option(help="Instead of a model: a value that names a person in the logs."),
    ] = None,
    verify: Annotated[
        bool, typer.Option(help="Check every hash, both verdicts, MLflow's runs and the aliases.")
    ] = False,
    page: Annotated[
        Path | None, typer.Option(help="Write what was found as one self-contained HTML page.")
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> None:
    """Walk from a model back to the log lines it learnt from, or from a person to what saw them.

    With --verify everything on the way is checked; exit code 5 names what does not hold.
    """
    from flows import environment

    if bool(model) == bool(person):
        raise typer.BadParameter("name a model (models:/NAME@ALIAS), or a person with --person")
    environment.prepare(workspace)
    if person:
        erasure.audit(workspace, person, json)
        return
    import msgspec

    if verify:
        _verify(workspace, model, page=page, json=json)
        return
    from tasks.lineage.audit import trail

    found: dict[str, Any] = msgspec.to_builtins(trail(workspace, model))
    if json:
        emit(found)
        return
    _print_trail(model, found)


def _verify(workspace: Path, model: str, *, page: Path | None, json: bool) -> None:
    import msgspec

    from tasks.core.pages import Table, html
    from tasks.lineage.verification import verify

    checks = verify(workspace, model)
    failed = [check for check in checks if not check.passed]
    summary = (
        f"{len(failed)} of {len(checks)} checks failed"
        if failed
        else f"all {len(checks)} checks passed"
    )
    if page is not None:
        rows = [
            [check.what, check.subject, "holds" if check.passed else "FAILED", check.detail]
            for check in checks
        ]
        table = Table("Checks", ("of", "subject", "", "what was seen"), rows)
        page.write_text(html(f"Audit of {model}", [summary], [table]))
    if json:
        emit({"model": model, "passed": not failed, "checks": msgspec.to_builtins(checks)})
    else:
        for check in checks:
            mark = "[green]ok[/]  " if check.passed else "[red]FAIL[/]"
            say(f"{mark}  {check.what:<8} {check.subject}: {check.detail}")
        say(summary)
    if failed:
        raise typer.Exit(5)


def power(
    tasks: Annotated[int, typer.Argument(help="Examples in the held-out test.")],
    differ: Annotated[
        float, typer.Option(help="Share of them on which the two models differ.")
    ] = 0.25,
    design_effect: Annotated[
        float, typer.Option(help="How much groups inflate the variance; the gate reports it.")
    ] = 1.0,
    alpha: Annotated[float, typer.Option(help="One-sided level of the gate.")] = 0.05,
    json: Json = False,
) -> None:
    """Say what gain a test set of this size can see, before GPU time is spent."""
    from tasks.evidence.power import minimum_detectable_effect

    effect = minimum_detectable_effect(tasks, differ, alpha=alpha, effect_of_design=design_effect)
    if json:
        emit({"tasks": tasks, "minimum_detectable_effect": effect, "power": 0.8, "alpha": alpha})
        return
    typer.echo(
        f"{tasks:,} examples, {differ:.0%} of them answered differently: a true gain of "
        f"{effect:.1%} or more is found 4 times in 5 (alpha {alpha}, design effect "
        f"{design_effect})."
    )


def _print_trail(model: str, found: dict[str, Any]) -> None:
    from rich.tree import Tree

    aliases = "".join(f" @{alias}" for alias in found.get("aliases", ()))
    tree = Tree(f"[bold]{model}[/]")
    node = tree.add(f"{found['model']} version {found['version']}{aliases}")
    node.add(f"weights sha256 {found['weights_sha256']}")
    if not found.get("run"):
        node.add("a base model, registered from a file: no run made it")
        branches(tree)
        return
    for name, verdict in found.get("verdicts", {}).items():
        node.add(f"{name}: {verdict}")
    run = tree.add(f"run {found['run']}  (MLflow {found['mlflow_run']})")
    run.add(f"reward {found['reward']}  sha {found['reward_sha']}")
    data = run.add(f"dataset {found['dataset']}  md5 {found['dataset_md5']}")
    data.add(f"commit {found['commit']}")
    data.add(", ".join(f"{n:,} {name}" for name, n in found["examples"].items()))
    for source in found["sources"]:
        data.add(f"{source['uri']}  lines {ranges(source['lines'])}")
    branches(tree)
