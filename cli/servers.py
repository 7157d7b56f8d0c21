"""`ratchet up` and `ratchet doctor`: the servers of one machine, and whether all really works."""

import signal
from pathlib import Path
from typing import Annotated

import typer

from cli.console import Json, Workspace, emit, say


def up(
    workspace: Workspace = Path(),
    prefect_port: Annotated[int, typer.Option(help="Of Prefect's page and API.")] = 4200,
    mlflow_port: Annotated[int, typer.Option(help="Of MLflow's page and API.")] = 5000,
    look_every: Annotated[float, typer.Option(help="Seconds between looks for new logs.")] = 10,
    worker_only: Annotated[
        bool,
        typer.Option(help="The servers run elsewhere; their addresses are in the environment."),
    ] = False,
) -> None:
    """Start Prefect, MLflow and a worker here; new logs start a run. Ctrl-C ends all of it."""
    import os
    from contextlib import ExitStack

    from flows import environment
    from tasks.core.curation_settings import PARAMS_FILE
    from tasks.core.settings import load

    load(workspace / PARAMS_FILE)
    environment.prepare(workspace)
    os.chdir(workspace)
    from flows.local_servers import Ports, servers, worker

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        if not worker_only:
            say("Starting Prefect and MLflow (half a minute) ...")
            found = stack.enter_context(servers(Path(), Ports(prefect_port, mlflow_port)))
            say(f"Prefect  {found['PREFECT_API_URL'].removesuffix('/api')}")
            # Its first view, GenAI, is of traces, and there are none.
            say(f"MLflow   {found['MLFLOW_TRACKING_URI']}  (runs and models: under Model training)")
        process = stack.enter_context(worker(Path()))
        say("Worker   runs the deployments nightly, new-logs, sweep, release")
        say(f"Watching the sources of {workspace / PARAMS_FILE}; Ctrl-C ends it.")
        from flows.watch import watch

        watch(Path(), every_s=look_every, check=process.check)


def serve(
    workspace: Workspace = Path(),
    new_key: Annotated[
        str, typer.Option(help="Make a key for a caller of this name, print it once, and end.")
    ] = "",
) -> None:
    """Serve the champion on OpenAI's interface; promotions and rollbacks change it over."""
    import os

    from flows import environment
    from tasks.serving import access, control, deployment

    if new_key:
        place = workspace / deployment.SERVING / "keys"
        print(access.new_key(place, new_key))
        say(f"{place} has its hash; the key itself is kept nowhere. A gateway reads it at start.")
        return
    environment.prepare(workspace)
    os.chdir(workspace)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    control.serve(Path().resolve(), say, ended=lambda: False)


def doctor(json: Json = False) -> None:
    """Prove that this machine can do the work: versions, DVC, MLflow, Prefect's schedules."""
    from flows.health import check_all

    failed = 0
    results = []
    for found in check_all():
        failed += not found.well
        results.append(found._asdict())
        mark = "[green]ok[/]  " if found.well else "[red]FAIL[/]"
        say(f"{mark}  {found.name:<26} {found.detail}")
    if json:
        emit({"well": not failed, "checks": results})
    if failed:
        raise typer.Exit(1)
