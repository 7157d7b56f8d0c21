"""A pipeline step as a Prefect task: a data stage through DVC, a model step as its own process."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.core import graph
from tasks.core.closure import PROJECT
from tasks.core.graph import StepFailed
from tasks.core.job import Job
from tasks.evidence import reports

WITH_MODELS = ("baseline", "train", "evaluate")
"""Run in the environment that `compute.python` names; the canary starts its model servers there."""


# DVC alone knows whether a stage is fresh: a second cache here could only disagree with it.
@task(name="data-stage", task_run_name="{name}", cache_policy=NO_CACHE)
def data_stage(name: str, workspace: str) -> dict[str, Any]:
    """Bring one data stage up to date through DVC and return its counts and seconds."""
    return graph.reproduce(name, Path(workspace))


@task(name="model-step", task_run_name="{name}", cache_policy=NO_CACHE)
def model_step(name: str, job_file: str) -> dict[str, Any]:
    """Run one model step in a process of its own; one that has left its report is not run again."""
    job = Job.model_validate_json(Path(job_file).read_bytes())
    kind = reports.STEPS[name]
    report = reports.read(job, kind)
    started = time.monotonic()
    if report is None:
        print(name, file=sys.stderr)
        compute = job.params.compute
        python = (name in WITH_MODELS and compute.python) or sys.executable
        done = subprocess.run(
            [python, "-m", f"tasks.{name}", "--job", job_file],
            cwd=PROJECT,
            env={**os.environ, "OMP_NUM_THREADS": str(compute.threads)},
            stdout=sys.stderr,
            check=False,
        )
        if done.returncode:
            raise StepFailed(name, done.returncode)
        report = reports.require(job, kind)
    return {**reports.plain(report), "seconds": round(time.monotonic() - started, 2)}
