"""Measures what training teaches the embedded default, over seeds and against two controls.

    python -m benchmarks seeds > learning.md          # two runs at a time, one core each

Each run is the pipeline's own step `train` with the demo's params, on tasks of the made world's
production catalogue; what it learnt is asked about tools of the unseen catalogue, whose names and
parameters are in no training row. The checkpoint is chosen on validation tasks of the production
catalogue; the unseen tasks are asked once, of what was chosen. The controls have a reward that says
nothing: a random number, or the score of the same reply to another prompt; they choose their
checkpoint by it too. If they rose as well, the rise would be no learning.
"""

import argparse
import hashlib
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmarks.learning.learning_page import page
from tasks import train
from tasks.core import parts, tracking
from tasks.core.closure import PROJECT
from tasks.core.job import DatasetRef, Job
from tasks.core.records import Example, Reply, Score, Tags
from tasks.core.settings import Params
from tasks.demo import world
from tasks.demo.lexicon import WorldName
from tasks.evidence import arms, judged
from tasks.evidence.arms import Compared
from tasks.evidence.judged import Judged
from tasks.evidence.reports import TrainReport
from tasks.learning import prompts, runtime, sampling
from tasks.learning.prompts import Prompted
from tasks.rewards import Prompt
from tasks.rewards.specification.spec import load_spec

BASE = str(PROJECT / "tasks/demo/base")
CONTROLS = ("random_reward", "shuffled_reference")
DATA_SEED = 700


class Run(NamedTuple):
    """What one training run is told."""

    name: str
    changes: dict[str, Any]
    """Of the demo's `train` settings."""


class Outcome(NamedTuple):
    """One training run and the judged answers of what it made."""

    name: str
    cpu_s: float
    """Of the step `train`, validation included."""
    report: TrainReport
    """The step's."""
    compared: Compared
    """As `arms.compare` has it, base against tuned."""


def main() -> None:
    """Train, ask and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--controls", type=int, default=len(CONTROLS), help="how many of the two")
    parser.add_argument("--train", type=int, default=1200, help="training prompts")
    parser.add_argument("--validation", type=int, default=200, help="prompts to choose by")
    parser.add_argument("--test", type=int, default=600, help="tasks with unseen tools")
    parser.add_argument("--samples", type=int, default=2)
    parser.add_argument("--base", default=BASE, help="folder of it")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, one core each")
    parser.add_argument("--set", nargs="*", default=[], help="train settings, as steps=30")
    given = parser.parse_args()
    changes = {
        name: yaml.safe_load(value) for name, _, value in (s.partition("=") for s in given.set)
    }
    os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    runs = [Run(f"seed {seed}", {"seed": seed}) for seed in range(given.seeds)]
    runs += [Run(c.replace("_", " "), {"control": c}) for c in CONTROLS[: given.controls]]
    with tempfile.TemporaryDirectory(prefix="ratchet-learning-") as name:
        bench = Bench(Path(name), given.base, changes, given.test, given.samples)
        bench.prepare(given.train, given.validation)
        outcomes = []
        with ProcessPoolExecutor(
            given.jobs, mp_context=multiprocessing.get_context("spawn")
        ) as pool:
            for outcome in pool.map(bench.outcome, runs):
                lifts = outcome.compared.lift["base"]["greedy"]
                means = {name: lift and round(lift.mean, 3) for name, lift in lifts.items()}
                print(f"{outcome.name}: {means}, {outcome.cpu_s:.0f} s", file=sys.stderr)
                outcomes.append(outcome)
    print(page(bench.params.train, [(o.name, o.cpu_s, o.report, o.compared) for o in outcomes]))


class Bench:
    """A workspace with a made dataset, and the questions that every model is asked."""

    def __init__(
        self, home: Path, base: str, changes: dict[str, Any], test: int, samples: int
    ) -> None:
        values = yaml.safe_load((PROJECT / "tasks/demo/params.yaml").read_text())
        values["model"]["path"] = base
        values["train"] |= changes
        self.params = Params.model_validate(values)
        self._home = home
        self._test = test
        self._samples = samples

    def prepare(self, train_rows: int, validation_rows: int) -> None:
        """Write the dataset, an empty tracking database, and the base's judged answers."""
        runtime.settle(1)
        rows = {
            "train": examples("production", train_rows, DATA_SEED),
            "validation": examples("production", validation_rows, DATA_SEED + 1),
        }
        folder = self._home / "split"
        written = tuple(parts.write_part(folder, r, label=label) for label, r in rows.items())
        parts.commit(folder, parts.Manifest(stage="split", parts=written))
        # Making a database takes MLflow longer than a step of training: each run gets a copy.
        tracking.connect(f"sqlite:///{self._home / 'empty.db'}")
        judged.write(self._home / "base.jsonl", self._ask(self.params.model.path, "base"))

    def outcome(self, run: Run) -> Outcome:
        """One run, trained and asked; in a process of its own."""
        runtime.settle(1)
        home = self._home / run.name.replace(" ", "-")
        home.mkdir()
        shutil.copy(self._home / "empty.db", home / "mlflow.db")
        settings = self.params.train.model_copy(update=run.changes)
        job = Job(
            run_id=run.name,
            folder=str(home),
            workspace=str(home),
            params=self.params.model_copy(update={"train": settings}),
            dataset=DatasetRef(version="", md5="made", folder=str(self._home / "split")),
            tracking=tracking.start_parent(f"sqlite:///{home / 'mlflow.db'}", run.name, {}),
        )
        job.save()
        started = time.process_time()
        report = train.run(job)
        cpu_s = time.process_time() - started
        base = judged.read(self._home / "base.jsonl")
        compared = arms.compare([*base, *self._ask(report.model, "tuned")])
        return Outcome(run.name, cpu_s, report, compared)

    def _ask(self, model: str, arm: judged.Arm) -> list[Judged]:
        """A model's judged answers to the unseen tasks, greedy and sampled."""
        asked, spec = self._questions(), load_spec(self.params.reward.spec)
        sampler = sampling.load(model, batch_size=self.params.model.batch_size)

        def score(example: Example, reply: Reply) -> Score:
            return spec.score(Prompt(example.messages, example.tools, example.reference), reply)

        rows: list[Judged] = []
        for samples, temperature in ((1, 0.0), (self._samples, self.params.evaluate.temperature)):
            rows += judged.complete(
                sampler,
                asked,
                score,
                arm=arm,
                samples=samples,
                temperature=temperature,
                max_new_tokens=self.params.model.max_new_tokens,
                seed=0,
            )
        return rows

    def _questions(self) -> tuple[Prompted, ...]:
        codec = prompts.codec(self.params.model.path, self.params.model)
        rows = examples("unseen", self._test, DATA_SEED + 2)
        return prompts.render(rows, codec, max_tokens=None).kept


def examples(catalogue: WorldName, count: int, seed: int) -> Iterator[Example]:
    """Tasks of the made world as `split` would leave them, each a group of its own."""
    for number, task in enumerate(islice(world.tasks(catalogue, seed=seed), count)):
        name = hashlib.sha256(f"{catalogue}/{seed}/{number}".encode()).hexdigest()
        yield Example(
            id=name,
            messages=task.messages,
            tools=task.tools,
            reply=Reply(),
            reference=task.reference,
            truth_source="human_edit",
            tags=Tags(held_out=catalogue == "unseen"),
            session_id=name,
            group=name,
            invocations=(),
            sources=(),
        )


if __name__ == "__main__":
    main()
