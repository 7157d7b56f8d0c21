r"""Reads runs of LangSmith, as its API and its bulk export have them.

    {"id": "5b0e…", "trace_id": "9a1c…", "run_type": "llm", "name": "ChatOpenAI",
     "start_time": "2026-11-03T14:20:29.0", "end_time": "2026-11-03T14:20:30.0",
     "extra": {"metadata": {"thread_id": "s-12"}, "invocation_params": {"tools": […]}},
     "inputs": {"messages": [[{"lc": 1, "id": ["langchain", …], "kwargs": {…}}]]},
     "outputs": {"generations": [[{"message": {…}}]]}}

Only runs of type `llm` are calls of a model; chains, tools and retrievers are not. The session is
the thread (`session_id`, `thread_id` or `conversation_id` of the metadata), else the trace.
Source: LangSmith's documentation, "Run data format" and "Threads".
"""

from datetime import datetime
from typing import Any

import msgspec

from tasks.core.records import Source
from tasks.formats import _traced
from tasks.formats._exchange import Told, invocation
from tasks.logs.json_lines import NOT_A_CHAT, Malformed, Scalar, decode, texts
from tasks.logs.sealed import Sealed

SAMPLE = (
    b'{"id":"7c9e6679","trace_id":"9a1c","run_type":"llm","name":"ChatOpenAI","start_time"'
    b':"2026-11-03T14:20:29.000000","end_time":"2026-11-03T14:20:29.850000","error":null,"'
    b'extra":{"metadata":{"session_id":"s-12","domain":"weather","ls_model_name":"gpt-4o"}'
    b',"invocation_params":{"tools":[{"type":"function","function":{"name":"get_weather","'
    b'description":"Weather of a place.","parameters":{"type":"object","properties":{"plac'
    b'e_id":{"type":"integer"}},"required":["place_id"]}}}]}},"inputs":{"messages":[[{"lc"'
    b':1,"type":"constructor","id":["langchain","schema","messages","SystemMessage"],"kwar'
    b'gs":{"content":"You tell the weather.","type":"system"}},{"lc":1,"type":"constructor'
    b'","id":["langchain","schema","messages","HumanMessage"],"kwargs":{"content":"Weather'
    b' in Oslo for Ada Example.","type":"human"}},{"lc":1,"type":"constructor","id":["lang'
    b'chain","schema","messages","AIMessage"],"kwargs":{"content":"","type":"ai","tool_cal'
    b'ls":[{"name":"find_place","args":{"name":"Oslo"},"id":"t1","type":"tool_call"}]}},{"'
    b'lc":1,"type":"constructor","id":["langchain","schema","messages","ToolMessage"],"kwa'
    b'rgs":{"content":"{\\"id\\":7}","type":"tool","tool_call_id":"t1"}}]]},"outputs":{"gene'
    b'rations":[[{"text":"","generation_info":{"finish_reason":"tool_calls"},"message":{"l'
    b'c":1,"type":"constructor","id":["langchain","schema","messages","AIMessage"],"kwargs'
    b'":{"content":"","type":"ai","tool_calls":[{"name":"get_weather","args":{"place_id":7'
    b'},"id":"t2","type":"tool_call"}],"usage_metadata":{"input_tokens":412,"output_tokens'
    b'":31,"total_tokens":443}}}}]]}}'
)

_THREADS = ("session_id", "thread_id", "conversation_id")


class _Parameters(msgspec.Struct):
    tools: msgspec.Raw = msgspec.Raw(b"null")
    model: str | None = None
    model_name: str | None = None


class _Extra(msgspec.Struct):
    metadata: dict[str, msgspec.Raw] = {}
    invocation_params: _Parameters | None = None


class _Run(msgspec.Struct):
    id: str
    run_type: str
    start_time: str | None = None
    end_time: str | None = None
    trace_id: str | None = None
    error: str | None = None
    inputs: msgspec.Raw = msgspec.Raw(b"null")
    outputs: msgspec.Raw = msgspec.Raw(b"null")
    extra: _Extra | None = None


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    missing = [name for name in ("run_type", "inputs", "start_time") if name not in record]
    return f"expected {', '.join(missing)}" if missing else ""


def parse(line: bytes, source: Source, session_key: str) -> list[Sealed]:
    """The one call that a line tells of.

    Raises:
        Malformed: not-a-chat, error-response, or what is wrong with the run's shape.
    """
    run = decode(line, _runs)
    if run.run_type != "llm":
        raise Malformed(NOT_A_CHAT, "$.run_type: expected llm")
    if run.error:
        raise Malformed("error-response", "$.error: the call brought no reply")
    extra = run.extra or _Extra()
    parameters = extra.invocation_params or _Parameters()
    tools = None if bytes(parameters.tools) == b"null" else parameters.tools
    exchange = _traced.read(run.inputs, run.outputs, tools)
    scalars: dict[str, Scalar] = {
        name: decode(raw, _scalars)
        for name, raw in extra.metadata.items()
        if bytes(raw)[:1] not in (b"{", b"[")
    }
    metadata = texts({"trace_id": run.trace_id, **scalars})
    thread = next((metadata[name] for name in _THREADS if name in metadata), "")
    metadata.setdefault("session_id", thread or run.trace_id or run.id)
    told = Told(
        request_id=run.id,
        timestamp=_moment(run.start_time),
        model=exchange.model
        or parameters.model
        or parameters.model_name
        or metadata.get("ls_model_name", "unknown"),
        metadata=metadata,
        session_id=metadata.get(session_key, ""),
        latency_ms=_passed(run.start_time, run.end_time),
    )
    return [invocation(source, told, exchange)]


def _moment(written: str | None) -> str | None:
    """LangSmith writes UTC without a zone, and parts of a second with any number of digits."""
    if written is None:
        return None
    whole, _, rest = written.partition(".")
    return f"{whole}Z" if rest.isdigit() or (not rest and whole[-3:-2] == ":") else written


def _passed(start: str | None, end: str | None) -> int | None:
    if start is None or end is None:
        return None
    try:
        passed = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    except (ValueError, TypeError):
        return None
    return max(0, round(passed.total_seconds() * 1000))


_runs = msgspec.json.Decoder(_Run)
_scalars: msgspec.json.Decoder[Scalar] = msgspec.json.Decoder(Scalar)
