r"""Reads MLflow traces, one trace a line as `Trace.to_json()` writes it.

    {"info": {"trace_id": "tr-…", "request_time": "2026-11-03T14:20:29.000Z", "state": "OK",
              "trace_metadata": {"mlflow.trace.session": "s-12"}, "tags": {"domain": "weather"}},
     "data": {"spans": [{"span_id": "Li82H5Dfxr4=", "name": "Completions",
         "start_time_unix_nano": 1793715629000000000, "end_time_unix_nano": 1793715629850000000,
         "status": {"code": "STATUS_CODE_OK"}, "attributes": {
             "mlflow.spanType": "\"CHAT_MODEL\"", "mlflow.llm.model": "\"gpt-4o\"",
             "mlflow.spanInputs": "{\"messages\": […], \"tools\": […]}",
             "mlflow.spanOutputs": "{\"id\": \"chatcmpl-…\", \"choices\": […]}"}}]}}

Each span of type `CHAT_MODEL` or `LLM` is a call, read as the provider's own bodies (Chat
Completions, Anthropic, Converse), a message or a text; other spans are `not-a-chat`. Metadata are
the trace's tags and metadata that are not MLflow's own, with its session and user as `session_id`
and `user_id`. A bad span is a reject of its own.

Assessments of the trace are feedback on its calls (`_assessments.py`).

Source: MLflow documentation, "Trace data model" (schema version 3).
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from tasks.core.records import Feedback, Source, Usage
from tasks.formats import _assessments, _traced
from tasks.formats._exchange import Told, invocation
from tasks.logs.json_lines import NOT_A_CHAT, Malformed, decode
from tasks.logs.sealed import Sealed

SAMPLE = (
    b'{"info":{"trace_id":"tr-36bd8f7cb7163a8c84364ac33eeb37b2","trace_location":{"type":'
    b'"MLFLOW_EXPERIMENT","mlflow_experiment":{"experiment_id":"1"}},"request_time":'
    b'"2026-11-03T14:20:29.000Z","state":"OK","trace_metadata":{"mlflow.trace_schema.version":"3",'
    b'"mlflow.trace.session":"s-12","mlflow.source.type":"LOCAL"},"tags":{"domain":"weather",'
    b'"mlflow.traceName":"agent"},"execution_duration_ms":850},"data":{"spans":['
    b'{"trace_id":"Nr2PfLcWOoyENkrDPus3sg==","span_id":"Li82H5Dfxr4=","parent_span_id":null,'
    b'"name":"Completions","start_time_unix_nano":1793715629000000000,"end_time_unix_nano":'
    b'1793715629850000000,"events":[],"status":{"code":"STATUS_CODE_OK","message":""},'
    b'"attributes":{"mlflow.spanType":"\\"CHAT_MODEL\\"","mlflow.llm.model":"\\"gpt-4o\\"",'
    b'"mlflow.spanInputs":{"model":"gpt-4o","messages":['
    b'{"role":"system","content":"You tell the weather."},'
    b'{"role":"user","content":"Weather in Oslo for Ada Example, please."},'
    b'{"role":"assistant","content":"One moment.","tool_calls":[{"id":"t1","type":"function",'
    b'"function":{"name":"find_place","arguments":"{\\"name\\":\\"Oslo\\"}"}}]},'
    b'{"role":"tool","tool_call_id":"t1","content":"{\\"id\\": 7}"}],'
    b'"tools":[{"type":"function","function":{"name":"get_weather","description":'
    b'"Weather of a place.","parameters":{"type":"object","properties":{"place_id":'
    b'{"type":"integer"}},"required":["place_id"]}}}]},'
    b'"mlflow.spanOutputs":{"id":"chatcmpl-7c9e6679","object":"chat.completion",'
    b'"created":1793715629,"model":"gpt-4o","choices":[{"index":0,"finish_reason":"tool_calls",'
    b'"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t2","type":"function",'
    b'"function":{"name":"get_weather","arguments":"{\\"place_id\\":7}"}}]}}],'
    b'"usage":{"prompt_tokens":412,"completion_tokens":31,"total_tokens":443}},'
    b'"mlflow.chat.tokenUsage":"{\\"input_tokens\\": 412, \\"output_tokens\\": 31}"},'
    b'"links":[]}]}}'
)
LANGCHAIN_RESULT = (
    b'{"info":{"trace_id":"tr-36bd","request_time":"2026-11-03T14:20:29.000Z","state":"OK","trac'
    b'e_metadata":{"mlflow.trace.session":"s-12"},"tags":{"domain":"weather"}},"data":{"spans":['
    b'{"span_id":"7c9e6679cf855abe","name":"ChatOpenAI","start_time_unix_nano":17937156290000000'
    b'00,"end_time_unix_nano":1793715629850000000,"status":{"code":"STATUS_CODE_OK"},"attributes'
    b'":{"mlflow.spanType":"\\"CHAT_MODEL\\"","mlflow.spanInputs":"[[{\\"content\\":\\"You tell '
    b'the weather.\\",\\"additional_kwargs\\":{},\\"response_metadata\\":{},\\"type\\":\\"system'
    b'\\",\\"name\\":null,\\"id\\":null},{\\"content\\":\\"Weather in Oslo for Ada Example, plea'
    b'se.\\",\\"additional_kwargs\\":{},\\"response_metadata\\":{},\\"type\\":\\"human\\",\\"nam'
    b'e\\":null,\\"id\\":null},{\\"content\\":\\"One moment.\\",\\"additional_kwargs\\":{},\\"re'
    b'sponse_metadata\\":{},\\"type\\":\\"ai\\",\\"name\\":null,\\"id\\":null,\\"tool_calls\\":['
    b'{\\"name\\":\\"find_place\\",\\"args\\":{\\"name\\":\\"Oslo\\"},\\"id\\":\\"t1\\",\\"type'
    b'\\":\\"tool_call\\"}]},{\\"content\\":\\"{\\\\\\"id\\\\\\": 7}\\",\\"additional_kwargs\\":'
    b'{},\\"response_metadata\\":{},\\"type\\":\\"tool\\",\\"name\\":null,\\"id\\":null,\\"tool_'
    b'call_id\\":\\"t1\\",\\"status\\":\\"success\\"}]]","mlflow.spanOutputs":"{\\"generations'
    b'\\":[[{\\"text\\":\\"\\",\\"generation_info\\":{\\"finish_reason\\":\\"tool_calls\\"},\\"t'
    b'ype\\":\\"ChatGeneration\\",\\"message\\":{\\"content\\":\\"\\",\\"additional_kwargs\\":{'
    b'\\"tool_calls\\":[{\\"id\\":\\"t2\\",\\"function\\":{\\"arguments\\":\\"{\\\\\\"place_id'
    b'\\\\\\":7}\\",\\"name\\":\\"get_weather\\"},\\"type\\":\\"function\\"}]},\\"response_metad'
    b'ata\\":{\\"finish_reason\\":\\"tool_calls\\"},\\"type\\":\\"ai\\",\\"name\\":null,\\"id\\"'
    b':\\"run-4d1c-0\\"}}]],\\"llm_output\\":{\\"token_usage\\":{\\"completion_tokens\\":31,\\"p'
    b'rompt_tokens\\":412},\\"model_name\\":\\"gpt-4o\\"},\\"run\\":null,\\"type\\":\\"LLMResult'
    b'\\"}","mlflow.chat.tools":"[{\\"type\\":\\"function\\",\\"function\\":{\\"name\\":\\"get_w'
    b'eather\\",\\"description\\":\\"Weather of a place.\\",\\"parameters\\":{\\"type\\":\\"obje'
    b'ct\\",\\"properties\\":{\\"place_id\\":{\\"type\\":\\"integer\\"}},\\"required\\":[\\"plac'
    b'e_id\\"]}}}]"}}]}}'
)
LANGCHAIN = (
    b'{"info":{"trace_id":"tr-36bd","request_time":"2026-11-03T14:20:29.000Z","state":"OK","trac'
    b'e_metadata":{"mlflow.trace.session":"s-12"},"tags":{"domain":"weather"}},"data":{"spans":['
    b'{"span_id":"7c9e6679cf855abe","name":"ChatOpenAI","start_time_unix_nano":17937156290000000'
    b'00,"end_time_unix_nano":1793715629850000000,"status":{"code":"STATUS_CODE_OK"},"attributes'
    b'":{"mlflow.spanType":"\\"CHAT_MODEL\\"","mlflow.spanInputs":{"messages":[{"lc":1,"type":"c'
    b'onstructor","id":["langchain","schema","messages","SystemMessage"],"kwargs":{"content":"Yo'
    b'u tell the weather.","type":"system"}},{"lc":1,"type":"constructor","id":["langchain","sch'
    b'ema","messages","HumanMessage"],"kwargs":{"content":"Weather in Oslo for Ada Example, plea'
    b'se.","type":"human"}},{"lc":1,"type":"constructor","id":["langchain","schema","messages","'
    b'AIMessage"],"kwargs":{"content":"One moment.","type":"ai","tool_calls":[{"name":"find_plac'
    b'e","args":{"name":"Oslo"},"id":"t1","type":"tool_call"}],"invalid_tool_calls":[]}},{"lc":1'
    b',"type":"constructor","id":["langchain","schema","messages","ToolMessage"],"kwargs":{"cont'
    b'ent":"{\\"id\\": 7}","type":"tool","tool_call_id":"t1","status":"success"}}]},"mlflow.span'
    b'Outputs":{"lc":1,"type":"constructor","id":["langchain","schema","messages","AIMessage"],"'
    b'kwargs":{"content":"","response_metadata":{"finish_reason":"tool_calls","model_name":"gpt-'
    b'4o","id":"chatcmpl-7c9e6679"},"type":"ai","id":"run-4d1c-0","tool_calls":[{"name":"get_wea'
    b'ther","args":{"place_id":7},"id":"t2","type":"tool_call"}],"usage_metadata":{"input_tokens'
    b'":412,"output_tokens":31,"total_tokens":443},"invalid_tool_calls":[]}},"mlflow.chat.tools"'
    b':"[{\\"type\\":\\"function\\",\\"function\\":{\\"name\\":\\"get_weather\\",\\"description'
    b'\\":\\"Weather of a place.\\",\\"parameters\\":{\\"type\\":\\"object\\",\\"properties\\":{'
    b'\\"place_id\\":{\\"type\\":\\"integer\\"}},\\"required\\":[\\"place_id\\"]}}}]"}}]}}'
)
SAMPLES = (SAMPLE, LANGCHAIN, LANGCHAIN_RESULT)
_NULL = msgspec.Raw(b"null")
_CALLS = ("CHAT_MODEL", "LLM")
_OWN = {"mlflow.trace.session": "session_id", "mlflow.trace.user": "user_id"}
_DOTTED = {
    "type": "mlflow.spanType",
    "inputs": "mlflow.spanInputs",
    "outputs": "mlflow.spanOutputs",
    "tools": "mlflow.chat.tools",
    "usage": "mlflow.chat.tokenUsage",
    "model": "mlflow.llm.model",
}


class _Attributes(msgspec.Struct, rename=_DOTTED):
    """Each is JSON, most as a text."""

    type: str = ""
    inputs: msgspec.Raw = _NULL
    outputs: msgspec.Raw = _NULL
    tools: msgspec.Raw = _NULL
    usage: str | dict[str, Any] | None = None
    model: str = ""


class _Status(msgspec.Struct):
    code: str = ""


class _Span(msgspec.Struct):
    span_id: str = ""
    start_time_unix_nano: int | None = None
    end_time_unix_nano: int | None = None
    status: _Status | None = None
    attributes: _Attributes = msgspec.field(default_factory=_Attributes)


class _Info(msgspec.Struct):
    trace_id: str = ""
    assessments: list[msgspec.Raw] | None = None
    trace_metadata: dict[str, str] | None = None
    tags: dict[str, str] | None = None


class _Data(msgspec.Struct):
    spans: list[msgspec.Raw]


class _Trace(msgspec.Struct):
    info: _Info
    data: _Data


class _Tokens(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    info, data = record.get("info"), record.get("data")
    if not isinstance(info, dict) or not isinstance(data, dict):
        return 'expected objects "info" and "data"'
    return "" if "trace_id" in info and "spans" in data else 'expected "trace_id" and "spans"'


def parse(line: bytes, source: Source, session_key: str) -> list[Sealed | Feedback | Malformed]:
    """The calls of a trace, each in its place, or why that span is none; then its feedback.

    Raises:
        Malformed: what is wrong with the trace as a whole.
    """
    trace = decode(line, _traces)
    return list(_told(trace, source, session_key))


def _told(
    trace: _Trace, source: Source, session_key: str
) -> Iterator[Sealed | Feedback | Malformed]:
    metadata = _metadata(trace.info)
    calls: dict[str, list[str]] = {}
    for number, raw in enumerate(trace.data.spans):
        try:
            span = decode(raw, _spans)
            made = _call(span, metadata, source, session_key)
        except Malformed as error:
            yield Malformed(error.reason, f"$.data.spans[{number}]: {error.detail}")
        else:
            calls.setdefault(_assessments.hexadecimal(span.span_id), []).append(made.request_id)
            yield made
    for number, raw in enumerate(trace.info.assessments or ()):
        try:
            yield from _assessments.read(raw, calls)
        except Malformed as error:
            yield Malformed(error.reason, f"$.info.assessments[{number}]: {error.detail}")


def _call(span: _Span, metadata: dict[str, str], source: Source, session_key: str) -> Sealed:
    told = span.attributes
    if _text(told.type) not in _CALLS:
        raise Malformed(NOT_A_CHAT, "expected type CHAT_MODEL or LLM")
    if span.status is not None and span.status.code.endswith("ERROR"):
        raise Malformed("error-response", "its status is an error")
    exchange = _traced.read(told.inputs, told.outputs, _tools(told.tools))
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    around = Told(
        request_id=exchange.request_id or span.span_id,
        timestamp=None if start is None else start / 1e9,
        model=exchange.model or _text(told.model),
        metadata=metadata,
        session_id=metadata.get(session_key, ""),
        usage=_usage(told.usage),
        latency_ms=None if start is None or end is None else max(0, (end - start) // 1_000_000),
    )
    return invocation(source, around, exchange)


def _metadata(info: _Info) -> dict[str, str]:
    given = {**(info.trace_metadata or {}), **(info.tags or {})}
    own = {_OWN[name]: value for name, value in given.items() if name in _OWN}
    return own | {name: text for name, text in given.items() if not name.startswith("mlflow.")}


def _text(written: str) -> str:
    """A text that is written as JSON, quotes and all; an older client leaves them out."""
    return written.strip('"')


def _tools(written: msgspec.Raw) -> msgspec.Raw | None:
    if bytes(written)[:1] != b'"':
        return written if bytes(written)[:1] == b"[" else None
    return msgspec.Raw(bytes(decode(decode(written, _texts).encode(), _anything)).strip())


def _usage(written: str | dict[str, Any] | None) -> Usage:
    if written is None:
        return Usage()
    if isinstance(written, dict):
        written = msgspec.json.encode(written).decode()
    found = decode(written.encode(), _tokens)
    return Usage(input_tokens=found.input_tokens, output_tokens=found.output_tokens)


_traces = msgspec.json.Decoder(_Trace)
_spans = msgspec.json.Decoder(_Span)
_tokens = msgspec.json.Decoder(_Tokens)
_texts = msgspec.json.Decoder(str)
_anything = msgspec.json.Decoder(msgspec.Raw)
