r"""Reads Anthropic's Messages API logged as pairs of request and response, and its batch results.

    {"timestamp": "2026-11-03T14:20:29Z",
     "request": {"model": "claude-…", "system": "You tell the weather.", "messages": [
                     {"role": "user", "content": "Weather in Oslo?"}],
                 "tools": [{"name": "get_weather", "input_schema": {…}}]},
     "response": {"id": "msg_01…", "type": "message", "role": "assistant", "model": "claude-…",
                  "content": [{"type": "tool_use", "id": "t2", "name": "get_weather",
                               "input": {"place_id": 7}}],
                  "stop_reason": "tool_use", "usage": {"input_tokens": 412, "output_tokens": 31}},
     "metadata": {"session_id": "s-12"}}

A streamed response is the list of its events. The API's own `request.metadata` (`user_id`) is taken
with `metadata`. `latency_ms` may stand beside it. The reply has no time of its own, so `timestamp`
(ISO 8601 or seconds since 1970) is required.

Source: Anthropic API reference, "Messages" and "Streaming Messages".
"""

from typing import Any

import msgspec

from tasks.core.records import Source
from tasks.formats import _anthropic
from tasks.formats._exchange import Told, invocation
from tasks.logs.json_lines import Malformed, Scalar, decode, texts
from tasks.logs.sealed import Sealed

SAMPLE = (
    b'{"timestamp":"2026-11-03T14:20:29Z","latency_ms":850,"metadata":{"session_id":"s-12"},'
    b'"request":{"model":"claude-sonnet-4-5","max_tokens":512,"system":"You tell the weather.",'
    b'"messages":[{"role":"user","content":"Weather in Oslo for Ada Example, please."},'
    b'{"role":"assistant","content":[{"type":"text","text":"One moment."},{"type":"tool_use",'
    b'"id":"t1","name":"find_place","input":{"name":"Oslo"}}]},{"role":"user","content":['
    b'{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"{\\"id\\": 7}"}]}'
    b']}],"tools":[{"name":"get_weather","description":"Weather of a place.","input_schema":'
    b'{"type":"object","properties":{"place_id":{"type":"integer"}},"required":["place_id"]}}],'
    b'"metadata":{"domain":"weather"}},'
    b'"response":{"id":"msg_7c9e6679","type":"message","role":"assistant",'
    b'"model":"claude-sonnet-4-5","content":[{"type":"tool_use","id":"t2","name":"get_weather",'
    b'"input":{"place_id":7}}],"stop_reason":"tool_use","stop_sequence":null,'
    b'"usage":{"input_tokens":312,"cache_read_input_tokens":100,"output_tokens":31}}}'
)


class _Asked(msgspec.Struct):
    model: str = ""
    metadata: dict[str, Scalar] | None = None


class _Answered(msgspec.Struct):
    id: str = ""
    model: str = ""
    type: str = ""
    message: "_Answered | None" = None


class _Record(msgspec.Struct):
    request: msgspec.Raw
    response: msgspec.Raw
    timestamp: str | float | None = None
    latency_ms: int | None = None
    metadata: dict[str, Scalar] | None = None


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    request, response = record.get("request"), record.get("response")
    if not isinstance(request, dict) or "messages" not in request:
        return 'expected an object "request" with "messages"'
    if isinstance(response, dict) and response.get("type") in ("message", "error"):
        return ""
    events = response if isinstance(response, list) else []
    if any(isinstance(event, dict) and event.get("type") == "message_start" for event in events):
        return ""
    return 'expected "response" with "type": "message", or the list of a stream\'s events'


def parse(line: bytes, source: Source, session_key: str) -> list[Sealed]:
    """The one call that a line tells of.

    Raises:
        Malformed: error-response, torn-stream, or what is wrong with the record's shape.
    """
    record = decode(line, _records)
    answered = _around(record.response)
    asked = decode(record.request, _asked)
    metadata = texts({**(asked.metadata or {}), **(record.metadata or {})})
    exchange = _anthropic.read(record.request, record.response)
    told = Told(
        request_id=answered.id,
        timestamp=record.timestamp,
        model=answered.model or asked.model,
        metadata=metadata,
        session_id=metadata.get(session_key, ""),
        latency_ms=record.latency_ms,
    )
    return [invocation(source, told, exchange)]


def _around(response: msgspec.Raw) -> _Answered:
    """Id and model of the reply; of a stream they stand in its `message_start`."""
    if bytes(response)[:1] != b"[":
        answered = decode(response, _answers)
        if answered.type == "error":
            raise Malformed("error-response", "$.response: the call brought no reply")
        return answered
    started = (event.message for event in decode(response, _event_lists) if event.message)
    return next(started, _Answered())


_records = msgspec.json.Decoder(_Record)
_asked = msgspec.json.Decoder(_Asked)
_answers = msgspec.json.Decoder(_Answered)
_event_lists = msgspec.json.Decoder(list[_Answered])
