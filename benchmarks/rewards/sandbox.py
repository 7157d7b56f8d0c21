"""What the sandbox costs: the user's function behind walls, beside the function itself.

    python -m benchmarks sandbox --alone [--calls 3000]

The same program scores the same rows four ways, in one run: called as it is; through a sandboxed
worker, one row after the other; through it in batches of 256; and in a new interpreter for each
row, which is what a worker spares. Rows are replies to a prompt with five tools and six messages.
The overhead of a call is its time less that of the plain call of the same row. On a machine that
does other work too, the slowest calls show how long the scheduler gave the processor to others:
`--alone` asks it (as root) to let this go first, for the ten seconds that it takes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from tasks.core.records import Call, Message, Reference, Reply, Tool, ToolCall
from tasks.rewards import Prompt, python
from tasks.sandbox import backend

PROGRAM = """
def score(completion, reference, tools):
    known = {tool["name"] for tool in tools}
    calls = completion["tool_calls"]
    if any(call["name"] not in known for call in calls):
        return 0.0
    wanted = [(call["name"], call["arguments"]) for call in reference["calls"]]
    return float([(call["name"], call["arguments"]) for call in calls] == wanted)
"""
BATCH = 256
GOAL_US = 100.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--alone", action="store_true", help="run before all other work; as root")
    given = parser.parse_args()
    calls: int = given.calls
    if given.alone:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    prompt, replies = _prompt(), [_reply(i) for i in range(calls)]
    plain, values = _plain(prompt, replies)
    print(f"{calls:,} calls; times in microseconds a call")
    print(f"{'':34}{'p50':>9}{'p99':>9}{'overhead p99':>14}{'of plain':>10}")
    _show("plain call, no walls", plain, plain)
    for walls in ("bubblewrap", "kernel"):
        if problem := backend.lacking(walls):
            print(f"{walls}: left out, {problem}")
            continue
        settings = python.Settings(source=PROGRAM, sandbox=walls)
        single, found = _timed(lambda r, s=settings: python.score(prompt, r, s).value, replies)  # type: ignore[misc]
        assert found == values
        _show(f"{walls}, one by one", single, plain)
        batch, found = _batches(prompt, replies, settings)
        assert found == values
        _show(f"{walls}, batches of {BATCH}", batch, plain)
    few = replies[:30]
    process, found = _timed(lambda reply: _in_a_process(prompt, reply), few)
    assert found == values[:30]
    _show(f"a process a call ({len(few)} calls)", process, plain)


def _timed(
    score: Callable[[Reply], float | None], replies: Sequence[Reply]
) -> tuple[list[float], list[float | None]]:
    """Microseconds of each call, and what it found; the first call starts the worker."""
    score(replies[0])
    times, found = [], []
    for reply in replies:
        start = time.perf_counter_ns()
        found.append(score(reply))
        times.append((time.perf_counter_ns() - start) / 1000)
    return times, found


def _plain(prompt: Prompt, replies: Sequence[Reply]) -> tuple[list[float], list[float | None]]:
    """The function itself, on rows that are plain objects already."""
    space: dict[str, Callable[..., float]] = {}
    exec(PROGRAM, space)
    given = [json.loads(_row(prompt, reply)) for reply in replies]
    times, found = [], []
    for row in given:
        start = time.perf_counter_ns()
        found.append(space["score"](**row))
        times.append((time.perf_counter_ns() - start) / 1000)
    return times, list(found)


def _batches(
    prompt: Prompt, replies: Sequence[Reply], settings: python.Settings
) -> tuple[list[float], list[float | None]]:
    times: list[float] = []
    found: list[float | None] = []
    for at in range(0, len(replies), BATCH):
        some = replies[at : at + BATCH]
        start = time.perf_counter_ns()
        scores = python.score_batch([prompt] * len(some), some, settings)
        times += [(time.perf_counter_ns() - start) / 1000 / len(some)] * len(some)
        found += [score.value for score in scores]
    return times, found


def _in_a_process(prompt: Prompt, reply: Reply) -> float:
    text = f"import json, sys\n{PROGRAM}\nprint(score(**json.load(sys.stdin)))"
    command = [sys.executable, "-S", "-c", text]
    row = _row(prompt, reply)
    return float(subprocess.run(command, input=row, capture_output=True, check=True).stdout)


def _show(name: str, times: Sequence[float], plain: Sequence[float]) -> None:
    overhead = _p99([took - bare for took, bare in zip(times, plain, strict=False)])
    ratio = statistics.median(times) / statistics.median(plain)
    said = f"{overhead:14.1f}" if times is not plain else f"{'':14}"
    print(f"{name:34}{statistics.median(times):9.1f}{_p99(times):9.1f}{said}{ratio:10.1f}")
    if "by one" in name or "batches" in name:
        verdict = "holds" if overhead < GOAL_US else "DOES NOT HOLD"
        print(f"{'':4}overhead under {GOAL_US:.0f} at p99: {verdict}")


def _p99(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def _row(prompt: Prompt, reply: Reply) -> bytes:
    """As the reward sends it."""
    from tasks.rewards.reading import namespaces

    return json.dumps(
        {
            "completion": namespaces.completion(reply),
            "reference": namespaces.reference(prompt.reference),
            "tools": [namespaces.tool(tool) for tool in prompt.tools],
        }
    ).encode()


def _prompt() -> Prompt:
    names = (
        "get_weather",
        "search_flights",
        "translate_text",
        "convert_currency",
        "get_statistics",
    )
    properties = {
        f"parameter_{i}": {"type": "string", "description": "What the caller asked for, in words."}
        for i in range(5)
    }
    parameters = {"type": "object", "properties": properties, "required": ["parameter_0"]}
    tools = tuple(
        Tool(name=name, description="Does what its name says.", parameters=parameters)
        for name in names
    )
    messages = tuple(
        Message(role="user" if i % 2 == 0 else "assistant", content="Some words of a talk. " * 8)
        for i in range(6)
    )
    call = Call(name="get_weather", arguments={"parameter_0": "Oslo", "parameter_1": "tomorrow"})
    return Prompt(messages, tools, Reference(behaviour="execute", calls=(call,)))


def _reply(number: int) -> Reply:
    arguments = {"parameter_0": "Oslo" if number % 2 else "Bergen", "parameter_1": "tomorrow"}
    return Reply(tool_calls=(ToolCall(name="get_weather", arguments=arguments),))


if __name__ == "__main__":
    main()
