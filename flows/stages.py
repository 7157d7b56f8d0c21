"""A pipeline step as a Prefect task: a data stage through DVC, a model step as its own process."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.core import parts, step
from tasks.core.errors import RatchetError, StageError
from tasks.core.job import Job


class StepFailed(RatchetError):
    """A step's process ended with an error that it has already explained on standard error."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"step {name} stopped with exit code {code}; its reason stands above")
        self.exit_code = code


# DVC alone knows whether a stage is fresh: a second cache here could only disagree with it.
@task(name="data-stage", task_run_name="{name}", cache_policy=NO_CACHE)
def data_stage(name: str, workspace: str) -> dict[str, Any]:
    """Bring one data stage up to date through DVC and return its counts and seconds."""
    started = time.monotonic()
    with parts.single_writer(Path(workspace).resolve() / ".ratchet" / "graph"):
        _reproduce(name, Path(workspace))
    manifest = parts.require_manifest(Path(workspace) / "data" / step.FOLDERS[name])
    counts = manifest.counts
    return {
        "read": counts.read,
        "accepted": counts.accepted,
        "rejected": counts.rejected,
        "duplicate": counts.duplicate,
        "seconds": round(time.monotonic() - started, 2),
        "info": manifest.info,
    }


@task(name="model-step", task_run_name="{name}", cache_policy=NO_CACHE)
def model_step(name: str, job_file: str) -> dict[str, Any]:
    """Run one model step in a process of its own; one that has left its report is not run again."""
    job = Job.model_validate_json(Path(job_file).read_bytes())
    report = job.report(name)
    started = time.monotonic()
    if report is None:
        compute = job.params.compute
        done = subprocess.run(
            [compute.python or sys.executable, "-m", f"tasks.{name}", "--job", job_file],
            cwd=step.PROJECT,
            env={**os.environ, "OMP_NUM_THREADS": str(compute.threads)},
            stdout=sys.stderr,
            check=False,
        )
        if done.returncode:
            raise StepFailed(name, done.returncode)
        report = job.require(name)
    return {**report, "seconds": round(time.monotonic() - started, 2)}


def _reproduce(name: str, workspace: Path) -> None:
    """`dvc repro --single-item`, in this process: 0.1 s where the stage is fresh."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.stage.exceptions import StageCmdFailedError

    try:
        with Repo(str(workspace)) as repo:
            repo.reproduce(targets=[name], single_item=True)
    except DvcException as error:
        cause = error.__cause__
        if isinstance(cause, StageCmdFailedError):
            raise StepFailed(name, getattr(cause, "status", None) or 4) from error
        raise StageError(f"DVC cannot run stage {name} in {workspace}: {error}") from error
