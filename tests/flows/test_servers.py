"""`ratchet up` for real: servers, worker, a dropped log file, a schedule that fires."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tasks.core import workspace
from tasks.core.step import PROJECT
from tasks.serving.processes import free_port

PATIENCE_S = 600


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {PATIENCE_S} s"
        time.sleep(1)


@pytest.fixture(scope="module")
def running(curated: tuple[Path, dict[str, object]]) -> Iterator[Path]:
    """A copy of the curated workspace with everything up."""
    home = curated[0].with_name("served")
    shutil.copytree(curated[0], home, symlinks=True)
    ports = ["--prefect-port", str(free_port()), "--mlflow-port", str(free_port())]
    command = [sys.executable, "-m", "flows", "up", "-w", str(home), "--look-every", "1", *ports]
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "MLFLOW_"))}
    with (home / "up.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=PROJECT, env=outside)
    try:
        until(lambda: "Watching" in (home / "up.log").read_text(), "ratchet up")
        yield home
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


def test_a_dropped_log_file_makes_a_new_dataset_version(running: Path) -> None:
    before = len(workspace.versions(running))
    (running / "dropped.json.gz").rename(running / "data/landing/bedrock/dropped.json.gz")
    until(lambda: len(workspace.versions(running)) > before, "a new dataset version")


def test_a_scheduled_run_fires(running: Path) -> None:
    servers = json.loads((running / ".ratchet/servers.json").read_text())
    api = servers["PREFECT_API_URL"]
    deployment = httpx.get(f"{api}/deployments/name/curate/sweep").json()
    assert deployment["schedules"][0]["schedule"]["cron"] == "*/30 * * * *"
    every = [{"active": True, "schedule": {"interval": 5}}]
    httpx.post(f"{api}/deployments/{deployment['id']}/schedules", json=every).raise_for_status()

    def fired() -> bool:
        wanted = {
            "flow_runs": {
                "deployment_id": {"any_": [deployment["id"]]},
                "state": {"type": {"any_": ["COMPLETED"]}},
            }
        }
        found = httpx.post(f"{api}/flow_runs/filter", json=wanted).json()
        return any(run["auto_scheduled"] for run in found)

    until(fired, "a scheduled run")
