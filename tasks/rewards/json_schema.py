"""Checks JSON against a schema: each call against its tool's, or the text against one you give.

    {check: calls}     tool get_weather(city: string, days: integer, both required)
                       get_weather(city="Oslo", days=3)      1.0
                       get_weather(city="Oslo", days="3")    0.0   a string is no integer
                       get_forecast(city="Oslo")             0.0   not on offer
    {check: text, text_schema: {type: object, required: [total]}}
                       {"total": 12}                         1.0
                       {"sum": 12}                           0.0   invalid
                       The total is 12.                      0.0   no-json
    {check: reference}  the same, by the schema that the text of the row's reference is

The value lies between `invalid` and `valid`: by the share of calls that are valid, and all or
nothing for a text, of which half a structure is of no use. A reply without calls is not applicable
where those are checked: paying it would pay for silence. Where the text is checked, one that says
nothing is invalid, and so is one that only calls tools where the reference is no call (`due`).
Beside another reward use `{valid: 0.0, invalid: -1.0}`, so that being valid as such earns nothing.
"""

from functools import lru_cache
from typing import Any, Literal, Self

import msgspec
from pydantic import Field, field_validator, model_validator

from tasks.core.records import Reference, Reply, Score, Tool, ToolCall
from tasks.core.section import Section
from tasks.rewards import NOT_APPLICABLE, Case, Prompt
from tasks.rewards.texts.due import only_called
from tasks.rewards.texts.json_text import NotJsonError, read


class Settings(Section):
    valid: float = Field(default=1.0, ge=-1, le=1)
    """Where all calls, or the text, are valid."""
    invalid: float = Field(default=0.0, ge=-1, le=1)
    """Where none is."""
    check: Literal["calls", "text", "reference"] = "calls"
    text_schema: dict[str, Any] | None = None
    """For `text`: a JSON Schema (draft 2020-12); `$ref` stays inside of it."""
    fenced: bool = False
    """Whether the text may stand in a Markdown fence of JSON."""

    @field_validator("text_schema")
    @classmethod
    def _is_schema(cls, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        if schema is not None and _validator(msgspec.json.encode(schema)) is None:
            raise ValueError("it is no JSON Schema of draft 2020-12; see json-schema.org")
        return schema

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.valid <= self.invalid:
            raise ValueError(f"valid {self.valid} must be more than invalid {self.invalid}")
        if (self.check == "text") != (self.text_schema is not None):
            raise ValueError("check text and the option `text_schema` come together: give both")
        return self


def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply; see the module for what is paid."""
    return (_calls if settings.check == "calls" else _text)(prompt, reply, settings)


def _calls(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
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


def _text(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    if (called := only_called(prompt, reply, settings.invalid)) is not None:
        return called
    schema = settings.text_schema
    if settings.check == "reference":
        schema = _schema_of(prompt.reference)
    if schema is None:
        return Score.unscored("reference-is-no-schema" if prompt.reference else "no-reference")
    try:
        value = read(reply.content, fenced=settings.fenced)
    except NotJsonError:
        return Score(value=settings.invalid, tier="no-json", behaviour="answer")
    fits = _fits(value, schema)
    if fits is None:
        return Score.unscored("schema-is-no-schema")
    tier, paid = ("valid", settings.valid) if fits else ("invalid", settings.invalid)
    return Score(value=paid, exact=fits, tier=tier, behaviour="answer")


def is_valid(call: ToolCall, tool: Tool | None) -> bool | None:
    """Whether the arguments fit the tool; None where the tool's schema is no JSON Schema.

    A malformed call is not valid, nor is one of a tool that was not offered (None).
    """
    if tool is None or call.raw_arguments:
        return False
    return _fits(call.arguments, tool.parameters)


def _fits(value: Any, schema: dict[str, Any]) -> bool | None:
    from referencing.exceptions import Unresolvable

    validator = _validator(msgspec.json.encode(schema))
    try:
        return None if validator is None else bool(validator.is_valid(value))
    except (Unresolvable, RecursionError):
        return None


def _schema_of(reference: Reference | None) -> dict[str, Any] | None:
    if reference is None:
        return None
    try:
        found = read(reference.text)
    except NotJsonError:
        return None
    return found if isinstance(found, dict) else None


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
_TOTAL = {"check": "text", "text_schema": {"type": "object", "required": ["total"]}}
_WITH_SCHEMA = Prompt((), (), Reference(behaviour="answer", text='{"type": "array"}'))
CASES = (
    Case(_PROMPT, Reply(tool_calls=(_GOOD,)), 1.0),
    Case(_PROMPT, Reply(tool_calls=(_TEXT_FOR_NUMBER,)), 0.0),
    Case(_PROMPT, Reply(tool_calls=(_GOOD, _TEXT_FOR_NUMBER)), 0.5),
    Case(_PROMPT, Reply(tool_calls=(_BROKEN,)), 0.0),
    Case(_PROMPT, Reply(tool_calls=(_NOT_OFFERED,)), 0.0),
    Case(_PROMPT, Reply(content="For how many days?"), None),
    Case(_PROMPT, Reply(content='{"total": 12}'), 1.0, _TOTAL),
    Case(_PROMPT, Reply(content='{"sum": 12}'), 0.0, _TOTAL),
    Case(_PROMPT, Reply(content="The total is 12."), 0.0, _TOTAL),
    Case(_PROMPT, Reply(tool_calls=(_GOOD,)), None, _TOTAL),
    Case(_WITH_SCHEMA, Reply(tool_calls=(_GOOD,)), 0.0, {"check": "reference"}),
    Case(_WITH_SCHEMA, Reply(content="[1, 2]"), 1.0, {"check": "reference"}),
    Case(_WITH_SCHEMA, Reply(content="[1, two]"), 0.0, {"check": "reference"}),
)
