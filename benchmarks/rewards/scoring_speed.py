"""Measures how quickly rewards score on one core, beside a published rule and a training step.

    OMP_NUM_THREADS=1 python -m benchmarks scoring_speed

The replies are those of the made world's demonstrator: right, nearly right and wrong ones. Rates
are the best of several rounds, in scores a second of CPU time; ToolRL's rule runs the same way on
the same replies. `TRL` is the whole path of training: JSON columns and raw completions in, values
out. The training step is that of the embedded default with the demo's params.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from benchmarks.learning.seeds import BASE, Bench, Run
from tasks import dialects
from tasks.core.records import Call, Reference, Reply, Tool, ToolCall
from tasks.demo import demonstrator, world
from tasks.learning import runtime
from tasks.rewards import Prompt
from tasks.rewards.specification.scoring import alone, column
from tasks.rewards.specification.spec import columns, load_spec, trl_reward

BATCH = 1024
ROUNDS = 9
GOAL = 20_000
"""Scores of one call a second."""
OF_A_STEP = 0.02
"""Largest share of a training step that scoring a batch may take."""


class Batch(NamedTuple):
    name: str
    prompts: list[Prompt]
    replies: list[Reply]


def main() -> None:
    """Measure and print; leaves with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=3, help="training steps; 0 leaves them out")
    given = parser.parse_args()
    runtime.settle(1)
    mixed = made(BATCH)
    acting = [p.reference is not None and p.reference.behaviour == "execute" for p in mixed.prompts]
    calls = Batch("one call, made world", *_where(mixed, acting))
    print("| replies | tool_call/s | ToolRL's rule/s | ratio |")
    print("|---|--:|--:|--:|")
    rates = []
    for batch in (calls, nested(BATCH), parallel(BATCH)):
        ours, theirs = rate(batch, {}), rate(batch, {"preset": "toolrl"})
        rates.append(ours)
        print(f"| {batch.name} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.2f} |")
    spec = load_spec("specs/tool_calls.yaml")
    print("\n| the default spec | scores/s |\n|---|--:|")
    whole = best(lambda: spec.batch(mixed.prompts, mixed.replies))
    print(f"| a batch of {BATCH:,}, all behaviours | {BATCH / whole:,.0f} |")
    trl = best(_training_path(mixed))
    print(f"| the same through TRL | {BATCH / trl:,.0f} |")
    missed = rates[0] < GOAL
    if given.steps:
        step = training_step(given.steps)
        print(
            f"\nA training step of the embedded default takes {step:.2f} s of wall time; scoring "
            f"{BATCH:,} completions through TRL takes {trl * 1000:.1f} ms, {trl / step:.2%} of it."
        )
        missed = missed or trl / step >= OF_A_STEP
    raise SystemExit(missed)


def made(count: int) -> Batch:
    """Replies of the demonstrator to tasks of the made world."""
    rng = random.Random(3)
    tasks = list(islice(world.tasks("production", seed=11), count))
    replies = [demonstrator.demonstrate(task, rng) for task in tasks]
    prompts = [Prompt(task.messages, task.tools, task.reference) for task in tasks]
    return Batch("made world", prompts, replies)


def nested(count: int) -> Batch:
    """Calls with objects and arrays in them; half of them with one value wrong."""
    seat = {"type": "object", "properties": {"row": {"type": "integer"}, "at": {"type": "string"}}}
    schema = {
        "type": "object",
        "properties": {
            "flight": {"type": "string"},
            "seats": {"type": "array", "items": seat},
            "contact": {"type": "object", "properties": {"mail": {"type": "string"}}},
            "price": {"type": "number"},
        },
    }
    tools = (Tool(name="book_flight", parameters=schema), Tool(name="find_flight"))
    prompts, replies = [], []
    for i in range(count):
        arguments = {
            "flight": f"SK{i}",
            "seats": [{"row": i % 40, "at": at} for at in "abc"],
            "contact": {"mail": f"p{i}@example.com"},
            "price": float(i),
        }
        wanted = Reference(
            behaviour="execute", calls=(Call(name="book_flight", arguments=arguments),)
        )
        given = arguments if i % 2 else {**arguments, "seats": [{"row": 1, "at": "a"}]}
        prompts.append(Prompt((), tools, wanted))
        replies.append(Reply(tool_calls=(ToolCall(name="book_flight", arguments=given),)))
    return Batch("one nested call", prompts, replies)


def parallel(count: int) -> Batch:
    """Four wanted calls of one tool, answered in another order, every second time one wrong."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools = (Tool(name="get_weather", parameters=schema),)
    prompts, replies = [], []
    for i in range(count):
        cities = [f"city {i + n}" for n in range(4)]
        calls = tuple(Call(name="get_weather", arguments={"city": city}) for city in cities)
        made_in = [*cities[1:], cities[0] if i % 2 else "elsewhere"]
        prompts.append(Prompt((), tools, Reference(behaviour="execute", calls=calls)))
        answered = (ToolCall(name="get_weather", arguments={"city": city}) for city in made_in)
        replies.append(Reply(tool_calls=tuple(answered)))
    return Batch("four parallel calls", prompts, replies)


def rate(batch: Batch, options: dict[str, object]) -> float:
    """Scores of `tool_call` a second."""
    scorer = alone("tool_call", options)
    return len(batch.prompts) / best(lambda: column(scorer, batch.prompts, batch.replies))


def best(work: Callable[[], object]) -> float:
    """Least CPU seconds of several rounds."""
    found = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def training_step(steps: int) -> float:
    """Mean wall seconds of a step of the embedded default, generation and scoring included."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory(prefix="ratchet-rewards-") as name:
        bench = Bench(Path(name), BASE, {"steps": steps, "validate_every": steps}, 4, 1)
        bench.prepare(200, 50)
        outcome = bench.outcome(Run("timed", {}))
        return outcome.report.step_seconds / steps


def _training_path(batch: Batch) -> Callable[[], object]:
    reward = trl_reward(load_spec("specs/tool_calls.yaml"))
    rows = [columns(prompt) for prompt in batch.prompts]
    messages, tools, references = (
        [row[name] for row in rows] for name in ("messages", "tools", "reference")
    )
    texts = [dialects.write(reply) for reply in batch.replies]
    return lambda: reward(
        [""] * len(texts), texts, messages=messages, tools=tools, reference=references
    )


def _where(batch: Batch, kept: list[bool]) -> tuple[list[Prompt], list[Reply]]:
    rows = [row for row, keep in zip(zip(*batch[1:], strict=True), kept, strict=True) if keep]
    return [prompt for prompt, _ in rows], [reply for _, reply in rows]


if __name__ == "__main__":
    main()
