"""What the trainer is given: the order of prompts, its batches, and prompts it reads unchanged."""

from pathlib import Path
from typing import Any

import pytest

from tasks.core.errors import StageError
from tasks.core.settings import TrainSettings
from tasks.learning import grpo


def settings(**changes: Any) -> TrainSettings:
    values: dict[str, Any] = {
        "steps": 1,
        "learning_rate": 1e-4,
        "prompts_per_step": 6,
        "generations": 4,
        "temperature": 1.0,
        "beta": 0.0,
        "bf16": False,
        "validate_every": 1,
        "max_prompt_tokens": 100,
        "seed": 0,
    }
    return TrainSettings.model_validate(values | changes)


def test_each_prompt_comes_once_before_any_comes_again():
    order = grpo.schedule(5, 12, seed=3)
    assert sorted(order[:5]) == sorted(order[5:10]) == [0, 1, 2, 3, 4]
    assert order[:5] != order[5:10]
    assert len(order) == 12


def test_the_order_follows_from_the_seed():
    assert grpo.schedule(50, 80, seed=3) == grpo.schedule(50, 80, seed=3)
    assert grpo.schedule(50, 80, seed=3) != grpo.schedule(50, 80, seed=4)


@pytest.mark.parametrize(("limit", "batch"), [(128, 24), (24, 24), (23, 12), (7, 6), (1, 1)])
def test_a_step_is_divided_into_equal_parts_that_fit(limit: int, batch: int):
    assert grpo.micro_batch(settings(micro_batch=limit)) == batch


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_model)


def with_bos(tokenizer: Any) -> Any:
    """The tokenizer as Llama's are: it puts a start token before every text."""
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    core = tokenizer.backend_tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    start = ("<|im_start|>", tokenizer.convert_tokens_to_ids("<|im_start|>"))
    core.post_processor = TemplateProcessing(single="<|im_start|> $A", special_tokens=[start])
    return PreTrainedTokenizerFast(tokenizer_object=core, bos_token="<|im_start|>")


def test_a_prompt_without_special_tokens_stays(tokenizer: Any):
    text = "<|im_start|>user\nhello<|im_end|>\n"
    assert grpo.trl_prompt(text, tokenizer) == text


def test_a_start_token_that_the_trainer_adds_is_not_given_twice(tokenizer: Any):
    adding, text = with_bos(tokenizer), "<|im_start|>user\nhello<|im_end|>\n"
    given = grpo.trl_prompt(text, adding)
    assert adding(given).input_ids == adding(text, add_special_tokens=False).input_ids
    assert adding(text).input_ids != adding(given).input_ids


def test_a_tokenizer_that_adds_what_no_prompt_has_is_refused(tokenizer: Any):
    with pytest.raises(StageError, match="add_bos_token"):
        grpo.trl_prompt("hello", with_bos(tokenizer))


def test_on_a_processor_without_its_instructions_bf16_is_not_used():
    import torch

    has = torch.cpu.get_capabilities()
    quick = any(has.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    assert grpo.computes_in_bf16(True) == (quick or torch.cuda.is_available())
    assert not grpo.computes_in_bf16(False)
