"""`ratchet release`, `promote` and `rollback`: what production serves."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import interruption
from cli.console import Json, Verbose, Workspace, emit, say
from cli.model import verdict

if TYPE_CHECKING:
    from tasks.evidence.reports import PromotionReport

Why = Annotated[str, typer.Option(help="Reason, kept with the version for ever.")]
Who = Annotated[str, typer.Option(help="Who decides.", show_default="you")]


def release(
    workspace: Workspace = Path(),
    run_id: Annotated[str, typer.Option("--run", help="Default: the newest judged run.")] = "",
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Try a judged model on a share of traffic, and promote it only if that passes too."""
    from flows import environment

    environment.prepare(workspace, verbose=verbose)
    interruption.ends_the_command()
    from flows.release import release as release_flow

    result = release_flow(str(workspace), run_id)
    if json:
        emit(result)
        return
    for name in ("gate", "canary"):
        if name in result:
            verdict(name.capitalize(), result[name])
    say(f"Release: {result['status']}")
    if result["status"] == "awaiting-approval":
        say("Approve it with: ratchet promote --why '...'")


def promote(
    why: Why,
    workspace: Workspace = Path(),
    model: Annotated[str, typer.Option(help="Registered model; default: of params.yaml.")] = "",
    version: Annotated[str, typer.Option(help="Default: the challenger's.")] = "",
    who: Who = "",
    force: Annotated[bool, typer.Option(help="Without two PASS verdicts; recorded.")] = False,
    json: Json = False,
) -> None:
    """Make a model version the champion; refused unless gate and canary passed for it."""
    from flows import environment

    environment.prepare(workspace)
    from tasks.core.curation_settings import PARAMS_FILE
    from tasks.core.settings import load
    from tasks.promote import promote_version

    name = model or load(workspace / PARAMS_FILE).model.name
    result = promote_version(
        workspace, name, version, who=who or getpass.getuser(), why=why, force=force
    )
    _show(result, json)


def rollback(
    why: Why,
    workspace: Workspace = Path(),
    model: Annotated[str, typer.Option(help="Registered model; default: of params.yaml.")] = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Give the alias champion back to the version that had it before."""
    # The traffic first: what is still warm takes it at once, and the registry follows.
    from tasks.serving import deployment, targets

    folder = workspace / deployment.SERVING
    if (folder / targets.FILE).exists() and (back := targets.revert(folder / targets.FILE)):
        say(f"{back.uri or back.url} serves again")
    from flows import environment

    environment.prepare(workspace)
    from tasks.core.curation_settings import PARAMS_FILE
    from tasks.core.settings import load
    from tasks.promote import roll_back

    name = model or load(workspace / PARAMS_FILE).model.name
    _show(roll_back(workspace, name, who=who or getpass.getuser(), why=why), json)


def _show(report: "PromotionReport", json: bool) -> None:
    from tasks.evidence import reports

    result = reports.plain(report)
    if json:
        emit(result)
    else:
        say(", ".join(f"{key}: {value}" for key, value in result.items()))
