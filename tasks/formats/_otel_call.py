"""What the attributes of a span or of a log record tell of the call, by the semantic conventions.

{"gen_ai.operation.name": "chat", "gen_ai.conversation.id": "s-12",
 "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "…"}]}],
 "gen_ai.output.messages": […], "gen_ai.usage.output_tokens": 31, "domain": "weather"}
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from tasks.core.records import Source, Usage
from tasks.formats import _otel_earlier, _otel_messages, _otel_vendors, _otlp
from tasks.formats._exchange import NO_TOOLS, Exchange, Told, invocation
from tasks.formats._otlp import Array, Attributes, Value, integer, plain, string
from tasks.logs.json_lines import NOT_A_CHAT, Malformed, texts
from tasks.logs.sealed import Sealed

DETAILS = "gen_ai.client.inference.operation.details"
"""The event that tells of a whole call, since 1.37."""
OPERATION = "gen_ai.operation.name"
CHATS = ("chat", "text_completion", "generate_content", "completion")
Time = int | str | None
"""In ns since 1970, as OTLP has it."""
_OWN = ("gen_ai.", _otel_earlier.FUNCTIONS)
_ASSOCIATED = "traceloop.association.properties."
"""OpenLLMetry's prefix of what a user's code says of a call, `session_id` say."""


def call(
    source: Source,
    session_key: str,
    told: Attributes,
    times: tuple[Time, Time],
    span_id: str,
    *,
    events: Iterable[tuple[str, dict[str, Any]]] = (),
) -> Sealed:
    """The call; `times` are its start and its end, `events` those of its earlier form.

    Raises:
        Malformed: not-a-chat, error-response, content-not-captured, or what is wrong with it.
    """
    kind = string(told, OPERATION) or string(told, "llm.request.type")
    values = {name: plain(value) for name, value in told.items()}
    vendor = kind not in CHATS and _otel_vendors.is_chat(values)
    if kind not in CHATS and not vendor:
        raise Malformed(NOT_A_CHAT, "expected gen_ai.operation.name chat")
    if "error.type" in told:
        raise Malformed("error-response", "its status is an error")
    start, end = integer(times[0]), integer(times[1])
    metadata = _metadata(told)
    around = Told(
        request_id=string(told, "gen_ai.response.id") or span_id,
        timestamp=None if start is None else start / 1e9,
        model=string(told, "gen_ai.response.model") or string(told, "gen_ai.request.model"),
        metadata=metadata,
        session_id=metadata.get(session_key, ""),
        latency_ms=None if start is None or end is None else max(0, (end - start) // 1_000_000),
    )
    exchange = _otel_vendors.read(values) if vendor else _exchange(told, events)
    if not around.model:
        around = msgspec.structs.replace(around, model=exchange.model or "unknown")
    return invocation(source, around, exchange)


def _exchange(told: Attributes, events: Iterable[tuple[str, dict[str, Any]]]) -> Exchange:
    given, answered = (_otlp.json(told, f"gen_ai.{way}.messages") for way in ("input", "output"))
    tools = _otel_messages.tools(_otlp.json(told, "gen_ai.tool.definitions") or b"[]")
    if given and answered:
        reply, ended = _otel_messages.reply(answered)
        messages = _otel_messages.messages(_otlp.json(told, "gen_ai.system_instructions"), given)
    else:
        every = {name: plain(value) for name, value in told.items()}
        found = _otel_earlier.read(every, list(events))
        if found is None:
            raise Malformed(
                "content-not-captured",
                "expected gen_ai.input.messages and gen_ai.output.messages, or their earlier "
                "forms; turn the capture of message content on in the instrumentation",
            )
        messages, reply, ended = found
        tools = _otel_earlier.tools(every) if tools == NO_TOOLS else tools
    reasons = told.get("gen_ai.response.finish_reasons", Value()).array_value or Array()
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


def _count(told: Attributes, *names: str) -> int | None:
    """Under its name or under the one that it had before 1.27."""
    found = (integer(told.get(f"gen_ai.usage.{name}", Value()).int_value) for name in names)
    return next((count for count in found if count is not None), None)


def _metadata(told: Attributes) -> dict[str, str]:
    found = {
        name.removeprefix(_ASSOCIATED): plain(value)
        for name, value in told.items()
        if not name.startswith(_OWN) and value.array_value is None and value.kvlist_value is None
    }
    session = string(told, "gen_ai.conversation.id") or string(told, "session.id") or None
    return texts({"session_id": session} | found)
