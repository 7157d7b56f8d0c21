"""Faults that a saved model may have are found before anyone uses it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tasks.core.closure import PROJECT
from tasks.core.errors import EvidenceError, StageError
from tasks.learning import weights

PROMPTS = ("<|im_start|>user\nget_invoice 12<|im_end|>\n",)


@pytest.fixture
def changed(tiny_model: Path, tmp_path: Path) -> Path:
    """A checkpoint one weight away from the base."""
    return saved(tiny_model, tmp_path / "checkpoint-1", by=1e-3)


def saved(base: Path, folder: Path, *, by: float) -> Path:
    import torch
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(base)
    with torch.no_grad():
        model.model.norm.weight[0] += by
    model.save_pretrained(folder)
    return folder


def export(checkpoint: Path, base: Path, out: Path, *, bf16: bool = False) -> str:
    return weights.export(checkpoint, str(base), out, adapter=False, prompts=PROMPTS, bf16=bf16)


def test_a_trained_checkpoint_becomes_a_model_with_its_tokenizer(
    tiny_model: Path, changed: Path, tmp_path: Path
):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    digest = export(changed, tiny_model, tmp_path / "model")
    assert len(digest) == 64
    model: Any = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    tokenizer: Any = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert model.model.norm.weight[0].item() == pytest.approx(1.001)
    assert "<tools>" in tokenizer.chat_template


def test_half_the_bytes_give_back_the_same_logits(tiny_model: Path, changed: Path, tmp_path: Path):
    whole = export(changed, tiny_model, tmp_path / "fp32")
    half = export(saved(tiny_model, tmp_path / "c", by=0.5), tiny_model, tmp_path / "b", bf16=True)
    assert whole != half
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("fp32", "b")]
    assert 1.7 < sizes[0] / sizes[1] < 2


def test_a_model_that_is_still_the_base_is_refused(tiny_model: Path, tmp_path: Path):
    same = saved(tiny_model, tmp_path / "checkpoint-1", by=0)
    with pytest.raises(EvidenceError, match="equals its base"):
        export(same, tiny_model, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_change_that_is_lost_in_rounding_is_no_change(tiny_model: Path, tmp_path: Path):
    barely = saved(tiny_model, tmp_path / "checkpoint-1", by=1e-5)
    with pytest.raises(EvidenceError, match="equals its base"):
        export(barely, tiny_model, tmp_path / "model", bf16=True)


def test_a_tokenizer_that_changes_by_being_loaded_is_refused(tmp_path: Path):
    """transformers gives model type qwen2 its own pre-tokenizer, whatever was saved."""
    from transformers import AutoTokenizer

    stored = PROJECT / "tasks/demo/base"
    tokenizer = AutoTokenizer.from_pretrained(stored)
    weights.check_tokenizer(tokenizer, stored, PROMPTS)
    renamed = shutil.copytree(stored, tmp_path / "renamed")
    config = json.loads((renamed / "config.json").read_text())
    (renamed / "config.json").write_text(json.dumps(config | {"model_type": "qwen2"}))
    with pytest.raises(StageError, match="replaces tokenizers"):
        weights.check_tokenizer(tokenizer, renamed, PROMPTS)
