"""Turns a checkpoint into a model that stands alone, and proves that it is the one trained.

    checkpoint (all weights, or a LoRA adapter on the base)  ->  model.safetensors + tokenizer

Three faults are known from the field and looked for each time: a merge that left the base as it
was, a tokenizer that reads the same text otherwise once it is loaded by its saved name, and files
that do not give back the logits they were saved from.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.core.errors import EvidenceError, StageError
from tasks.learning import checkpoints, sampling

MERGE_TOLERANCE = 1e-3
"""Of the largest logit: merging in fp32 rounds, and must do no more."""


def export(
    checkpoint: Path, base: str, out: Path, *, adapter: bool, prompts: Sequence[str], bf16: bool
) -> str:
    """Write model and tokenizer of a checkpoint to `out` and check them on `prompts`.

    `adapter` says that the checkpoint is a LoRA adapter, to be merged into the base. `bf16` stores
    half the bytes; else fp32. Returns the sha256 of the weights.

    Raises:
        EvidenceError: the files do not hold what was trained, or hold the base.
        StageError: the tokenizer does not survive being saved.
    """
    import torch
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(base)
    model = _merged(checkpoint, base, tokenizer, prompts) if adapter else _load(str(checkpoint))
    for parameter in model.parameters():  # not its buffers: rotary frequencies stay fp32
        parameter.data = parameter.data.to(torch.bfloat16 if bf16 else torch.float32)
    temporary = out.with_name(f".{out.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    # What the base's authors chose to sample with is no part of what was trained.
    model.generation_config = sampling.neutral(model.generation_config, tokenizer)
    model.save_pretrained(temporary)
    tokenizer.save_pretrained(temporary)
    check_tokenizer(tokenizer, temporary, prompts)
    _check_logits(model, temporary, tokenizer, prompts)
    _check_changed(model, base)
    shutil.rmtree(out, ignore_errors=True)
    temporary.rename(out)
    return checkpoints.weights_sha256(out)


def _load(path: str) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(path, dtype="auto").eval()


def _merged(checkpoint: Path, base: str, tokenizer: Any, prompts: Sequence[str]) -> Any:
    """The base with the adapter's weights added to its own, in fp32, so that small ones count."""
    from peft import PeftModel

    adapted = PeftModel.from_pretrained(_load(base).float(), str(checkpoint)).eval()
    before = _logits(adapted, tokenizer, prompts)
    model = adapted.merge_and_unload()
    for prompt, was, now in zip(prompts, before, _logits(model, tokenizer, prompts), strict=True):
        off = float((was - now).abs().max() / was.abs().max())
        if off > MERGE_TOLERANCE:
            raise EvidenceError(
                f"merging {checkpoint} moved the logits by {off:.2g} of their size on a prompt of "
                f"{len(prompt)} characters (at most {MERGE_TOLERANCE} is rounding): nothing saved"
            )
    return model


def check_tokenizer(tokenizer: Any, folder: Path, prompts: Sequence[str]) -> None:
    from transformers import AutoTokenizer

    again: Any = AutoTokenizer.from_pretrained(folder)
    for prompt in prompts:
        if again(prompt).input_ids != tokenizer(prompt).input_ids:
            raise StageError(
                f"the tokenizer loaded from {folder} reads a prompt otherwise than the one that "
                "was saved there: transformers replaces tokenizers of this model type; save the "
                "base under a model type whose own tokenizer it keeps (llama)"
            )


def _check_logits(model: Any, folder: Path, tokenizer: Any, prompts: Sequence[str]) -> None:
    import torch

    saved = _logits(_load(str(folder)), tokenizer, prompts)
    for was, now in zip(_logits(model, tokenizer, prompts), saved, strict=True):
        if not torch.equal(was, now):
            raise EvidenceError(f"{folder} does not give back the logits of the model saved there")


def _check_changed(model: Any, base: str) -> None:
    """At least one weight must differ from the base, seen with the precision that was saved."""
    import torch

    before = _load(base).state_dict()
    for name, weight in model.state_dict().items():
        if name not in before or not torch.equal(before[name].to(weight.dtype), weight):
            return
    raise EvidenceError(
        f"the trained model equals its base {base} in every weight: training moved nothing; look "
        "at reward_std and the learning rate in train/curve.jsonl"
    )


def _logits(model: Any, tokenizer: Any, prompts: Sequence[str]) -> list[Any]:
    """Logits of each prompt's last position, one prompt at a time."""
    import torch

    with torch.inference_mode():
        return [
            model(**tokenizer(prompt, return_tensors="pt", add_special_tokens=False))
            .logits[0, -1]
            .float()
            for prompt in prompts
        ]
