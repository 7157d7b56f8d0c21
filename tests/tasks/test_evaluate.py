"""A real evaluation of a trained two-layer model on held-out rows."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tasks import evaluate
from tasks.core import tracking
from tasks.core.closure import PROJECT
from tasks.core.errors import EvidenceError
from tasks.core.job import Job
from tasks.core.records import Example, Message, Reply, Tags
from tasks.evidence import arms, held_out, judged, reports
from tasks.evidence.judged import Judged
from tasks.evidence.metrics import Measured
from tasks.evidence.reports import EvaluationReport, TrainReport
from tasks.learning import checkpoints, prompts

Evaluated = tuple[Job, EvaluationReport]

TASKS = 8
SAMPLES = 2


@pytest.fixture(scope="module")
def evaluated(trained: tuple[Job, TrainReport]) -> Evaluated:
    job, _ = trained
    return job, evaluate.run(job)


def row(arm: judged.Arm, example: str, *, reward: float | None, exact: bool) -> Judged:
    """A greedy execute row."""
    return Judged(
        arm=arm,
        mode="greedy",
        reward=reward,
        tokens=3,
        tags=Tags(held_out=True),
        measured=Measured(
            example=example,
            group=example,
            expected="execute",
            did="execute",
            exact=exact,
            invented=False,
            malformed=False,
            acted_instead=False,
            over_refusal=False,
        ),
    )


def decision(*messages: Message) -> Example:
    return Example(
        id="a",
        messages=messages,
        tools=(),
        reply=Reply(),
        reference=None,
        truth_source="none",
        session_id="s",
        invocations=(),
        sources=(),
    )


def test_each_arm_answers_each_task_greedily_and_sampled(evaluated: Evaluated):
    rows = judged.read(Path(evaluated[1].rows))
    assert len(rows) == len(judged.ARMS) * TASKS * (1 + SAMPLES)
    for arm in judged.ARMS:
        asked = {r.measured.example for r in rows if r.arm == arm and r.mode == "greedy"}
        assert len(asked) == TASKS
        drawn = [r.sample for r in rows if r.arm == arm and r.mode == "sampled"]
        assert sorted(drawn) == sorted([*range(SAMPLES)] * TASKS)
    assert all(r.tags.held_out for r in rows)


def test_the_report_can_be_made_again_from_the_rows(evaluated: Evaluated):
    _, report = evaluated
    path = Path(report.rows)
    assert report.rows_sha256 == checkpoints.file_sha256(path)
    again = arms.compare(judged.read(path))
    for name in ("tasks", "groups", "arms", "lift", "lift_held_out"):
        assert getattr(again, name) == getattr(report, name)
    assert (report.tasks, report.groups) == (TASKS, TASKS // 2)
    assert report.arms["tuned"]["greedy"].by_tools["held_out"].overall.n == TASKS


def test_a_template_that_leaves_system_text_out_is_told_from_one_that_reads_it(
    make_job: Callable[..., Job],
):
    job = make_job("prompt-seen")
    assert evaluate.read(job).prompt_seen
    stored = job.params.model.model_copy(update={"path": str(PROJECT / "tasks/demo/base")})
    deaf = job.model_copy(update={"params": job.params.model_copy(update={"model": stored})})
    assert not evaluate.read(deaf).prompt_seen


def test_evaluating_again_gives_the_same_bytes_and_spends_no_read(evaluated: Evaluated):
    job, report = evaluated
    again = evaluate.run(job)
    assert again.rows_sha256 == report.rows_sha256
    assert (report.reads, again.reads) == (1, 1)
    ledger = (Path(job.workspace) / held_out.LEDGER).read_text().splitlines()
    assert [json.loads(line)["run_id"] for line in ledger] == [job.run_id]


def test_figures_are_attached_to_the_model_they_are_of(evaluated: Evaluated, tracking_uri: str):
    job, report = evaluated
    mlflow = tracking.connect(tracking_uri)
    run = mlflow.get_run((Path(job.folder) / "evaluate.mlflow-run").read_text())
    tuned = mlflow.get_logged_model(reports.require(job, TrainReport).model_id)
    figures = {metric.key: metric.value for metric in tuned.metrics}
    assert figures["greedy/exact"] == report.arms["tuned"]["greedy"].overall.exact.mean
    assert run.data.metrics["tuned/greedy/exact"] == figures["greedy/exact"]
    assert tuned.model_id in {model.model_id for model in run.inputs.model_inputs}
    training = mlflow.get_run((Path(job.folder) / "train.mlflow-run").read_text())
    assert tuned.model_id not in {model.model_id for model in training.inputs.model_inputs}
    names = {file.path for file in mlflow.artifacts.list_artifacts(run_id=run.info.run_id)}
    assert names == {"arms.png", "cases.jsonl", "rows.jsonl"}


def test_a_model_that_was_changed_is_not_evaluated(
    trained: tuple[Job, TrainReport], tmp_path: Path
):
    job, report = trained
    moved = job.model_copy(update={"folder": str(tmp_path), "workspace": str(tmp_path)})
    reports.write(moved, replace(report, weights_sha256="0" * 64))
    with pytest.raises(EvidenceError, match="changed after it was trained"):
        evaluate.run(moved)
    assert not (tmp_path / held_out.LEDGER).exists()


def test_a_lift_is_relative_to_the_arm_it_is_held_against():
    base = [row("base", name, reward=0.5, exact=name < "c") for name in "abcd"]
    tuned = [row("tuned", name, reward=0.8, exact=name < "d") for name in "abcd"]
    reward = arms.lift(tuned, base, arms.FIGURES["reward"])
    exact = arms.lift(tuned, base, arms.FIGURES["exact"])
    assert reward is not None
    assert exact is not None
    assert reward.mean == pytest.approx(0.6)
    assert exact.mean == pytest.approx(0.5)
    assert exact.low is not None
    assert exact.high is not None
    assert exact.low < 0.5 < exact.high


def test_what_one_arm_has_no_value_for_is_left_out_of_both():
    base = [row("base", "a", reward=0.5, exact=True), row("base", "b", reward=None, exact=True)]
    tuned = [row("tuned", name, reward=1.0, exact=True) for name in "ab"]
    found = arms.lift(tuned, base, arms.FIGURES["reward"])
    assert found is not None
    assert (found.mean, found.n) == (1.0, 1)


def test_over_an_arm_that_earns_nothing_there_is_no_relative_lift():
    base = [row("base", "a", reward=0.0, exact=False)]
    tuned = [row("tuned", "a", reward=1.0, exact=True)]
    assert arms.lift(tuned, base, arms.FIGURES["reward"]) is None


def test_answers_to_the_very_same_prompts_stand_for_both_arms():
    rows = [row("base", "a", reward=0.5, exact=True)]
    assert arms.as_arm(rows, "better-prompt") == [replace(rows[0], arm="better-prompt")]


def test_the_better_prompt_stands_before_what_the_system_said():
    user = Message(role="user", content="Hello")
    system = Message(role="system", content="You are an agent.")
    with_both = prompts.with_system(decision(system, user), "Be exact.")
    assert [m.content for m in with_both.messages] == ["Be exact.\n\nYou are an agent.", "Hello"]
    alone = prompts.with_system(decision(user), "Be exact.")
    assert [(m.role, m.content) for m in alone.messages] == [
        ("system", "Be exact."),
        ("user", "Hello"),
    ]
