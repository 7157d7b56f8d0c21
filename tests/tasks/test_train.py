"""Real GRPO runs of a two-layer model: what they leave, and what a killed one comes to."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tasks import dialects, train
from tasks.core import tracking
from tasks.core.closure import PROJECT
from tasks.core.errors import StageError
from tasks.core.job import Job
from tasks.core.records import Call, Reference, Reply, ToolCall
from tasks.evidence import reports
from tasks.evidence.reports import TrainReport
from tasks.learning import checkpoints, curve, learned, prompts
from tasks.rewards.specification.spec import load_spec

MakeJob = Callable[..., Job]
Trained = tuple[Job, TrainReport]


def rows_of(job: Job) -> list[dict[str, float]]:
    lines = (Path(job.folder) / "train" / "curve.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line) for line in lines]


def test_a_run_leaves_a_model_that_stands_alone(trained: Trained):
    job, report = trained
    folder = Path(report.model)
    assert {path.name for path in folder.iterdir()} >= {
        "model.safetensors",
        "config.json",
        "tokenizer.json",
    }
    assert report.weights_sha256 == checkpoints.weights_sha256(folder)
    assert report.weights_sha256 != checkpoints.weights_sha256(Path(job.params.model.path))


def test_the_curve_has_each_step_once(trained: Trained):
    job, report = trained
    rows = rows_of(job)
    assert [row["step"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["step"] for row in rows if "validation/reward" in row] == [0, 2, 4]
    assert all(row["completions"] == 4 for row in rows[1:])
    assert report.completions == 16
    assert report.unscored == sum(row["unscored"] for row in rows[1:])


def test_the_best_step_on_validation_is_the_one_kept(trained: Trained):
    job, report = trained
    known = {row["step"]: row["validation/reward"] for row in rows_of(job)[2::2]}
    assert report.best_step == max(known, key=lambda step: (known[step], -step))
    kept = {path.name for path in (Path(job.folder) / "train/checkpoints").glob("checkpoint-*")}
    assert kept == {"checkpoint-4", f"checkpoint-{report.best_step}"}


def test_the_run_says_what_it_was_made_with(trained: Trained, tracking_uri: str):
    job, report = trained
    mlflow = tracking.connect(tracking_uri)
    run = mlflow.get_run((Path(job.folder) / "train.mlflow-run").read_text())
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.parentRunId"] == job.tracking.parent_run_id
    assert [entry.dataset.digest for entry in run.inputs.dataset_inputs] == [job.dataset.md5]
    champion = learned.by_alias(mlflow, "trained", learned.CHAMPION)
    assert champion is not None
    assert champion.model_id in {model.model_id for model in run.inputs.model_inputs}
    assert run.data.params["base"] == champion.uri
    assert run.data.params["reward_uri"].startswith("models:/reward-tool-calls/")
    assert [model.model_id for model in run.outputs.model_outputs] == [report.model_id]
    history = mlflow.tracking.MlflowClient().get_metric_history(run.info.run_id, "reward")
    assert [point.step for point in history] == [1, 2, 3, 4]


def test_the_base_is_champion_and_what_was_trained_challenges(trained: Trained, tracking_uri: str):
    job, report = trained
    mlflow = tracking.connect(tracking_uri)
    champion = learned.by_alias(mlflow, "trained", learned.CHAMPION)
    challenger = learned.by_alias(mlflow, "trained", learned.CHALLENGER)
    assert champion is not None
    assert challenger is not None
    assert (champion.version, challenger.version) == ("1", "2")
    assert challenger.weights_sha256 == report.weights_sha256
    version = mlflow.tracking.MlflowClient().get_model_version("trained", "2")
    assert version.tags["ratchet.run"] == job.run_id
    assert version.tags["dvc.md5"] == job.dataset.md5
    assert version.tags["dataset.version"] == "dataset-v1.0"
    assert len(version.tags["reward_sha"]) == 64
    kept = json.loads((Path(report.model) / "codec.json").read_text())
    assert (kept["dialect"], kept["sha256"]) == ("hermes", version.tags["codec_sha"])
    assert dialects.for_folder(report.model, lacks=["system"]).sha == kept["sha256"]


def test_a_finished_run_gone_through_again_changes_nothing(trained: Trained, tracking_uri: str):
    job, report = trained
    again = train.run(job)
    assert (again.weights_sha256, again.version) == (
        report.weights_sha256,
        report.version,
    )
    client = tracking.connect(tracking_uri).tracking.MlflowClient()
    run_id = (Path(job.folder) / "train.mlflow-run").read_text()
    assert len(client.get_metric_history(run_id, "reward")) == 4


@pytest.mark.slow
def test_a_killed_run_comes_to_the_same_weights(trained: Trained, make_job: MakeJob):
    """kill -9 behind the first checkpoint, a torn second one, and then the run goes on."""
    job = make_job("killed")
    root = Path(job.folder) / "train" / "checkpoints"
    process = subprocess.Popen(
        [sys.executable, "-m", "tasks.train", "--job", f"{job.folder}/job.json"],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None and not (root / "checkpoint-2" / checkpoints.SEAL).exists():
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert reports.read(job, TrainReport) is None
    torn = root / "checkpoint-4"
    torn.mkdir(exist_ok=True)
    (torn / checkpoints.SEAL).unlink(missing_ok=True)
    (torn / "model.safetensors").write_bytes(b"half a file")
    report = train.run(job)
    assert report.weights_sha256 == trained[1].weights_sha256
    assert [row["step"] for row in rows_of(job)] == [0, 1, 2, 3, 4]


def test_a_lora_run_keeps_its_adapter_and_merges_it(make_job: MakeJob):
    job = make_job("adapted", steps=2, lora={"rank": 4, "alpha": 8}, learning_rate=1e-2)
    report = train.run(job)
    assert {path.name for path in (Path(job.folder) / "train/adapter").iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
    }
    model = Path(report.model)
    assert not (model / "adapter_config.json").exists()
    assert report.weights_sha256 != checkpoints.weights_sha256(Path(job.params.model.path))


def test_prompts_that_are_too_long_are_left_out_and_counted(make_job: MakeJob):
    lengths = sorted(p.tokens for p in train.read(make_job("lengths")).train.kept)
    limit = {"max_prompt_tokens": lengths[9]}
    with pytest.raises(
        StageError, match=r"of 16 prompts cannot be used .*train.max_skipped = 0.05"
    ):
        train.read(make_job("refused", **limit))
    report = train.run(make_job("short", steps=2, max_skipped=1.0, **limit))
    kept = sum(length <= lengths[9] for length in lengths)
    assert report.prompts["train"] == kept
    assert report.skipped["train"] == {prompts.TOO_LONG: 16 - kept}


def test_too_many_unscored_completions_stop_the_run(
    make_job: MakeJob, tmp_path: Path, changed_split: Callable[..., Path]
):
    def without_its_tool(example: Any) -> Any:
        reference = Reference(behaviour="execute", calls=(Call(name="unlisted_tool"),))
        return msgspec.structs.replace(example, reference=reference)

    job = make_job("unscored", split=changed_split(tmp_path / "split", without_its_tool))
    reward = job.params.reward.model_copy(update={"max_unscored": 0.01})
    job = job.model_copy(update={"params": job.params.model_copy(update={"reward": reward})})
    with pytest.raises(StageError, match="4 of 4 completions"):
        train.run(job)


def test_a_shuffled_control_scores_each_prompt_by_another(make_job: MakeJob):
    job = make_job("shuffled", control="shuffled_reference")
    kept = train.read(job).train.kept
    own = [msgspec.json.encode(p.reference, order="sorted").decode() for p in kept]
    rows = train.rows(job, kept)
    assert [row["prompt"] for row in rows] == [p.text for p in kept]
    assert sorted(row["reference"] for row in rows) == sorted(own)
    tools = [msgspec.json.encode(p.example.tools, order="sorted").decode() for p in kept]
    swapped = [tools.index(row["tools"]) for row in rows]
    assert all(here != there for here, there in enumerate(swapped))


@pytest.mark.parametrize("control", ["none", "random_reward", "shuffled_reference"])
def test_a_control_chooses_its_checkpoint_by_its_own_reward(make_job: MakeJob, control: str):
    job = make_job(f"chosen-{control}", control=control)
    kept = train.read(job).validation.kept
    judge = train._judge_of_checkpoints(job, load_spec(job.params.reward.spec), kept)

    def right(reference: Reference) -> Reply:
        calls = tuple(ToolCall(name=c.name, arguments=c.arguments) for c in reference.calls)
        return Reply(content=reference.text, tool_calls=calls)

    values = [judge(p.example, right(p.reference)).value for p in kept]
    assert values == [judge(p.example, right(p.reference)).value for p in kept]
    assert (values == [1.0] * len(kept)) == (control == "none")


def test_the_curve_drops_what_is_later_than_its_checkpoint(tmp_path: Path):
    known = curve.Curve(tmp_path / "curve.jsonl", upto=0)
    for step in (1, 2, 3):
        known.add(step, {"reward": step / 10})
    assert [row["step"] for row in curve.Curve(known.path, upto=2).rows()] == [1, 2]
    assert known.path.read_text().count("\n") == 2
