r"""Reads rows to be scored, as other tools write them: OpenAI's messages, tools and tool calls.

    {"id": "r1", "messages": [{"role": "user", "content": "Weather in Oslo?"}],
     "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": {...}}}],
     "reference": {"behaviour": "execute", "calls": [{"name": "get_weather",
                                                      "arguments": {"city": "Oslo"}}]},
     "completion": {"role": "assistant", "content": null, "tool_calls": [{"type": "function",
                    "function": {"name": "get_weather", "arguments": "{\"city\": \"Oslo\"}"}}]}}

A completion may also be the raw text that a model wrote, with `<tool_call>` blocks in it, and the
arguments of a call an object in the place of text. Other columns are the prompt's `item`, and so
is what stands in a column of that name.
"""

from typing import Any, NamedTuple

import msgspec

from tasks.core.records import Reply
from tasks.logs import json_lines
from tasks.logs.json_lines import Malformed
from tasks.rewards import Prompt
from tasks.rewards.reading import references, replies, tools
from tasks.rewards.reading.openai_errors import Key
from tasks.rewards.reading.shapes import ShapeError


class BadRowError(Exception):
    """A row that cannot be scored: what is wrong with it, and under which of OpenAI's keys."""

    def __init__(self, key: Key, said: str, row_id: str | int | None = None) -> None:
        super().__init__(said)
        self.key = key
        self.row_id = row_id


class Row(NamedTuple):
    id: str | int
    prompt: Prompt
    reply: Reply


class _Identity(msgspec.Struct):
    id: str | int


class _Row(msgspec.Struct):
    id: str | int
    messages: list[Any]
    completion: Any
    tools: Any = None
    reference: Any = None


def read(line: bytes) -> Row:
    """The row on a line.

    Raises:
        BadRowError: with the path of what is wrong in it, and the row's id where it has one.
    """
    try:
        found = json_lines.decode(line, _rows)
    except Malformed as error:
        raise BadRowError("invalid_variable_error", _said(error), _id_of(line)) from error
    item = _item(line)
    try:
        prompt = Prompt(
            tuple(
                replies.read_message(message, f"$.messages[{i}]")
                for i, message in enumerate(found.messages)
            ),
            tools.read(found.tools),
            references.of_row({"reference": found.reference, **item}),
            item,
        )
    except ShapeError as error:
        raise BadRowError("invalid_variable_error", str(error), found.id) from error
    try:
        reply = replies.read(found.completion)
    except ShapeError as error:
        raise BadRowError("sample_parse_error", str(error), found.id) from error
    return Row(found.id, prompt, reply)


def _item(line: bytes) -> dict[str, Any]:
    columns = json_lines.decode(line, _columns).items()
    found = {name: json_lines.decode(raw, _values) for name, raw in columns if name not in _KNOWN}
    own: Any = found.pop("item", {})
    return found | own if isinstance(own, dict) else {**found, "item": own}


def _said(error: Malformed) -> str:
    """What msgspec said where the reason alone is given: these rows are the reader's own."""
    return str(error) if error.detail else f"{error.reason}: {error.__cause__ or ''}"


def _id_of(line: bytes) -> str | int | None:
    try:
        return _identities.decode(line).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


_KNOWN = frozenset(_Row.__struct_fields__)

_rows = msgspec.json.Decoder(_Row)
_columns = msgspec.json.Decoder(dict[str, msgspec.Raw])
_values = msgspec.json.Decoder(Any)
_identities = msgspec.json.Decoder(_Identity)
