"""Prefect, MLflow and a worker on this machine, for one workspace, until Ctrl-C."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from flows.environment import SERVERS
from tasks.core import parts
from tasks.core.closure import PROJECT
from tasks.core.errors import SettingsError, StageError
from tasks.core.processes import Process
from tasks.serving.listeners import HOST, listening

BIN = Path(sys.executable).parent
POOL = "ratchet"


class Ports(NamedTuple):
    prefect: int
    mlflow: int


UI_API_URL = "PREFECT_SERVER_UI_API_URL"


@contextmanager
def servers(workspace: Path, ports: Ports) -> Iterator[dict[str, str]]:
    """Run both servers on the workspace's own databases; yields their addresses by variable.

    Raises:
        SettingsError: a port is in use.
    """
    state = (workspace / ".ratchet").resolve()
    state.mkdir(parents=True, exist_ok=True)
    found = {
        "PREFECT_API_URL": f"http://127.0.0.1:{ports.prefect}/api",
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{ports.mlflow}",
    }
    with ExitStack() as stack:
        prefect = stack.enter_context(_prefect(state, ports.prefect))
        mlflow = stack.enter_context(_mlflow(state, ports.mlflow))
        prefect.answers(f"{found['PREFECT_API_URL']}/health")
        mlflow.answers(f"{found['MLFLOW_TRACKING_URI']}/health")
        record = state / SERVERS
        parts.replace(record, msgspec.json.encode({**found, "pid": str(os.getpid())}))
        stack.callback(record.unlink, missing_ok=True)
        os.environ.update(found)
        yield found


@contextmanager
def worker(workspace: Path) -> Iterator[Process]:
    """Register the deployments of prefect.yaml for this workspace and run what they start."""
    state = (workspace / ".ratchet").resolve()
    os.environ.update(
        RATCHET_PROJECT=str(PROJECT),
        RATCHET_WORKSPACE=str(workspace.resolve()),
        PREFECT_WORKER_QUERY_SECONDS="2",
        PREFECT_RUNNER_POLL_FREQUENCY="2",
    )
    _run("work-pool", "create", POOL, "--type", "process", "--overwrite")
    _run("--no-prompt", "deploy", "--all")
    command = [str(BIN / "prefect"), "worker", "start", "--pool", POOL, "--type", "process"]
    with Process("worker", [*command, "--limit", "1"], log=state / "worker.log") as process:
        yield process


def _prefect(state: Path, port: int) -> Process:
    _claim(port, "--prefect-port")
    command = [str(BIN / "prefect"), "server", "start", "--host", HOST, "--port", str(port)]
    # Without it the page asks port 4200, whatever port it came from.
    env = {UI_API_URL: os.environ.get(UI_API_URL, f"http://{HOST}:{port}/api")}
    return Process("Prefect's server", command, log=state / "prefect.log", env=env)


def _mlflow(state: Path, port: int) -> Process:
    _claim(port, "--mlflow-port")
    command = [str(BIN / "mlflow"), "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    command += [
        f"--backend-store-uri=sqlite:///{state / 'mlflow.db'}",
        f"--artifacts-destination={(state / 'mlartifacts').as_uri()}",
    ]
    env = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    return Process("MLflow's server", command, log=state / "mlflow.log", env=env)


def _claim(port: int, option: str) -> None:
    """Say at once, by the option's name, that a port is taken."""
    try:
        with listening(HOST, port):
            pass
    except SettingsError as error:
        raise SettingsError(str(error).replace("--port", option)) from error


def _run(*arguments: str) -> None:
    """Run a prefect command to its end."""
    done = subprocess.run(
        [str(BIN / "prefect"), *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-5:]
        raise StageError(f"prefect {' '.join(arguments)} failed: {' | '.join(lines)}")
