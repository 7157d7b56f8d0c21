"""Measures what training teaches the embedded default, over seeds and against two controls.

    python -m benchmarks.learning > benchmarks/learning.md

Each run is the pipeline's own step `train` with the demo's params, on tasks of the made world's
production catalogue; what it learnt is asked about tools of the unseen catalogue, whose names and
parameters are in no training row. The controls have a reward that says nothing: a random number,
or the score of the same reply to another prompt. If they rose too, the rise would be no learning.
"""

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tasks import train
from tasks.core import arms, judged, lineage, parts, prompts, runtime, sampling
from tasks.core.job import DatasetRef, Job
from tasks.core.judged import MODES, Judged, Mode
from tasks.core.prompts import Prompted
from tasks.core.records import Example, Reply, Score, Tags
from tasks.core.settings import Params
from tasks.core.step import PROJECT
from tasks.demo import world
from tasks.demo.words import WorldName
from tasks.rewards import Prompt
from tasks.rewards.spec import Spec, load_spec

CONTROLS = ("random_reward", "shuffled_reference")
DATA_SEED = 700


class Outcome(NamedTuple):
    """One training run and the judged answers of what it made."""

    name: str
    control: bool
    cpu_s: float
    """Of the step `train`, validation included."""
    report: dict[str, Any]
    rows: list[Judged]


def main() -> None:
    """Train, ask and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--train", type=int, default=500, help="training prompts")
    parser.add_argument("--test", type=int, default=500, help="tasks with unseen tools")
    parser.add_argument("--samples", type=int, default=2)
    parser.add_argument("--set", nargs="*", default=[], help="train settings, as steps=30")
    given = parser.parse_args()
    changes = {
        name: yaml.safe_load(value) for name, _, value in (s.partition("=") for s in given.set)
    }
    os.environ["HF_HUB_OFFLINE"] = "1"
    runtime.settle(1)
    with tempfile.TemporaryDirectory(prefix="ratchet-learning-") as name:
        bench = Bench(Path(name), given.train, given.test, given.samples, changes)
        base = bench.ask(bench.params.model.path, "base")
        runs = []
        for outcome in bench.outcomes(given.seeds):
            found = arms.compare([*base, *outcome.rows])
            print(f"{outcome.name}: {_lift(found, 'greedy', 'reward')}", file=sys.stderr)
            runs.append((outcome, found))
        print(_page(bench, runs))


class Bench:
    """A workspace with a made dataset, and the questions that every model is asked."""

    def __init__(
        self, home: Path, train_rows: int, test: int, samples: int, changes: dict[str, Any]
    ) -> None:
        values = yaml.safe_load((PROJECT / "tasks/demo/params.yaml").read_text())
        values["model"]["path"] = str(PROJECT / "tasks/demo/base")
        values["train"] |= changes
        self.params = Params.model_validate(values)
        self.samples = samples
        self._home = home
        self._spec: Spec = load_spec(self.params.reward.spec)
        self._split = _split(home / "split", train_rows)
        self.asked: tuple[Prompted, ...] = self._questions(test)

    def outcomes(self, seeds: int) -> Iterator[Outcome]:
        """Runs with the reward, one a seed, then the controls."""
        for seed in range(seeds):
            yield self._train(f"seed {seed}", seed=seed)
        for control in CONTROLS:
            yield self._train(control.replace("_", " "), seed=0, control=control)

    def ask(self, model: str, arm: judged.Arm) -> list[Judged]:
        """A model's judged answers to the unseen tasks, greedy and sampled."""
        sampler = sampling.load(model, batch_size=self.params.model.batch_size)
        rows: list[Judged] = []
        for samples, temperature in ((1, 0.0), (self.samples, self.params.evaluate.temperature)):
            rows += judged.complete(
                sampler,
                self.asked,
                self._score,
                arm=arm,
                samples=samples,
                temperature=temperature,
                max_new_tokens=self.params.model.max_new_tokens,
                seed=0,
            )
        return rows

    def _train(self, name: str, **changes: Any) -> Outcome:
        settings = self.params.train.model_copy(update=changes)
        home = self._home / name.replace(" ", "-")
        uri = f"sqlite:///{self._home / 'mlflow.db'}"
        job = Job(
            run_id=name,
            folder=str(home),
            workspace=str(self._home),
            params=self.params.model_copy(update={"train": settings}),
            dataset=DatasetRef(version="", md5="made", folder=str(self._split)),
            tracking=lineage.start_parent(uri, name, {"ratchet.run": name}),
        )
        job.save()
        started = time.process_time()
        report = train.run(job)
        cpu_s = time.process_time() - started
        rows = self.ask(report["model"], "tuned")
        return Outcome(name, "control" in changes, cpu_s, report, rows)

    def _score(self, example: Example, reply: Reply) -> Score:
        return self._spec.score(Prompt(example.messages, example.tools, example.reference), reply)

    def _questions(self, count: int) -> tuple[Prompted, ...]:
        from transformers import AutoTokenizer

        tokenizer: Any = AutoTokenizer.from_pretrained(self.params.model.path)
        rows = _examples("unseen", count, DATA_SEED + 2)
        return prompts.render(rows, tokenizer, max_tokens=None).kept


def _split(folder: Path, train_rows: int) -> Path:
    """Rows to train on and a quarter as many to validate, as the step `split` leaves them."""
    rows = {
        "train": _examples("production", train_rows, DATA_SEED),
        "validation": _examples("production", train_rows // 4, DATA_SEED + 1),
    }
    written = tuple(parts.write_part(folder, found, label=label) for label, found in rows.items())
    parts.commit(folder, parts.Manifest(stage="split", parts=written))
    return folder


def _examples(catalogue: WorldName, count: int, seed: int) -> list[Example]:
    found = []
    for number, task in enumerate(islice(world.tasks(catalogue, seed=seed), count)):
        name = hashlib.sha256(f"{catalogue}/{seed}/{number}".encode()).hexdigest()
        found.append(
            Example(
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
        )
    return found


def _page(bench: Bench, runs: list[tuple[Outcome, dict[str, Any]]]) -> str:
    settings = bench.params.train
    lines = [
        "# What training teaches the embedded default",
        "",
        f"{settings.steps} steps of {settings.prompts_per_step} prompts x {settings.generations} "
        f"completions, learning rate {settings.learning_rate:g}; "
        f"{runs[0][0].report['prompts']['train']} training prompts; asked {len(bench.asked)} tasks "
        "about tools that no training row names; 95 % intervals over tasks.",
    ]
    for mode in MODES:
        lines += ["", f"## {mode.capitalize()}", "", *_table(mode, runs)]
    behaviours = [("base", runs[0][1]["arms"]["base"])]
    behaviours += [(outcome.name, found["arms"]["tuned"]) for outcome, found in runs]
    lines += ["", "## Exact match by behaviour, greedy", "", *_behaviours(behaviours)]
    return "\n".join(lines)


def _table(mode: Mode, runs: list[tuple[Outcome, dict[str, Any]]]) -> list[str]:
    lines = [
        "| run | reward before | after | lift | exact before | after | lift "
        "| refuses wrongly | CPU s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for outcome, found in runs:
        before, after = (found["arms"][arm][mode] for arm in ("base", "tuned"))
        over = after["overall"]["over_refusal"]["mean"]
        lines.append(
            f"| {outcome.name} | {before['reward']['mean']:.3f} | {after['reward']['mean']:.3f} "
            f"| {_lift(found, mode, 'reward')} | {before['overall']['exact']['mean']:.3f} "
            f"| {after['overall']['exact']['mean']:.3f} | {_lift(found, mode, 'exact')} "
            f"| {over:.1%} | {outcome.cpu_s:.0f} |"
        )
    return lines


def _behaviours(models: list[tuple[str, dict[str, Any]]]) -> list[str]:
    lines = ["| model | execute | clarify | refuse | invents a tool |", "|---|---|---|---|---|"]
    for name, modes in models:
        cell = modes["greedy"]
        rates = [cell["by_behaviour"][b]["exact"]["mean"] for b in ("execute", "clarify", "refuse")]
        rates.append(cell["overall"]["invented"]["mean"])
        lines.append(f"| {name} | " + " | ".join(f"{rate:.2f}" for rate in rates) + " |")
    return lines


def _lift(found: dict[str, Any], mode: str, name: str) -> str:
    lift = found["lift"]["base"][mode][name]
    return f"{lift['mean']:+.0%} ({lift['low']:+.0%} to {lift['high']:+.0%})" if lift else "none"


if __name__ == "__main__":
    main()
