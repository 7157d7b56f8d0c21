"""Raw logs to a versioned dataset: ingest, redact, dedup, validate, split."""

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.steps import data_stage
from tasks.core import step, workspace
from tasks.dataset import curated, drifted
from tasks.dataset.datareport import write_report


@flow(name="curate")
def curate(folder: str = ".") -> dict[str, Any]:
    """Bring every data stage up to date, tag the dataset, and draw its report.

    Returns each stage's counts and seconds, and `dataset` with `version` and `md5`. Nothing new in
    the logs: nothing is made again and the version stays.
    """
    stages = {name: data_stage(name, folder) for name in step.FOLDERS}
    dataset = version(folder)
    report(folder, dataset, stages)
    return {**stages, "dataset": dataset}


@task(name="version", cache_policy=NO_CACHE)
def version(folder: str) -> dict[str, str]:
    """Give the dataset in dvc.lock its git tag."""
    return workspace.tag_dataset(Path(folder)).model_dump(include={"version", "md5"})


@task(name="report", cache_policy=NO_CACHE)
def report(folder: str, dataset: dict[str, str], stages: dict[str, Any]) -> None:
    """Draw the data report, note the counts on Prefect's page, and link the contract's page."""
    out = Path(folder) / "data" / "report" / f"{dataset['version']}.html"
    if not out.exists():
        write_report(Path(folder) / "data", out)
    rows = "\n".join(
        f"| {name} | {s['read']} | {s['accepted']} | {s['rejected']} | {s['duplicate']} |"
        for name, s in stages.items()
    )
    create_markdown_artifact(
        key="dataset",
        markdown=f"# {dataset['version']}\n\nmd5 `{dataset['md5']}`\n\n"
        f"| stage | read | accepted | rejected | duplicate |\n|---|--:|--:|--:|--:|\n{rows}\n"
        + drifted.markdown(Path(folder) / "data"),
    )
    create_link_artifact(
        key="contract",
        link=curated.record(Path(folder), dataset, stages),
        link_text=f"Validation of {dataset['version']}",
        description="What the dataset was held against, and how it met it.",
    )
