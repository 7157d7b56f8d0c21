r"""Reads calls of OpenAI's Responses API, logged as pairs of request and response.

    {"timestamp": "2026-11-03T14:20:29Z",
     "request": {"model": "gpt-…", "instructions": "You tell the weather.",
                 "input": [{"role": "user", "content": [{"type": "input_text", "text": "Oslo?"}]},
                           {"type": "function_call", "call_id": "t1", "name": "find_place", …},
                           {"type": "function_call_output", "call_id": "t1", "output": "7"}],
                 "tools": [{"type": "function", "name": "get_weather", "parameters": {…}}]},
     "response": {"id": "resp_…", "object": "response", "status": "completed",
                  "output": [{"type": "message", "content": [{"type": "output_text", …}]}]}}

Items keep their order; reasoning is no part of what was said. A response on its own, as stored
responses and batches have it, is read where it holds its `input`. An item that the service ran by
itself (a web search, code) is a reject: what it brought is not in the log.
Source: OpenAI API reference, "Responses".
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from tasks.core.records import Source
from tasks.formats import _openai
from tasks.formats._exchange import Told, invocation
from tasks.formats._turns import unsupported
from tasks.logs.json_lines import Malformed, Scalar, decode, texts
from tasks.logs.sealed import Sealed

SAMPLE = (
    b'{"timestamp":"2026-11-03T14:20:29Z","latency_ms":850,"request":{"model":"gpt-5",'
    b'"instructions":"You tell the weather.","input":[{"role":"user","content":[{"type":'
    b'"input_text","text":"Weather in Oslo for Ada Example."}]},{"type":"function_call","call_id":'
    b'"t1","name":"find_place","arguments":"{\\"name\\":\\"Oslo\\"}"},{"type":'
    b'"function_call_output","call_id":"t1","output":"{\\"id\\": 7}"}],"tools":[{"type":"function",'
    b'"name":"get_weather","description":"Weather of a place.","parameters":{"type":"object",'
    b'"properties":{"place_id":{"type":"integer"}},"required":["place_id"]}}],"metadata":'
    b'{"session_id":"s-12","domain":"weather"}},"response":{"id":"resp_7c9e6679","object":'
    b'"response","created_at":1793715629,"model":"gpt-5","status":"completed","output":[{"type":'
    b'"reasoning","id":"rs_1","summary":[]},{"type":"function_call","call_id":"t2","name":'
    b'"get_weather","arguments":"{\\"place_id\\":7}"}],"usage":{"input_tokens":412,'
    b'"output_tokens":31,"total_tokens":443}}}'
)

_TEXTS = ("input_text", "output_text", "text", "refusal")
_ENDS = {"max_output_tokens": "length", "content_filter": "content_filter"}


class _Request(msgspec.Struct):
    input: Any = None
    instructions: str | None = None
    model: str = ""
    tools: list[dict[str, Any]] | None = None
    metadata: dict[str, Scalar] | None = None
    user: str | None = None


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None


class _Incomplete(msgspec.Struct):
    reason: str = ""


class _Response(msgspec.Struct):
    id: str = ""
    output: list[dict[str, Any]] = []
    created_at: float | None = None
    model: str = ""
    status: str = "completed"
    usage: _Usage | None = None
    error: Any = None
    incomplete_details: _Incomplete | None = None


class _Pair(msgspec.Struct):
    response: _Response
    request: _Request = msgspec.field(default_factory=_Request)
    timestamp: str | float | None = None
    latency_ms: int | None = None


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    request, response = record.get("request"), record.get("response")
    if isinstance(request, dict) and isinstance(response, dict):
        if "input" in request and (response.get("object") == "response" or "output" in response):
            return ""
        return 'expected "input" in "request" and "output" in "response"'
    if record.get("object") == "response" and "output" in record and "input" in record:
        return ""
    return 'expected objects "request" and "response", or a response with its "input"'


def parse(line: bytes, source: Source, session_key: str) -> list[Sealed]:
    """The one call that a line tells of.

    Raises:
        Malformed: error-response, unsupported-content, or what is wrong with the record's shape.
    """
    keys = decode(line, _keyed)
    if "response" not in keys:  # stored alone, with its input in it
        line = b'{"request":' + line + b',"response":' + line + b"}"
    pair = decode(line, _pairs)
    asked, answered = pair.request, pair.response
    if answered.error is not None or answered.status in ("failed", "cancelled"):
        raise Malformed("error-response", "$.response: the call brought no reply")
    messages = list(_messages(asked))
    reply = list(_turns(answered.output, "$.response.output"))
    if len(reply) != 1 or reply[0]["role"] != "assistant":
        raise Malformed("missing-field", "$.response.output: expected what the assistant said")
    choice = {"message": reply[0], "finish_reason": _ended(answered, reply[0])}
    usage = answered.usage or _Usage()
    tokens = {"prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens}
    exchange = _openai.read(
        _json({"model": asked.model, "messages": messages, "tools": list(_tools(asked))}),
        _json({"id": answered.id, "model": answered.model, "choices": [choice], "usage": tokens}),
    )
    metadata = texts({"user_id": asked.user, **(asked.metadata or {})})
    told = Told(
        request_id=answered.id,
        timestamp=pair.timestamp if pair.timestamp is not None else answered.created_at,
        model=exchange.model,
        metadata=metadata,
        session_id=metadata.get(session_key, ""),
        latency_ms=pair.latency_ms,
    )
    return [invocation(source, told, exchange)]


def _messages(asked: _Request) -> Iterator[dict[str, Any]]:
    if asked.instructions:
        yield {"role": "system", "content": asked.instructions}
    if isinstance(asked.input, str):
        yield {"role": "user", "content": asked.input}
    elif isinstance(asked.input, list):
        yield from _turns(asked.input, "$.request.input")
    else:
        raise Malformed("missing-field", "$.request.input: expected text or items")


def _turns(items: Iterable[Any], place: str) -> Iterator[dict[str, Any]]:  # noqa: PLR0912
    """Chat messages of the items; texts and calls of the assistant that follow are one turn."""
    held: dict[str, Any] | None = None
    for number, item in enumerate(items):
        at = f"{place}[{number}]"
        if not isinstance(item, dict):
            raise Malformed("wrong-type", f"{at}: expected an item")
        kind = item.get("type", "message")
        if kind == "reasoning":
            continue
        if kind == "function_call":
            function = {"name": item.get("name", ""), "arguments": item.get("arguments", "")}
            call = {"id": item.get("call_id", ""), "type": "function", "function": function}
            held = held or {"role": "assistant", "content": None}
            held.setdefault("tool_calls", []).append(call)
            continue
        if kind == "message" and item.get("role", "assistant") == "assistant":
            said = _text(item.get("content"), at)
            if held is None or held.get("tool_calls"):
                if held is not None:
                    yield held
                held = {"role": "assistant", "content": said}
            else:
                held["content"] = "\n".join(filter(None, (held["content"], said)))
            continue
        if held is not None:
            yield held
            held = None
        if kind == "function_call_output":
            output = item.get("output")
            content = output if isinstance(output, str) else _text(output, at)
            yield {"role": "tool", "tool_call_id": item.get("call_id", ""), "content": content}
        elif kind == "message":
            yield {"role": item.get("role"), "content": _text(item.get("content"), at)}
        else:
            raise unsupported(at, "messages, function calls and their outputs")
    if held is not None:
        yield held


def _text(content: Any, place: str) -> str:
    if isinstance(content, str) or content is None:
        return content or ""
    if not isinstance(content, list):
        raise Malformed("wrong-type", f"{place}.content: expected text or parts")
    said = []
    for part in content:
        if not isinstance(part, dict) or part.get("type") not in _TEXTS:
            raise unsupported(place, "text parts")
        text = part.get("text") or part.get("refusal") or ""
        if not isinstance(text, str):
            raise Malformed("wrong-type", f"{place}: expected the text of a part")
        said.append(text)
    return "\n".join(said)


def _tools(asked: _Request) -> Iterator[dict[str, Any]]:
    for number, tool in enumerate(asked.tools or ()):
        if tool.get("type", "function") != "function":
            raise unsupported(f"$.request.tools[{number}]", "tools of type function")
        named = {key: tool[key] for key in ("name", "description", "parameters") if key in tool}
        yield {"type": "function", "function": named}


def _ended(answered: _Response, message: dict[str, Any]) -> str:
    if answered.incomplete_details is not None:
        return _ENDS.get(answered.incomplete_details.reason, answered.incomplete_details.reason)
    return "tool_calls" if message.get("tool_calls") else "stop"


def _json(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


_pairs = msgspec.json.Decoder(_Pair)
_keyed = msgspec.json.Decoder(dict[str, msgspec.Raw])
