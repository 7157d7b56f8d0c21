"""One MLflow run a pipeline run, a child a step, and the links an auditor follows.

MLflow cannot search runs by an input model, so what a run was made with is there twice: as a link
(dataset input, reward input, model output) and as params and tags (`reward_uri`, `dataset.md5`).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tasks.core.job import DatasetRef, Job, Tracking
from tasks.core.services import Services

EXPERIMENT = "ratchet"


def tracking_uri(workspace: Path) -> str:
    """The tracking server of the environment, else a SQLite file in the workspace."""
    configured = Services().mlflow_tracking_uri
    if configured:
        return configured
    folder = workspace.resolve() / ".ratchet"
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'mlflow.db'}"


def connect(uri: str, experiment: str = EXPERIMENT) -> Any:
    """Point MLflow at a server, without telemetry or pickle, and return the module."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import mlflow

    mlflow.set_tracking_uri(uri)
    if mlflow.get_experiment_by_name(experiment) is None:
        location = None
        if uri.startswith("sqlite:///"):
            location = (Path(uri.removeprefix("sqlite:///")).parent / "mlartifacts").as_uri()
        mlflow.create_experiment(experiment, artifact_location=location)
    mlflow.set_experiment(experiment)
    return mlflow


def start_parent(uri: str, name: str, tags: dict[str, str]) -> Tracking:
    """Open the run of a whole pipeline run; `finish_parent` closes it."""
    mlflow = connect(uri)
    with mlflow.start_run(run_name=name, tags=tags) as run:
        run_id = str(run.info.run_id)
    mlflow.tracking.MlflowClient().update_run(run_id, status="RUNNING")
    return Tracking(uri=uri, experiment=EXPERIMENT, parent_run_id=run_id, tags=tags)


def finish_parent(tracking: Tracking, *, succeeded: bool) -> None:
    """Close the run of a whole pipeline run."""
    mlflow = connect(tracking.uri, tracking.experiment)
    status = "FINISHED" if succeeded else "FAILED"
    mlflow.tracking.MlflowClient().set_terminated(tracking.parent_run_id, status=status)


@contextmanager
def child_run(job: Job, step: str) -> Iterator[Any]:
    """Open the run of one step under the pipeline's; yields the mlflow module, run active.

    A step that is run again continues its own run, so that no half run is left behind.
    """
    mlflow = connect(job.tracking.uri, job.tracking.experiment)
    mark = Path(job.folder) / f"{step}.mlflow-run"
    if mark.exists():
        run = mlflow.start_run(run_id=mark.read_text())
    else:
        tags = {**job.tracking.tags, "ratchet.step": step, "dataset.version": job.dataset.version}
        run = mlflow.start_run(
            run_name=step, nested=True, parent_run_id=job.tracking.parent_run_id, tags=tags
        )
        mark.write_text(run.info.run_id)
    with run:
        yield mlflow


def log_dataset(mlflow: Any, dataset: DatasetRef, context: str) -> None:
    """Link the dataset to the active run: DVC's md5 is its digest."""
    from mlflow.data.meta_dataset import MetaDataset
    from mlflow.data.sources import LocalArtifactDatasetSource

    meta = MetaDataset(
        source=LocalArtifactDatasetSource(dataset.folder),
        name=dataset.version or "dataset",
        digest=dataset.md5[:36],  # the longest digest that MLflow keeps: md5 and DVC's `.dir`
    )
    mlflow.log_input(meta, context=context, tags={"dvc.md5": dataset.md5})
