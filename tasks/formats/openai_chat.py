"""Reads chat completions logged as pairs of request and response, one pair a line.

    {"timestamp": "2026-11-03T14:20:29+00:00",
     "request": {"model": "gpt-…", "messages": [{"role": "user", "content": "Weather in Oslo?"}],
                 "tools": [{"type": "function", "function": {"name": "get_weather", …}}],
                 "metadata": {"session_id": "s-12"}},
     "response": {"id": "chatcmpl-…", "model": "gpt-…", "created": 1793715629,
                  "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {…}}],
                  "usage": {"prompt_tokens": 412, "completion_tokens": 31}}}

`timestamp` may be missing, then `response.created` counts; `latency_ms` may stand beside it.
Arguments that the model wrote and that are no JSON object are kept as `raw_arguments`.

Limits: a response with several choices is a reject, because nothing says which one was used, and
so is one that was logged as a stream's chunks.

Source: OpenAI API reference, "Chat Completions".
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

import msgspec

from tasks.core.json_lines import Malformed, Scalar, arguments, decode, shallow, texts, utc
from tasks.core.records import Invocation, Message, Reply, Source, Tool, ToolCall, Usage
from tasks.formats import invocation_id
from tasks.formats._turns import unsupported

SAMPLE = (
    b'{"timestamp":"2026-11-03T15:20:29+01:00","latency_ms":850,"request":{"model":"gpt-4o",'
    b'"temperature":0.0,"messages":[{"role":"system","content":"You tell the weather."},'
    b'{"role":"user","content":[{"type":"text","text":"Weather in Oslo for Ada Example."}]},'
    b'{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":'
    b'{"name":"find_place","arguments":"{\\"name\\":\\"Oslo\\"}"}}]},'
    b'{"role":"tool","tool_call_id":"t1","name":"find_place","content":"{\\"id\\": 7}"}],'
    b'"tools":[{"type":"function","function":{"name":"get_weather","description":'
    b'"Weather of a place.","parameters":{"type":"object","properties":{"place_id":'
    b'{"type":"integer"}},"required":["place_id"]}}}],'
    b'"metadata":{"session_id":"s-12","domain":"weather"}},'
    b'"response":{"id":"chatcmpl-7c9e6679","object":"chat.completion","created":1793715629,'
    b'"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant",'
    b'"content":null,"tool_calls":[{"id":"t2","type":"function","function":{"name":"get_weather",'
    b'"arguments":"{\\"place_id\\":7}"}}]},"finish_reason":"tool_calls"}],'
    b'"usage":{"prompt_tokens":412,"completion_tokens":31,"total_tokens":443}}}'
)

_ROLES: dict[str, Literal["system", "user", "assistant", "tool"]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


class _Function(msgspec.Struct):
    name: str
    arguments: str = ""


class _Call(msgspec.Struct):
    function: _Function | None = None
    id: str = ""


class _Content(msgspec.Struct):
    type: str
    text: str = ""
    refusal: str = ""


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Content] | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None
    function_call: Any = None
    audio: Any = None


class _Declared(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Tool(msgspec.Struct):
    function: _Declared | None = None
    custom: _Declared | None = None


class _Request(msgspec.Struct):
    messages: list[_Message]
    model: str = ""
    tools: msgspec.Raw = msgspec.Raw(b"[]")
    metadata: dict[str, Scalar] | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Response(msgspec.Struct):
    id: str = ""
    model: str = ""
    created: int | None = None
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


class _Record(msgspec.Struct):
    request: _Request
    response: _Response
    timestamp: str | None = None
    latency_ms: int | None = None


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    request, response = record.get("request"), record.get("response")
    if not isinstance(request, dict) or not isinstance(response, dict):
        return 'expected objects "request" and "response"'
    return "" if "messages" in request else 'expected "messages" in "request"'


def parse(line: bytes, source: Source, session_key: str) -> list[Invocation]:
    """The one call that a line tells of.

    Raises:
        Malformed: error-response, several-choices, or what is wrong with the record's shape.
    """
    record = decode(line, _records)
    request, response = record.request, record.response
    choice = _only_choice(response)
    messages = tuple(
        _message(m, f"$.request.messages[{n}]") for n, m in enumerate(request.messages)
    )
    tools = _tools(bytes(request.tools))
    reply = _reply(choice.message)
    metadata = texts(request.metadata)
    usage = response.usage or _Usage()
    return [
        Invocation(
            id=invocation_id(response.id, messages, tools, reply),
            source=source,
            timestamp=_timestamp(record),
            session_id=metadata.get(session_key) or response.id,
            request_id=response.id,
            model=response.model or request.model,
            messages=messages,
            tools=tools,
            response=reply,
            finish_reason=choice.finish_reason or "",
            usage=Usage(input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens),
            latency_ms=record.latency_ms,
            metadata=metadata,
        )
    ]


def _only_choice(response: _Response) -> _Choice:
    if response.error is not None:
        raise Malformed("error-response", "$.response.error: the call brought no reply")
    if not response.id:
        raise Malformed("missing-field", "$.response.id: expected text")
    if not response.choices:
        raise Malformed("missing-field", "$.response.choices: expected one choice")
    if len(response.choices) > 1:
        raise Malformed("several-choices", "$.response.choices: expected one choice")
    return response.choices[0]


def _timestamp(record: _Record) -> str:
    given = record.timestamp if record.timestamp is not None else record.response.created
    if given is None:
        raise Malformed("missing-field", "$.timestamp: expected it, or $.response.created")
    return utc(given)


def _message(message: _Message, place: str) -> Message:
    role = _ROLES.get(message.role)
    if role is None:
        raise Malformed("unknown-role", f"{place}: expected one of {', '.join(_ROLES)}")
    calls = tuple(_calls(message, place))
    if calls and role != "assistant":
        raise Malformed("misplaced-block", f"{place}: a tool call in a {role}'s turn")
    return Message(
        role=role,
        content=_text(message, place),
        tool_calls=calls,
        tool_call_id=message.tool_call_id or "",
    )


def _reply(message: _Message) -> Reply:
    place = "$.response.choices[0].message"
    return Reply(content=_text(message, place), tool_calls=tuple(_calls(message, place)))


def _text(message: _Message, place: str) -> str:
    if message.audio is not None:
        raise unsupported(place, "text; audio cannot be read")
    if message.content is None:
        return message.refusal or ""
    if isinstance(message.content, str):
        return message.content
    if not all(part.type in ("text", "refusal") for part in message.content):
        raise unsupported(place, "text parts")
    return "\n".join(part.text or part.refusal for part in message.content)


def _calls(message: _Message, place: str) -> Iterator[ToolCall]:
    if message.function_call is not None:
        raise unsupported(place, "tool_calls; function_call is the form before 2024")
    for call in message.tool_calls or ():
        if call.function is None or not call.function.name:
            raise unsupported(place, "tool calls of type function, with a name")
        whole, raw = arguments(call.function.arguments)
        yield ToolCall(name=call.function.name, arguments=whole, id=call.id, raw_arguments=raw)


@lru_cache(maxsize=64)
def _tools(tools: bytes) -> tuple[Tool, ...]:
    """An agent offers the same tools in each call, so their JSON is read once."""
    return tuple(
        Tool(
            name=declared.name,
            description=declared.description or "",
            parameters=shallow(declared.parameters or {}, "$.request.tools"),
        )
        for tool in decode(tools, _tool_lists) or ()
        if (declared := tool.function or tool.custom) is not None
    )


_records = msgspec.json.Decoder(_Record)
_tool_lists = msgspec.json.Decoder(list[_Tool] | None)
