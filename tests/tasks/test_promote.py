"""Promotion and rollback on a real MLflow: aliases, evidence, ledger."""

import json
from typing import NamedTuple

import msgspec
import pytest
import yaml
from msgspec.structs import replace

from tasks import promote
from tasks.core import tracking
from tasks.core.closure import PROJECT
from tasks.core.errors import EvidenceError
from tasks.core.job import DatasetRef, Job, Tracking
from tasks.core.records import Tags, encode
from tasks.core.settings import Params
from tasks.evidence import judged, reports, trial
from tasks.evidence.judged import Judged
from tasks.evidence.metrics import Measured
from tasks.evidence.reports import ApprovalReport, CanaryReport, GateReport, TrainReport
from tasks.evidence.trial import Session, Trial
from tasks.evidence.verdict import Verdict, verdict
from tasks.learning import learned
from tasks.learning.checkpoints import file_sha256
from tasks.lineage import release_ledger
from tests.tasks import made_reports


class House(NamedTuple):
    """A workspace with a champion (version 1) and the version 2 that the job's run trained."""

    job: Job
    home: object
    mlflow: object
    name: str

    def champion(self):
        return learned.by_alias(self.mlflow, self.name, "champion").version

    def previous(self):
        return learned.by_alias(self.mlflow, self.name, "previous").version

    def promote(self, **fields):
        given = {"who": "ann", "why": "better", **fields}
        return promote.promote_version(self.home, self.name, **given)

    def roll_back(self):
        return promote.roll_back(self.home, self.name, who="ann", why="complaints")

    def tags(self, version):
        client = self.mlflow.tracking.MlflowClient()
        return client.get_model_version(self.name, version).tags

    def lines(self):
        path = self.home / release_ledger.LEDGER
        return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def house(tmp_path, tracking_uri, monkeypatch, request):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    name = request.node.name
    values = yaml.safe_load((PROJECT / "tasks/demo/params.yaml").read_text())
    values["model"]["name"] = name
    job = Job(
        run_id="run-1",
        folder=str(tmp_path / ".ratchet" / "runs" / "run-1"),
        workspace=str(tmp_path),
        params=Params.model_validate(values),
        dataset=DatasetRef(version="dataset-v1.0", md5="0.dir", folder=str(tmp_path)),
        tracking=Tracking(uri=tracking_uri, experiment=tracking.EXPERIMENT, parent_run_id=""),
    )
    mlflow = tracking.connect(tracking_uri)
    with mlflow.start_run():
        learned.register_base(mlflow, weights(job, "base"), name=name)
        made = learned.register(
            mlflow, weights(job, "tuned"), name=name, tags={"ratchet.run": "run-1"}
        )
    model = {"uri": made.uri, "weights_sha256": made.weights_sha256}
    reports.write(job, made_reports.trained(**model, version=made.version))
    reports.write(job, replace(gate_report(job), **model))
    reports.write(job, replace(canary_report(job), **model, champion=f"models:/{name}/1"))
    return House(job, tmp_path, mlflow, name)


def weights(job, which):
    folder = job.step_folder("train") / which
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(which.encode() + job.params.model.name.encode())
    return folder


def gate_report(job, gain=60):
    right = {"base": 40, "better-prompt": 40, "tuned": 40 + gain}
    rows = [
        Judged(
            arm=arm,
            mode=mode,
            reward=1.0,
            tokens=1,
            tags=Tags(),
            measured=Measured(
                example=f"{number:03d}",
                group=f"{number % 50:02d}",
                expected="answer",
                did="answer",
                exact=number < right[arm],
                invented=False,
                malformed=False,
                acted_instead=False,
                over_refusal=False,
            ),
        )
        for arm in judged.ARMS
        for mode in judged.MODES
        for number in range(100)
    ]
    path = job.step_folder("evaluate") / "rows.jsonl"
    judged.write(path, rows)
    reached = verdict(rows, job.params.gate, 1)
    return GateReport(
        **{name: getattr(reached, name) for name in Verdict.__struct_fields__},
        settings=job.params.gate.model_dump(mode="json"),
        max_unscored=0.01,
        rows_sha256=file_sha256(path),
        uri="",
        weights_sha256="",
    )


def canary_report(job, success=1.0):
    path = job.step_folder("canary") / "sessions.jsonl"
    rows = [
        Session(
            session=f"{number:016x}",
            arm="challenger" if number % 2 else "champion",
            share=0.5,
            outcome=success if number % 2 else float(number % 4 == 0),
        )
        for number in range(400)
    ]
    path.write_bytes(b"".join(encode(row) + b"\n" for row in rows))
    reached = trial.judge(rows, job.params.canary)
    return CanaryReport(
        **{name: getattr(reached, name) for name in Trial.__struct_fields__},
        settings=job.params.canary.model_dump(mode="json"),
        rows_sha256=file_sha256(path),
        sessions=len(rows),
        sessions_challenger=len(rows) // 2,
        failures=0,
        champion="",
        uri="",
        weights_sha256="",
    )


def report(house, kind, **changes):
    reports.write(house.job, replace(reports.require(house.job, kind), **changes))


def judged_again(house, made):
    """The report takes another verdict and the rows that it follows from."""
    kept = reports.require(house.job, type(made))
    names = ("uri", "weights_sha256", "champion")
    about = {name: getattr(kept, name) for name in names if hasattr(kept, name)}
    reports.write(house.job, replace(made, **about))


def test_two_passes_make_it_the_champion_with_who_and_why(house):
    found = house.promote()
    assert (found.changed, found.version, found.previous) == (True, "2", "1")
    assert (house.champion(), house.previous()) == ("2", "1")
    tags = house.tags("2")
    assert (tags["release.who"], tags["release.why"]) == ("ann", "better")
    assert tags["release.forced"] == "False"
    line = house.lines()[0]
    assert (line["action"], line["version"], line["who"]) == ("promote", "2", "ann")
    assert line["weights_sha256"] == reports.require(house.job, TrainReport).weights_sha256


def test_promoting_again_changes_nothing(house):
    house.promote()
    again = house.promote(version="2", who="bob")
    assert (again.changed, again.who) == (False, "ann")
    assert len(house.lines()) == 1


def test_a_rollback_restores_what_was_before_and_is_written_down(house):
    house.promote()
    found = house.roll_back()
    assert (found.changed, found.action, found.version) == (True, "rollback", "1")
    assert (house.champion(), house.previous()) == ("1", "2")
    assert house.roll_back().changed is False
    assert [line["action"] for line in house.lines()] == ["promote", "rollback"]
    assert house.tags("1")["release.why"] == "complaints"


def test_with_nothing_before_there_is_nothing_to_go_back_to(house):
    with pytest.raises(EvidenceError, match="nothing to go back to"):
        house.roll_back()
    assert house.champion() == "1"


def refused(house, match):
    with pytest.raises(EvidenceError, match=match):
        house.promote()
    assert house.champion() == "1"
    assert not (house.home / release_ledger.LEDGER).exists()


@pytest.mark.parametrize("step", ["gate", "canary"])
def test_a_missing_verdict_refuses_it(house, step):
    (house.home / ".ratchet" / "runs" / "run-1" / f"{step}.json").unlink()
    refused(house, f"run the step {step} first")


def test_a_gate_that_did_not_pass_refuses_it(house):
    judged_again(house, gate_report(house.job, gain=0))
    refused(house, "gate says FAIL")


def test_a_canary_that_did_not_pass_refuses_it(house):
    judged_again(house, canary_report(house.job, success=0.0))
    refused(house, "canary says FAIL")


def test_a_verdict_that_does_not_follow_from_its_rows_refuses_it(house):
    judged_again(house, replace(canary_report(house.job, success=0.0), verdict="PASS"))
    refused(house, "does not follow from")


def test_a_verdict_on_other_weights_refuses_it(house):
    report(house, GateReport, weights_sha256="0" * 64)
    refused(house, "judge this version first")


def test_a_canary_against_yesterday_s_champion_refuses_it(house):
    report(house, CanaryReport, champion=f"models:/{house.name}/7")
    refused(house, "not the champion any more")


def test_a_version_that_no_run_made_refuses_it(house):
    client = house.mlflow.tracking.MlflowClient()
    client.delete_model_version_tag(house.name, "2", "ratchet.run")
    refused(house, "was made by no run")


def test_force_overrides_and_stays_on_record(house):
    judged_again(house, gate_report(house.job, gain=0))
    found = house.promote(force=True, why="hotfix")
    assert (found.changed, found.forced, house.champion()) == (True, True, "2")
    assert house.lines()[0]["forced"] is True
    assert house.tags("2")["release.forced"] == "True"


def test_no_reason_no_change(house):
    with pytest.raises(EvidenceError, match="say why"):
        house.promote(force=True, why=" ")


def test_an_unknown_version_is_said(house):
    with pytest.raises(EvidenceError, match="no version that was registered"):
        house.promote(version="9")


def die_between_ledger_and_alias(house):
    with release_ledger.held(house.home) as ledger:
        ledger.append(
            "promote", model=house.name, version="2", previous="1", weights_sha256="x",
            who="ann", why="better",
        )  # fmt: skip


def test_after_a_crash_between_ledger_and_alias_it_converges(house):
    die_between_ledger_and_alias(house)
    assert house.champion() == "1"
    assert house.promote().changed is False
    assert (house.champion(), house.previous()) == ("2", "1")
    assert len(house.lines()) == 1


def test_a_rollback_after_such_a_crash_goes_back_too(house):
    die_between_ledger_and_alias(house)
    assert house.roll_back().version == "1"
    assert house.champion() == "1"


def test_an_alias_moved_by_hand_is_found_out(house):
    house.promote()
    house.mlflow.tracking.MlflowClient().set_registered_model_alias(house.name, "champion", "1")
    with pytest.raises(EvidenceError, match="moved by other means"):
        house.promote()
    assert house.champion() == "1"


def test_a_torn_line_of_the_ledger_was_never_acted_on(house):
    house.promote()
    path = house.home / release_ledger.LEDGER
    with path.open("ab") as file:
        file.write(b'{"action":"roll')
    assert [row.version for row in release_ledger.history(house.home, house.name)] == ["2"]
    assert house.roll_back().version == "1"
    assert [msgspec.json.decode(line)["number"] for line in path.read_bytes().splitlines()] == [
        1,
        2,
    ]


def test_the_step_promotes_in_its_own_name_where_approval_is_automatic(house):
    found = promote.run(house.job)
    assert (found.who, found.why) == ("ratchet", "gate and canary PASS in run run-1")
    assert house.champion() == "2"


def test_the_step_waits_for_a_person_where_approval_is_manual(house):
    manual = house.job.params.promote.model_copy(update={"approval": "manual"})
    params = house.job.params.model_copy(update={"promote": manual})
    job = house.job.model_copy(update={"params": params})
    with pytest.raises(EvidenceError, match="nobody has approved"):
        promote.run(job)
    reports.write(job, ApprovalReport(who="ann", why="read the page"))
    assert promote.run(job).who == "ann"
