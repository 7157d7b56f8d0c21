"""Checks each call against the schema of the tool that was offered; needs no reference.

    tool   get_weather(city: string, days: integer, both required)
    reply  get_weather(city="Oslo", days=3)      1.0
           get_weather(city="Oslo", days="3")    0.0   a string is no integer
           get_forecast(city="Oslo")             0.0   not on offer

The value lies between `invalid` and `valid`, by the share of calls that are valid. A reply without
calls is not applicable: paying it would pay for silence. Beside another reward use
`{valid: 0.0, invalid: -1.0}`, so that a valid call as such earns nothing.
"""

from functools import lru_cache
from typing import Any, Self

import msgspec
from pydantic import Field, model_validator

from tasks.core.records import Reply, Score, Tool, ToolCall
from tasks.core.settings import Section
from tasks.rewards import NOT_APPLICABLE, Case, Prompt


class Settings(Section):
    valid: float = Field(default=1.0, ge=-1, le=1)
    """Where all calls are valid."""
    invalid: float = Field(default=0.0, ge=-1, le=1)
    """Where none is."""

    @model_validator(mode="after")
    def _valid_is_better(self) -> Self:
        if self.valid <= self.invalid:
            raise ValueError(f"valid {self.valid} must be more than invalid {self.invalid}")
        return self


def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply; see the module for what is paid."""
    if not reply.tool_calls:
        return Score.unscored(NOT_APPLICABLE)
    offered = {tool.name: tool for tool in prompt.tools}
    found = [is_valid(call, offered.get(call.name)) for call in reply.tool_calls]
    if None in found:
        return Score.unscored("tool-schema-is-no-schema")
    share = sum(map(bool, found)) / len(found)
    value = settings.invalid + (settings.valid - settings.invalid) * share
    tier = "valid" if share == 1 else "invalid"
    return Score(value=value, exact=share == 1, tier=tier, behaviour="execute")


def is_valid(call: ToolCall, tool: Tool | None) -> bool | None:
    """Whether the arguments fit the tool; None where the tool's schema is no JSON Schema.

    A malformed call is not valid, nor is one of a tool that was not offered (None).
    """
    if tool is None or call.raw_arguments:
        return False
    from referencing.exceptions import Unresolvable

    validator = _validator(msgspec.json.encode(tool.parameters))
    try:
        return None if validator is None else bool(validator.is_valid(call.arguments))
    except Unresolvable:
        return None


@lru_cache(maxsize=4096)
def _validator(schema: bytes) -> Any:
    """Keyed by content, because the same tools come with every prompt as new objects."""
    from jsonschema import Draft202012Validator, SchemaError
    from referencing import Registry

    found = msgspec.json.decode(schema)
    try:
        Draft202012Validator.check_schema(found)
    except SchemaError:
        return None
    # With a registry of its own it fetches nothing: a `$ref` to another host stays unresolved.
    return Draft202012Validator(found, registry=Registry())


_TOOL = Tool(
    name="get_weather",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
        "additionalProperties": False,
    },
)
_PROMPT = Prompt((), (_TOOL,), None)
_GOOD = ToolCall(name="get_weather", arguments={"city": "Oslo", "days": 3})
_TEXT_FOR_NUMBER = ToolCall(name="get_weather", arguments={"city": "Oslo", "days": "3"})
_BROKEN = ToolCall(name="get_weather", raw_arguments='{"city": ')
_NOT_OFFERED = ToolCall(name="get_forecast", arguments={"city": "Oslo"})
CASES = (
    Case(_PROMPT, Reply(tool_calls=(_GOOD,)), 1.0),
    Case(_PROMPT, Reply(tool_calls=(_TEXT_FOR_NUMBER,)), 0.0),
    Case(_PROMPT, Reply(tool_calls=(_GOOD, _TEXT_FOR_NUMBER)), 0.5),
    Case(_PROMPT, Reply(tool_calls=(_BROKEN,)), 0.0),
    Case(_PROMPT, Reply(tool_calls=(_NOT_OFFERED,)), 0.0),
    Case(_PROMPT, Reply(content="For how many days?"), None),
)
