"""Reads the bodies of Bedrock's Converse and ConverseStream.

A block has exactly one key, and the key is its kind:

    {"text": "For tomorrow?"}
    {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": {"city": "Oslo"}}}
    {"toolResult": {"toolUseId": "t1", "content": [{"json": {"celsius": 4}}], "status": "success"}}

Kinds as in the Bedrock API reference, "ContentBlock" and "ConverseStreamOutput". Cache points and
reasoning are no part of what was said and are left out; images, documents and videos cannot be
left out, so a record that has one is rejected.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal

import msgspec

from tasks.core.records import Message, Tool, Usage
from tasks.formats._exchange import NO_TOOLS, Exchange, tool_choice
from tasks.formats._streams import Stream
from tasks.formats._turns import Piece, Turns, as_reply, call, tokens, turn, unsupported
from tasks.logs.json_lines import Malformed, decode, shallow
from tasks.logs.sealed import written

_SILENT = (b"null", b"[]", b'""')


class _Shape(msgspec.Struct, rename="camel"):
    pass


class _Text(_Shape):
    text: str = ""


class _Texts(_Shape):
    content: list[_Text] = []


class _Guarded(_Shape):
    text: _Text | None = None


class _ToolUse(_Shape):
    name: str = ""
    tool_use_id: str = ""
    input: Any = None


class _ResultBlock(_Shape):
    text: str | None = None
    json: Any = msgspec.UNSET


class _ToolResult(_Shape):
    tool_use_id: str = ""
    content: str | list[_ResultBlock] = ""
    status: str | None = None


class _Block(_Shape):
    text: str | None = None
    tool_use: _ToolUse | None = None
    tool_result: _ToolResult | None = None
    guard_content: _Guarded | None = None
    citations_content: _Texts | None = None
    cache_point: Any = None
    reasoning_content: Any = None


class _Message(_Shape):
    role: str
    content: str | list[_Block]


class _ToolConfig(_Shape):
    tools: msgspec.Raw = msgspec.Raw(b"[]")
    tool_choice: Any = None


class Request(_Shape):
    messages: list[msgspec.Raw]
    system: msgspec.Raw = msgspec.Raw(b"null")
    tool_config: _ToolConfig | None = None


class _Schema(_Shape):
    json: dict[str, Any] = {}


class _ToolSpec(_Shape):
    name: str
    description: str = ""
    input_schema: _Schema | None = None


class _ToolEntry(_Shape):
    tool_spec: _ToolSpec | None = None
    system_tool: _ToolSpec | None = None


class _Usage(_Shape):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None


class _Metrics(_Shape):
    latency_ms: int | None = None


class _Output(_Shape):
    message: _Message


class Response(_Shape):
    output: _Output
    stop_reason: str | None = None
    usage: _Usage | None = None
    metrics: _Metrics | None = None


class _Delta(_Shape):
    text: str | None = None
    tool_use: _ToolUse | None = None


class _BlockEvent(_Shape):
    content_block_index: int = 0
    start: _Delta | None = None
    delta: _Delta | None = None


class _Closing(_Shape):
    stop_reason: str | None = None
    usage: _Usage | None = None
    metrics: _Metrics | None = None


class Event(_Shape):
    content_block_start: _BlockEvent | None = None
    content_block_delta: _BlockEvent | None = None
    message_stop: _Closing | None = None
    metadata: _Closing | None = None


def read(request: msgspec.Raw, response: msgspec.Raw) -> Exchange:
    """The exchange that the two bodies of a call hold; the reply whole or as a list of events.

    Raises:
        Malformed: they are not of this shape.
    """
    asked = decode(request, _requests)
    if bytes(response)[:1] == b"[":
        return exchange(asked, decode(response, _event_lists))
    return exchange(asked, decode(response, _responses))


def exchange(asked: Request, answered: Response | list[Event]) -> Exchange:
    """The exchange of two bodies that are decoded already.

    Raises:
        Malformed: they hold what is no part of a conversation.
    """
    if isinstance(answered, list):
        pieces, closing = _assembled(answered)
    else:
        pieces = _pieces(answered.output.message.content, "output.message")
        closing = _Closing(answered.stop_reason, answered.usage, answered.metrics)
    return Exchange(
        messages=_messages(asked),
        tools=_tools(bytes(asked.tool_config.tools)) if asked.tool_config else NO_TOOLS,
        reply=as_reply(pieces, "output.message"),
        finish_reason=closing.stop_reason or "",
        tool_choice=tool_choice(asked.tool_config.tool_choice) if asked.tool_config else "",
        usage=_usage(closing.usage),
        latency_ms=closing.metrics.latency_ms if closing.metrics else None,
    )


def _messages(asked: Request) -> bytes:
    system = bytes(asked.system)
    if system in _SILENT:
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
        if block.text is not None:
            found.append(block.text)
        elif block.tool_use is not None:
            used = block.tool_use
            found.append(call(used.name, used.input, used.tool_use_id, place))
        elif block.tool_result is not None:
            found.append(_result(block.tool_result, place))
        elif block.guard_content is not None and block.guard_content.text is not None:
            found.append(block.guard_content.text.text)
        elif block.citations_content is not None:
            found.append("".join(part.text for part in block.citations_content.content))
        elif block.cache_point is None and block.reasoning_content is None:
            raise unsupported(place, "text, toolUse or toolResult in each block")
    return found


def _result(result: _ToolResult, place: str) -> Message:
    if isinstance(result.content, str):
        content = result.content
    else:
        content = "\n".join([_result_text(block, place) for block in result.content])
    status: Literal["", "error"] = "error" if result.status == "error" else ""
    return Message(role="tool", content=content, tool_call_id=result.tool_use_id, status=status)


def _result_text(block: _ResultBlock, place: str) -> str:
    if block.text is not None:
        return block.text
    if block.json is msgspec.UNSET:
        raise unsupported(place, "text or json in a tool's result")
    return _as_logged.encode(shallow(block.json, place)).decode()


@lru_cache(maxsize=64)
def _tools(tools: bytes) -> bytes:
    """An agent offers the same tools in each call, so their JSON is read once."""
    found = tuple(
        Tool(
            name=spec.name,
            description=spec.description,
            parameters=shallow(spec.input_schema.json if spec.input_schema else {}, "toolConfig"),
        )
        for entry in decode(tools, _tool_lists) or ()
        if (spec := entry.tool_spec or entry.system_tool) is not None
    )
    return written(found)


def _assembled(events: list[Event]) -> tuple[list[Piece], _Closing]:
    stream, closing = Stream(), _Closing()
    for event in events:
        if event.content_block_start is not None:
            _begin(stream, event.content_block_start)
        elif event.content_block_delta is not None:
            _continue(stream, event.content_block_delta)
        elif event.message_stop is not None:
            stream.ended = True
            closing.stop_reason = event.message_stop.stop_reason
        elif event.metadata is not None:
            closing.usage, closing.metrics = event.metadata.usage, event.metadata.metrics
    return stream.pieces(), closing


def _begin(stream: Stream, event: _BlockEvent) -> None:
    if event.start is not None and event.start.tool_use is not None:
        used = event.start.tool_use
        stream.open_call(event.content_block_index, used.name, used.tool_use_id, None)


def _continue(stream: Stream, event: _BlockEvent) -> None:
    delta = event.delta or _Delta()
    if delta.text is not None:
        stream.add_text(event.content_block_index, delta.text)
    elif delta.tool_use is not None:
        if not isinstance(delta.tool_use.input, str):
            raise Malformed("wrong-type", "delta.toolUse.input: expected text")
        stream.add_input(event.content_block_index, delta.tool_use.input)


def _usage(told: _Usage | None) -> Usage:
    told = told or _Usage()
    cached = told.cache_read_input_tokens, told.cache_write_input_tokens
    return tokens(told.input_tokens, told.output_tokens, *cached)


_as_logged = msgspec.json.Encoder()
turns = Turns(_turn)
_systems = Turns(_system)
_message = msgspec.json.Decoder(_Message)
_contents: msgspec.json.Decoder[str | list[_Block]] = msgspec.json.Decoder(str | list[_Block])
_requests = msgspec.json.Decoder(Request)
_responses = msgspec.json.Decoder(Response)
_event_lists = msgspec.json.Decoder(list[Event])
_tool_lists = msgspec.json.Decoder(list[_ToolEntry] | None)
