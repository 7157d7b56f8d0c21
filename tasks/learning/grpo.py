"""Sets up TRL's GRPOTrainer for prompts that are strings and rows that carry their own reward data.

    [{"prompt": "<|im_start|>...", "index": 3, "tools": "[...]", "reference": "{...}"}, ...]

Strings, because the trainer has no tools column: tools that differ from row to row have to be in
the prompt already. Rows come in the order of training, one epoch long, because a sampler of TRL
1.16 that is resumed in its second epoch would deal out the first one's order again.
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tasks.core.errors import SettingsError, StageError
from tasks.core.settings import ModelSettings, TrainSettings
from tasks.learning import grpo_options
from tasks.learning.sampling import EAGER_TOKENS

_BF16_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16")
"""As `torch.cpu.get_capabilities` names them, on x86-64 and on Arm."""

Row = dict[str, Any]
Reward = Callable[..., list[float | None]]


class Setup(NamedTuple):
    """What a trainer is made from."""

    base: str
    """Folder of the model."""
    tokenizer: Any
    rows: Sequence[Row]
    """One a prompt."""
    longest: int
    """Tokens of the longest prompt."""
    reward: Reward
    """As TRL calls it: one value a completion, None where it has no score."""
    root: Path
    """Folder of the checkpoints."""
    model: ModelSettings
    train: TrainSettings


def on_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def computes_in_bf16(asked: bool) -> bool:
    """Whether to train in bf16: where that is asked for and the processor has instructions for it.

    One without them computes it many times slower than fp32 (50 times, measured on AVX2).
    """
    import torch

    has = torch.cpu.get_capabilities()
    return asked and (on_gpu() or any(has.get(name) for name in _BF16_INSTRUCTIONS))


def trainer(setup: Setup, callback: Any) -> Any:
    """A GRPOTrainer, ready to train or to go on from a checkpoint in `setup.root`."""
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, PrinterCallback
    from trl import GRPOTrainer

    settings = setup.train
    # All weights are trained in fp32, under bf16 autocast; a frozen base below LoRA may be bf16.
    frozen = settings.lora is not None and on_gpu()
    eager = not on_gpu() and setup.longest <= EAGER_TOKENS
    model = AutoModelForCausalLM.from_pretrained(
        setup.base,
        dtype=torch.bfloat16 if frozen else torch.float32,
        attn_implementation="eager" if eager else "sdpa",
    )
    order = schedule(len(setup.rows), settings.steps * settings.prompts_per_step, settings.seed)
    rows = [{**row, "prompt": trl_prompt(row["prompt"], setup.tokenizer)} for row in setup.rows]
    made = GRPOTrainer(
        model=model,
        reward_funcs=[setup.reward],
        args=_config(setup),
        train_dataset=Dataset.from_list([rows[i] for i in order]),
        processing_class=setup.tokenizer,
        callbacks=[callback],
        peft_config=_lora(settings),
    )
    made.remove_callback(PrinterCallback)  # the callback given shows a bar instead
    return made


def schedule(count: int, total: int, seed: int) -> list[int]:
    """`total` indices below `count`: all of them in a random order, then all again in another."""
    order: list[int] = []
    while len(order) < total:
        epoch = list(range(count))
        random.Random(f"{seed}/{len(order)}").shuffle(epoch)
        order += epoch
    return order[:total]


def trl_prompt(text: str, tokenizer: Any) -> str:
    """The prompt such that TRL, which adds special tokens, reads the very tokens of `text`.

    Raises:
        StageError: no form of the text does that.
    """
    wanted = tokenizer(text, add_special_tokens=False).input_ids
    for form in (text, text.removeprefix(tokenizer.bos_token or "")):
        if tokenizer(form).input_ids == wanted:
            return form
    raise StageError(
        "the tokenizer adds special tokens to a rendered prompt that the trainer cannot leave out; "
        "set add_bos_token and add_eos_token to false in the base's tokenizer_config.json"
    )


def micro_batch(settings: TrainSettings) -> int:
    """Completions in one backward pass: the largest equal share of a step that fits."""
    total = settings.prompts_per_step * settings.generations
    return next(n for n in range(min(total, settings.micro_batch), 0, -1) if total % n == 0)


def _config(setup: Setup) -> Any:
    from trl import GRPOConfig

    settings = setup.train
    vllm = setup.model.engine == "vllm"
    if vllm and not on_gpu():
        raise SettingsError("model.engine = vllm needs a GPU: set it to transformers")
    batch = micro_batch(settings)
    return GRPOConfig(
        **grpo_options.checked(settings),
        output_dir=str(setup.root),
        use_cpu=not on_gpu(),
        seed=settings.seed,
        max_steps=settings.steps,
        per_device_train_batch_size=batch,
        gradient_accumulation_steps=settings.prompts_per_step * settings.generations // batch,
        num_generations=settings.generations,
        max_completion_length=setup.model.max_new_tokens,
        temperature=settings.temperature,
        beta=settings.beta,
        learning_rate=settings.learning_rate,
        bf16=computes_in_bf16(settings.bf16),
        activation_checkpointing=settings.gradient_checkpointing,
        use_vllm=vllm,
        vllm_mode="colocate",
        vllm_max_model_length=setup.longest + setup.model.max_new_tokens if vllm else None,
        shuffle_dataset=False,
        logging_steps=1,
        save_strategy="steps",
        save_steps=settings.validate_every,
        report_to="none",
        disable_tqdm=True,
        log_completions=False,
    )


def _lora(settings: TrainSettings) -> Any:
    if settings.lora is None:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=settings.lora.rank,
        lora_alpha=settings.lora.alpha,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
