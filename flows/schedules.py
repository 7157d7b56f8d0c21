"""Prove that Prefect schedules runs here: with a wrong SQLAlchemy it silently makes none."""

import asyncio
import sys
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

from tasks.core.errors import StageError
from tasks.core.processes import Process
from tasks.serving.listeners import HOST, free_port

SCHEDULED_WITHIN_S = 60


def prove(folder: Path) -> str:
    """A server of its own, a deployment with an interval, and the runs the scheduler makes."""
    port = free_port()
    api = f"http://{HOST}:{port}/api"
    program = str(Path(sys.executable).parent / "prefect")
    command = [program, "server", "start", "--host", HOST, "--port", str(port)]
    env = {
        "PREFECT_HOME": str(folder / "prefect"),
        "DO_NOT_TRACK": "true",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    log = folder / "prefect.log"
    with Process("Prefect's server", command, log=log, env=env) as server:
        server.answers(f"{api}/health")
        made = asyncio.run(_scheduled(api))
    return f"prefect {version('prefect')}: the scheduler made {made} runs"


async def _scheduled(api: str) -> int:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import IntervalSchedule

    async with PrefectClient(api) as client:
        flow = await client.create_flow_from_name("doctor")
        every = DeploymentScheduleCreate(schedule=IntervalSchedule(interval=timedelta(hours=1)))
        await client.create_deployment(flow, "doctor", schedules=[every])
        for _ in range(SCHEDULED_WITHIN_S):
            runs = await client.read_flow_runs()
            if runs:
                return len(runs)
            await asyncio.sleep(1)
    raise StageError(
        f"no run was scheduled within {SCHEDULED_WITHIN_S} s: SQLAlchemy 2.1 and later make none; "
        "install again with constraints.txt (`make setup`)"
    )
