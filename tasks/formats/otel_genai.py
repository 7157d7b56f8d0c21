r"""Reads OpenTelemetry's spans and log records in OTLP's JSON form, as the file exporter writes it.

    {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "5b8e…", "spanId": "eee1…",
      "name": "chat gpt-4o", "startTimeUnixNano": "1793715629000000000", "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.conversation.id", "value": {"stringValue": "s-12"}},
        {"key": "gen_ai.input.messages", "value": {"stringValue": "[{\"role\": \"user\", …}]"}},
        {"key": "gen_ai.output.messages", "value": {…}},
        {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "31"}}]}]}]}]}

A line is a batch, each of its spans that chats with a model a call. Its messages, instructions and
tools stand in its attributes, as JSON text or structured, or in its event
`gen_ai.client.inference.operation.details`; what was written before 1.37 has them in other events
or attributes (`_otel_earlier.py`). Where the instrumentation does not capture them, the span is the
reject `content-not-captured`. Other spans are `not-a-chat`. Attributes outside of `gen_ai.` are
metadata, the conversation's id is there as `session_id`. A bad span is a reject of its own.

    {"resourceLogs": [{"scopeLogs": [{"logRecords": [{…}]}]}]}          see `_otel_logs.py`

Source: OpenTelemetry semantic conventions for generative AI; OTLP 1.x in JSON.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from tasks.core.records import Source
from tasks.formats import _otel_earlier, _otel_logs
from tasks.formats._otel_call import DETAILS, Time, call
from tasks.formats._otlp import Pair, Shape, Value, attributes
from tasks.logs.json_lines import Malformed, decode
from tasks.logs.sealed import Sealed

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
SAMPLES = (SAMPLE, _otel_earlier.EVENTS, _otel_earlier.NUMBERED, _otel_logs.RECORD)


class _Event(Shape):
    name: str = ""
    attributes: list[Pair] = []


class _Status(Shape):
    code: int | str | None = None


class _Span(Shape):
    span_id: str = ""
    start_time_unix_nano: Time = None
    end_time_unix_nano: Time = None
    attributes: list[Pair] = []
    events: list[_Event] = []
    status: _Status | None = None


class _Scope(Shape):
    spans: list[msgspec.Raw] = []


class _Resource(Shape):
    scope_spans: list[_Scope] = []


class _Batch(Shape):
    resource_spans: list[_Resource] | None = None
    resource_logs: list[_otel_logs.Resource] | None = None


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    known = "resourceSpans" in record or "resourceLogs" in record
    return "" if known else 'expected "resourceSpans" or "resourceLogs"'


def parse(line: bytes, source: Source, session_key: str) -> list[Sealed | Malformed]:
    """The calls of a batch, each in its place, or why that span or log record is none.

    Raises:
        Malformed: what is wrong with the batch as a whole.
    """
    batch = decode(line, _batches)
    if batch.resource_logs is not None:
        found = _otel_logs.calls(batch.resource_logs, source, session_key)
        return [*_calls(batch.resource_spans or [], source, session_key), *found]
    if batch.resource_spans is None:
        raise Malformed("missing-field", "expected `resourceSpans` or `resourceLogs`")
    return list(_calls(batch.resource_spans, source, session_key))


def _calls(
    resources: list[_Resource], source: Source, session_key: str
) -> Iterator[Sealed | Malformed]:
    for at, resource in enumerate(resources):
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
        if event.name == DETAILS:
            told |= {pair.key: pair.value for pair in event.attributes}
    if span.status is not None and span.status.code in (2, "STATUS_CODE_ERROR"):
        told.setdefault("error.type", Value())
    times = span.start_time_unix_nano, span.end_time_unix_nano
    events = ((event.name, attributes(event.attributes)) for event in span.events)
    return call(source, session_key, told, times, span.span_id, events=events)


_batches = msgspec.json.Decoder(_Batch)
_spans = msgspec.json.Decoder(_Span)
