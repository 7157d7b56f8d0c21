"""Scores by a reward Lambda of Bedrock or SageMaker: deployed, or its handler's own source.

    options: {file: reward_lambda.py, event: bedrock}
    options: {function_from: RATCHET_LAMBDA_FUNCTION}      a name, an ARN or an http(s) address

    sent       [{"id": "9f2c", "messages": [..., {"role": "assistant", "content": "..."}],
                 "metadata": {"reference_answer": ...}}]     bedrock; at the root for sagemaker
    answered   [{"id": "9f2c", "aggregate_reward_score": 0.85}]

A handler's source runs in the sandbox, as the reward `python` does; what needs the network has to
be deployed. A function is sent `batch_size` rows at a time. The value is `aggregate_reward_score`
divided by the greater end of `range`; an error, a null or an answer without the row is unscored.
"""

import functools
import hashlib
import itertools
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from pydantic import Field, PrivateAttr, model_validator

from tasks.core.errors import SettingsError
from tasks.core.records import Reference, Reply, Score
from tasks.core.section import Section
from tasks.rewards import Case, Prompt
from tasks.rewards.graders import lambda_answer, lambda_calls
from tasks.rewards.python import inline, read_file
from tasks.rewards.reading import lambda_rows
from tasks.sandbox import backend, frames, source
from tasks.sandbox.limits import Limits
from tasks.sandbox.source import Program
from tasks.sandbox.worker import Worker

__all__ = ["CASES", "REQUIRES", "Settings", "inline", "score", "score_batch"]

REQUIRES = ("botocore", "httpx")

_CONCURRENCY = 12
_CALLED = "ratchet_score"
_HANDLED = """
def {function}(event):
    return score_of({handler}(event, None), event[0]["id"])
"""


class Settings(Section):
    function_from: str = Field(default="", pattern=r"^$|^RATCHET_[A-Z0-9_]+$")
    """Environment variable with the name or ARN of a deployed function, or its address; or"""
    source: str = ""
    """a handler's source; or"""
    file: str = ""
    """the file it stands in, from the spec, from here or from the project."""
    handler: str = Field(default="lambda_handler", pattern=r"^[A-Za-z_]\w*$")
    event: lambda_rows.Form = "sagemaker"
    """Where `reference_answer` and the row's other columns stand."""
    range: tuple[float, float] = (-1.0, 1.0)
    batch_size: int = Field(default=64, ge=1, le=1024)
    timeout_seconds: float = Field(default=60.0, gt=0, le=900)
    packages: tuple[str, ...] = ()
    unsafe_without_sandbox: bool = False

    _program: Program | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        low, high = self.range
        if not low < high:
            raise ValueError(f"range {low} to {high}: the first must be less than the second")
        if bool(self.function_from) == bool(self.source or self.file):
            raise ValueError("give one of `function_from`, `source` and `file`")
        if not self.function_from:
            try:
                self._program = _program(self)
            except SettingsError as problem:
                raise ValueError(str(problem)) from problem
        return self

    @property
    def program(self) -> Program | None:
        return self._program


def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply; see the module for what is sent."""
    return score_batch((prompt,), (reply,), settings)[0]


def score_batch(
    prompts: Sequence[Prompt], replies: Sequence[Reply], settings: Settings
) -> list[Score]:
    """Score each reply to the prompt at the same position.

    Raises:
        SettingsError: no sandbox works here, or the environment does not name the function.
    """
    pairs = zip(prompts, replies, strict=True)
    rows = [_named(lambda_rows.write("", p, r, settings.event)) for p, r in pairs]
    if settings.program is not None:
        return _in_sandbox(rows, settings.program, settings)
    batches = [
        rows[at : at + settings.batch_size] for at in range(0, len(rows), settings.batch_size)
    ]
    function = _function_of(settings.function_from)
    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        found = pool.map(lambda batch: _deployed(function, batch, settings), batches)
        return list(itertools.chain.from_iterable(found))


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """With an id made of what it says: the same row has the same one, wherever it stands."""
    content = json.dumps(row, sort_keys=True).encode()
    return {**row, "id": hashlib.sha256(content).hexdigest()[:16]}


def _function_of(variable: str) -> str:
    function = os.environ.get(variable, "")
    if not function:
        raise SettingsError(
            f"{variable} is not set: a reward of the spec asks a Lambda; set it to its name, its "
            "ARN, or its address, as http://127.0.0.1:9000/2015-03-31/functions/function/invocations"
        )
    return function


def _deployed(function: str, batch: list[dict[str, Any]], settings: Settings) -> list[Score]:
    try:
        answer = lambda_calls.invoke(function, batch, timeout=settings.timeout_seconds)
        found = lambda_answer.scores(answer)
    except (lambda_calls.InvocationError, ValueError) as problem:
        return [Score.unscored(f"lambda-{problem}")] * len(batch)
    missing = object()
    return [_score(found.get(row["id"], missing), settings) for row in batch]


def _in_sandbox(rows: list[dict[str, Any]], program: Program, settings: Settings) -> list[Score]:
    limits = Limits(settings.timeout_seconds, settings.timeout_seconds)
    worker = _worker(program, limits, unsafe=settings.unsafe_without_sandbox)
    outcomes = worker.run([frames.packed({"event": [row]}) for row in rows])
    return [
        _score(outcome.value, settings)
        if outcome.value is not None
        else Score.unscored(f"python-{outcome.reason}")
        for outcome in outcomes
    ]


def _score(value: Any, settings: Settings) -> Score:
    if value is None:
        return Score.unscored("lambda-no-value")
    if not isinstance(value, int | float):
        return Score.unscored("lambda-no-answer-for-the-row")
    low, high = settings.range
    if not low <= value <= high:
        return Score.unscored("lambda-out-of-range")
    tier = "full" if value == high else "some" if value > max(low, 0.0) else "none"
    return Score(value=value / max(abs(low), abs(high)), exact=value == high, tier=tier)


def _program(settings: Settings) -> Program:
    text = settings.source or read_file(settings.file)
    name = settings.file or "source"
    if settings.handler not in source.functions(text, name):
        raise SettingsError(
            f"{name} defines no function {settings.handler} at its top level; name it as `handler`"
        )
    reader = Path(lambda_answer.__file__).read_text()
    called = _HANDLED.format(function=_CALLED, handler=settings.handler)
    return source.read(
        f"{text}\n{reader}{called}",
        name=name,
        packages=settings.packages,
        function=_CALLED,
        asks=("event",),
    )


@functools.lru_cache(maxsize=4)
def _worker(program: Program, limits: Limits, *, unsafe: bool) -> Worker:
    return Worker(program, limits, backend.choose("auto", unsafe=unsafe))


_HANDLER = """
def lambda_handler(event, context):
    return [
        {
            "id": row["id"],
            "aggregate_reward_score": float(
                row["messages"][-1]["content"] == row["reference_answer"]
            ),
        }
        for row in event
        if row["reference_answer"]
    ]
"""
_PROMPT = Prompt((), (), Reference(behaviour="answer", text="Oslo"))
CASES = (
    Case(_PROMPT, Reply(content="Oslo"), 1.0, {"source": _HANDLER}),
    Case(_PROMPT, Reply(content="Bergen"), 0.0, {"source": _HANDLER}),
    Case(Prompt((), (), None), Reply(content="Oslo"), None, {"source": _HANDLER}),
)
