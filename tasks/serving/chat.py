"""OpenAI's chat completions on the wire: what a request asks, and how a reply is written.

    {"model": "agent", "messages": [{"role": "user", "content": "Weather in Oslo?"}],
     "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": {…}}}],
     "temperature": 0, "max_tokens": 64, "stream": false}

    {"object": "chat.completion", "choices": [{"index": 0, "finish_reason": "tool_calls",
      "message": {"role": "assistant", "content": null, "tool_calls": [{"id": "call_0_0", …}]}}],
     "usage": {"prompt_tokens": 61, "completion_tokens": 19, "total_tokens": 80}}

Source: platform.openai.com/docs/api-reference/chat. Fields that change nothing here (`user`,
`metadata`, `tool_choice` auto, …) are read over; those that would change the answer and cannot be
followed are refused.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from tasks import dialects
from tasks.core.records import Message, Reply, Tool, ToolCall

Finish = Literal["stop", "length", "tool_calls"]


class Refused(Exception):
    """A request that cannot be answered as asked; the client's to mend (HTTP 400)."""


class _Function(msgspec.Struct):
    name: str
    arguments: str | dict[str, Any] = ""


class _Call(msgspec.Struct):
    function: _Function
    id: str = ""


class _Part(msgspec.Struct):
    type: str
    text: str = ""


class _Message(msgspec.Struct):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_Part] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None


class _ToolFunction(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Tool(msgspec.Struct):
    function: _ToolFunction
    type: Literal["function"] = "function"


class _PieceFunction(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _Piece(msgspec.Struct):
    function: _PieceFunction
    index: int = 0
    id: str | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    tool_calls: list[_Piece] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice]
    id: str = ""
    created: int = 0
    model: str = ""
    usage: dict[str, Any] | None = None


class _StreamOptions(msgspec.Struct):
    include_usage: bool = False


class Request(msgspec.Struct):
    """The fields that are followed; all others are read over."""

    messages: list[_Message]
    tools: list[_Tool] | None = None
    temperature: float | None = None
    """As OpenAI's, 1 where it is left out."""
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    seed: int | None = None
    stream: bool = False
    stream_options: _StreamOptions | None = None
    n: int | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None

    @property
    def limit(self) -> int | None:
        """Largest number of tokens to be generated, where the request says."""
        return self.max_completion_tokens or self.max_tokens


def read(body: bytes) -> Request:
    """A request from its JSON.

    Raises:
        Refused: no such JSON, or it asks for what a simple sampler cannot do.
    """
    try:
        request = msgspec.json.decode(body, type=Request)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Refused(f"no chat completion request: {error}") from error
    unsupported = {
        "n": request.n not in (None, 1),
        "top_p": request.top_p not in (None, 1.0),
        "stop": bool(request.stop),
        "tool_choice": request.tool_choice not in (None, "auto", "none"),
        "tools": request.tools == [],
        "response_format": (request.response_format or {}).get("type", "text") != "text",
        "messages": not request.messages,
        "temperature": request.temperature is not None and request.temperature < 0,
        "max_tokens": request.limit is not None and request.limit < 1,
    }
    refused = [name for name, wrong in unsupported.items() if wrong]
    if refused:
        raise Refused(f"this server cannot follow {', '.join(refused)} as given; leave it out")
    return request


def context(request: Request) -> tuple[tuple[Message, ...], tuple[Tool, ...]]:
    """Messages and tools of a request, as records.

    Raises:
        Refused: a message has parts that are no text.
    """
    tools = tuple(
        Tool(
            name=tool.function.name,
            description=tool.function.description or "",
            parameters=tool.function.parameters or {},
        )
        for tool in request.tools or ()
    )
    return tuple(_message(message) for message in request.messages), tools


def reply_of(message: dict[str, Any]) -> Reply:
    """The reply in a response's `choices[0].message`; call ids are left out, they mean nothing."""
    calls = msgspec.convert(message.get("tool_calls") or [], list[_Call])
    for call in calls:
        call.id = ""
    return Reply(
        content=message.get("content") or "", tool_calls=tuple(_tool_call(call) for call in calls)
    )


def message(said: Message) -> dict[str, Any]:
    """A message as a client sends it: as templates have it, but with arguments as JSON text."""
    found = dialects.as_openai(said)
    for sent, call in zip(found.get("tool_calls", ()), said.tool_calls, strict=True):
        sent["function"]["arguments"] = _arguments(call)
    return found


def response(
    reply: Reply,
    *,
    name: str,
    number: int,
    created: int,
    tokens: tuple[int, int],
    truncated: bool,
    thought: str = "",
    dialect: str = dialects.DEFAULT,
) -> dict[str, Any]:
    """A whole `chat.completion`; `tokens` are those of the prompt and of the completion."""
    message, finish = _written(reply, number, dialect, truncated=truncated)
    if thought:
        message["reasoning_content"] = thought
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": created,
        "model": name,
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {
            "prompt_tokens": tokens[0],
            "completion_tokens": tokens[1],
            "total_tokens": sum(tokens),
        },
    }


def chunks(whole: dict[str, Any], *, include_usage: bool) -> Iterator[bytes]:
    """A whole response as server-sent events. The text comes in one piece: it was made in one."""
    choice = whole["choices"][0]
    shell = {key: whole[key] for key in ("id", "created", "model")}
    delta = dict(choice["message"])
    if "tool_calls" in delta:
        delta["tool_calls"] = [
            {"index": index, **call} for index, call in enumerate(delta["tool_calls"])
        ]
    for piece, finish in ((delta, None), ({}, choice["finish_reason"])):
        yield _event({**shell, "choices": [{"index": 0, "delta": piece, "finish_reason": finish}]})
    if include_usage:
        yield _event({**shell, "choices": [], "usage": whole["usage"]})
    yield b"data: [DONE]\n\n"


def joined(events: bytes) -> bytes | None:
    """The whole response that server-sent events add up to; None where they are none or break off.

    Text and arguments of calls are joined piece by piece, as OpenAI's clients do.
    """
    whole: dict[str, Any] = {}
    message: dict[str, Any] = {"role": "assistant", "content": None}
    calls: dict[int, dict[str, Any]] = {}
    finish = None
    for event in events.split(b"\n\n"):
        data = event.removeprefix(b"data:").strip()
        if not data or data == b"[DONE]":
            continue
        try:
            chunk = msgspec.json.decode(data, type=_Chunk)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None
        whole |= {"id": chunk.id, "created": chunk.created, "model": chunk.model}
        if chunk.usage is not None:
            whole["usage"] = chunk.usage
        for choice in chunk.choices:
            finish = choice.finish_reason or finish
            if choice.delta.content:
                message["content"] = (message["content"] or "") + choice.delta.content
            for piece in choice.delta.tool_calls or ():
                call = calls.setdefault(
                    piece.index,
                    {"id": "", "type": "function", "function": {"name": "", "arguments": ""}},
                )
                call["id"] = call["id"] or piece.id or ""
                call["function"]["name"] += piece.function.name or ""
                call["function"]["arguments"] += piece.function.arguments or ""
    if finish is None:
        return None
    if calls:
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    choice_ = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    return msgspec.json.encode({"object": "chat.completion", **whole, "choices": [choice_]})


def counted(body: bytes) -> tuple[int, bool]:
    """Tokens that a chat completion took, and whether a call in it cannot be read.

    A body that is no chat completion cannot be read either.
    """
    try:
        completion = msgspec.json.decode(body)
        reply = reply_of(completion["choices"][0]["message"])
        tokens = int((completion.get("usage") or {}).get("total_tokens") or 0)
    except (msgspec.MsgspecError, Refused, KeyError, IndexError, TypeError, ValueError):
        return 0, True
    return tokens, any(call.raw_arguments or not call.name for call in reply.tool_calls)


def withheld(body: bytes, rule: str) -> bytes:
    """A response in the place of one that a rule blocks: a refusal, ended by `content_filter`."""
    whole = msgspec.json.decode(body)
    message = {"role": "assistant", "content": "I cannot answer that.", "refusal": rule}
    choice = {"index": 0, "message": message, "finish_reason": "content_filter", "logprobs": None}
    return msgspec.json.encode({**whole, "choices": [choice]})


def error(
    message: str, kind: str = "invalid_request_error", code: str | None = None
) -> dict[str, Any]:
    """The body that OpenAI's clients expect of an error."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _written(
    reply: Reply, number: int, dialect: str, *, truncated: bool
) -> tuple[dict[str, Any], Finish]:
    """The message, and why it ended. What the model wrote that is no call goes out as text."""
    calls = [call for call in reply.tool_calls if call.name]
    writer = dialects.load(dialect)
    broken = [writer.as_it_stood(call) for call in reply.tool_calls if not call.name]
    content = "\n".join(part for part in (reply.content, *broken) if part)
    message: dict[str, Any] = {"role": "assistant", "content": content or None}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call_{number}_{index}",
                "type": "function",
                "function": {"name": call.name, "arguments": _arguments(call)},
            }
            for index, call in enumerate(calls)
        ]
    elif not content:
        message["content"] = ""
    return message, "length" if truncated else "tool_calls" if calls else "stop"


def _arguments(call: ToolCall) -> str:
    return call.raw_arguments or msgspec.json.encode(call.arguments).decode()


def _message(message: _Message) -> Message:
    content = message.content or ""
    if isinstance(content, list):
        if any(part.type != "text" for part in content):
            raise Refused("a message has a part that is no text; this model reads text only")
        content = "".join(part.text for part in content)
    return Message(
        role="system" if message.role == "developer" else message.role,
        content=content,
        tool_calls=tuple(_tool_call(call) for call in message.tool_calls or ()),
        tool_call_id=message.tool_call_id or "",
    )


def _tool_call(call: _Call) -> ToolCall:
    name, arguments = call.function.name, call.function.arguments
    if isinstance(arguments, str):
        try:
            parsed = msgspec.json.decode(arguments or "{}")
        except msgspec.DecodeError:
            parsed = None
        if not isinstance(parsed, dict):
            return ToolCall(name=name, id=call.id, raw_arguments=arguments)
        arguments = parsed
    return ToolCall(name=name, id=call.id, arguments=arguments)


def _event(body: dict[str, Any]) -> bytes:
    chunk = {"object": "chat.completion.chunk", **body}
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"
