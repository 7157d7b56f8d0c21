"""Reads and writes calls as Python expressions, without running anything.

    calls_of('[get_weather(city="Oslo"), note(deep={"x": [1, true]})]')
    -> [ToolCall(name="get_weather", ...), ToolCall(name="note", ...)]

Only keyword arguments with literal values are calls; JSON's true, false and null are literals too,
because templates write nested values as JSON.
"""

import ast
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from tasks.core.records import ToolCall
from tasks.dialects._values import literal, storable

LONGEST = 100_000
"""Characters; Python's own parser takes hundreds of bytes for each."""


def calls_of(text: str) -> list[ToolCall] | None:
    """The calls that a list expression is; None where it is anything else, or empty."""
    expression = _expression(text)
    if not isinstance(expression, ast.List) or not expression.elts:
        return None
    return _calls(expression.elts)


def lines_of(text: str) -> list[ToolCall] | None:
    """The calls that stand one behind another, on lines of their own; None for anything else."""
    if len(text) > LONGEST:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    nodes = [node.value for node in body if isinstance(node, ast.Expr)]
    return _calls(nodes) if nodes and len(nodes) == len(body) else None


def write(call: ToolCall, marks: Iterable[str] = ()) -> str:
    """The call as a Python expression in which none of `marks` stands as it is."""
    if call.raw_arguments:
        return f"{call.name}({call.raw_arguments})"
    given = call.arguments
    if all(key.isidentifier() and not _is_keyword(key) for key in given):
        inside = ", ".join(f"{key}={_python(value, marks)}" for key, value in given.items())
    else:
        inside = f"**{_python(given, marks)}"
    return f"{call.name}({inside})"


def _expression(text: str) -> ast.expr | None:
    if len(text) > LONGEST:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _calls(nodes: Sequence[ast.expr]) -> list[ToolCall] | None:
    try:
        return [_call(node) for node in nodes]
    except (ValueError, RecursionError):
        return None


def _call(node: ast.expr) -> ToolCall:
    if not isinstance(node, ast.Call) or node.args:
        raise ValueError("expected a call with keyword arguments only")
    arguments: dict[str, Any] = {}
    for keyword in node.keywords:
        value = literal(keyword.value)
        given = {keyword.arg: value} if keyword.arg is not None else value
        if not isinstance(given, dict) or not given.keys().isdisjoint(arguments):
            raise ValueError("an argument is given twice")
        arguments.update(given)
    if not storable(arguments):
        raise ValueError("an argument that JSON cannot carry")
    return ToolCall(name=_name(node.func), arguments=arguments)


def _name(node: ast.expr) -> str:
    """A name with dots in it: namespaces are part of it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    raise ValueError("expected a name")


def _python(value: Any, marks: Iterable[str]) -> str:
    text = repr(value)
    for mark in marks:
        if mark in text:
            text = text.replace(mark, f"\\x{ord(mark[0]):02x}{mark[1:]}")
    return text


def _is_keyword(name: str) -> bool:
    from keyword import iskeyword

    return iskeyword(name)
