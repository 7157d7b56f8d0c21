"""Makes the stored base model from nothing: `python -m tasks.demo.base`.

Writes a Llama of 0.9 million parameters in bf16 (about 2 MB) with its tokenizer, then measures it
on 500 tasks with tools it never saw. It has to be half right: the faults that the pipeline is to
repair must be there, and the skill to do without them too.
"""

import argparse
import hashlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from tasks import dialects
from tasks.core.records import Reply
from tasks.demo import pretraining, structured_init, tokenizer, world
from tasks.learning import sampling

STORED = Path(__file__).with_name("base")
STEPS = 1200
SLOPPY_STEPS = 80
ACCEPTANCE_TASKS = 500
ACCEPTANCE_SEED = 1234


class Acceptance(NamedTuple):
    """Shares of the tasks, greedy replies."""

    exact: float
    invented: float
    """Called a tool that was not on offer."""
    acted: float
    """Called a tool on offer where asking or refusing was right."""
    by_behaviour: dict[str, float]
    """Exact replies among the tasks of one behaviour."""

    def passes(self) -> bool:
        return 0.50 <= self.exact <= 0.62 and self.invented >= 0.10 and self.acted >= 0.15


def build(
    out: Path,
    *,
    steps: int = STEPS,
    sloppy_steps: int = SLOPPY_STEPS,
    seed: int = 0,
    log: Callable[[str], None] = print,
) -> str:
    """Train and save model and tokenizer under `out`; returns the sha256 of the weights."""
    import torch

    torch.set_num_threads(1)
    words_to_ids = tokenizer.build()
    size = structured_init.Size(vocabulary=len(words_to_ids))
    model = structured_init.make(
        size,
        eos=words_to_ids.eos_token_id,
        pad=words_to_ids.pad_token_id,
        alike=tokenizer.synonyms(words_to_ids),
        seed=seed,
    )
    pretraining.train_clean(model, words_to_ids, steps=steps, seed=seed, log=log)
    round_to_bf16(model)
    if sloppy_steps:
        with tempfile.TemporaryDirectory() as scratch:
            pretraining.train_sloppy(
                model, words_to_ids, steps=sloppy_steps, seed=seed, scratch=Path(scratch)
            )
    model.to(torch.bfloat16).save_pretrained(out)
    words_to_ids.save_pretrained(out)
    return sha256(out)


def round_to_bf16(model: Any) -> None:
    """Make the model what it would be, were it stored and loaded again.

    Not by `model.to`, which rounds its buffers too: rotary frequencies are not stored, and a model
    that is loaded has them in full.
    """
    import torch

    for parameter in model.parameters():
        parameter.data = parameter.data.to(torch.bfloat16).to(torch.float32)


def sha256(folder: Path) -> str:
    """Of the weights in `folder`, as hex."""
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def accept(folder: Path, *, count: int = ACCEPTANCE_TASKS) -> Acceptance:
    """Greedy replies of the model in `folder` to tasks of the unseen catalogue."""
    from transformers import AutoTokenizer

    sampler = sampling.load(str(folder))
    tasks = list(islice(world.tasks("unseen", seed=ACCEPTANCE_SEED), count))
    words_to_ids = AutoTokenizer.from_pretrained(folder)
    prompts = [dialects.render(words_to_ids, task.messages, task.tools) for task in tasks]
    completions = sampler.generate(prompts, samples=1, temperature=0, max_new_tokens=48, seed=0)
    return judge(zip(tasks, (dialects.parse(c[0].text) for c in completions), strict=True))


def judge(answered: Iterable[tuple[world.Task, Reply]]) -> Acceptance:
    """Count what the model did on each task."""
    seen: Counter[str] = Counter()
    right: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for task, reply in answered:
        behaviour = task.reference.behaviour
        seen[behaviour] += 1
        right[behaviour] += world.satisfied(task, reply)
        names = {call.name for call in reply.tool_calls}
        if names - {tool.name for tool in task.tools}:
            faults["invented"] += 1
        elif names and behaviour != "execute":
            faults["acted"] += 1
    total = seen.total()
    return Acceptance(
        exact=right.total() / total,
        invented=faults["invented"] / total,
        acted=faults["acted"] / total,
        by_behaviour={name: right[name] / seen[name] for name in sorted(seen)},
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and accept, or build and compare; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=STORED, help="folder to write")
    parser.add_argument(
        "--check", action="store_true", help="only compare with the stored weights, keep nothing"
    )
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--sloppy-steps", type=int, default=SLOPPY_STEPS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    before, started = sha256(STORED), time.process_time()

    def make(out: Path) -> bool:
        digest = build(
            out,
            steps=options.steps,
            sloppy_steps=options.sloppy_steps,
            seed=options.seed,
            log=lambda line: print(f"{line}, {time.process_time() - started:.0f} s", flush=True),
        )
        print(f"{time.process_time() - started:.0f} s of processor time")
        print(f"built {digest}\nstored {before}\n{'equal' if digest == before else 'different'}")
        return digest == before

    if options.check:
        with tempfile.TemporaryDirectory() as scratch:
            return 0 if make(Path(scratch)) else 1
    make(options.out)
    accepted = accept(options.out)
    print(accepted)
    return 0 if accepted.passes() else 1


if __name__ == "__main__":
    sys.exit(main())
