"""A dataset to a judged model: baseline, train, evaluate, gate, under one MLflow run."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.steps import model_step
from tasks.core import tracking, workspace
from tasks.core.curation_settings import PARAMS_FILE
from tasks.core.errors import SettingsError
from tasks.core.job import Job
from tasks.core.settings import load

STEPS = ("baseline", "train", "evaluate", "gate")


@flow(name="finetune")
def finetune(folder: str = ".", run_id: str = "", until: str = "gate") -> dict[str, Any]:
    """Run the model steps up to `until` on the dataset that stands in the workspace.

    With the `run_id` of a run that was broken off, it goes on: a step that has left its report is
    not run again. Returns the run's id and each step's report.
    """
    if until not in STEPS:
        raise SettingsError(f"until = {until!r}: expected one of {', '.join(STEPS)}")
    job_file = open_run(folder, run_id)
    job = Job.model_validate_json(Path(job_file).read_bytes())
    wanted = STEPS[: STEPS.index(until) + 1]
    succeeded = False
    try:
        reports = {name: model_step(name, job_file) for name in wanted}
        succeeded = True
    finally:
        tracking.finish_parent(job.tracking, succeeded=succeeded)
    return {"run_id": job.run_id, "job": job_file, **reports}


@task(name="open-run", cache_policy=NO_CACHE)
def open_run(folder: str, run_id: str) -> str:
    """Write the job file of a new run, or find that of an old one; returns its path."""
    home = Path(folder).resolve()
    if run_id:
        job_file = home / ".ratchet" / "runs" / run_id / "job.json"
        if not job_file.exists():
            raise SettingsError(f"no run {run_id!r} in {home}: `ratchet status` lists them")
        return str(job_file)
    dataset = workspace.dataset(home)
    started = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    name = f"{started}-{secrets.token_hex(2)}"
    tags = {
        "ratchet.run": name,
        "dvc.rev": workspace.revision(home),
        "dvc.md5": dataset.md5,
        "dataset.version": dataset.version,
        "prefect.flow_run_id": str(flow_run.id or ""),
    }
    job = Job(
        run_id=name,
        folder=str(home / ".ratchet" / "runs" / name),
        workspace=str(home),
        params=load(home / PARAMS_FILE),
        dataset=dataset,
        tracking=tracking.start_parent(tracking.tracking_uri(home), name, tags),
    )
    return str(job.save())
