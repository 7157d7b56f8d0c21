r"""Reads the bodies of the Chat Completions API, whole or as the chunks of a stream.

    {"role": "assistant", "content": null, "tool_calls": [{"id": "t1", "type": "function",
     "function": {"name": "get_weather", "arguments": "{\"city\":\"Oslo\"}"}}]}
    {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"tool_calls": [
     {"index": 0, "function": {"arguments": "{\"ci"}}]}, "finish_reason": null}]}

Most other services and gateways speak this form too. Arguments that the model wrote and that are no
JSON object are kept as `raw_arguments`. A response with several choices is a reject, because
nothing says which one was used.

Source: OpenAI API reference, "Chat Completions" and "Streaming".
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Literal

import msgspec

from tasks.core.records import Message, Reply, Tool, ToolCall, Usage
from tasks.formats._exchange import Exchange, tool_choice
from tasks.formats._streams import Stream
from tasks.formats._turns import Turns, as_reply, unsupported
from tasks.logs.json_lines import Malformed, arguments, decode, shallow
from tasks.logs.sealed import written

ROLES: dict[str, Literal["system", "user", "assistant", "tool"]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
LEGACY = "function:"
"""Id of a call in the form before 2024, which has none: a result names its function."""


class Function(msgspec.Struct):
    name: str = ""
    arguments: str | dict[str, Any] | None = ""


class Calling(msgspec.Struct):
    function: Function | None = None
    id: str | None = ""
    index: int = 0


class _Content(msgspec.Struct):
    type: str
    text: str = ""
    refusal: str = ""


class Turn(msgspec.Struct):
    role: str = "assistant"
    content: str | list[_Content] | None = None
    refusal: str | None = None
    tool_calls: list[Calling] | None = None
    tool_call_id: str | None = None
    function_call: Function | None = None
    name: str | None = None
    audio: Any = None


class _Declared(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Tool(msgspec.Struct):
    function: _Declared | None = None
    custom: _Declared | None = None


class _Request(msgspec.Struct):
    messages: list[msgspec.Raw]
    model: str = ""
    tools: msgspec.Raw = msgspec.Raw(b"[]")
    tool_choice: Any = None
    functions: msgspec.Raw = msgspec.Raw(b"[]")


class _Choice(msgspec.Struct):
    message: Turn | None = None
    delta: Turn | None = None
    index: int = 0
    finish_reason: str | None = None
    stop_reason: Any = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Response(msgspec.Struct):
    id: str | None = ""
    model: str | None = ""
    created: float | None = None
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


def read(request: msgspec.Raw, response: msgspec.Raw) -> Exchange:
    """The exchange that the two bodies of a call hold; the reply whole or as a list of chunks.

    Raises:
        Malformed: error-response, several-choices, torn-stream, or they are not of this shape.
    """
    asked = decode(request, _requests)
    if bytes(response)[:1] == b"[":
        answered, reply, reason = _assembled(decode(response, _chunk_lists))
    else:
        answered = decode(response, _responses)
        choice = _only_choice(answered)
        reply, reason = _reply(choice.message or Turn()), _reason(choice)
    usage = answered.usage or _Usage()
    return Exchange(
        messages=turns.written(asked.messages, "$.request.messages"),
        tools=_offered(asked),
        reply=reply,
        finish_reason=reason,
        tool_choice=tool_choice(asked.tool_choice),
        usage=Usage(input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens),
        request_id=answered.id or "",
        model=answered.model or asked.model,
        created=answered.created,
    )


def _offered(asked: _Request) -> bytes:
    """Tools, or functions as they were offered before 2024; never both."""
    if bytes(asked.functions) in (b"[]", b"null"):
        return tools(bytes(asked.tools))
    if bytes(asked.tools) not in (b"[]", b"null"):
        raise Malformed("ambiguous-tools", "$.request: expected tools or functions, not both")
    declared = [{"function": one} for one in decode(asked.functions, _function_lists) or ()]
    return tools(msgspec.json.encode(declared))


@lru_cache(maxsize=64)
def tools(declared: bytes) -> bytes:
    """An agent offers the same tools in each call, so their JSON is read once."""
    found = tuple(
        Tool(
            name=one.name,
            description=one.description or "",
            parameters=shallow(one.parameters or {}, "$.request.tools"),
        )
        for tool in decode(declared, _tool_lists) or ()
        if (one := _declared(tool))
    )
    return written(found)


def _declared(tool: _Tool) -> _Declared:
    one = tool.function or tool.custom
    if one is None:
        raise unsupported("$.request.tools", "tools of type function or custom")
    return one


def calls(made: Iterable[Calling], place: str) -> Iterator[ToolCall]:
    """The calls of a turn, each with a name."""
    for call in made:
        if call.function is None or not call.function.name:
            raise unsupported(place, "tool calls of type function, with a name")
        whole, raw = call.function.arguments or "", ""
        if isinstance(whole, str):
            whole, raw = arguments(whole)
        yield ToolCall(
            name=call.function.name,
            arguments=shallow(whole, place),
            id=call.id or "",
            raw_arguments=raw,
        )


def _message(said: bytes) -> Iterator[Message]:
    turn, place = decode(msgspec.Raw(said), _one_turn), ""  # its line was looked through
    role = ROLES.get(turn.role)
    if role is None:
        raise Malformed("unknown-role", f"expected one of {', '.join(ROLES)}")
    made = tuple(_calls(turn, place))
    if made and role != "assistant":
        raise Malformed("misplaced-block", f"a tool call in a {role}'s turn")
    yield Message(
        role=role,
        content=_text(turn, place),
        tool_calls=made,
        tool_call_id=turn.tool_call_id
        or (LEGACY + (turn.name or "") if turn.role == "function" else ""),
    )


def _reply(turn: Turn) -> Reply:
    place = "$.response.choices[0].message"
    return Reply(content=_text(turn, place), tool_calls=tuple(_calls(turn, place)))


def _calls(turn: Turn, place: str) -> Iterator[ToolCall]:
    if turn.function_call is not None:
        named = turn.function_call
        yield from calls([Calling(function=named, id=LEGACY + named.name)], place)
    yield from calls(turn.tool_calls or (), place)


def _text(turn: Turn, place: str) -> str:
    if turn.audio is not None:
        raise unsupported(place, "text; audio cannot be read")
    if turn.content is None:
        return turn.refusal or ""
    if isinstance(turn.content, str):
        return turn.content
    if not all(part.type in ("text", "refusal") for part in turn.content):
        raise unsupported(place, "text parts")
    return "\n".join(part.text or part.refusal for part in turn.content)


def _only_choice(response: _Response) -> _Choice:
    if response.error is not None:
        raise Malformed("error-response", "$.response.error: the call brought no reply")
    found = response.choices or []
    if len(found) > 1:
        raise Malformed("several-choices", "$.response.choices: expected one choice")
    if not found or found[0].message is None:
        raise Malformed("missing-field", "$.response.choices: expected one choice with a message")
    return found[0]


def _reason(choice: _Choice) -> str:
    """Some services on Bedrock call it `stop_reason`."""
    told = choice.finish_reason or choice.stop_reason
    return told if isinstance(told, str) else ""


def _assembled(chunks: list[_Response]) -> tuple[_Response, Reply, str]:
    """What the chunks say together: the response around the reply, the reply, why it ended."""
    stream, whole, reason = Stream(), _Response(), ""
    for chunk in chunks:
        if chunk.error is not None:
            raise Malformed("torn-stream", "the reply's list of chunks: it ends in an error")
        whole.id, whole.model = whole.id or chunk.id, whole.model or chunk.model
        whole.created = whole.created if whole.created is not None else chunk.created
        whole.usage = chunk.usage or whole.usage
        for choice in chunk.choices or ():
            if choice.index:
                raise Malformed("several-choices", "the reply's list of chunks: expected one")
            _continue(stream, choice.delta or Turn())
            reason = _reason(choice) or reason
    stream.ended = bool(reason)
    return whole, as_reply(stream.pieces(), "stream"), reason


def _continue(stream: Stream, delta: Turn) -> None:
    """The text is block 0, the calls stand behind it."""
    if said := _text(delta, "stream"):
        stream.add_text(0, said)
    for call in delta.tool_calls or ():
        function = call.function or Function()
        if function.name and not stream.has(call.index + 1):
            stream.open_call(call.index + 1, function.name, call.id or "", None)
        if isinstance(function.arguments, dict):
            stream.open_call(call.index + 1, function.name, call.id or "", function.arguments)
        elif function.arguments:
            stream.add_input(call.index + 1, function.arguments)


turns = Turns(_message)
_one_turn = msgspec.json.Decoder(Turn)
_requests = msgspec.json.Decoder(_Request)
_responses = msgspec.json.Decoder(_Response)
_chunk_lists = msgspec.json.Decoder(list[_Response])
_tool_lists = msgspec.json.Decoder(list[_Tool] | None)
_function_lists = msgspec.json.Decoder(list[msgspec.Raw] | None)
