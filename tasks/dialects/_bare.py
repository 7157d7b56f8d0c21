"""Replies that are JSON calls without any mark.

{"name": "get_weather", "parameters": {"city": "Oslo"}}; {"name": "note", "parameters": {}}
[{"name": "get_weather", "arguments": {"city": "Oslo"}}]
"""

import re
from collections.abc import Sequence
from typing import Any

from tasks.core.records import ToolCall
from tasks.dialects._dialect import Dialect, Piece
from tasks.dialects._values import call_of, json_text, malformed, strict_json

BEGUN = re.compile(
    r"\s*\[?\s*\{?[^{}]*[\"']?\b(?:name|function|arguments|parameters)[\"']?\s*:", re.DOTALL
)
"""How a text begins that is a call or was meant to be one; other JSON is an answer."""


def pieces_of(calls: Sequence[ToolCall]) -> list[Piece]:
    """The calls as pieces of a reply."""
    return [Piece("call", call=call) for call in calls]


def objects(text: str, *, apart: str) -> list[tuple[Any, str]] | None:
    """The JSON values of a text that stand one behind another with `apart` or a line between.

    None where it is anything else.
    """
    values, position = [], 0
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        try:
            value, end = strict_json(text, position)
        except ValueError:
            return None
        values.append((value, text[position:end]))
        behind = text[end:].lstrip(" \t\r")
        if not behind.strip():
            return values
        if not behind.startswith((apart, "\n")):
            return None
        position = len(text) - len(behind) + 1


def body(dialect: Dialect, call: ToolCall, key: str) -> str:
    """The object of one call."""
    if call.raw_arguments and not call.name:
        return call.raw_arguments
    arguments = call.raw_arguments or json_text(call.arguments, dialect.marks)
    return f'{{"name": {json_text(call.name, dialect.marks)}, "{key}": {arguments}}}'


def read(text: str, keys: tuple[str, ...], *, apart: str) -> list[ToolCall]:
    """The calls of a text that begins like one; malformed as a whole where one is no call."""
    values = objects(text, apart=apart)
    if values is None:
        return [malformed(text)]
    return [call_of(value, source, arguments=keys) for value, source in values]
