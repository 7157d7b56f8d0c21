"""The canary on real servers, a real router and real MLflow; once from end to end."""

import json
import random
import shutil

import pytest
import yaml

from tasks import canary
from tasks.core import parts, tracking
from tasks.core.closure import PROJECT
from tasks.core.errors import EvidenceError, SettingsError, StageError
from tasks.core.job import DatasetRef, Job
from tasks.core.settings import Params
from tasks.evidence import confirm, reports
from tasks.evidence.reports import TrainReport
from tasks.learning import learned
from tasks.serving import flags
from tasks.serving.deployment import places
from tasks.serving.sessions import Sessions
from tests.tasks import made_reports

BASE = PROJECT / "tasks" / "demo" / "base"


def job_in(home, tracking_uri, name, **settings):
    values = yaml.safe_load((PROJECT / "tasks/demo/params.yaml").read_text())
    values["model"]["name"] = name
    values["canary"] |= {
        "traffic": "tasks.demo.traffic",
        "min_sessions": 20,
        "max_sessions": 200,
        "users": 16,
        **settings,
    }
    job = Job(
        run_id="run-1",
        folder=str(home / ".ratchet" / "runs" / "run-1"),
        workspace=str(home),
        params=Params.model_validate(values),
        dataset=DatasetRef(version="dataset-v1.0", md5="0.dir", folder=str(home)),
        tracking=tracking.start_parent(tracking_uri, name, {}),
    )
    job.save()
    return job


def registered(job, champion, challenger):
    with tracking.child_run(job, "train") as mlflow:
        learned.register_base(mlflow, champion, name=job.params.model.name)
        made = learned.register(
            mlflow, challenger, name=job.params.model.name, tags={"ratchet.run": job.run_id}
        )
    reports.write(job, made_reports.trained(uri=made.uri, weights_sha256=made.weights_sha256))
    return made


def worse(folder):
    """The stored base with noise on its weights: it still answers, and is hardly ever right."""
    import torch
    from safetensors.torch import load_file, save_file

    shutil.copytree(BASE, folder)
    path = folder / "model.safetensors"
    noise = torch.Generator().manual_seed(0)
    tensors = load_file(path)
    for name, tensor in tensors.items():
        drawn = torch.randn(tensor.shape, generator=noise)
        tensors[name] = tensor + (0.02 * drawn).to(tensor.dtype)
    save_file(tensors, path, metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def job(tmp_path_factory, tracking_uri):
    home = tmp_path_factory.mktemp("workspace")
    made = job_in(home, tracking_uri, "canary-agent")
    registered(made, worse(home / "worse"), BASE)
    return made


@pytest.fixture
def fresh(job, tmp_path):
    """The same models in a run folder of its own."""
    made = job.model_copy(update={"folder": str(tmp_path / "run")})
    reports.write(made, reports.require(job, TrainReport))
    return made


def logged(job, *, champion, challenger, count=200):
    """Sessions as a router has written them before the canary's process died."""
    flags.write(places(job).flags, experiment=job.run_id, share=0.5)
    sessions, rng = Sessions(places(job).sessions), random.Random(3)
    for number in range(count):
        arm = "challenger" if rng.random() < 0.5 else "champion"
        sessions.start(str(number), arm, 0.5, job.run_id)
        rate = challenger if arm == "challenger" else champion
        sessions.finish(str(number), float(rng.random() < rate))


def flag(job):
    return json.loads(places(job).flags.read_bytes())["flags"]["agent-arm"]


def tag(job):
    mlflow = tracking.connect(job.tracking.uri, job.tracking.experiment)
    found = learned.by_alias(mlflow, job.params.model.name, "challenger")
    client = mlflow.tracking.MlflowClient()
    return client.get_model_version(found.name, found.version).tags["canary"]


@pytest.mark.slow
def test_a_better_model_is_served_beside_the_champion_and_passes(job):
    report = canary.run(job)
    reports.write(job, report)
    assert (report.verdict, report.decision) == ("PASS", "promote")
    assert report.sessions_challenger >= 20
    assert report.failures == 0
    assert report.effect > 0.2
    assert (report.champion, report.uri) == (
        "models:/canary-agent/1",
        "models:/canary-agent/2",
    )
    assert tag(job) == "PASS"
    assert flag(job)["state"] == "ENABLED"
    assert (job.step_folder("canary") / "evidence.png").stat().st_size > 10_000
    assert confirm.canary(job.step_folder("canary").parent).verdict == "PASS"


def test_harm_rolls_back_and_is_not_served_again_to_find_it_out(fresh):
    logged(fresh, champion=0.9, challenger=0.3)
    report = canary.run(fresh)
    assert (report.verdict, report.decision) == ("FAIL", "rollback")
    assert flag(fresh)["state"] == "DISABLED"
    assert tag(fresh) == "FAIL"
    assert not list(fresh.step_folder("canary").glob("server-*.log"))


def test_a_second_canary_at_the_same_time_is_refused_and_moves_nothing(fresh):
    logged(fresh, champion=0.9, challenger=0.3)
    before = places(fresh).flags.read_bytes()
    held = places(fresh).flags.parent / "canary"
    with parts.single_writer(held), pytest.raises(StageError, match="another run is writing"):
        canary.run(fresh)
    assert places(fresh).flags.read_bytes() == before
    assert canary.run(fresh).decision == "rollback"


def test_rows_that_were_changed_are_found_out(fresh):
    logged(fresh, champion=0.9, challenger=0.3)
    reports.write(fresh, canary.run(fresh))
    rows = fresh.step_folder("canary") / "sessions.jsonl"
    rows.write_bytes(rows.read_bytes().replace(b'"outcome":0.0', b'"outcome":1.0'))
    with pytest.raises(EvidenceError, match=r"is not what .* was made of"):
        confirm.canary(fresh.step_folder("canary").parent)


def test_a_canary_that_cannot_be_served_leaves_the_flag_off(fresh):
    vllm = fresh.params.model.model_copy(update={"engine": "vllm"})
    job = fresh.model_copy(update={"params": fresh.params.model_copy(update={"model": vllm})})
    with pytest.raises(SettingsError, match="RATCHET_ROUTER"):
        canary.run(job)
    assert flag(job)["state"] == "DISABLED"


def test_traffic_that_is_no_module_is_said_before_anything_is_served(fresh):
    settings = fresh.params.canary.model_copy(update={"traffic": "tasks.demo.nobody"})
    params = fresh.params.model_copy(update={"canary": settings})
    with pytest.raises(SettingsError, match=r"canary\.traffic = 'tasks\.demo\.nobody'"):
        canary.run(fresh.model_copy(update={"params": params}))
    assert not places(fresh).flags.exists()


def test_a_router_that_is_named_but_not_there_is_said(fresh, monkeypatch, tmp_path):
    monkeypatch.setenv("RATCHET_ROUTER", "http://127.0.0.1:9")
    job = fresh.model_copy(update={"workspace": str(tmp_path)})
    with pytest.raises(EvidenceError, match="does not answer /stats"):
        canary.run(job)
    assert places(job).flags == tmp_path / ".ratchet" / "serving" / "flags.json"
    assert flag(job)["state"] == "DISABLED"


def test_without_a_challenger_there_is_nothing_to_try(tmp_path, tracking_uri):
    job = job_in(tmp_path, tracking_uri, "canary-alone")
    with tracking.child_run(job, "train") as mlflow:
        learned.register_base(mlflow, BASE, name="canary-alone")
    reports.write(job, made_reports.trained(uri="models:/canary-alone/1"))
    with pytest.raises(EvidenceError, match="no version with alias challenger"):
        canary.run(job)


def test_a_challenger_of_a_newer_run_is_not_this_run_s_to_judge(fresh):
    reports.write(fresh, made_reports.trained(uri="models:/canary-agent/7"))
    with pytest.raises(EvidenceError, match="release the newest run"):
        canary.run(fresh)
