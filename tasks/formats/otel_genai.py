r"""Reads OpenTelemetry spans in OTLP's JSON form, a batch a line, as the file exporter writes it.

    {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "5b8e…", "spanId": "eee1…",
      "name": "chat gpt-4o", "startTimeUnixNano": "1793715629000000000", "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.conversation.id", "value": {"stringValue": "s-12"}},
        {"key": "gen_ai.input.messages", "value": {"stringValue": "[{\"role\": \"user\", …}]"}},
        {"key": "gen_ai.output.messages", "value": {…}},
        {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "31"}}]}]}]}]}

Each span that chats with a model is a call. Its messages, instructions and tools stand in its
attributes, as JSON text or structured, or in its event `gen_ai.client.inference.operation.details`;
what was written before 1.37 has them in other events or attributes (`_otel_earlier.py`). Where the
instrumentation does not capture them, the span is the reject `content-not-captured`. Other spans
are `not-a-chat`. Attributes outside of `gen_ai.` are metadata, the conversation's id is there as
`session_id`. A bad span is a reject of its own.

Source: OpenTelemetry semantic conventions for generative AI; OTLP 1.x in JSON.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from tasks.core.logs.json_lines import NOT_A_CHAT, Malformed, decode, shallow, texts
from tasks.core.logs.sealed import Sealed
from tasks.core.records import Source, Usage
from tasks.formats import _otel_earlier, _otel_messages
from tasks.formats._exchange import NO_TOOLS, Exchange, Told, invocation

SAMPLE = (
    b'{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":'
    b'"agent"}}]},"scopeSpans":[{"scope":{"name":"instrumentation.openai"},"spans":[{"traceId":'
    b'"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","parentSpanId":"",'
    b'"name":"chat gpt-4o","kind":3,"startTimeUnixNano":"1793715629000000000",'
    b'"endTimeUnixNano":"1793715629850000000","status":{},"attributes":['
    b'{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},'
    b'{"key":"gen_ai.provider.name","value":{"stringValue":"openai"}},'
    b'{"key":"gen_ai.conversation.id","value":{"stringValue":"s-12"}},'
    b'{"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}},'
    b'{"key":"gen_ai.response.id","value":{"stringValue":"chatcmpl-7c9e6679"}},'
    b'{"key":"gen_ai.response.finish_reasons","value":{"arrayValue":{"values":['
    b'{"stringValue":"tool_calls"}]}}},'
    b'{"key":"gen_ai.usage.input_tokens","value":{"intValue":"412"}},'
    b'{"key":"gen_ai.usage.output_tokens","value":{"intValue":"31"}},'
    b'{"key":"domain","value":{"stringValue":"weather"}},'
    b'{"key":"gen_ai.system_instructions","value":{"stringValue":'
    b'"[{\\"type\\":\\"text\\",\\"content\\":\\"You tell the weather.\\"}]"}},'
    b'{"key":"gen_ai.input.messages","value":{"stringValue":"[{\\"role\\":\\"user\\",\\"parts\\":'
    b'[{\\"type\\":\\"text\\",\\"content\\":\\"Weather in Oslo for Ada Example, please.\\"}]},'
    b'{\\"role\\":\\"assistant\\",\\"parts\\":[{\\"type\\":\\"text\\",\\"content\\":'
    b'\\"One moment.\\"},{\\"type\\":\\"tool_call\\",\\"id\\":\\"t1\\",\\"name\\":'
    b'\\"find_place\\",\\"arguments\\":{\\"name\\":\\"Oslo\\"}}]},{\\"role\\":\\"tool\\",'
    b'\\"parts\\":[{\\"type\\":\\"tool_call_response\\",\\"id\\":\\"t1\\",\\"response\\":'
    b'\\"{\\\\\\"id\\\\\\": 7}\\"}]}]"}},'
    b'{"key":"gen_ai.output.messages","value":{"stringValue":"[{\\"role\\":\\"assistant\\",'
    b'\\"parts\\":[{\\"type\\":\\"tool_call\\",\\"id\\":\\"t2\\",\\"name\\":\\"get_weather\\",'
    b'\\"arguments\\":{\\"place_id\\":7}}],\\"finish_reason\\":\\"tool_call\\"}]"}},'
    b'{"key":"gen_ai.tool.definitions","value":{"stringValue":"[{\\"type\\":\\"function\\",'
    b'\\"name\\":\\"get_weather\\",\\"description\\":\\"Weather of a place.\\",\\"parameters\\":'
    b'{\\"type\\":\\"object\\",\\"properties\\":{\\"place_id\\":{\\"type\\":\\"integer\\"}},'
    b'\\"required\\":[\\"place_id\\"]}}]"}}]}]}]}]}'
)
SAMPLES = (SAMPLE, _otel_earlier.EVENTS, _otel_earlier.NUMBERED)
_CHATS = ("chat", "text_completion", "generate_content", "completion")
_EVENT = "gen_ai.client.inference.operation.details"
_OWN = ("gen_ai.", _otel_earlier.FUNCTIONS)
_ASSOCIATED = "traceloop.association.properties."
"""OpenLLMetry's prefix of what a user's code says of a call, `session_id` say."""


class _Shape(msgspec.Struct, rename="camel"):
    pass


class _Value(_Shape):
    string_value: str | None = None
    int_value: int | str | None = None
    double_value: float | None = None
    bool_value: bool | None = None
    array_value: "_Array | None" = None
    kvlist_value: "_Pairs | None" = None


class _Array(_Shape):
    values: list[_Value] = []


class _Pair(_Shape):
    key: str
    value: _Value = msgspec.field(default_factory=_Value)


class _Pairs(_Shape):
    values: list[_Pair] = []


class _Event(_Shape):
    name: str = ""
    attributes: list[_Pair] = []


class _Status(_Shape):
    code: int | str | None = None


class _Span(_Shape):
    span_id: str = ""
    start_time_unix_nano: int | str | None = None
    end_time_unix_nano: int | str | None = None
    attributes: list[_Pair] = []
    events: list[_Event] = []
    status: _Status | None = None


class _Scope(_Shape):
    spans: list[msgspec.Raw] = []


class _Resource(_Shape):
    scope_spans: list[_Scope] = []


class _Batch(_Shape):
    resource_spans: list[_Resource]


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    return "" if "resourceSpans" in record else 'expected "resourceSpans"'


def parse(line: bytes, source: Source, session_key: str) -> list[Sealed | Malformed]:
    """The calls of a batch, each in its place, or why that span is none.

    Raises:
        Malformed: what is wrong with the batch as a whole.
    """
    return list(_calls(decode(line, _batches), source, session_key))


def _calls(batch: _Batch, source: Source, session_key: str) -> Iterator[Sealed | Malformed]:
    for at, resource in enumerate(batch.resource_spans):
        for scope_at, scope in enumerate(resource.scope_spans):
            for number, raw in enumerate(scope.spans):
                place = f"$.resourceSpans[{at}].scopeSpans[{scope_at}].spans[{number}]"
                try:
                    yield _call(decode(raw, _spans), source, session_key)
                except Malformed as error:
                    yield Malformed(error.reason, f"{place}: {error.detail}")


def _call(span: _Span, source: Source, session_key: str) -> Sealed:
    told = {pair.key: pair.value for pair in span.attributes}
    for event in span.events:
        if event.name == _EVENT:
            told |= {pair.key: pair.value for pair in event.attributes}
    kind = _string(told, "gen_ai.operation.name") or _string(told, "llm.request.type")
    if kind not in _CHATS:
        raise Malformed(NOT_A_CHAT, "expected gen_ai.operation.name chat")
    if (span.status is not None and span.status.code in (2, "STATUS_CODE_ERROR")) or (
        "error.type" in told
    ):
        raise Malformed("error-response", "its status is an error")
    start, end = _integer(span.start_time_unix_nano), _integer(span.end_time_unix_nano)
    metadata = _metadata(told)
    around = Told(
        request_id=_string(told, "gen_ai.response.id") or span.span_id,
        timestamp=None if start is None else start / 1e9,
        model=_string(told, "gen_ai.response.model") or _string(told, "gen_ai.request.model"),
        metadata=metadata,
        session_id=metadata.get(session_key, ""),
        latency_ms=None if start is None or end is None else max(0, (end - start) // 1_000_000),
    )
    return invocation(source, around, _exchange(told, span.events))


def _exchange(told: dict[str, _Value], events: list[_Event]) -> Exchange:
    given, answered = (_json(told, f"gen_ai.{way}.messages") for way in ("input", "output"))
    tools = _otel_messages.tools(_json(told, "gen_ai.tool.definitions") or b"[]")
    if given and answered:
        reply, ended = _otel_messages.reply(answered)
        messages = _otel_messages.messages(_json(told, "gen_ai.system_instructions"), given)
    else:
        plain = {name: _plain(value, 1) for name, value in told.items()}
        found = _otel_earlier.read(plain, [(one.name, _attributes(one)) for one in events])
        if found is None:
            raise Malformed(
                "content-not-captured",
                "expected gen_ai.input.messages and gen_ai.output.messages, or their earlier "
                "forms; turn the capture of message content on in the instrumentation",
            )
        messages, reply, ended = found
        tools = _otel_earlier.tools(plain) if tools == NO_TOOLS else tools
    reasons = told.get("gen_ai.response.finish_reasons", _Value()).array_value or _Array()
    reason = next((value.string_value for value in reasons.values if value.string_value), ended)
    return Exchange(
        messages=messages,
        tools=tools,
        reply=reply,
        finish_reason=reason,
        usage=Usage(
            input_tokens=_count(told, "input_tokens", "prompt_tokens"),
            output_tokens=_count(told, "output_tokens", "completion_tokens"),
        ),
    )


def _count(told: dict[str, _Value], *names: str) -> int | None:
    """Under its name or under the one that it had before 1.27."""
    found = (_integer(told.get(f"gen_ai.usage.{name}", _Value()).int_value) for name in names)
    return next((count for count in found if count is not None), None)


def _attributes(event: _Event) -> dict[str, Any]:
    return {pair.key: _plain(pair.value, 1) for pair in event.attributes}


def _metadata(told: dict[str, _Value]) -> dict[str, str]:
    found = {
        name.removeprefix(_ASSOCIATED): _plain(value, 1)
        for name, value in told.items()
        if not name.startswith(_OWN) and value.array_value is None and value.kvlist_value is None
    }
    session = _string(told, "gen_ai.conversation.id") or _string(told, "session.id") or None
    return texts({"session_id": session} | found)


def _string(told: dict[str, _Value], key: str) -> str:
    return told.get(key, _Value()).string_value or ""


def _integer(value: int | str | None) -> int | None:
    """OTLP writes 64-bit integers as text."""
    if value is None or isinstance(value, int):
        return value
    if not value.isascii() or not value.isdigit() or len(value) > 19:
        raise Malformed("wrong-type", "a count or a time: expected an integer")
    return int(value)


def _json(told: dict[str, _Value], key: str) -> bytes:
    """The JSON of an attribute that holds it as a text or structured; empty where there is none."""
    value = told.get(key)
    if value is None:
        return b""
    if value.string_value is not None:
        return value.string_value.encode()
    return msgspec.json.encode(shallow(_plain(value, 1), key))


def _plain(value: _Value, level: int) -> Any:
    if level > 300:
        raise Malformed("too-deep", "an attribute: expected fewer levels")
    if value.array_value is not None:
        return [_plain(one, level + 1) for one in value.array_value.values]
    if value.kvlist_value is not None:
        return {pair.key: _plain(pair.value, level + 1) for pair in value.kvlist_value.values}
    if value.int_value is not None:
        return _integer(value.int_value)
    for found in (value.string_value, value.bool_value, value.double_value):
        if found is not None:
            return found
    return None


_batches = msgspec.json.Decoder(_Batch)
_spans = msgspec.json.Decoder(_Span)
