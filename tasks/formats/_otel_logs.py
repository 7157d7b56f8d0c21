r"""Reads OpenTelemetry's log records in OTLP's JSON form: a call is one record, earlier several.

    {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "1793715629850000000",
      "eventName": "gen_ai.client.inference.operation.details", "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.input.messages", "value": {"arrayValue": {"values": [{"kvlistValue": …}]}}},
        …], "traceId": "5b8e…", "spanId": "eee1…"}]}]}]}

    before 1.37              {"eventName": "gen_ai.user.message", "spanId": "eee1…", "body":
                               {"kvlistValue": {"values": [{"key": "content", "value": …}]}}, …}

The attributes are those of a span, and a call that its span tells of too has the same id. The name
may stand in the attribute `event.name`, what is told in the body. A log record has one time, which
is the call's, and no latency; `trace_id` is metadata.

Before 1.37 each message and the reply are records of their own, tied by their span. A batch ends
anywhere, and a prompt without its beginning looks like a whole one, so those of a span are a call
only where they stand in one line, from a system message to the reply; else they are together one
reject, `split-call`. Such a call names no tools and mostly no model.

Other log records are `not-a-chat`, as are evaluations. A bad one is a reject of its own.

Sources: OpenTelemetry semantic conventions, "Generative AI events", 1.36 to 1.41; OTLP 1.x in JSON,
opentelemetry/proto/logs/v1.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from tasks.core.records import Source
from tasks.formats._otel_call import CHATS, DETAILS, OPERATION, Time, call
from tasks.formats._otel_earlier import CHOICE, SAID
from tasks.formats._otlp import Attributes, Pair, Shape, Value, attributes, integer, plain, string
from tasks.logs.json_lines import NOT_A_CHAT, Malformed, decode
from tasks.logs.sealed import Sealed

RECORD = (
    b'{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue"'
    b':"agent"}}]},"scopeLogs":[{"scope":{"name":"opentelemetry.util.genai"},"logRecords":[{"t'
    b'imeUnixNano":"1793715629850000000","observedTimeUnixNano":"1793715629850114000","severit'
    b'yNumber":9,"eventName":"gen_ai.client.inference.operation.details","body":{},"attributes'
    b'":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.provide'
    b'r.name","value":{"stringValue":"openai"}},{"key":"gen_ai.conversation.id","value":{"stri'
    b'ngValue":"s-12"}},{"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}},{"key"'
    b':"gen_ai.response.id","value":{"stringValue":"chatcmpl-7c9e6679"}},{"key":"gen_ai.respon'
    b'se.finish_reasons","value":{"arrayValue":{"values":[{"stringValue":"tool_calls"}]}}},{"k'
    b'ey":"gen_ai.usage.input_tokens","value":{"intValue":"412"}},{"key":"gen_ai.usage.output_'
    b'tokens","value":{"intValue":"31"}},{"key":"domain","value":{"stringValue":"weather"}},{"'
    b'key":"gen_ai.system_instructions","value":{"arrayValue":{"values":[{"kvlistValue":{"valu'
    b'es":[{"key":"type","value":{"stringValue":"text"}},{"key":"content","value":{"stringValu'
    b'e":"You tell the weather."}}]}}]}}},{"key":"gen_ai.input.messages","value":{"arrayValue"'
    b':{"values":[{"kvlistValue":{"values":[{"key":"role","value":{"stringValue":"user"}},{"ke'
    b'y":"parts","value":{"arrayValue":{"values":[{"kvlistValue":{"values":[{"key":"type","val'
    b'ue":{"stringValue":"text"}},{"key":"content","value":{"stringValue":"Weather in Oslo for'
    b' Ada Example, please."}}]}}]}}}]}},{"kvlistValue":{"values":[{"key":"role","value":{"str'
    b'ingValue":"assistant"}},{"key":"parts","value":{"arrayValue":{"values":[{"kvlistValue":{'
    b'"values":[{"key":"type","value":{"stringValue":"text"}},{"key":"content","value":{"strin'
    b'gValue":"One moment."}}]}},{"kvlistValue":{"values":[{"key":"type","value":{"stringValue'
    b'":"tool_call"}},{"key":"id","value":{"stringValue":"t1"}},{"key":"name","value":{"string'
    b'Value":"find_place"}},{"key":"arguments","value":{"kvlistValue":{"values":[{"key":"name"'
    b',"value":{"stringValue":"Oslo"}}]}}}]}}]}}}]}},{"kvlistValue":{"values":[{"key":"role","'
    b'value":{"stringValue":"tool"}},{"key":"parts","value":{"arrayValue":{"values":[{"kvlistV'
    b'alue":{"values":[{"key":"type","value":{"stringValue":"tool_call_response"}},{"key":"id"'
    b',"value":{"stringValue":"t1"}},{"key":"response","value":{"stringValue":"{\\"id\\": 7}"}}]'
    b'}}]}}}]}}]}}},{"key":"gen_ai.output.messages","value":{"arrayValue":{"values":[{"kvlistV'
    b'alue":{"values":[{"key":"role","value":{"stringValue":"assistant"}},{"key":"parts","valu'
    b'e":{"arrayValue":{"values":[{"kvlistValue":{"values":[{"key":"type","value":{"stringValu'
    b'e":"tool_call"}},{"key":"id","value":{"stringValue":"t2"}},{"key":"name","value":{"strin'
    b'gValue":"get_weather"}},{"key":"arguments","value":{"kvlistValue":{"values":[{"key":"pla'
    b'ce_id","value":{"intValue":"7"}}]}}}]}}]}}},{"key":"finish_reason","value":{"stringValue'
    b'":"tool_call"}}]}}]}}},{"key":"gen_ai.tool.definitions","value":{"stringValue":"[{\\"type'
    b'\\":\\"function\\",\\"name\\":\\"get_weather\\",\\"description\\":\\"Weather of a place.\\"'
    b',\\"parameters\\":{\\"type\\":\\"object\\",\\"properties\\":{\\"place_id\\":{\\"type\\":\\"'
    b'integer\\"}},\\"required\\":[\\"place_id\\"]}}]"}}],"traceId":"5b8efff798038103d269b633813f'
    b'c60c","spanId":"eee19b7ec3c1b174","flags":1}]}]}]}'
)
_NAME = "event.name"
_FIRST = "gen_ai.system.message"
_BODY = {"content", "message", "tool_calls", "id", "role", "index", "finish_reason"}
"""What an event says where it stands in attributes, which is no metadata."""


class _Record(Shape):
    time_unix_nano: Time = None
    observed_time_unix_nano: Time = None
    event_name: str = ""
    body: Value | None = None
    attributes: list[Pair] = []
    trace_id: str = ""
    span_id: str = ""


class Scope(Shape):
    """The log records of a library."""

    log_records: list[msgspec.Raw] = []


class Resource(Shape):
    """The log records of a service."""

    scope_logs: list[Scope] = []


class _Span(NamedTuple):
    place: str
    """Of the first of them."""
    events: list[tuple[str, _Record]]
    """By their names."""


def calls(
    resources: list[Resource], source: Source, session_key: str
) -> Iterator[Sealed | Malformed]:
    """The calls of a batch, or why a log record is none; those of several records come last."""
    spans: dict[tuple[str, str], _Span] = {}
    for at, resource in enumerate(resources):
        for scope_at, scope in enumerate(resource.scope_logs):
            for number, raw in enumerate(scope.log_records):
                place = f"$.resourceLogs[{at}].scopeLogs[{scope_at}].logRecords[{number}]"
                try:
                    found = _call(decode(raw, _records), spans, place, source, session_key)
                except Malformed as error:
                    yield Malformed(error.reason, f"{place}: {error.detail}")
                else:
                    if found:
                        yield found
    for span in spans.values():
        try:
            yield _joined(span.events, source, session_key)
        except Malformed as error:
            yield Malformed(error.reason, f"{span.place}: {error.detail}")


def _call(
    record: _Record, spans: dict[tuple[str, str], _Span], place: str, source: Source, key: str
) -> Sealed | None:
    """The call; None for a part of one, which is put to the others of its span."""
    told = {pair.key: pair.value for pair in record.attributes}
    name = record.event_name or string(told, _NAME)
    if name == DETAILS:
        if record.body is not None and record.body.kvlist_value is not None:
            told = {pair.key: pair.value for pair in record.body.kvlist_value.values} | told
        return _sealed(record, told, source, key)
    if name != CHOICE and not (name.startswith("gen_ai.") and name.endswith(".message")):
        raise Malformed(NOT_A_CHAT, f"expected eventName {DETAILS}")
    if not _span_id(record):
        raise Malformed("missing-field", "spanId: expected the span that ties a call's messages")
    span = spans.setdefault((record.trace_id, record.span_id), _Span(place, []))
    span.events.append((name, record))
    return None


def _joined(events: list[tuple[str, _Record]], source: Source, key: str) -> Sealed:
    names = [name for name, _ in events]
    if names[0] != _FIRST or CHOICE not in names or {*names[names.index(CHOICE) :]} != {CHOICE}:
        raise Malformed(
            "split-call",
            "expected the messages of its span in one line, from gen_ai.system.message to "
            "gen_ai.choice; OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental makes a call "
            "one log record",
        )
    if not SAID.keys() >= {*names} - {CHOICE}:
        raise Malformed("unknown-role", "expected messages of system, user, assistant or tool")
    every = (pair for _, one in events for pair in one.attributes)
    told = {pair.key: pair.value for pair in every if pair.key not in _BODY}
    told.setdefault(OPERATION, Value(string_value=CHATS[0]))
    said = ((name, _said(one)) for name, one in events)
    return _sealed(events[-1][1], told, source, key, said)


def _sealed(
    record: _Record,
    told: Attributes,
    source: Source,
    session_key: str,
    events: Iterable[tuple[str, dict[str, Any]]] = (),
) -> Sealed:
    told.pop(_NAME, None)
    if record.trace_id:
        told.setdefault("trace_id", Value(string_value=record.trace_id))
    # 0 is OTLP's unknown time.
    time = integer(record.time_unix_nano) or integer(record.observed_time_unix_nano) or None
    return call(source, session_key, told, (time, None), _span_id(record), events=events)


def _span_id(record: _Record) -> str:
    """Empty where it is OTLP's id of no span, too."""
    return record.span_id if record.span_id.strip("0") else ""


def _said(record: _Record) -> dict[str, Any]:
    found = attributes(record.attributes)
    body = None if record.body is None else plain(record.body)
    if isinstance(body, str):
        return found | {"gen_ai.event.content": body}
    return found | body if isinstance(body, dict) else found


_records = msgspec.json.Decoder(_Record)
