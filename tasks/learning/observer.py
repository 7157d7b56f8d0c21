"""Watches a trainer: writes its curve, validates and seals its checkpoints, stops what goes wrong.

    step 8   reward 0.61  exact 0.55  entropy 0.19   ->  curve.jsonl, MLflow, progress bar
    save 8   validation/reward 0.87                  ->  curve.jsonl, then the checkpoint's seal

The seal comes after the validation of a step, so a whole checkpoint always has its figures.
"""

import math
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from tasks.core.errors import StageError
from tasks.learning import checkpoints
from tasks.learning.curve import REWARD, SHOWN, Curve, Publisher, Row

_KEPT = (
    "reward",
    "reward_std",
    "frac_reward_zero_std",
    "entropy",
    "kl",
    "exact",
    "invented",
    "loss",
    "grad_norm",
    "completions/mean_length",
    "completions/max_length",
    "completions/clipped_ratio",
    "clip_ratio/region_mean",
    "sampling/sampling_logp_difference/mean",
    "step_time",
)
"""Of what TRL logs."""


class Observer:
    """One training run's eyes; `callback` is what the trainer is given."""

    def __init__(
        self,
        *,
        curve: Curve,
        root: Path,
        steps: int,
        validate: Callable[[Path], Row],
        publish: Publisher,
        max_unscored: float,
    ) -> None:
        """Watch a run of `steps` whose checkpoints are in `root`.

        `validate` measures a checkpoint, `publish` sends a step's figures to the tracking server.
        """
        self.curve = curve
        self._root = root
        self._validate = validate
        self._publish = publish
        self._max_unscored = max_unscored
        self._bar = _bar()
        self._task = self._bar.add_task("train", total=steps, figures="")
        self._scored = {"unscored": 0, "completions": 0}

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._bar.__exit__(*error)

    def count(self, values: list[float | None]) -> None:
        """Note what the reward could score of one batch, and stop the run where it is too little.

        Raises:
            StageError: more than `max_unscored` of all completions so far have no score.
        """
        self._scored["unscored"] += values.count(None)
        self._scored["completions"] += len(values)
        unscored = self.curve.total("unscored") + self._scored["unscored"]
        seen = self.curve.total("completions") + self._scored["completions"]
        if unscored > self._max_unscored * seen:
            raise StageError(
                f"the reward could not score {unscored:.0f} of {seen:.0f} completions, more than "
                f"reward.max_unscored = {self._max_unscored} allows; see their reasons with "
                "`ratchet reward score`, or raise the limit"
            )

    def logged(self, step: int, logs: Mapping[str, Any]) -> None:
        """Take the figures of a step.

        Raises:
            StageError: the loss is no number any more.
        """
        if "reward" not in logs:  # the summary at the end of training
            return
        if not math.isfinite(logs.get("loss", 0.0)):
            raise StageError(
                f"the loss at step {step} is {logs['loss']}: lower train.learning_rate; the last "
                f"whole checkpoint is in {self._root}"
            )
        row = {name: logs[name] for name in _KEPT if _is_number(logs.get(name))}
        self.curve.add(step, {**row, **self._scored})
        self._scored = {"unscored": 0, "completions": 0}
        self._publish(row, step)
        shown = "  ".join(f"{name} {row[name]:.3f}" for name in SHOWN if name in row)
        self._bar.update(self._task, completed=step, figures=shown)

    def saved(self, step: int) -> None:
        """Validate a checkpoint, mark it as whole, and delete those that no one needs."""
        checkpoint = checkpoints.path_of(self._root, step)
        found = self._validate(checkpoint)
        self.curve.add(step, found)
        checkpoints.seal(checkpoint)
        checkpoints.keep(self._root, {step, self.curve.best(REWARD) or step})
        self._publish(found, step)

    def callback(self) -> Any:
        """This observer as a transformers `TrainerCallback`."""
        from transformers import TrainerCallback

        observer = self

        class Callback(TrainerCallback):  # type: ignore[misc]
            def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                observer.logged(state.global_step, kwargs.get("logs") or {})

            def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                observer.saved(state.global_step)

        return Callback()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    return Progress(
        TextColumn("train"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        Remaining(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
