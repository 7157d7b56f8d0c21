"""Pays what a grader of yours answers over HTTP, in this project's form or in Azure's.

    POST $RATCHET_GRADER_URL
    {"messages": [...], "tools": [...], "reference": {...} | null,
     "completion": {"content": "Refunds take 5 days.", "tool_calls": []}}
    {"score": 0.8}                                      0.8
    {"score": null, "reason": "no ticket of that id"}   unscored: grader-said-unscored

    {form: azure, range: [0, 10]}
    {"sample": {"output_text": "...", "output_tools": [...]}, "item": {...}, "trace_id": "9f2c..."}
    {"score": 8.0}                                      0.8

    value = (score - low) / (high - low) for `range` [low, high], in [0, 1]

The form `azure` is the contract of the endpoint grader of Azure AI Foundry's reinforcement
fine-tuning. Other keys in the answer are ignored. A score that is no number or lies outside of the
range, an answer by another schema, an error, a time that ran out: the reply is unscored, with the
reason. `trace_id` is the hash of what is sent, so the same row is the same request. A reply that
says nothing is sent too: what it is worth is the grader's business.
"""

import hashlib
import math
from typing import Any, Literal, Self

import msgspec
from pydantic import Field, model_validator

from tasks.core.records import Message, Reference, Reply, Score
from tasks.dialects import as_openai, openai_tool
from tasks.rewards import Case, Prompt
from tasks.rewards.reading import namespaces
from tasks.rewards.remote.endpoint import VARIABLE, Failure, Patience, Purse, address, post

REQUIRES = ("httpx",)


class Settings(Patience):
    url_from: str = Field(default="RATCHET_GRADER_URL", pattern=VARIABLE)
    """Environment variable with the address that is posted to."""
    key_from: str = Field(default="RATCHET_GRADER_KEY", pattern=VARIABLE)
    """Environment variable with a bearer token, where the grader wants one."""
    form: Literal["ratchet", "azure"] = "ratchet"
    range: tuple[float, float] = (0.0, 1.0)
    """What the grader calls worst and best."""

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        low, high = self.range
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"range {list(self.range)}: expected low < high, both finite")
        return self


_purse = Purse()


async def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply by asking; see the module for the forms. Values are in [0, 1].

    Raises:
        SettingsError: the environment does not say where the grader is.
    """
    where = address(settings.url_from, settings.key_from)
    body = (_azure if settings.form == "azure" else _row)(prompt, reply)
    answer = await post(where, "", body, settings, _purse)
    if isinstance(answer, Failure):
        return Score.unscored(f"grader-{answer.reason}")
    given = answer.body.get("score", "missing") if isinstance(answer.body, dict) else "missing"
    if given is None:
        return _lost("grader-said-unscored")
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        return _lost("grader-answer-not-by-schema")
    low, high = settings.range
    if not low <= given <= high:
        return _lost("grader-score-out-of-range")
    value = (given - low) / (high - low)
    return Score(value=value, exact=value == 1, tier="graded")


def facts(settings: Settings) -> dict[str, str]:
    """What a score depends on beside the code: to be kept with the spec."""
    return {"grader_form": settings.form, "grader_url_from": settings.url_from}


def spent() -> dict[str, float]:
    """Calls, tries again and failures by reason since the process began."""
    return _purse.numbers()


def _lost(reason: str) -> Score:
    _purse.failures[reason.removeprefix("grader-")] += 1
    return Score.unscored(reason)


def _row(prompt: Prompt, reply: Reply) -> dict[str, Any]:
    """As a line of the rows that `ratchet reward score` reads, without its id."""
    return {**_item(prompt), "completion": {"content": reply.content, "tool_calls": _calls(reply)}}


def _azure(prompt: Prompt, reply: Reply) -> dict[str, Any]:
    item, sample = namespaces.item(prompt), namespaces.sample(reply)
    sent = msgspec.json.encode([sample, item], order="sorted")
    return {"sample": sample, "item": item, "trace_id": hashlib.sha256(sent).hexdigest()[:32]}


def _item(prompt: Prompt) -> dict[str, Any]:
    return {
        **prompt.item,
        "messages": [as_openai(message) for message in prompt.messages],
        "tools": [openai_tool(tool) for tool in prompt.tools],
        "reference": msgspec.to_builtins(prompt.reference),
    }


def _calls(reply: Reply) -> list[dict[str, Any]]:
    """As OpenAI's API gives them: arguments are text."""
    return [
        {
            "id": call.id,
            "type": "function",
            "function": {
                "name": call.name,
                "arguments": call.raw_arguments
                or msgspec.json.encode(call.arguments, order="sorted").decode(),
            },
        }
        for call in reply.tool_calls
    ]


_ASKED = Prompt(
    (Message(role="user", content="How long do refunds take?"),),
    (),
    Reference(behaviour="answer", text="Refunds take 5 days."),
)
CASES = (
    Case(_ASKED, Reply(content="Refunds take 5 days."), 1.0),
    Case(_ASKED, Reply(content="Bananas are blue."), 0.0),
    Case(_ASKED._replace(reference=None), Reply(content="Refunds take 5 days."), None),
)
