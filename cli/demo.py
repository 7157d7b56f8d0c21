"""`ratchet demo`: the whole loop on the embedded default, on this machine, in minutes."""

import shutil
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import data, interruption, model
from cli.console import Json, Verbose, emit, say, table

FOLDER = Path(".ratchet") / "demo"


def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo works; made anew.")] = FOLDER,
    sessions: Annotated[int, typer.Option(help="Sessions of production traffic.", min=600)] = 2400,
    seed: Annotated[int, typer.Option(help="Of the traffic, the training and the visitors.")] = 0,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Run the whole loop here: a faulty agent's logs, curation, GRPO, gate, canary, promotion."""
    from flows import environment

    started = time.monotonic()
    seconds = {"traffic": _prepare(folder, sessions, seed)}
    environment.prepare(folder, verbose=verbose)
    interruption.ends_the_command()
    from flows.pipeline import pipeline
    from tasks.demo.summary import summarise

    result = pipeline(str(folder), until="promote")
    result["curate"] = data.flat(result["curate"])
    summary = summarise(result, seconds, seed)
    total = round(time.monotonic() - started, 1)
    steps = sum(summary["seconds"].values())
    summary["seconds"] |= {"between steps": round(total - steps, 1), "total": total}
    if json:
        emit(summary)
    else:
        _show(result, summary, folder)


def _prepare(folder: Path, sessions: int, seed: int) -> float:
    """Make the workspace and let the base model act in it; returns seconds."""
    import yaml

    from tasks.core import workspace
    from tasks.core.closure import PROJECT
    from tasks.core.errors import StageError
    from tasks.demo import traffic
    from tasks.learning import runtime

    started = time.monotonic()
    runtime.settle(threads=1)
    if folder.exists():
        if not (folder / ".ratchet").exists() and any(folder.iterdir()):
            raise StageError(f"{folder} was not made by the demo; name another with --folder")
        shutil.rmtree(folder)
    params: dict[str, Any] = yaml.safe_load((PROJECT / "tasks/demo/params.yaml").read_text())
    for step in ("split", "baseline", "train", "evaluate"):
        params[step]["seed"] = seed
    workspace.create(folder, params)
    (folder / ".ratchet").mkdir(exist_ok=True)
    say(f"[bold]traffic[/]   {sessions:,} sessions of the deployed agent, logged")
    traffic.write_logs(
        folder / "data" / "landing",
        model=str(PROJECT / "tasks/demo/base"),
        sessions=sessions,
        seed=seed,
    )
    return round(time.monotonic() - started, 1)


def _show(result: dict[str, Any], summary: dict[str, Any], folder: Path) -> None:
    data.show(result["curate"])
    model.arms(result["finetune"]["evaluate"])
    for name in ("gate", "canary"):
        model.verdict(name.capitalize(), summary[name])
    table(
        "Seconds",
        ["step", "s"],
        [[name, f"{value:.1f}"] for name, value in summary["seconds"].items()],
    )
    say(f"\n{summary['model_uri']}: {summary['status']}")
    binary, home = Path(sys.executable).parent, folder.resolve() / ".ratchet"
    say("Look at it (each serves its page until Ctrl-C):")
    say(
        f"  {binary}/mlflow server --workers 1 --port 5000 --backend-store-uri "
        f"sqlite:///{home}/mlflow.db      # http://127.0.0.1:5000"
    )
    say(f"  PREFECT_HOME={home}/prefect {binary}/prefect server start      # http://127.0.0.1:4200")
    say(f"Trace it: {binary}/ratchet audit models:/demo-agent@champion -w {folder}")
