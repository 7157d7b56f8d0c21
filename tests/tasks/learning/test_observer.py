"""What the observer takes from a trainer's logs, and when it stops the run."""

import math
from pathlib import Path
from typing import Any

import pytest

from tasks.core.errors import StageError
from tasks.learning import checkpoints
from tasks.learning.curve import Curve, Row
from tasks.learning.observer import Observer

LOGS = {"reward": 0.5, "exact": 0.25, "entropy": None, "loss": 0.1, "num_tokens": 900.0}


class Watched:
    """An observer, what it published, and what each checkpoint's validation is to say."""

    def __init__(self, folder: Path, *, max_unscored: float = 0.5) -> None:
        self.curve = Curve(folder / "curve.jsonl", upto=0)
        self.root = folder / "checkpoints"
        self.published: list[tuple[int, Row]] = []
        self.rewards: dict[int, float] = {}
        self.observer = Observer(
            curve=self.curve,
            root=self.root,
            steps=10,
            validate=lambda path: {"validation/reward": self.rewards[checkpoints.step_of(path)]},
            publish=lambda row, step: self.published.append((step, row)),
            max_unscored=max_unscored,
        )

    def save(self, step: int, reward: float) -> None:
        """What transformers does: it writes a checkpoint and says so."""
        folder = checkpoints.path_of(self.root, step)
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(b"weights")
        self.rewards[step] = reward
        self.observer.saved(step)

    def steps_kept(self) -> set[int]:
        return {checkpoints.step_of(path) for path in self.root.iterdir()}


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_step_keeps_its_figures_and_no_missing_ones(watched: Watched):
    watched.observer.count([0.5, 1.0, None, 0.0])
    watched.observer.logged(1, LOGS)
    assert watched.curve.at(1) == {
        "step": 1,
        "reward": 0.5,
        "exact": 0.25,
        "loss": 0.1,
        "unscored": 1,
        "completions": 4,
    }
    assert watched.published == [(1, {"reward": 0.5, "exact": 0.25, "loss": 0.1})]


def test_the_summary_at_the_end_is_no_step(watched: Watched):
    watched.observer.logged(10, {"train_runtime": 12.0, "train_loss": 0.1})
    assert watched.curve.rows() == []


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_lost_loss_stops_the_run(watched: Watched, loss: float):
    with pytest.raises(StageError, match=r"train\.learning_rate"):
        watched.observer.logged(3, {**LOGS, "loss": loss})


def test_too_little_that_can_be_scored_stops_the_run(tmp_path: Path):
    watched = Watched(tmp_path, max_unscored=0.25)
    watched.observer.count([1.0, 0.0, 0.5, None])
    with pytest.raises(StageError, match="2 of 7 completions"):
        watched.observer.count([1.0, None, 0.0])


def test_what_a_broken_off_run_could_not_score_still_counts(tmp_path: Path):
    first = Watched(tmp_path, max_unscored=0.25)
    first.observer.count([1.0, 1.0, 1.0, None])
    first.observer.logged(1, LOGS)
    second = Watched(tmp_path, max_unscored=0.25)
    second.curve.add(1, first.curve.at(1))
    with pytest.raises(StageError, match="2 of 5 completions"):
        second.observer.count([None])


def test_a_checkpoint_is_sealed_with_its_validation_known(watched: Watched):
    watched.save(2, 0.4)
    assert checkpoints.is_complete(checkpoints.path_of(watched.root, 2))
    assert watched.curve.at(2)["validation/reward"] == 0.4


def test_the_best_and_the_last_checkpoint_are_kept(watched: Watched):
    for step, reward in ((2, 0.4), (4, 0.9), (6, 0.9), (8, 0.1)):
        watched.save(step, reward)
    assert watched.steps_kept() == {4, 8}
    assert watched.curve.best("validation/reward") == 4


def test_a_trainer_can_be_given_the_observer(watched: Watched):
    from transformers import TrainerControl, TrainerState, TrainingArguments

    args: Any = TrainingArguments(output_dir=str(watched.root), use_cpu=True)
    state = TrainerState(global_step=1)
    watched.observer.callback().on_log(args, state, TrainerControl(), logs=dict(LOGS))
    assert watched.curve.at(1)["reward"] == 0.5
