r"""Reads one call in the forms that APIs have for it, strictly.

{"name": "f", "arguments": {"a": 1}}                                        bare
{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}}   OpenAI
{"type": "function_call", "name": "f", "arguments": "{}", "call_id": "1"}   OpenAI, responses
{"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}}             Anthropic
{"toolUse": {"toolUseId": "1", "name": "f", "input": {"a": 1}}}             Bedrock Converse
{"functionCall": {"name": "f", "args": {"a": 1}}}                           Gemini
"""

from typing import Any, NamedTuple

import msgspec

from tasks.logs import json_lines
from tasks.rewards.reading import shapes

_WRAPPERS = ("function", "toolUse", "functionCall", "function_call", "tool_use", "tool_call")
_ARGUMENTS = ("arguments", "args", "input", "parameters")
_IDS = ("id", "call_id", "toolUseId", "tool_call_id")
_BESIDE = ("type", "status", "index", "thought_signature", "thoughtSignature", "caller")
_KINDS = ("function", "function_call", "tool_use", "tool_call", "custom")


class ReadCall(NamedTuple):
    name: str
    arguments: dict[str, Any]
    raw_arguments: str
    """The text, where it is no JSON object."""
    id: str
    more: dict[str, Any]
    """Of the keys that the caller takes too, those that are there."""


def is_call(value: Any) -> bool:
    """Whether a value has the keys of a call: a name, and its arguments or nothing else."""
    if not isinstance(value, dict):
        return False
    present = {key for key, item in value.items() if item is not None}
    named = "name" in present and (len(present) == 1 or not present.isdisjoint(_ARGUMENTS))
    return named or any(isinstance(value.get(key), dict) for key in _WRAPPERS)


def read(value: Any, place: str, also: tuple[str, ...] = ()) -> ReadCall:
    """One call; `also` names keys beside those of a call that the caller takes.

    Raises:
        ShapeError: names the place.
    """
    fields = shapes.mapping(value, place, "a call")
    identity = _identity(fields)
    more = {key: fields.pop(key) for key in also if key in fields}
    wrapper = next((key for key in _WRAPPERS if isinstance(fields.get(key), dict)), "")
    if wrapper:
        shapes.keys(fields, {wrapper, *_IDS, *_BESIDE}, place, "a call")
        _check_kind(fields, place)
        fields, place = shapes.mapping(fields[wrapper], place, "a call"), f"{place}.{wrapper}"
        identity = identity or _identity(fields)
        more |= {key: fields.pop(key) for key in also if key in fields}
    shapes.keys(fields, {"name", *_ARGUMENTS, *_IDS, *_BESIDE}, place, "a call")
    _check_kind(fields, place)
    name = shapes.text(fields.get("name"), f"{place}.name", "the tool's name")
    present = [key for key in _ARGUMENTS if key in fields]
    if len(present) > 1:
        raise shapes.refuse(place, f"has {' and '.join(present)}; keep one")
    arguments, raw = (
        _arguments(fields[present[0]], f"{place}.{present[0]}") if present else ({}, "")
    )
    return ReadCall(name, arguments, raw, identity, more)


def _check_kind(fields: dict[str, Any], place: str) -> None:
    kind = fields.get("type", "function")
    if kind not in _KINDS:
        raise shapes.refuse(f"{place}.type", f"expected a call, got {shapes.shown(kind)}")


def _identity(fields: dict[str, Any]) -> str:
    return next((str(fields[key]) for key in _IDS if key in fields), "")


def _arguments(value: Any, place: str) -> tuple[dict[str, Any], str]:
    if isinstance(value, str):
        try:
            return json_lines.arguments(value)
        except json_lines.Malformed:
            return {}, value
    if isinstance(value, dict):
        return value, ""
    if isinstance(value, list):
        return {}, msgspec.json.encode(value).decode()
    raise shapes.refuse(place, f"expected an object or its JSON text, got {shapes.shown(value)}")
