r"""Reads messages as OpenTelemetry's semantic conventions for generative AI have them.

    {"role": "assistant", "parts": [{"type": "text", "content": "One moment."},
        {"type": "tool_call", "id": "t1", "name": "find_place", "arguments": {"name": "Oslo"}}],
     "finish_reason": "tool_call"}
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "t1", "response": {"id": 7}}]}
    {"type": "function", "name": "get_weather", "parameters": {…}}             a tool definition

Reasoning is no part of what was said and is left out; pictures and files cannot be left out, so a
record that has one is rejected.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from tasks.core.records import Message, Reply, Tool, ToolCall
from tasks.formats._turns import Piece, as_reply, call, turn, unsupported
from tasks.logs.json_lines import Malformed, arguments, decode, shallow
from tasks.logs.sealed import written


class _Part(msgspec.Struct):
    type: str
    content: Any = None
    id: str | None = None
    name: str = ""
    arguments: Any = None
    response: Any = None
    result: Any = None


class _Said(msgspec.Struct):
    role: str
    parts: list[_Part]
    finish_reason: str | None = None


class _Definition(msgspec.Struct):
    name: str = ""
    description: str | None = None
    parameters: dict[str, Any] | None = None
    function: "_Definition | None" = None


def messages(instructions: bytes, given: bytes) -> bytes:
    """JSON list of the messages of a request, its system instructions first.

    Raises:
        Malformed: they are not of this shape.
    """
    found: list[Message] = []
    if instructions:
        asked = decode(instructions, _parts)
        found += turn("system", _pieces(asked, "instructions"), "system")
    every = decode(given, _saids)
    for number, said in enumerate(every):
        place = f"gen_ai.input.messages[{number}]"
        if said.role == "tool":
            found += _results(said.parts, place)
        else:
            role = "system" if said.role == "developer" else said.role
            found += turn(role, _pieces(said.parts, place), place)
    return written(tuple(found))


def reply(given: bytes) -> tuple[Reply, str]:
    """The reply and why it ended.

    Raises:
        Malformed: several-choices, missing-field, or it is not of this shape.
    """
    said = decode(given, _saids)
    if len(said) > 1:
        raise Malformed("several-choices", "gen_ai.output.messages: expected one message")
    if not said:
        raise Malformed("missing-field", "gen_ai.output.messages: expected one message")
    (one,) = said
    place = "gen_ai.output.messages[0]"
    return as_reply(_pieces(one.parts, place), place), one.finish_reason or ""


@lru_cache(maxsize=64)
def tools(given: bytes) -> bytes:
    """An agent offers the same tools in each call, so their JSON is read once."""
    found = []
    for entry in decode(given, _definitions):
        one = entry.function or entry
        if one.name:
            place = "gen_ai.tool.definitions"
            parameters = shallow(one.parameters or {}, place)
            found.append(
                Tool(name=one.name, description=one.description or "", parameters=parameters)
            )
    return written(tuple(found))


def _pieces(parts: list[_Part], place: str) -> list[Piece]:
    found: list[Piece] = []
    for part in parts:
        if part.type == "text":
            found.append(_text(part.content, place))
        elif part.type in ("tool_call", "function_call"):
            found.append(_call(part, place))
        elif part.type in ("tool_call_response", "function_call_output"):
            found.append(_result(part, place))
        elif part.type != "reasoning":
            raise unsupported(place, "text, tool_call or tool_call_response in each part")
    return found


def _results(parts: list[_Part], place: str) -> Iterator[Message]:
    for piece in _pieces(parts, place):
        if isinstance(piece, ToolCall):
            raise Malformed("misplaced-block", f"{place}: a tool call in a tool's turn")
        yield Message(role="tool", content=piece) if isinstance(piece, str) else piece


def _call(part: _Part, place: str) -> ToolCall:
    if not isinstance(part.arguments, str):
        return call(part.name, part.arguments, part.id or "", place)
    if not part.name:
        raise Malformed("missing-field", f"{place}: a tool call without a name")
    whole, raw = arguments(part.arguments)
    return ToolCall(name=part.name, arguments=whole, id=part.id or "", raw_arguments=raw)


def _result(part: _Part, place: str) -> Message:
    told = part.response if part.response is not None else part.result
    return Message(role="tool", content=_text(told, place), tool_call_id=part.id or "")


def _text(value: Any, place: str) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(shallow(value, place)).decode()


_parts = msgspec.json.Decoder(list[_Part])
_saids = msgspec.json.Decoder(list[_Said])
_definitions = msgspec.json.Decoder(list[_Definition])
