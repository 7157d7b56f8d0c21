"""Judges the tuned model by the evaluation's rows: PASS, FAIL or INCONCLUSIVE, with reasons.

    python -m tasks.gate --job .ratchet/runs/20261122T014105-9f3a/job.json

    gate.json             the verdict, what went into it, and the sha256 of the rows
    gate/gate.html  .md   the same for people, also in MLflow

It runs no model. What it concludes can be made again from evaluate/rows.jsonl, bit for bit
(`tasks.evidence.confirm`). The rules stand in `tasks.evidence.verdict`.
"""

from pathlib import Path

import msgspec

from tasks.core import parts, tracking
from tasks.core.errors import EvidenceError
from tasks.core.job import Job
from tasks.core.pages import Table, markdown
from tasks.evidence import cases, confirm, evaluation_page, held_out, judged, reports
from tasks.evidence.judged import Mode
from tasks.evidence.reports import EvaluationReport, GateReport, TrainReport
from tasks.evidence.slices import Slice
from tasks.evidence.verdict import Comparison, Verdict, verdict
from tasks.learning.checkpoints import file_sha256

FRESH_TEST_AT = 4
"""Reads after which little alpha is left: a test cut from newer logs serves better."""


def run(job: Job) -> GateReport:
    """Judge the run's evaluation.

    Raises:
        EvidenceError: nothing was trained or evaluated, rows or model were changed since, or the
            evaluation samples at another temperature than production.
    """
    trained = reports.require(job, TrainReport)
    evaluated = reports.require(job, EvaluationReport)
    rows = Path(job.folder) / confirm.ROWS
    for what, then, now in (
        ("rows_sha256", evaluated.rows_sha256, file_sha256(rows) if rows.is_file() else "missing"),
        ("weights_sha256", evaluated.weights_sha256, trained.weights_sha256),
    ):
        if then != now:
            raise EvidenceError(
                f"{what} was {then} when {rows} was made and is {now} now: evaluate the run again"
            )
    reached = verdict(
        judged.read(rows),
        job.params.gate,
        held_out.reads(Path(job.workspace) / held_out.LEDGER, job.dataset.md5),
        mode=_mode(job),
        max_unscored=job.params.reward.max_unscored,
    )
    report = GateReport(
        **{name: getattr(reached, name) for name in Verdict.__struct_fields__},
        settings=job.params.gate.model_dump(mode="json"),
        max_unscored=job.params.reward.max_unscored,
        rows_sha256=evaluated.rows_sha256,
        uri=trained.uri,
        weights_sha256=trained.weights_sha256,
    )
    _publish(job, report, evaluated)
    return report


def _mode(job: Job) -> Mode:
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


def _publish(job: Job, report: GateReport, evaluated: EvaluationReport) -> None:
    """Write the page, and put page, figures and the tag `gate` into MLflow."""
    title = f"Gate: {report.verdict} for {report.uri}"
    paragraphs, tables = _paragraphs(report), _tables(report)
    folder = job.step_folder("gate")
    shown = cases.read(job.step_folder("evaluate") / "cases.jsonl")
    notes = paragraphs[len(report.reasons) :]
    page = evaluation_page.html(report, evaluated, shown, _facts(job, report), notes=notes)
    parts.replace(folder / "gate.html", page.encode())
    parts.replace(folder / "gate.md", markdown(title, paragraphs, tables).encode())
    name, _, version = report.uri.removeprefix("models:/").partition("/")
    with tracking.child_run(job, "gate") as mlflow:
        tracking.log_dataset(mlflow, job.dataset, "gate")
        mlflow.log_metrics(
            {f"gate.{_key(one.name)}": one.difference.estimate.mean for one in report.comparisons}
        )
        # Tags, not params: another evaluation of the run may be judged in the same place.
        mlflow.set_tags(
            {key: getattr(report, key) for key in ("verdict", "uri", "reads", "rows_sha256")}
        )
        mlflow.log_artifacts(str(folder), "gate")
        client = mlflow.tracking.MlflowClient()
        client.set_model_version_tag(name, version, "gate", report.verdict)


def _facts(job: Job, report: GateReport) -> dict[str, str]:
    """What repeats the verdict, and the evaluation under it."""
    return {
        "run": job.run_id,
        "dataset": f"{job.dataset.version} {job.dataset.md5}".strip(),
        "model": report.uri,
        "weights sha256": report.weights_sha256,
        "rows": f"evaluate/rows.jsonl, sha256 {report.rows_sha256}",
        "mode": f"{report.mode}, as production samples",
        "settings": msgspec.json.encode(report.settings, order="sorted").decode(),
        "the verdict again": f"python -m tasks.gate --job {job.folder}/job.json",
        "the evaluation again": f"python -m tasks.evaluate --job {job.folder}/job.json",
    }


def _paragraphs(report: GateReport) -> list[str]:
    paragraphs = [
        *report.reasons,
        f"{report.tasks} tasks in {report.groups} groups; read {report.reads} of this held-out "
        f"test, which may spend an alpha of {report.alpha:.4f}.",
    ]
    if report.reads >= FRESH_TEST_AT:
        paragraphs.append(
            "Each read leaves less alpha: a test cut from newer logs would see smaller gains."
        )
    return paragraphs


def _tables(report: GateReport) -> list[Table]:
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
        [_comparison_row(one) for one in report.comparisons],
        "Paired by task, clustered by group. Detectable: the difference seen four times in five.",
    )
    sliced = Table(
        "Parts of the test",
        ("slice", "tasks", "difference", "p of a loss (Holm)", "standing"),
        [_slice_row(one) for one in report.slices],
        "Exact match, tuned minus base.",
    )
    return [compared, sliced] if report.comparisons else []


def _comparison_row(one: Comparison) -> list[str]:
    difference, estimate = one.difference, one.difference.estimate
    if one.outcome == "NOT APPLICABLE":
        return [one.name, *[""] * 5, one.outcome]
    return [
        one.name,
        f"{estimate.mean:+.3f}",
        f"{_signed(estimate.low)} to {_signed(estimate.high)}",
        f"{difference.better:.2g}",
        f"{difference.worse:.2g}",
        "unknown" if one.detectable is None else f"{one.detectable:.3f}",
        one.outcome,
    ]


def _slice_row(one: Slice) -> list[str]:
    return [one.name, str(one.n), f"{one.difference:+.3f}", f"{one.worse:.2g}", one.standing]


def _signed(value: float | None) -> str:
    """A bound; None where one group cannot tell."""
    return "unknown" if value is None else f"{value:+.3f}"


def _key(name: str) -> str:
    """A name that MLflow takes for a metric."""
    return name.replace(", ", ".").replace(" ", "_")


if __name__ == "__main__":
    reports.main("gate", run)
