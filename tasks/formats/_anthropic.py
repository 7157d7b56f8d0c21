"""Reads the bodies of the Anthropic Messages API, whole or streamed.

    {"type": "text", "text": "For tomorrow?"}
    {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {"city": "Oslo"}}
    {"type": "tool_result", "tool_use_id": "t1", "content": "4 degrees"}

A streamed reply is the list of its events (`content_block_start`, `content_block_delta` with a
`text_delta` or an `input_json_delta`, …), as the API reference has them under "Streaming Messages".
Thinking is no part of what was said and is left out; images, documents and tools that the service
itself runs cannot be left out, so a record that has one is rejected.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from tasks.core.records import Message, Tool, Usage
from tasks.formats._exchange import Exchange, tool_choice
from tasks.formats._streams import Stream
from tasks.formats._turns import Piece, Turns, as_reply, call, tokens, turn, unsupported
from tasks.logs.json_lines import Malformed, decode, shallow
from tasks.logs.sealed import written

_SILENT = ("thinking", "redacted_thinking")


class _Block(msgspec.Struct):
    type: str
    text: str = ""
    id: str = ""
    name: str = ""
    input: Any = None
    tool_use_id: str = ""
    content: "str | list[_Block] | None" = None
    is_error: bool | None = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Block]


class _Request(msgspec.Struct):
    messages: list[msgspec.Raw]
    system: msgspec.Raw = msgspec.Raw(b"null")
    tools: msgspec.Raw = msgspec.Raw(b"[]")
    tool_choice: Any = None


class _Tool(msgspec.Struct):
    name: str
    description: str = ""
    input_schema: dict[str, Any] = {}


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class _Response(msgspec.Struct):
    content: str | list[_Block]
    stop_reason: str | None = None
    usage: _Usage | None = None


class _Delta(msgspec.Struct):
    type: str = ""
    text: str = ""
    partial_json: str = ""
    stop_reason: str | None = None


class _Started(msgspec.Struct):
    usage: _Usage | None = None


class _Measured(msgspec.Struct, rename="camel"):
    invocation_latency: int | None = None


class _Event(msgspec.Struct):
    type: str
    index: int = 0
    content_block: _Block | None = None
    delta: _Delta | None = None
    message: _Started | None = None
    usage: _Usage | None = None
    measured: _Measured | None = msgspec.field(
        name="amazon-bedrock-invocationMetrics", default=None
    )


class _Closing(msgspec.Struct):
    stop_reason: str | None = None
    usage: _Usage | None = None
    latency_ms: int | None = None


def read(request: msgspec.Raw, response: msgspec.Raw) -> Exchange:
    """The exchange that the two bodies of a call hold; the reply whole or as a list of events.

    Raises:
        Malformed: they are not of this shape.
    """
    asked = decode(request, _requests)
    if bytes(response)[:1] == b"[":
        pieces, closing = _assembled(decode(response, _event_lists))
    else:
        answered = decode(response, _responses)
        pieces = _pieces(answered.content, "response")
        closing = _Closing(answered.stop_reason, answered.usage)
    return Exchange(
        messages=_messages(asked),
        tools=_tools(bytes(asked.tools)),
        reply=as_reply(pieces, "response"),
        finish_reason=closing.stop_reason or "",
        tool_choice=tool_choice(asked.tool_choice),
        usage=_usage(closing.usage),
        latency_ms=closing.latency_ms,
    )


def _messages(asked: _Request) -> bytes:
    system = bytes(asked.system)
    if system in (b"null", b"[]", b'""'):
        return turns.written(asked.messages, "messages")
    return turns.written(asked.messages, "messages", _systems.one(system))


def _turn(said: bytes) -> Iterable[Message]:
    read = decode(msgspec.Raw(said), _message)  # its line was looked through
    return turn(read.role, _pieces(read.content, ""), "")


def _system(said: bytes) -> Iterable[Message]:
    return turn("system", _pieces(decode(said, _contents), "system"), "system")


def _pieces(content: str | list[_Block], place: str) -> list[Piece]:
    if isinstance(content, str):
        return [content]
    found: list[Piece] = []
    for block in content:
        if block.type == "text":
            found.append(block.text)
        elif block.type == "tool_use":
            found.append(call(block.name, block.input, block.id, place))
        elif block.type == "tool_result":
            result = _result(block.content or "", place)
            found.append(
                Message(
                    role="tool",
                    content=result,
                    tool_call_id=block.tool_use_id,
                    status="error" if block.is_error else "",
                )
            )
        elif block.type not in _SILENT:
            raise unsupported(place, "text, tool_use or tool_result in each block")
    return found


def _result(content: str | list[_Block], place: str) -> str:
    texts = _pieces(content, place)
    if not all(isinstance(text, str) for text in texts):
        raise unsupported(place, "text in a tool's result")
    return "\n".join(str(text) for text in texts)


@lru_cache(maxsize=64)
def _tools(tools: bytes) -> bytes:
    """An agent offers the same tools in each call, so their JSON is read once."""
    found = tuple(
        Tool(
            name=tool.name,
            description=tool.description,
            parameters=shallow(tool.input_schema, "tools"),
        )
        for tool in decode(tools, _tool_lists) or ()
    )
    return written(found)


def _assembled(events: list[_Event]) -> tuple[list[Piece], _Closing]:
    stream, closing = Stream(), _Closing()
    for event in events:
        if event.type == "content_block_start":
            _begin(stream, event.index, event.content_block)
        elif event.type == "content_block_delta":
            _continue(stream, event.index, event.delta or _Delta())
        elif event.type == "error":
            raise Malformed("torn-stream", "the reply's list of events: it ends in an error")
        else:
            _note(closing, event)
            stream.ended = stream.ended or closing.stop_reason is not None
    return stream.pieces(), closing


def _begin(stream: Stream, index: int, block: _Block | None) -> None:
    if block is None:
        raise Malformed("missing-field", "content_block_start without a content_block")
    if block.type == "tool_use":
        stream.open_call(index, block.name, block.id, block.input)
    elif block.type == "text":
        stream.add_text(index, block.text)
    elif block.type not in _SILENT:
        raise unsupported("the reply's list of events", "text or tool_use blocks")


def _continue(stream: Stream, index: int, delta: _Delta) -> None:
    if delta.type == "text_delta":
        stream.add_text(index, delta.text)
    elif delta.type == "input_json_delta":
        stream.add_input(index, delta.partial_json)


def _note(closing: _Closing, event: _Event) -> None:
    """Usage is told in two parts: what was read at the start, what was written at the end."""
    if event.message is not None and event.message.usage is not None:
        closing.usage = event.message.usage
    if event.usage is not None:
        closing.usage = closing.usage or _Usage()
        closing.usage.output_tokens = event.usage.output_tokens
    if event.delta is not None and event.delta.stop_reason is not None:
        closing.stop_reason = event.delta.stop_reason
    if event.measured is not None:
        closing.latency_ms = event.measured.invocation_latency


def _usage(told: _Usage | None) -> Usage:
    told = told or _Usage()
    cached = told.cache_read_input_tokens, told.cache_creation_input_tokens
    return tokens(told.input_tokens, told.output_tokens, *cached)


turns = Turns(_turn)
_systems = Turns(_system)
_message = msgspec.json.Decoder(_Message)
_contents: msgspec.json.Decoder[str | list[_Block]] = msgspec.json.Decoder(str | list[_Block])
_requests = msgspec.json.Decoder(_Request)
_responses = msgspec.json.Decoder(_Response)
_event_lists = msgspec.json.Decoder(list[_Event])
_tool_lists = msgspec.json.Decoder(list[_Tool] | None)
