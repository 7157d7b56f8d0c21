"""Judges the tuned model by the evaluation's rows: PASS, FAIL or INCONCLUSIVE, with reasons.

    python -m tasks.gate --job .ratchet/runs/20261122T014105-9f3a/job.json

    gate.json             the verdict, what went into it, and the sha256 of the rows
    gate/gate.html  .md   the same for people, also in MLflow

It runs no model. What it concludes can be made again from evaluate/rows.jsonl, bit for bit
(`tasks.evidence.confirm`). The rules stand in `tasks.evidence.verdict`.
"""

from pathlib import Path
from typing import Any

from tasks.core import job, parts, tracking
from tasks.core.errors import EvidenceError
from tasks.core.job import Job
from tasks.core.pages import Table, html, markdown
from tasks.evidence import confirm, dataset
from tasks.learning.checkpoints import file_sha256

FRESH_TEST_AT = 4
"""Reads after which little alpha is left: a test cut from newer logs serves better."""


def run(job: Job) -> dict[str, Any]:
    """Judge the run's evaluation.

    Raises:
        EvidenceError: nothing was trained or evaluated, rows or model were changed since, or the
            evaluation samples at another temperature than production.
    """
    trained, evaluated = job.require("train"), job.require("evaluate")
    rows = Path(job.folder) / confirm.ROWS
    for what, found in (
        ("rows_sha256", file_sha256(rows) if rows.is_file() else "missing"),
        ("weights_sha256", trained["weights_sha256"]),
    ):
        if evaluated[what] != found:
            raise EvidenceError(
                f"{what} was {evaluated[what]} when {rows} was made and is {found} now: evaluate "
                "the run again"
            )
    given = {
        "settings": job.params.gate.model_dump(),
        "mode": _mode(job),
        "reads": dataset.reads(Path(job.workspace) / dataset.LEDGER, job.dataset.md5),
        "max_unscored": job.params.reward.max_unscored,
        "rows_sha256": evaluated["rows_sha256"],
    }
    report = {
        **given,
        **confirm.gate_report(rows, given),
        "uri": trained["uri"],
        "weights_sha256": trained["weights_sha256"],
    }
    _publish(job, report)
    return report


def _mode(job: Job) -> str:
    """The evaluation's mode that is production's."""
    deployed, evaluated = job.params.model.temperature, job.params.evaluate.temperature
    if deployed == 0:
        return "greedy"
    if deployed != evaluated:
        raise EvidenceError(
            f"production samples at model.temperature = {deployed}, the evaluation at "
            f"evaluate.temperature = {evaluated}: set both to one value and evaluate again"
        )
    return "sampled"


def _publish(job: Job, report: dict[str, Any]) -> None:
    """Write the page, and put page, figures and the tag `gate` into MLflow."""
    title = f"Gate: {report['verdict']} for {report['uri']}"
    said, tables = _paragraphs(report), _tables(report)
    folder = job.step_folder("gate")
    parts.replace(folder / "gate.html", html(title, said, tables).encode())
    parts.replace(folder / "gate.md", markdown(title, said, tables).encode())
    name, _, version = report["uri"].removeprefix("models:/").partition("/")
    with tracking.child_run(job, "gate") as mlflow:
        tracking.log_dataset(mlflow, job.dataset, "gate")
        mlflow.log_metrics(
            {
                f"gate.{_key(found['name'])}": found["difference"]["estimate"]["mean"]
                for found in report.get("comparisons", ())
            }
        )
        # Tags, not params: another evaluation of the run may be judged in the same place.
        told = {key: report[key] for key in ("verdict", "uri", "reads", "rows_sha256")}
        mlflow.set_tags(told)
        mlflow.log_artifacts(str(folder), "gate")
        client = mlflow.tracking.MlflowClient()
        client.set_model_version_tag(name, version, "gate", report["verdict"])


def _paragraphs(report: dict[str, Any]) -> list[str]:
    said = [
        *report["reasons"],
        f"{report.get('tasks', 0)} tasks in {report.get('groups', 0)} groups; read "
        f"{report['reads']} of this sealed test, which may spend an alpha of "
        f"{report['alpha']:.4f}.",
    ]
    if report["reads"] >= FRESH_TEST_AT:
        said.append(
            "Each read leaves less alpha: a test cut from newer logs would see smaller gains."
        )
    return said


def _tables(report: dict[str, Any]) -> list[Table]:
    compared = Table(
        "Tuned against the other arms",
        (
            "comparison",
            "difference",
            "95 % interval",
            "p better",
            "p worse",
            "detectable",
            "outcome",
        ),
        [_comparison_row(found) for found in report.get("comparisons", ())],
        "Paired by task, clustered by group. Detectable: the difference seen four times in five.",
    )
    sliced = Table(
        "Parts of the test",
        ("slice", "tasks", "difference", "p of a loss (Holm)", "standing"),
        [_slice_row(found) for found in report.get("slices", ())],
        "Exact match, tuned minus base.",
    )
    return [compared, sliced] if report.get("comparisons") else []


def _comparison_row(found: dict[str, Any]) -> list[str]:
    difference = found["difference"]
    estimate = difference["estimate"]
    return [
        found["name"],
        f"{estimate['mean']:+.3f}",
        f"{_signed(estimate['low'])} to {_signed(estimate['high'])}",
        f"{difference['better']:.2g}",
        f"{difference['worse']:.2g}",
        f"{found['detectable']:.3f}",
        found["outcome"],
    ]


def _slice_row(found: dict[str, Any]) -> list[str]:
    worse = found.get("worse")
    return [
        found["name"],
        str(found["n"]),
        f"{found['difference']:+.3f}",
        "" if worse is None else f"{worse:.2g}",
        found["standing"],
    ]


def _signed(value: float | None) -> str:
    """A bound; null where one group cannot tell."""
    return "unknown" if value is None else f"{value:+.3f}"


def _key(name: str) -> str:
    """A name that MLflow takes for a metric."""
    return name.replace(", ", ".").replace(" ", "_")


if __name__ == "__main__":
    job.main("gate", run)
