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

from tasks import dialects
from tasks.core.records import Message, Reference, Reply, Role, Tool, ToolCall
from tasks.logs import json_lines
from tasks.logs.json_lines import Malformed
from tasks.rewards import Prompt
from tasks.rewards.reading.openai_errors import Key

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}


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


class _Function(msgspec.Struct):
    name: str
    arguments: str | dict[str, Any] | None = None


class _Call(msgspec.Struct):
    function: _Function
    id: str | None = None


class _Part(msgspec.Struct):
    type: str
    text: str = ""
    refusal: str = ""


class _Message(msgspec.Struct):
    role: str = "assistant"
    content: str | list[_Part] | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None


class _Declared(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Identity(msgspec.Struct):
    id: str | int


class _Row(msgspec.Struct):
    id: str | int
    messages: list[_Message]
    completion: msgspec.Raw
    tools: list[dict[str, Any]] | None = None
    reference: msgspec.Raw = msgspec.Raw(b"null")


def read(line: bytes) -> Row:
    """The row on a line.

    Raises:
        BadRowError: with the path of what is wrong in it, and the row's id where it has one.
    """
    try:
        found = json_lines.decode(line, _rows)
    except Malformed as error:
        raise BadRowError("invalid_variable_error", _said(error), _id_of(line)) from error
    try:
        prompt = Prompt(
            tuple(_message(m, f"$.messages[{i}]") for i, m in enumerate(found.messages)),
            tuple(_tool(tool, i) for i, tool in enumerate(found.tools or ())),
            _reference(found.reference),
            _item(line),
        )
    except Malformed as error:
        raise BadRowError("invalid_variable_error", _said(error), found.id) from error
    try:
        reply = completion(bytes(found.completion))
    except Malformed as error:
        raise BadRowError(
            "sample_parse_error", f"$.completion: {_said(error)}", found.id
        ) from error
    return Row(found.id, prompt, reply)


def completion(given: bytes) -> Reply:
    """A completion as JSON: an assistant's message, or the raw text of one.

    Raises:
        Malformed: neither of them.
    """
    found = json_lines.decode(given, _completions)
    if isinstance(found, str):
        return dialects.parse(found)
    message = _message(found, "$")
    if message.role != "assistant":
        raise Malformed("wrong-type", f"$.role: expected assistant, not {message.role}")
    return Reply(content=message.content, tool_calls=message.tool_calls)


def _message(given: _Message, place: str) -> Message:
    role = _ROLES.get(given.role)
    if role is None:
        raise Malformed("unknown-role", f"{place}.role: expected one of {', '.join(_ROLES)}")
    content = given.content or given.refusal or ""
    if isinstance(content, list):
        content = "\n".join(part.text or part.refusal for part in content)
    return Message(
        role=role,
        content=content,
        tool_calls=tuple(map(_call, given.tool_calls or ())),
        tool_call_id=given.tool_call_id or "",
    )


def _call(given: _Call) -> ToolCall:
    arguments, raw = given.function.arguments, ""
    if isinstance(arguments, str):
        try:
            arguments, raw = json_lines.arguments(arguments)
        except Malformed:
            arguments, raw = {}, str(arguments)
    name = given.function.name
    return ToolCall(name=name, arguments=arguments or {}, id=given.id or "", raw_arguments=raw)


def _tool(given: dict[str, Any], position: int) -> Tool:
    declared = given.get("function", given) if given.get("type", "function") == "function" else None
    try:
        found = msgspec.convert(declared, _Declared)
    except msgspec.ValidationError as error:
        raise Malformed(
            "wrong-type",
            f"$.tools[{position}]: {error}; expected "
            '{"type": "function", "function": {"name": ..., "parameters": ...}}',
        ) from error
    return Tool(
        name=found.name, description=found.description or "", parameters=found.parameters or {}
    )


def _reference(given: msgspec.Raw) -> Reference | None:
    try:
        return json_lines.decode(given, _references)
    except Malformed as error:
        raise Malformed(error.reason, f"$.reference: {_said(error)}") from error


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
_references: msgspec.json.Decoder[Reference | None] = msgspec.json.Decoder(Reference | None)
_completions = msgspec.json.Decoder(str | _Message)
