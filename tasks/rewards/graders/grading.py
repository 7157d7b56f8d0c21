"""Runs an OpenAI grader on one row: what it finds, or why it finds nothing.

    await grade(grader, {"item": {"city": "Oslo"}, "sample": {"output_text": "Oslo"}}, Sandbox())
        Found(1.0)
        Found(None, "openai-unfilled item.town")

OpenAI scores 0 where a grader fails; here nothing is found, and a multi grader with such a part
finds nothing either.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from tasks.rewards import python
from tasks.rewards.graders import formula, model_grading, openai
from tasks.rewards.graders.templates import UnfilledError, render
from tasks.rewards.remote.endpoint import Failure
from tasks.rewards.similarity import similarity
from tasks.sandbox import frames

Values = Mapping[str, Any]


class Sandbox(NamedTuple):
    """What a python grader may do; see the options of the reward `python`."""

    packages: tuple[str, ...] = ()
    unsafe_without_sandbox: bool = False


class Found(NamedTuple):
    value: float | None
    reason: str = ""
    parts: Mapping[str, float] = {}
    """Of a multi grader: name of each grader to its value."""


async def grade(grader: openai.One | openai.Multi, values: Values, sandbox: Sandbox) -> Found:
    """Grade one row; `sandbox` is for python graders.

    Raises:
        SettingsError: no sandbox works here, or a program fails when it is loaded.
    """
    try:
        return await _graded(grader, values, sandbox)
    except UnfilledError as problem:
        return Found(None, f"openai-unfilled {problem}")


async def _graded(grader: openai.One | openai.Multi, values: Values, sandbox: Sandbox) -> Found:
    match grader:
        case openai.StringCheck():
            given, wanted = render(grader.input, values), render(grader.reference, values)
            return Found(float(_same(grader.operation, given, wanted)))
        case openai.TextSimilarity():
            return await _alike(grader, values)
        case openai.Python():
            return _python(grader, values, sandbox)
        case openai.Multi():
            return await _multi(grader, values, sandbox)
    return await _remote(grader, values)


async def _alike(grader: openai.TextSimilarity, values: Values) -> Found:
    given, wanted = render(grader.input, values), render(grader.reference, values)
    metric = grader.evaluation_metric
    if metric == "cosine":
        return _asked(await model_grading.by_embedding(given, wanted))
    return Found(similarity(given, wanted, metric, ignore_case=False))


async def _remote(
    grader: openai.ScoreModel | openai.LabelModel | openai.Endpoint, values: Values
) -> Found:
    match grader:
        case openai.ScoreModel():
            return _asked(await model_grading.by_score(grader, values))
        case openai.LabelModel():
            return _asked(await model_grading.by_label(grader, values))
    return _asked(await model_grading.by_endpoint(values))


def _asked(answer: float | Failure) -> Found:
    return Found(None, answer.reason) if isinstance(answer, Failure) else Found(answer)


async def _multi(grader: openai.Multi, values: Values, sandbox: Sandbox) -> Found:
    parts: dict[str, float] = {}
    for name, part in grader.graders.items():
        found = await grade(part, values, sandbox)
        if found.value is None:
            return Found(None, found.reason)
        parts[name] = found.value
    value = formula.evaluate(formula.parse(grader.calculate_output), parts)
    return Found(value, "" if value is not None else "openai-formula-without-value", parts)


def _same(operation: str, given: str, wanted: str) -> bool:
    match operation:
        case "eq":
            return given == wanted
        case "ne":
            return given != wanted
        case "like":
            return wanted in given
    return wanted.lower() in given.lower()


def _python(grader: openai.Python, values: Values, sandbox: Sandbox) -> Found:
    worker = python.worker_of(_settings(grader.source, sandbox))
    try:
        row = frames.packed({"sample": values["sample"], "item": values["item"]})
    except ValueError:
        return Found(None, "python-row-is-no-json")
    (outcome,) = worker.run([row])
    return Found(outcome.value, f"python-{outcome.reason}" if outcome.value is None else "")


@lru_cache(maxsize=64)
def _settings(source: str, sandbox: Sandbox) -> python.Settings:
    return python.Settings.model_validate({"source": source, **sandbox._asdict()})
