"""The gate as a step: a run's folder and a real MLflow in, verdict, page and tag out."""

import pytest
import yaml
from msgspec.structs import replace

from tasks import gate
from tasks.core import tracking
from tasks.core.closure import PROJECT
from tasks.core.errors import EvidenceError
from tasks.core.job import DatasetRef, Job
from tasks.core.records import Tags, encode
from tasks.core.settings import Params
from tasks.evidence import confirm, held_out, judged, reports
from tasks.evidence.judged import Judged
from tasks.evidence.metrics import Measured
from tasks.evidence.reports import TrainReport
from tasks.learning import learned
from tasks.learning.checkpoints import file_sha256
from tests.tasks import made_reports

MD5 = "0" * 32 + ".dir"
RIGHT = {"base": 50, "better-prompt": 60, "tuned": 90}


def rows(right):
    """120 tasks in 60 groups; each arm gets the first so many right, in both modes."""
    return [
        Judged(
            arm=arm,
            mode=mode,
            reward=float(number < right[arm]),
            tokens=9,
            tags=Tags(tools=("get_invoice",)),
            measured=Measured(
                example=f"task-{number:03d}",
                group=f"group-{number % 60:03d}",
                expected="execute",
                did="execute",
                exact=number < right[arm],
                invented=False,
                malformed=False,
                acted_instead=False,
                over_refusal=False,
            ),
        )
        for mode in judged.MODES
        for arm in judged.ARMS
        for number in range(120)
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tracking_uri):
    """A job whose model is registered in MLflow; the other steps' files are each test's."""
    home = tmp_path_factory.mktemp("workspace")
    values = yaml.safe_load((PROJECT / "tasks/demo/params.yaml").read_text())
    values["model"]["name"] = "gate-agent"
    job = Job(
        run_id="run-1",
        folder=str(home / ".ratchet" / "runs" / "run-1"),
        workspace=str(home),
        params=Params.model_validate(values),
        dataset=DatasetRef(version="dataset-v1.0", md5=MD5, folder=str(home)),
        tracking=tracking.start_parent(tracking_uri, "run-1", {}),
    )
    job.save()
    model = job.step_folder("train") / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    with tracking.child_run(job, "train") as mlflow:
        made = learned.register(
            mlflow, model, name=job.params.model.name, tags={"ratchet.run": job.run_id}
        )
    reports.write(
        job,
        made_reports.trained(
            uri=made.uri, weights_sha256=made.weights_sha256, version=made.version
        ),
    )
    ledger = home / held_out.LEDGER
    read = held_out.Read(md5=MD5, rows="s", reader="evaluate", run_id="run-1")
    ledger.write_bytes(encode(read) + b"\n")
    return job


def evaluated(job, right):
    path = job.step_folder("evaluate") / "rows.jsonl"
    judged.write(path, rows(right))
    weights = reports.require(job, TrainReport).weights_sha256
    report = made_reports.evaluated(rows_sha256=file_sha256(path), weights_sha256=weights)
    reports.write(job, report)


def judge(job):
    report = gate.run(job)
    reports.write(job, report)
    return report


def version_tags(job):
    mlflow = tracking.connect(job.tracking.uri, job.tracking.experiment)
    version = reports.require(job, TrainReport).version
    return mlflow.tracking.MlflowClient().get_model_version(job.params.model.name, version).tags


def test_a_gain_passes_and_the_version_says_so(trained):
    evaluated(trained, RIGHT)
    report = judge(trained)
    assert report.verdict == "PASS"
    assert report.uri == "models:/gate-agent/1"
    assert report.reads == 1
    assert report.comparisons[0].difference.estimate.mean == pytest.approx(40 / 120)
    assert version_tags(trained)["gate"] == "PASS"
    page = (trained.step_folder("gate") / "gate.html").read_text()
    assert "<h1>Gate: PASS for models:/gate-agent/1</h1>" in page
    assert "tool get_invoice" in page


def test_no_gain_fails_and_the_version_says_so(trained):
    evaluated(trained, {**RIGHT, "tuned": 50})
    assert judge(trained).verdict == "FAIL"
    assert version_tags(trained)["gate"] == "FAIL"


def test_a_verdict_is_made_again_from_its_rows(trained):
    evaluated(trained, RIGHT)
    report = judge(trained)
    again = confirm.gate(trained.step_folder("gate").parent)
    assert again == report


def test_a_verdict_that_was_changed_is_found_out(trained):
    evaluated(trained, {**RIGHT, "tuned": 50})
    reports.write(trained, replace(judge(trained), verdict="PASS"))
    with pytest.raises(EvidenceError, match=r"does not follow from .*: verdict differ"):
        confirm.gate(trained.step_folder("gate").parent)


def test_rows_that_were_changed_are_found_out(trained):
    evaluated(trained, RIGHT)
    judge(trained)
    judged.write(trained.step_folder("evaluate") / "rows.jsonl", rows({**RIGHT, "tuned": 120}))
    with pytest.raises(EvidenceError, match=r"is not what .* was made of"):
        confirm.gate(trained.step_folder("gate").parent)
    with pytest.raises(EvidenceError, match="evaluate the run again"):
        gate.run(trained)


def test_without_an_evaluation_there_is_no_verdict(trained, tmp_path):
    empty = trained.model_copy(update={"folder": str(tmp_path)})
    with pytest.raises(EvidenceError, match="run the step train first"):
        gate.run(empty)


def test_an_evaluation_at_another_temperature_than_production_decides_nothing(trained):
    evaluated(trained, RIGHT)
    hot = trained.params.model.model_copy(update={"temperature": 0.7})
    job = trained.model_copy(update={"params": trained.params.model_copy(update={"model": hot})})
    with pytest.raises(EvidenceError, match=r"model\.temperature = 0\.7"):
        gate.run(job)
