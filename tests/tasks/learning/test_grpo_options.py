"""Every option of TRL's GRPO by params alone, checked before weights load."""

import dataclasses

import pytest
import yaml
from trl import GRPOConfig

from tasks.core.closure import PROJECT
from tasks.core.errors import SettingsError
from tasks.core.settings import TrainSettings
from tasks.learning import grpo_options
from tasks.learning.grpo_options import DEFAULTS, OWNED, checked

VALUES = yaml.safe_load((PROJECT / "tasks/demo/params.yaml").read_text())["train"]


def settings(**grpo: object) -> TrainSettings:
    return TrainSettings.model_validate({**VALUES, "grpo": grpo})


def test_the_defaults_stand_where_nothing_is_said() -> None:
    assert checked(settings()) == dict(DEFAULTS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("loss_type", "dr_grpo"),
        ("scale_rewards", "none"),
        ("epsilon", 0.1),
        ("epsilon_high", 0.28),
        ("lr_scheduler_type", "cosine"),
        ("weight_decay", 0.1),
        ("max_grad_norm", 0.2),
        ("warmup_steps", 5),
        ("mask_truncated_completions", True),
        ("num_iterations", 2),
        ("top_p", 0.9),
    ],
)
def test_a_field_of_trl_reaches_its_config(name: str, value: object, tmp_path: object) -> None:
    options = checked(settings(**{name: value}))
    config = GRPOConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, **options)
    found = getattr(config, name)
    assert getattr(found, "value", found) == value


def test_a_misspelt_field_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"train\.grpo\.los_type .* did you mean loss_type\?"):
        checked(settings(los_type="dapo"))


@pytest.mark.parametrize("name", sorted(OWNED))
def test_what_another_key_sets_names_that_key(name: str) -> None:
    with pytest.raises(SettingsError, match=f"train.grpo.{name} is set by"):
        checked(settings(**{name: 1}))


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"train\.grpo\.weight_decay: 'much'"):
        checked(settings(weight_decay="much"))


def test_all_fields_that_are_named_here_are_fields_of_trl() -> None:
    known = {field.name for field in dataclasses.fields(GRPOConfig)}
    assert {*grpo_options.DEFAULTS, *OWNED} - known == set()
