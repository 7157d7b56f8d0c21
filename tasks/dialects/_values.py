r"""Reads and writes the values of a call's arguments: JSON without leniency, and untyped text.

    strict_json('{"a": 1} rest', 0)                  ->  ({"a": 1}, 8)
    typed("3", {"type": "integer"})                  ->  3
    typed("3", {"type": "string"})                   ->  "3"
    json_text({"t": "</tool_call>"}, ["</tool_call>"])  ->  '{"t": "\u003c/tool_call>"}'

Refused, because servers read them differently or not at all: NaN and infinities, numbers beyond
64 bits, lone surrogates, and a key that stands twice in one object.
"""

import ast
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tasks.core.records import Tool, ToolCall


def strict_json(text: str, start: int = 0) -> tuple[Any, int]:
    """The JSON value that begins at `start`, and the index behind it.

    Raises:
        ValueError: no JSON, or JSON that not every reader understands alike.
    """
    try:
        value, end = _decoder.raw_decode(text, start)
        msgspec.json.encode(value)
    except (OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return value, end


def whole_json(text: str) -> Any:
    """The one JSON value that the whole text is, space around it aside.

    Raises:
        ValueError: something else.
    """
    stripped = text.strip()
    value, end = strict_json(stripped)
    if end != len(stripped):
        raise ValueError(f"text behind JSON at {end}")
    return value


def storable(value: Any) -> bool:
    """Whether JSON can carry the value, as a record has to."""
    try:
        msgspec.json.encode(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False
    return _finite_within(value)


def json_text(value: Any, marks: Iterable[str] = ()) -> str:
    """The value as one line of JSON, in which none of `marks` stands as it is.

    JSON's syntax holds no mark, so one can only stand within a string, where its first character
    has an escape.
    """
    text = json.dumps(value, ensure_ascii=False)
    for mark in marks:
        if mark in text:
            text = text.replace(mark, f"\\u{ord(mark[0]):04x}{mark[1:]}")
    return text


def call_of(
    value: Any, text: str, *, name: str = "name", arguments: tuple[str, ...] = ("arguments",)
) -> ToolCall:
    """The call that a JSON object is; malformed, with `text` kept, where it is none.

    `arguments` are the keys under which the arguments may stand; exactly one of them must.
    """
    if not isinstance(value, dict) or not isinstance(value.get(name), str) or not value[name]:
        return malformed(text)
    keys = [key for key in arguments if key in value]
    if len(keys) != 1:
        return malformed(text)
    return named_call(value[name], value[keys[0]])


def named_call(name: str, arguments: Any) -> ToolCall:
    """A call of `name`; arguments that are no object are kept as text and count as malformed."""
    if isinstance(arguments, dict):
        return ToolCall(name=name, arguments=arguments)
    return ToolCall(name=name, raw_arguments=json.dumps(arguments, ensure_ascii=False))


def malformed(text: str) -> ToolCall:
    """What stands for a call that cannot be carried out: no name, and the text as it was."""
    return ToolCall(name="", raw_arguments=text.strip() or text or " ")


def is_sound(call: ToolCall) -> bool:
    """Whether a call can be carried out: it has a name, and an object of arguments."""
    return bool(call.name) and not call.raw_arguments


def schema_of(tools: Iterable[Tool], name: str, parameter: str) -> Mapping[str, Any] | None:
    """JSON Schema of a tool's parameter; None where the tool or the parameter is not on offer."""
    for tool in tools:
        if tool.name == name:
            schema = tool.properties().get(parameter)
            return schema if isinstance(schema, dict) else None
    return None


def typed(text: str, schema: Mapping[str, Any] | None) -> Any:
    """The value that untyped text means: what the schema allows, else what the text looks like.

    A text that has no reading of the schema's types stays a string, for whoever compares it.
    """
    types = _types(schema)
    if types == {"string"}:
        return text
    try:
        value = whole_json(text)
    except ValueError:
        value = _python_words.get(text.strip(), text)
    if isinstance(value, str):
        return text
    if not types or "string" not in types:
        return value
    return value if types & _json_types(value) else text


def untyped(value: Any, marks: Iterable[str] = ()) -> str:
    """The text of a value in a dialect that writes strings as they are and all else as JSON."""
    return value if isinstance(value, str) else json_text(value, marks)


def literal(node: ast.expr) -> Any:
    """The value of a Python literal, JSON's `true`, `false` and `null` among them.

    Raises:
        ValueError: an expression that is no literal, or one that JSON cannot carry.
    """
    if isinstance(node, ast.Constant):
        if node.value is None or isinstance(node.value, str | bool | int | float):
            return node.value
    elif isinstance(node, ast.List | ast.Tuple):
        return [literal(element) for element in node.elts]
    elif isinstance(node, ast.Dict):
        keys = [literal(key) if key is not None else None for key in node.keys]
        if all(isinstance(key, str) for key in keys) and len(set(keys)) == len(keys):
            return dict(zip(keys, (literal(element) for element in node.values), strict=True))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = literal(node.operand)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return -value if isinstance(node.op, ast.USub) else value
    elif isinstance(node, ast.Name) and node.id in _python_words:
        return _python_words[node.id]
    raise ValueError(f"no literal at column {node.col_offset}")


def _types(schema: Mapping[str, Any] | None) -> set[str]:
    if not schema:
        return set()
    given = schema.get("type")
    types = {given} if isinstance(given, str) else set()
    if isinstance(given, list):
        types = {one for one in given if isinstance(one, str)}
    for union in ("anyOf", "oneOf"):
        for one in schema.get(union) or ():
            types |= _types(one) if isinstance(one, dict) else set()
    choices = schema.get("enum")
    if not types and isinstance(choices, list):
        types = {name for choice in choices for name in _json_types(choice)}
    return {one.lower() for one in types}


def _json_types(value: Any) -> set[str]:
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int):
        return {"integer", "number"}
    if isinstance(value, float):
        return {"number", "integer"} if value.is_integer() else {"number"}
    names = {str: "string", dict: "object", list: "array", type(None): "null"}
    return {names[type(value)]} if type(value) in names else set()


def _finite_within(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_finite_within(one) for one in value.values())
    return not isinstance(value, list | tuple) or all(_finite_within(one) for one in value)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON number")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is too large for a JSON number")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return value


_decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once)
_python_words = {
    "True": True,
    "true": True,
    "False": False,
    "false": False,
    "None": None,
    "null": None,
}
