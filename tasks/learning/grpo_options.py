"""What `train.grpo` may say: the fields of TRL's GRPOConfig that no other key of params.yaml sets.

    train:
      grpo: {loss_type: dr_grpo, scale_rewards: none, epsilon_high: 0.28, max_grad_norm: 0.2}

A field that TRL does not have is an error with the nearest that it has, one that another key sets
names that key, and a value of another type is refused: all of it before any weights load.
"""

import dataclasses
import difflib
import typing
from collections.abc import Mapping
from typing import Any

from tasks.core.errors import SettingsError
from tasks.core.settings import TrainSettings

DEFAULTS: Mapping[str, Any] = {
    # The mean over all tokens of a step: a long wrong reply weighs by its length.
    "loss_type": "dapo",
    "scale_rewards": "group",
    "lr_scheduler_type": "constant",
    "weight_decay": 0.0,
    "max_grad_norm": 1.0,
    # The whole distribution: what is cut off is never explored.
    "top_k": 0,
}
"""Ours, where they differ from TRL's."""

OWNED: Mapping[str, str] = {
    "output_dir": "the run's folder",
    "use_cpu": "the device at hand",
    "seed": "train.seed",
    "max_steps": "train.steps",
    "num_train_epochs": "train.steps",
    "per_device_train_batch_size": "train.micro_batch",
    "gradient_accumulation_steps": "train.prompts_per_step",
    "num_generations": "train.generations",
    "max_completion_length": "model.max_new_tokens",
    "temperature": "train.temperature",
    "beta": "train.beta",
    "learning_rate": "train.learning_rate",
    "bf16": "train.bf16",
    "fp16": "train.bf16",
    "activation_checkpointing": "train.gradient_checkpointing",
    "gradient_checkpointing": "train.gradient_checkpointing",
    "use_vllm": "model.engine",
    "vllm_mode": "model.engine",
    "vllm_max_model_length": "train.max_prompt_tokens",
    "shuffle_dataset": "train.seed",
    "logging_steps": "every step, for the learning curve",
    "save_strategy": "train.validate_every",
    "save_steps": "train.validate_every",
    "report_to": "MLflow, by Ratchet itself",
    "disable_tqdm": "Ratchet's own progress bar",
    "log_completions": "nothing: completions hold what users wrote",
    "remove_unused_columns": "Ratchet: the reward needs every column",
}
"""Fields of GRPOConfig that are set elsewhere, and where."""


def checked(settings: TrainSettings) -> dict[str, Any]:
    """The fields to hand to GRPOConfig: our defaults, and what `train.grpo` says over them.

    Raises:
        SettingsError: a field that is unknown or set elsewhere, or a value that cannot be.
    """
    from pydantic import TypeAdapter, ValidationError
    from trl import GRPOConfig

    known = {field.name for field in dataclasses.fields(GRPOConfig) if field.init}
    types = typing.get_type_hints(GRPOConfig)
    options = dict(DEFAULTS)
    for name, value in settings.grpo.items():
        if name in OWNED:
            raise SettingsError(f"train.grpo.{name} is set by {OWNED[name]}: take it out")
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.5)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise SettingsError(
                f"train.grpo.{name} is no field of TRL's GRPOConfig{hint} Its documentation lists "
                "them, as does `help(trl.GRPOConfig)`"
            )
        try:
            options[name] = TypeAdapter(types[name]).validate_python(value)
        except ValidationError as error:
            raise SettingsError(
                f"train.grpo.{name}: {value!r} is none of {types[name]}: {error.errors()[0]['msg']}"
            ) from error
    return options
