r"""Reads LiteLLM's standard logging payload, one call a line, as its object store loggers write it.

    {"id": "chatcmpl-…", "trace_id": "t-9", "call_type": "acompletion", "status": "success",
     "startTime": 1793715629.1, "endTime": 1793715629.95, "model": "gpt-4o",
     "messages": [{"role": "user", "content": "Weather in Oslo?"}],
     "model_parameters": {"tools": [{"type": "function", "function": {…}}]},
     "response": {"id": "chatcmpl-…", "choices": [{"finish_reason": "tool_calls", "message": {…}}]},
     "metadata": {"requester_metadata": {"session_id": "s-12"}, "user_api_key_alias": null},
     "prompt_tokens": 412, "completion_tokens": 31}

The gateway turns every provider's bodies into OpenAI's, so those are what is read. What the caller
sent as metadata (`requester_metadata`) is the record's metadata, with `trace_id` and `end_user`
beside it; `session_id` is found there too. Calls that are no chat (embeddings, images, speech) are
counted as `not-a-chat`.

Source: LiteLLM documentation, "StandardLoggingPayload Specification".
"""

import re
from typing import Any

import msgspec

from tasks.core.records import Source, Usage
from tasks.formats import _bodies
from tasks.formats._exchange import Told, invocation
from tasks.logs.json_lines import NOT_A_CHAT, Malformed, Scalar, decode, texts
from tasks.logs.sealed import Sealed

SAMPLE = (
    b'{"id":"chatcmpl-7c9e6679","trace_id":"trace-4","call_type":"acompletion","stream":false,'
    b'"status":"success","custom_llm_provider":"bedrock","startTime":1793715629.0,'
    b'"endTime":1793715629.85,"completionStartTime":1793715629.4,"response_cost":0.0021,'
    b'"model":"anthropic.claude-3-5-sonnet-20241022-v2:0","total_tokens":443,"prompt_tokens":412,'
    b'"completion_tokens":31,"request_tags":["prod"],"end_user":"","error_str":null,'
    b'"metadata":{"user_api_key_alias":"agent","requester_metadata":{"session_id":"s-12",'
    b'"domain":"weather"}},"messages":[{"role":"system","content":"You tell the weather."},'
    b'{"role":"user","content":"Weather in Oslo for Ada Example, please."},'
    b'{"role":"assistant","content":"One moment.","tool_calls":[{"id":"t1","type":"function",'
    b'"function":{"name":"find_place","arguments":"{\\"name\\":\\"Oslo\\"}"}}]},'
    b'{"role":"tool","tool_call_id":"t1","content":"{\\"id\\": 7}"}],'
    b'"model_parameters":{"temperature":0,"tools":[{"type":"function","function":{"name":'
    b'"get_weather","description":"Weather of a place.","parameters":{"type":"object",'
    b'"properties":{"place_id":{"type":"integer"}},"required":["place_id"]}}}]},'
    b'"response":{"id":"chatcmpl-7c9e6679","object":"chat.completion","created":1793715629,'
    b'"model":"anthropic.claude-3-5-sonnet-20241022-v2:0","choices":[{"index":0,"finish_reason":'
    b'"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[{"id":"t2","type":'
    b'"function","function":{"name":"get_weather","arguments":"{\\"place_id\\": 7}"}}]}}],'
    b'"usage":{"prompt_tokens":412,"completion_tokens":31,"total_tokens":443}}}'
)
_CHATS = (
    *("", "completion", "acompletion", "text_completion", "atext_completion"),
    *("anthropic_messages", "aanthropic_messages", "generate_content", "agenerate_content"),
)
_NONE = re.compile(
    r"a?(?:embedding|image_\w+|moderation|transcription|speech|rerank|search|\w*files?\w*|"
    r"\w*batch\w*|\w*fine_tuning\w*|health_check|list_\w+|vector_store_\w+|ocr|video_\w+)"
)
"""Call types that are no conversations; what is neither is a reject of its own."""


class _Parameters(msgspec.Struct):
    tools: msgspec.Raw = msgspec.Raw(b"[]")


class _Metadata(msgspec.Struct):
    requester_metadata: dict[str, msgspec.Raw] | None = None


class _Record(msgspec.Struct, rename={"start": "startTime", "end": "endTime"}):
    messages: msgspec.Raw
    response: msgspec.Raw
    id: str = ""
    request_id: str | None = None
    start: float | str | None = None
    end: float | str | None = None
    call_type: str | None = ""
    status: str | None = "success"
    model: str = ""
    trace_id: str | None = None
    end_user: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    model_parameters: _Parameters | None = None
    metadata: _Metadata | None = None


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    missing = [
        key for key in ("call_type", "startTime", "messages", "response") if key not in record
    ]
    return f"expected {', '.join(missing)}" if missing else ""


def parse(line: bytes, source: Source, session_key: str) -> list[Sealed]:
    """The one call that a line tells of.

    Raises:
        Malformed: not-a-chat, error-response, several-choices, or what is wrong with the record's
            shape.
    """
    record = decode(line, _records)
    if (kind := record.call_type or "") not in _CHATS:
        if _NONE.fullmatch(kind):
            raise Malformed(NOT_A_CHAT, "$.call_type: expected completion or acompletion")
        raise Malformed(
            "unknown-call-type", f"$.call_type: expected one of {', '.join(filter(None, _CHATS))}"
        )
    if record.status == "failure":
        raise Malformed("error-response", "$.status failure: the call brought no reply")
    tools = record.model_parameters.tools if record.model_parameters else msgspec.Raw(b"[]")
    messages = bytes(record.messages)
    gone = (b"{}", b"[]", b"null", b'"redacted-by-litellm"', b'{"text":"redacted-by-litellm"}')
    if messages in gone or bytes(record.response).replace(b" ", b"") in gone:
        raise Malformed(
            "content-not-captured",
            "messages or response are empty: turn `store_prompts_in_spend_logs` on, or log through "
            "a callback",
        )
    if messages[:1] == b'"':
        messages = b'[{"role":"user","content":' + messages + b"}]"
    response = record.response
    if bytes(response)[:1] == b'"':
        said = b'{"choices":[{"message":{"content":' + bytes(response) + b"}}]}"
        response = msgspec.Raw(said)
    if b'"content"' in bytes(response)[:4096] and b'"choices"' not in bytes(response):
        tools = _as_anthropic(tools)
    request = b'{"messages":' + messages + b',"tools":' + bytes(tools) + b"}"
    exchange = _bodies.read(msgspec.Raw(request), response)
    metadata = _metadata(record)
    told = Told(
        request_id=exchange.request_id or record.id or record.request_id or "",
        timestamp=record.start,
        model=record.model or exchange.model,
        metadata=metadata,
        session_id=metadata.get(session_key, ""),
        usage=Usage(input_tokens=record.prompt_tokens, output_tokens=record.completion_tokens),
        latency_ms=_latency(record),
    )
    return [invocation(source, told, exchange)]


def _as_anthropic(tools: msgspec.Raw) -> msgspec.Raw:
    """Tools in the form of the bodies beside them: the log has OpenAI's, whatever was called."""
    declared = decode(tools, _tool_lists) or []
    named = [
        {
            "name": one.get("name", ""),
            "description": one.get("description") or "",
            "input_schema": one.get("parameters") or one.get("input_schema") or {},
        }
        for one in (tool.get("function", tool) for tool in declared)
    ]
    return msgspec.Raw(msgspec.json.encode(named))


def _metadata(record: _Record) -> dict[str, str]:
    given = (record.metadata.requester_metadata if record.metadata else None) or {}
    beside = {"trace_id": record.trace_id or None, "end_user": record.end_user or None}
    flat = {name: decode(raw, _scalars) for name, raw in given.items() if _is_flat(raw)}
    return texts({**beside, **flat})


def _is_flat(raw: msgspec.Raw) -> bool:
    return bytes(raw)[:1] not in (b"{", b"[")


def _latency(record: _Record) -> int | None:
    if isinstance(record.start, float) and isinstance(record.end, float):
        passed = (record.end - record.start) * 1000
        return round(passed) if 0 <= passed < 1e12 else None
    return None


_records = msgspec.json.Decoder(_Record)
_tool_lists = msgspec.json.Decoder(list[dict[str, Any]] | None)
_scalars: msgspec.json.Decoder[Scalar] = msgspec.json.Decoder(Scalar)
