"""Notes a dataset version in MLflow: its counts, and the page of its contract as an artifact.

    run "dataset-v1.3"   metrics validate.accepted 1698, redact.replaced.EMAIL 120, …
                         artifacts contract/expectations.html, contract/expectations.json

One run a version: a flow that is run again finds the run that is there.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.core import step, tracking

PAGE = "expectations.html"
RESULT = "expectations.json"
COUNTS = ("read", "accepted", "rejected", "duplicate")
SIZES = ("train", "validation", "test", "unlabelled", "held_out")


def record(
    folder: Path, dataset: Mapping[str, str], stages: Mapping[str, Mapping[str, Any]]
) -> str:
    """Log a dataset version once, and return where the page of its contract can be opened.

    Args:
        folder: the workspace.
        dataset: `version` and `md5`.
        stages: each stage's counts and `info`, as the flow has them.
    """
    uri = tracking.tracking_uri(folder)
    mlflow = tracking.connect(uri)
    client = mlflow.tracking.MlflowClient()
    experiment = client.get_experiment_by_name(tracking.EXPERIMENT).experiment_id
    tags = {"dataset.version": dataset["version"], "dvc.md5": dataset["md5"], "step": "curate"}
    query = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
    known = client.search_runs([experiment], query, max_results=1)
    if known:
        run = known[0]
    else:
        with mlflow.start_run(run_name=dataset["version"], tags=tags) as run:
            mlflow.log_metrics(_metrics(stages))
            for name in (PAGE, RESULT):
                page = folder / "data" / step.FOLDERS["validate"] / name
                mlflow.log_artifact(str(page), artifact_path="contract")
    if uri.startswith("http"):
        place = f"#/experiments/{experiment}/runs/{run.info.run_id}/artifacts/contract/{PAGE}"
        return f"{uri.rstrip('/')}/{place}"
    return f"{str(run.info.artifact_uri).rstrip('/')}/contract/{PAGE}"


def _metrics(stages: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    found = {f"{name}.{c}": float(stage[c]) for name, stage in stages.items() for c in COUNTS}
    info = stages["split"]["info"]
    found |= {f"split.{size}": float(info[size]) for size in SIZES}
    replaced = stages["redact"]["info"]["redacted"]
    return found | {f"redact.replaced.{kind}": float(count) for kind, count in replaced.items()}
