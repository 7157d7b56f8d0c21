r"""Reads Langfuse's export of observations, one JSON object a line.

    {"id": "obs-7c9e…", "type": "GENERATION", "trace_id": "…", "session_id": "s-12",
     "start_time": "2026-11-03 14:20:29.000000", "end_time": "2026-11-03 14:20:29.850000",
     "provided_model_name": "gpt-4o", "level": "DEFAULT", "metadata": {"domain": "weather"},
     "input": {"messages": […], "tools": […]},
     "output": {"role": "assistant", "content": null, "tool_calls": […]},
     "usage_details": {"input": 412, "output": 31, "total": 443}}

Read are the files `observations_v2/` and `observations/` of the blob storage export, and what the
public API gives (`startTime`, `sessionId`, …, with times that have a zone). `input` and `output`
may stand there as text. An observation of another type than `GENERATION` is `not-a-chat`, and so is
each row of the file `traces/`. A row of `scores/` is feedback, joined by the ids of this service:

    {"id": "sc-1", "timestamp": "2026-11-03 15:00:00.000000", "project_id": "p1",
     "trace_id": "trace-4", "observation_id": "obs-7c9e…", "session_id": null, "name": "solved",
     "value": 1, "source": "API", "data_type": "BOOLEAN", "string_value": null}

It is about its observation, else about its session, else about its trace: a trace is the session
of those of its calls that have no other (`session_key: trace_id` makes it that of all). Scores that
are no numbers and those of experiments (`dataset_run_id`) are `not-a-chat`.

Source: Langfuse documentation, "Blob Storage Export Field Reference" and "Scores API".
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from tasks.core.records import Feedback, Source, Usage
from tasks.formats import _traced
from tasks.formats._exchange import Told, invocation
from tasks.formats._scores import score
from tasks.logs.json_lines import NOT_A_CHAT, Malformed, Scalar, decode, fitting, texts
from tasks.logs.sealed import Sealed

SAMPLE = (
    b'{"id":"obs-7c9e6679","type":"GENERATION","trace_id":"trace-4","project_id":"p1",'
    b'"environment":"production","parent_observation_id":null,"name":"agent-step",'
    b'"session_id":"s-12","user_id":"","start_time":"2026-11-03 14:20:29.000000",'
    b'"end_time":"2026-11-03 14:20:29.850000","completion_start_time":null,"level":"DEFAULT",'
    b'"status_message":"","provided_model_name":"gpt-4o","model_parameters":{"temperature":0},'
    b'"metadata":{"domain":"weather"},"tags":["prod"],"input":{"messages":['
    b'{"role":"system","content":"You tell the weather."},'
    b'{"role":"user","content":"Weather in Oslo for Ada Example, please."},'
    b'{"role":"assistant","content":"One moment.","tool_calls":[{"id":"t1","type":"function",'
    b'"function":{"name":"find_place","arguments":"{\\"name\\":\\"Oslo\\"}"}}]},'
    b'{"role":"tool","tool_call_id":"t1","content":"{\\"id\\": 7}"}],'
    b'"tools":[{"type":"function","function":{"name":"get_weather","description":'
    b'"Weather of a place.","parameters":{"type":"object","properties":{"place_id":'
    b'{"type":"integer"}},"required":["place_id"]}}}]},'
    b'"output":{"role":"assistant","content":null,"tool_calls":[{"id":"t2","type":"function",'
    b'"function":{"name":"get_weather","arguments":"{\\"place_id\\":7}"}}]},'
    b'"usage_details":{"input":412,"output":31,"total":443},"cost_details":{"total":0.0021},'
    b'"tool_calls":null,"tool_definitions":null}'
)
LANGCHAIN = (
    b'{"id":"obs-7c9e6679","type":"GENERATION","trace_id":"trace-4","project_id":"p1","name":"Ch'
    b'atOpenAI","session_id":"s-12","start_time":"2026-11-03 14:20:29.000000","end_time":"2026-1'
    b'1-03 14:20:29.850000","level":"DEFAULT","provided_model_name":"gpt-4o","metadata":{"domain'
    b'":"weather"},"input":[{"role":"system","content":"You tell the weather."},{"role":"user","'
    b'content":"Weather in Oslo for Ada Example, please."},{"role":"assistant","content":"One mo'
    b'ment.","tool_calls":[{"name":"find_place","args":{"name":"Oslo"},"id":"t1","type":"tool_ca'
    b'll"}]},{"role":"tool","content":"{\\"id\\": 7}","tool_call_id":"t1"},{"role":"tool","conte'
    b'nt":{"type":"function","function":{"name":"get_weather","description":"Weather of a place.'
    b'","parameters":{"type":"object","properties":{"place_id":{"type":"integer"}},"required":["'
    b'place_id"]}}}}],"output":{"role":"assistant","content":"","tool_calls":[{"name":"get_weath'
    b'er","args":{"place_id":7},"id":"t2","type":"tool_call"}],"additional_kwargs":{"refusal":nu'
    b'll}},"usage_details":{"input":412,"output":31,"total":443}}'
)
SAMPLES = (SAMPLE, LANGCHAIN)
TRACE = "trace_id"
_NULL = msgspec.Raw(b"null")


class _Record(msgspec.Struct):
    """Each field under its name in the export and under its name in the API."""

    id: str
    type: str = ""
    input: msgspec.Raw = _NULL
    output: msgspec.Raw = _NULL
    level: str | None = ""
    metadata: msgspec.Raw = _NULL
    trace_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    provided_model_name: str | None = None
    usage_details: dict[str, Any] | None = None
    trace_id_: str | None = msgspec.field(name="traceId", default=None)
    session_id_: str | None = msgspec.field(name="sessionId", default=None)
    user_id_: str | None = msgspec.field(name="userId", default=None)
    start_time_: str | None = msgspec.field(name="startTime", default=None)
    end_time_: str | None = msgspec.field(name="endTime", default=None)
    model: str | None = None
    usage_details_: dict[str, Any] | None = msgspec.field(name="usageDetails", default=None)
    data_type: str | None = None
    data_type_: str | None = msgspec.field(name="dataType", default=None)


class _Score(msgspec.Struct):
    """A row of `scores/`, or what the API gives."""

    name: str
    timestamp: str
    value: float | bool | str | None = None
    source: str = ""
    data_type: str | None = None
    trace_id: str | None = None
    observation_id: str | None = None
    session_id: str | None = None
    dataset_run_id: str | None = None
    data_type_: str | None = msgspec.field(name="dataType", default=None)
    trace_id_: str | None = msgspec.field(name="traceId", default=None)
    observation_id_: str | None = msgspec.field(name="observationId", default=None)
    session_id_: str | None = msgspec.field(name="sessionId", default=None)
    dataset_run_id_: str | None = msgspec.field(name="datasetRunId", default=None)


class _Trace(msgspec.Struct):
    """A trace as the API gives it, with its observations in it."""

    id: str = ""
    session_id: str | None = None
    session_id_: str | None = msgspec.field(name="sessionId", default=None)
    user_id: str | None = None
    user_id_: str | None = msgspec.field(name="userId", default=None)
    observations: list[dict[str, msgspec.Raw]] | None = None
    scores: list[dict[str, msgspec.Raw]] | None = None


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    if "project_id" in record and ("bookmarked" in record or "data_type" in record):
        return ""  # a row of traces/ or scores/
    if isinstance(record.get("observations"), list) and "id" in record:
        return ""  # a trace from the API, with its observations
    if "dataType" in record and "name" in record:
        return ""  # a score from the API
    if "type" not in record or ("trace_id" not in record and "traceId" not in record):
        return 'expected "type" and "trace_id"'
    if "start_time" not in record and "startTime" not in record:
        return 'expected "start_time"'
    return "" if "id" in record else 'expected "id"'


def parse(line: bytes, source: Source, session_key: str) -> list[Sealed | Feedback | Malformed]:
    """The one call that a line tells of, or the feedback that it is; of a nested trace all.

    Raises:
        Malformed: not-a-chat, error-response, or what is wrong with the record's shape.
    """
    if (observations := (fitting(line, _traces) or _Trace()).observations) is not None:
        return list(_nested(decode(line, _traces), observations, source, session_key))
    record = decode(line, _records)
    if record.data_type or record.data_type_:
        return [_score(decode(line, _scores))]
    if record.type != "GENERATION":
        raise Malformed(NOT_A_CHAT, "$.type: expected GENERATION")
    if record.level == "ERROR":
        raise Malformed("error-response", "$.level ERROR: the call brought no reply")
    exchange = _traced.read(record.input, record.output)
    started = _moment(record.start_time or record.start_time_)
    metadata = _metadata(record)
    told = Told(
        request_id=record.id,  # what a score refers to
        timestamp=started,
        model=record.provided_model_name or record.model or exchange.model,
        metadata=metadata,
        session_id=metadata.get(session_key, "") or metadata.get(TRACE, ""),
        usage=_usage(record.usage_details or record.usage_details_ or {}),
        latency_ms=_passed(started, _moment(record.end_time or record.end_time_)),
    )
    finish = exchange.finish_reason or ("tool_calls" if exchange.reply.tool_calls else "")
    exchange = msgspec.structs.replace(exchange, finish_reason=finish)
    return [invocation(source, told, exchange)]


def _nested(
    trace: _Trace, observations: list[dict[str, msgspec.Raw]], source: Source, session_key: str
) -> Iterator[Sealed | Feedback | Malformed]:
    """The calls of a trace that holds its observations, and its scores."""
    around = {
        "sessionId": trace.session_id or trace.session_id_,
        "userId": trace.user_id or trace.user_id_,
        "traceId": trace.id,
    }
    known = {name: msgspec.Raw(msgspec.json.encode(v)) for name, v in around.items() if v}
    for number, row in enumerate([*observations, *(trace.scores or ())]):
        whole = msgspec.json.encode({**known, **row})
        try:
            yield from parse(whole, source, session_key)
        except Malformed as error:
            yield Malformed(error.reason, f"observation {number}: {error.detail}")


def _score(row: _Score) -> Feedback:
    kind = row.data_type or row.data_type_
    if kind not in ("NUMERIC", "BOOLEAN") or row.dataset_run_id or row.dataset_run_id_:
        raise Malformed(NOT_A_CHAT, "a score that is no number, or of an experiment")
    session, trace = row.session_id or row.session_id_, row.trace_id or row.trace_id_
    return score(
        row.name,
        row.value,
        row.source,
        _moment(row.timestamp) or "",
        session=session or trace or "",
        request=row.observation_id or row.observation_id_ or "",
    )


def _moment(told: str | None) -> str | None:
    """The export writes UTC without a zone."""
    if told is None:
        return None
    return told if told.endswith("Z") or "+" in told else f"{told}Z"


def _passed(start: str | None, end: str | None) -> int | None:
    from datetime import datetime

    if start is None or end is None:
        return None
    try:
        passed = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    except (ValueError, TypeError) as error:
        expected = "start and end: expected both as 2026-11-03 14:20:29.000000"
        raise Malformed("bad-timestamp", expected) from error
    return max(0, round(passed.total_seconds() * 1000))


def _metadata(record: _Record) -> dict[str, str]:
    found: dict[str, Scalar] = {
        "session_id": record.session_id or record.session_id_ or None,
        "user_id": record.user_id or record.user_id_ or None,
        TRACE: record.trace_id or record.trace_id_ or None,
    }
    given = record.metadata
    if bytes(given)[:1] == b'"':
        text = decode(given, _texts).encode()
        given = msgspec.Raw(text.strip())
    if bytes(given)[:1] == b"{":
        for name, raw in decode(bytes(given), _keyed).items():
            if bytes(raw)[:1] not in (b"{", b"["):
                found[name] = decode(raw, _scalars)
    return texts(found)


def _usage(told: dict[str, Any]) -> Usage:
    return Usage(input_tokens=_count(told.get("input")), output_tokens=_count(told.get("output")))


def _count(told: Any) -> int | None:
    """Details are whatever a user's code put there; what is no count is none."""
    return told if type(told) is int and 0 <= told < 2**63 else None


_records = msgspec.json.Decoder(_Record)
_scores = msgspec.json.Decoder(_Score)
_traces = msgspec.json.Decoder(_Trace)
_texts = msgspec.json.Decoder(str)
_keyed = msgspec.json.Decoder(dict[str, msgspec.Raw])
_scalars: msgspec.json.Decoder[Scalar] = msgspec.json.Decoder(Scalar)
