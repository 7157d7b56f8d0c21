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

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings

from tasks.core import workspace
from tasks.core.closure import PROJECT
from tasks.serving.listeners import free_port

PATIENCE_S = 600


def until(condition: Callable[[], object], what: str, home: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {PATIENCE_S} s: {said(home)}"
        time.sleep(1)


def said(home: Path) -> str:
    """The last lines of every log, for the day on which something does not happen."""
    logs = [home / "up.log", *sorted((home / ".ratchet").glob("*.log"))]
    return "".join(f"\n--- {log.name}\n{log.read_text()[-2000:]}" for log in logs)


@pytest.fixture(scope="module")
def running(curated: tuple[Path, dict[str, object]]) -> Iterator[Path]:
    """A copy of the curated workspace with everything up."""
    home = curated[0].with_name("served")
    shutil.copytree(curated[0], home, symlinks=True)
    ports = ["--prefect-port", str(free_port()), "--mlflow-port", str(free_port())]
    command = [sys.executable, "-m", "cli", "up", "-w", str(home), "--look-every", "1", *ports]
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "MLFLOW_"))}
    with (home / "up.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=PROJECT, env=outside)
    try:
        until(lambda: "Watching" in (home / "up.log").read_text(), "ratchet up", home)
        yield home
    finally:
        process.send_signal(signal.SIGINT)
        # A run that is under way is ended first, and on a slow machine that takes its time.
        assert process.wait(180) == 130


def test_a_dropped_log_file_makes_a_new_dataset_version(running: Path) -> None:
    before = len(workspace.versions(running))
    (running / "dropped.json.gz").rename(running / "data/landing/bedrock/dropped.json.gz")
    until(lambda: len(workspace.versions(running)) > before, "a new dataset version", running)


def test_prefects_page_asks_the_server_that_it_came_from(running: Path) -> None:
    servers = json.loads((running / ".ratchet/servers.json").read_text())
    settings = {PREFECT_API_URL: servers["PREFECT_API_URL"]}
    with temporary_settings(settings), get_client(sync_client=True) as client:
        told = client.request("GET", servers["PREFECT_API_URL"].removesuffix("api") + "ui-settings")  # type: ignore[arg-type]
    assert told.json()["api_url"] == servers["PREFECT_API_URL"]


def test_a_scheduled_run_fires(running: Path) -> None:
    servers = json.loads((running / ".ratchet/servers.json").read_text())
    # Prefect's own client asks again where SQLite was locked; one request alone may get a 503.
    settings = {PREFECT_API_URL: servers["PREFECT_API_URL"]}
    with temporary_settings(settings), get_client(sync_client=True) as client:
        sweep = client.read_deployment_by_name("curate/sweep")
        assert sweep.schedules[0].schedule == CronSchedule(cron="*/30 * * * *", timezone="UTC")
        every = [{"active": True, "schedule": {"interval": 5}}]
        client.request("POST", f"/deployments/{sweep.id}/schedules", json=every)  # type: ignore[arg-type]
        ended = FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[sweep.id]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED])),
        )

        def fired() -> bool:
            return any(run.auto_scheduled for run in client.read_flow_runs(flow_run_filter=ended))

        until(fired, "a scheduled run", running)
