"""A real run of the step: the tiny base, MLflow on SQLite, a split folder as `split` writes it."""

import random
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from tasks import baseline
from tasks.core import parts, tracking
from tasks.core.closure import PROJECT
from tasks.core.errors import EvidenceError
from tasks.core.job import DatasetRef, Job
from tasks.core.records import Example, Reply, Tags
from tasks.core.settings import load
from tasks.demo import demonstrator, world
from tasks.evidence import judged, reports
from tasks.evidence.reports import BaselineReport

PROMPTS = 10


def examples(count: int, seed: int, prefix: str) -> list[Example]:
    """Made tasks; a third confirmed, a third corrected, a third of failed sessions."""
    rng = random.Random(seed)
    found = []
    for i, task in enumerate(islice(world.tasks("production", seed=seed), count)):
        right, kind = world.right_reply(task), i % 3
        reply: Reply = right if kind == 0 else demonstrator.demonstrate(task, rng)
        found.append(
            Example(
                id=f"{prefix}{i:03}",
                messages=task.messages,
                tools=task.tools,
                reply=reply,
                reference=None if kind == 2 else task.reference,
                truth_source=("outcome", "human_edit", "none")[kind],  # type: ignore[arg-type]
                outcome=float(kind == 0),
                behaviour="execute" if reply.tool_calls else task.reference.behaviour,
                tags=Tags(tools=tuple(call.name for call in reply.tool_calls)),
                session_id=f"{prefix}{i}",
                group=f"{prefix}{i // 2}",
                invocations=(),
                sources=(),
            )
        )
    return found


def split(folder: Path, validation: Sequence[Example]) -> Path:
    labelled = {
        "train": examples(30, 1, "t"),
        "validation": validation,
        "unlabelled": [e for e in examples(9, 2, "u") if e.reference is None],
        "test": examples(12, 3, "sealed"),
    }
    written = [parts.write_part(folder, rows, label=label) for label, rows in labelled.items()]
    parts.commit(folder, parts.Manifest(stage="split", parts=tuple(written)))
    return folder


def job(
    folder: Path, tracking_uri: str, *, model: str = "tasks/demo/base", **settings: object
) -> Job:
    params = load(PROJECT / "tasks/demo/params.yaml")
    changed = params.model_copy(
        update={
            "model": params.model.model_copy(update={"path": model}),
            "baseline": params.baseline.model_copy(
                update={"limit": PROMPTS, "samples": 3, **settings}
            ),
        }
    )
    held = folder / "data" / "split"
    if not held.exists():
        split(held, examples(18, 4, "v"))
    (folder / "run").mkdir(exist_ok=True)
    return Job(
        run_id="run",
        folder=str(folder / "run"),
        workspace=str(folder),
        params=changed,
        dataset=DatasetRef(version="dataset-v1.0", md5="abc.dir", folder=str(held)),
        tracking=tracking.start_parent(tracking_uri, "run", {}),
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, tracking_uri: str) -> tuple[Job, BaselineReport]:
    made = job(tmp_path_factory.mktemp("workspace"), tracking_uri)
    return made, baseline.run(made)


def test_the_base_is_measured_greedy_and_sampled(done: tuple[Job, BaselineReport]):
    _, report = done
    model = report.model
    assert model is not None
    assert (report.verdict, model.prompts) == ("train", PROMPTS)
    assert model.greedy.overall.n == PROMPTS
    assert model.sampled.overall.n == 3 * PROMPTS
    assert model.greedy.overall.reward is not None
    assert 0 < model.greedy.overall.reward.mean < 0.95
    assert 0 < model.with_variance <= 1


def test_figures_can_be_made_again_from_the_attempts(done: tuple[Job, BaselineReport]):
    made, report = done
    rows = judged.read(made.step_folder("baseline") / "attempts.jsonl")
    greedy = [row for row in rows if row.mode == "greedy"]
    sampled = [row for row in rows if row.mode == "sampled"]
    assert report.model is not None
    assert judged.summarise(greedy) == report.model.greedy
    assert baseline.with_variance(sampled) == report.model.with_variance


def test_the_card_leaves_out_the_held_out_test(done: tuple[Job, BaselineReport]):
    _, report = done
    overall = report.card["overall"]
    assert overall["replies"] == 30 + 18 + 3
    assert (overall["confirmed"], overall["corrected"], overall["contradicted"]) == (16, 16, 19)
    assert overall["reward"]["n"] == 16
    assert report.card["self_check"] == {"right": 16, "other": {}}


def test_the_card_is_written_for_machines_and_for_people(done: tuple[Job, BaselineReport]):
    made, report = done
    folder = made.step_folder("baseline")
    assert msgspec.json.decode((folder / "card.json").read_bytes()) == report.card
    assert "| confirmed |" in (folder / "card.md").read_text()
    assert "Report card of the logged replies: dataset-v1.0" in (folder / "card.html").read_text()


def test_mlflow_has_the_run_its_reward_and_its_dataset(
    done: tuple[Job, BaselineReport], tracking_uri: str
):
    made, report = done
    mlflow = tracking.connect(tracking_uri)
    (found,) = mlflow.search_runs(
        filter_string=f"tags.mlflow.parentRunId = '{made.tracking.parent_run_id}'",
        output_format="list",
    )
    run = mlflow.get_run(found.info.run_id)
    assert run.data.params["reward_sha"] == report.reward_sha
    assert run.data.tags["verdict"] == "train"
    assert report.model is not None
    assert report.model.greedy.overall.reward is not None
    assert run.data.metrics["base/greedy/reward"] == report.model.greedy.overall.reward.mean
    assert run.data.metrics["logged/confirmed"] == 16
    assert len(run.inputs.model_inputs) == 1
    assert run.inputs.dataset_inputs[0].dataset.digest == "abc.dir"
    client = mlflow.tracking.MlflowClient()
    kept = {file.path for file in client.list_artifacts(run.info.run_id, "baseline")}
    assert {"baseline/card.html", "baseline/attempts.jsonl"} <= kept


def test_the_rewards_page_shows_how_the_bases_replies_are_spread(
    done: tuple[Job, BaselineReport], tracking_uri: str, tmp_path: Path
):
    mlflow = tracking.connect(tracking_uri)
    kept = mlflow.artifacts.download_artifacts(done[1].reward_uri, dst_path=str(tmp_path))
    page = (Path(kept) / "design/reward-design.md").read_text()
    assert " replies: mean " in page
    assert "No rollouts of a base were given" not in page


def test_a_base_that_is_right_already_is_not_trained(tmp_path: Path, tracking_uri: str):
    made = job(tmp_path, tracking_uri, max_reward=0.01)
    with pytest.raises(
        EvidenceError, match=r"nothing to gain: .* above baseline.max_reward = 0.01"
    ):
        baseline.run(made)
    assert (tmp_path / "run" / "baseline" / "card.html").exists()
    assert reports.read(made, BaselineReport) is None


def test_a_base_whose_samples_are_all_alike_is_not_trained(tmp_path: Path, tracking_uri: str):
    made = job(tmp_path, tracking_uri, temperature=1e-4, samples=2, limit=4, max_reward=1.0)
    with pytest.raises(EvidenceError, match=r"no signal: on none of 4 validation prompts"):
        baseline.run(made)


def test_without_a_model_the_card_is_made_alone(tmp_path: Path, tracking_uri: str):
    report = baseline.run(job(tmp_path, tracking_uri, model="models/none/here"))
    assert (report.model, report.verdict) == (None, "card only")
    assert "no model at models/none/here" in report.reason
    assert report.card["overall"]["replies"] == 51


def test_a_reward_that_cannot_score_enough_is_no_signal(
    done: tuple[Job, BaselineReport], tmp_path: Path, tracking_uri: str
):
    model = done[1].model
    assert model is not None
    overall = replace(model.greedy.overall, n=50)
    figures = replace(model, greedy=replace(model.greedy, overall=overall, unscored=1))
    verdict, reason = baseline.decide(job(tmp_path, tracking_uri), figures)
    assert verdict == "no signal"
    assert "could not score 1 of 50 greedy replies, more than reward.max_unscored = 0.01" in reason
