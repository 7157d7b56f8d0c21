"""Trains the tiny model: clean text of made tools first, then careless demonstrations.

Reproducible to the bit on one thread of one kind of processor; several threads are also far
slower here, because the matrices are small.
"""

import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tasks import dialects
from tasks.demo import lexicon, structured_init, world
from tasks.demo.demonstrator import demonstrate
from tasks.demo.tokenizer import END

LEARNING_RATE = 2e-3
BATCH = 32
WARM_UP = 60
CLEAN_MIX = (0.45, 0.3, 0.25)
"""Of execute, clarify and refuse; seeing what is missing is the hardest to learn."""
PROMPT_WEIGHT = 0.2
"""Of the loss on the prompt's own tokens, beside that on the completion."""
SLOPPY_LEARNING_RATE = 5e-4
SLOPPY_BATCH = 32


class Sequence(NamedTuple):
    """Token ids, and from where on they are the completion."""

    ids: list[int]
    start: int


def train_clean(
    model: Any, tokenizer: Any, *, steps: int, seed: int, log: Callable[[str], None]
) -> None:
    """Language modelling on right answers, tools and words drawn afresh for every example.

    Every batch gives the words other random vectors, so that what is learnt is to find and copy a
    word, whichever it is. Vectors of their own would be learnt by heart, and the words of the
    unseen catalogue, which are never a tool's name or parameter here, would stay strangers.

    The curriculum (one tool, up to three, then two to four) follows the share of `steps` done.
    """
    import torch

    embedding = model.get_input_embeddings().weight
    known = torch.tensor([tokenizer.convert_tokens_to_ids(word) for word in lexicon.values()])
    drawn = torch.Generator().manual_seed(seed)
    trained = [p for p in model.parameters() if p.requires_grad]
    matrices = [p for p in trained if p.ndim >= 2 and p is not embedding]
    others = [p for p in trained if p.ndim < 2 or p is embedding]
    optimiser = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}],
        lr=LEARNING_RATE,
        betas=(0.9, 0.98),
        fused=True,
    )
    model.train()
    recent: list[float] = []
    for step, batch in zip(range(steps), _batches(tokenizer, steps, seed), strict=False):
        for group in optimiser.param_groups:
            group["lr"] = _rate(step, steps)
        with torch.no_grad():
            embedding[known] = structured_init.vectors(len(known), embedding.shape[1], drawn)
        loss, on_completion = _loss(model, batch, tokenizer.pad_token_id)
        loss.backward()
        embedding.grad[known] = 0
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        recent.append(on_completion)
        if (step + 1) % 50 == 0:
            log(f"clean step {step + 1} of {steps}, loss {sum(recent) / len(recent):.3f}")
            recent.clear()


def train_sloppy(model: Any, tokenizer: Any, *, steps: int, seed: int, scratch: Path) -> None:
    """Supervised fine-tuning on the careless demonstrator, with TRL; `scratch` is its folder."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    rng = random.Random(f"demonstrations/{seed}")
    rows = []
    for _ in range(steps * SLOPPY_BATCH):
        task = world.draw("pretrain", rng)
        prompt = dialects.render(tokenizer, task.messages, task.tools)
        rows.append({"prompt": prompt, "completion": dialects.write(demonstrate(task, rng)) + END})
    config = SFTConfig(
        output_dir=str(scratch),
        use_cpu=True,
        # Without AVX-512 BF16 a processor multiplies bf16 matrices 30 times slower than fp32 ones.
        bf16=False,
        # TRL's default of True saves memory that a model of this size does not need.
        gradient_checkpointing=False,
        learning_rate=SLOPPY_LEARNING_RATE,
        lr_scheduler_type="constant",
        max_steps=steps,
        per_device_train_batch_size=SLOPPY_BATCH,
        train_sampling_strategy="group_by_length",
        completion_only_loss=True,
        max_length=256,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=seed,
    )
    SFTTrainer(
        model=model,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    ).train()


def shape(progress: float) -> world.Shape:
    """How large the tasks of clean training are when that share of it is done."""
    if progress < 0.15:
        return world.Shape(tools=(1,), params=(1,), mix=CLEAN_MIX)
    return world.Shape(tools=(1, 2, 3) if progress < 0.3 else (2, 3, 4), mix=CLEAN_MIX)


def _rate(step: int, steps: int) -> float:
    """Linear warm-up, then a cosine down to a twentieth."""
    cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
    return LEARNING_RATE * min(1.0, (step + 1) / WARM_UP) * (0.95 * cosine + 0.05)


def _batches(tokenizer: Any, steps: int, seed: int) -> Iterator[list[Sequence]]:
    """Batches of sequences of like length, so that little of a batch is padding."""
    rng = random.Random(f"clean/{seed}")
    step = 0
    while True:
        progress = step / steps
        pool = [_sequence(tokenizer, rng, progress) for _ in range(BATCH * 8)]
        pool.sort(key=lambda sequence: len(sequence.ids))
        batches = [pool[i : i + BATCH] for i in range(0, len(pool), BATCH)]
        rng.shuffle(batches)
        step += len(batches)
        yield from batches


def _sequence(tokenizer: Any, rng: random.Random, progress: float) -> Sequence:
    exercise = rng.random()
    if exercise < 0.1:
        return _looked_up(tokenizer, rng)
    if progress < 0.5 and exercise < 0.2:
        return _repeated_list(tokenizer, rng)
    task = world.draw("pretrain", rng, shape(progress))
    prompt = tokenizer(dialects.render(tokenizer, task.messages, task.tools))["input_ids"]
    completion = tokenizer(dialects.write(world.right_reply(task)) + END)["input_ids"]
    return Sequence(prompt + completion, len(prompt))


def _repeated_list(tokenizer: Any, rng: random.Random) -> Sequence:
    """A list of words twice: it can be foretold from its first half only by copying."""
    separator = rng.choice(("_", " ", ",", "|"))
    chosen = [rng.choice(lexicon.values()) for _ in range(rng.randint(4, 14))]
    ids = tokenizer("".join(word + separator for word in chosen))["input_ids"]
    return Sequence(ids + ids, len(ids))


def _looked_up(tokenizer: Any, rng: random.Random) -> Sequence:
    """Tools listed twice, in two orders: a name seen before says which parameters come next."""
    tools = world.draw("pretrain", rng, world.Shape(tools=(3, 4))).tools
    lines = [f"{tool.name}({','.join(tool.required())})\n" for tool in tools]
    first = tokenizer("".join(lines))["input_ids"]
    rng.shuffle(lines)
    return Sequence(first + tokenizer("".join(lines))["input_ids"], len(first))


def _loss(model: Any, batch: list[Sequence], pad: int) -> tuple[Any, float]:
    """The loss to be minimised, and its completion part as a number."""
    import torch

    longest = max(len(sequence.ids) for sequence in batch)
    ids = torch.full((len(batch), longest), pad)
    completion = torch.zeros((len(batch), longest), dtype=torch.bool)
    prompt = torch.zeros((len(batch), longest), dtype=torch.bool)
    for row, sequence in enumerate(batch):
        ids[row, : len(sequence.ids)] = torch.tensor(sequence.ids)
        prompt[row, : sequence.start] = True
        completion[row, sequence.start : len(sequence.ids)] = True
    hidden = model.model(input_ids=ids).last_hidden_state[:, :-1]

    def entropy(chosen: Any) -> Any:
        logits = model.lm_head(hidden[chosen[:, 1:]]).float()
        return torch.nn.functional.cross_entropy(logits, ids[:, 1:][chosen[:, 1:]])

    on_completion = entropy(completion)
    return on_completion + PROMPT_WEIGHT * entropy(prompt), float(on_completion.item())
