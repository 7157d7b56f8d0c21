"""A workspace with a made dataset, an untrained model of two layers, and one training run on it."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core import parts, tracking
from tasks.core.closure import PROJECT
from tasks.core.job import DatasetRef, Job
from tasks.core.records import Example, Reply, Tags
from tasks.core.settings import Params
from tasks.demo import random_model, world
from tasks.demo.lexicon import WorldName
from tasks.evidence import reports

MakeJob = Callable[..., Job]

SMALL = {
    "steps": 4,
    "prompts_per_step": 2,
    "generations": 2,
    "learning_rate": 1e-3,
    "validate_every": 2,
    "validation_limit": 4,
    "max_prompt_tokens": 2000,
    # A random model earns nothing, and where all earn the same nothing is learnt.
    "control": "random_reward",
}


def made_examples(catalogue: WorldName, count: int, seed: int) -> list[Example]:
    """Examples with a reference, two a group."""
    found = []
    for number, task in enumerate(islice(world.tasks(catalogue, seed=seed), count)):
        name = hashlib.sha256(f"{catalogue}/{seed}/{number}".encode()).hexdigest()
        found.append(
            Example(
                id=name,
                messages=task.messages,
                tools=task.tools,
                reply=Reply(content="One moment."),
                reference=task.reference,
                truth_source="human_edit",
                tags=Tags(
                    tools=tuple(call.name for call in task.reference.calls),
                    held_out=catalogue == "unseen",
                ),
                session_id=name,
                group=f"{catalogue}-{number // 2}",
                invocations=(name,),
                sources=(),
            )
        )
    return found


def write_split(folder: Path, rows: dict[str, Sequence[Example]]) -> Path:
    """A folder as `split` leaves it."""
    written = [parts.write_part(folder, found, label=label) for label, found in rows.items()]
    parts.commit(folder, parts.Manifest(stage="split", parts=tuple(written)))
    return folder


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for logs, where the test stands."""
    (tmp_path / "logs").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def tracking_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One MLflow on SQLite for all tests here; a new one takes seconds."""
    found = f"sqlite:///{tmp_path_factory.mktemp('tracking') / 'mlflow.db'}"
    mlflow = tracking.connect(found)
    yield found
    mlflow.set_tracking_uri(None)


@pytest.fixture(scope="session")
def made_split(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """16 rows to train on, 6 to validate, 8 sealed ones about tools that training never saw."""
    return write_split(
        tmp_path_factory.mktemp("data") / "split",
        {
            "train": made_examples("production", 16, 1),
            "validation": made_examples("production", 6, 2),
            "test": made_examples("unseen", 8, 3),
        },
    )


@pytest.fixture(scope="session")
def changed_split() -> Callable[[Path, Callable[[Example], Example]], Path]:
    """Writes a split folder of made rows, each changed as asked."""

    def write(folder: Path, change: Callable[[Example], Example]) -> Path:
        rows = made_examples("production", 12, 5)
        changed = [change(row) for row in rows[:8]]
        return write_split(folder, {"train": changed, "validation": rows[8:]})

    return write


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers of random weights with a tokenizer for the made world."""
    texts = random_model.texts_of(made_examples("production", 40, 1))
    return random_model.make(
        tmp_path_factory.mktemp("model") / "tiny", texts, vocab_size=400, hidden=32
    )


@pytest.fixture(scope="session")
def make_job(
    tmp_path_factory: pytest.TempPathFactory, tracking_uri: str, made_split: Path, tiny_model: Path
) -> MakeJob:
    """Makes a saved job of its own workspace; keywords change `train`, `split` the dataset."""

    def make(name: str, *, split: Path = made_split, **changes: Any) -> Job:
        home = tmp_path_factory.mktemp(name)
        values = yaml.safe_load((PROJECT / "tasks/demo/params.yaml").read_text())
        values["model"] |= {"path": str(tiny_model), "name": name, "max_new_tokens": 8}
        values["train"] |= SMALL | changes
        values["evaluate"] |= {"samples": 2}
        # What a random model says, rules cannot always judge.
        values["reward"] |= {"max_unscored": 1.0}
        made = Job(
            run_id=name,
            folder=str(home / "run"),
            workspace=str(home),
            params=Params.model_validate(values),
            dataset=DatasetRef(version="dataset-v1.0", md5=f"{name}.dir", folder=str(split)),
            tracking=tracking.start_parent(tracking_uri, name, {"ratchet.run": name}),
        )
        made.save()
        return made

    return make


@pytest.fixture(scope="session")
def trained(make_job: MakeJob) -> tuple[Job, reports.TrainReport]:
    """A whole training run and its report."""
    from tasks import train

    job = make_job("trained")
    report = train.run(job)
    reports.write(job, report)
    return job, report
