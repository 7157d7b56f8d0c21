"""What a logged call says, whatever its service, and the record that becomes of it.

Exchange(messages=b'[{"content":"Weather in Oslo?","role":"user"}]', tools=b"[]",
         reply=Reply(tool_calls=(…)), finish_reason="tool_use", usage=Usage(…))
"""

import re
from typing import Any, Literal

import msgspec

from tasks.core.records import Reply, Source, Usage
from tasks.logs.json_lines import Malformed, utc
from tasks.logs.sealed import Sealed, identity, written

NO_TOOLS = b"[]"
ToolChoice = Literal["", "none", "required"]


def tool_choice(value: Any) -> ToolChoice:
    """What a request's tool choice demands, in the words of any provider.

    `auto`, `{"auto": {}}` and `{"type": "auto"}` leave it to the model; `any`, `required` and an
    object that names a tool demand a call.
    """
    if isinstance(value, dict):
        mode = value.get("type") or next(iter(value), "auto")
        value = value.get("mode", mode) if mode == "allowed_tools" else mode
    if value in (None, "", "auto"):
        return ""
    return "none" if value == "none" else "required"


class Exchange(msgspec.Struct, frozen=True):
    """What the bodies of a call hold."""

    messages: bytes
    """JSON list of `Message`, as `written` gives it."""
    tools: bytes
    """JSON list of `Tool`."""
    reply: Reply
    finish_reason: str = ""
    tool_choice: ToolChoice = ""
    usage: Usage = Usage()
    latency_ms: int | None = None
    request_id: str = ""
    """The id that the service gave the reply."""
    model: str = ""
    created: float | None = None
    """Seconds since 1970."""


class Told(msgspec.Struct, frozen=True):
    """What stands around the bodies."""

    request_id: str
    timestamp: str | float | None
    model: str
    metadata: dict[str, str]
    session_id: str = ""
    """Empty: each call is its own session."""
    usage: Usage = Usage()
    latency_ms: int | None = None


def invocation(source: Source, told: Told, exchange: Exchange) -> Sealed:
    """The record of a call; what the bodies say comes before what stands around them.

    Raises:
        Malformed: missing-field without an id or a time, bad-timestamp.
    """
    if not told.request_id:
        raise Malformed("missing-field", "an id of the call: expected text")
    if told.timestamp is None:
        raise Malformed("missing-field", "a time of the call: expected a timestamp")
    latency = exchange.latency_ms
    reply = written(_said(exchange))
    return Sealed(
        id=identity(told.request_id, exchange.messages, exchange.tools, reply),
        source=source,
        timestamp=utc(told.timestamp),
        session_id=told.session_id or told.request_id,
        request_id=told.request_id,
        model=told.model,
        messages=msgspec.Raw(exchange.messages),
        tools=msgspec.UNSET if exchange.tools == NO_TOOLS else msgspec.Raw(exchange.tools),
        response=msgspec.Raw(reply),
        finish_reason=exchange.finish_reason,
        tool_choice=exchange.tool_choice,
        usage=_usage(exchange.usage, told.usage),
        latency_ms=told.latency_ms if latency is None else latency,
        metadata=told.metadata,
    )


def _said(exchange: Exchange) -> Reply:
    """The reply without what was only thought.

    Raises:
        Malformed: content-not-captured, empty-turn, or reasoning-only.
    """
    if _EMPTY_TURN in exchange.messages:
        raise Malformed("empty-turn", "messages: a user's turn without any text")
    said = exchange.reply.content.strip()
    if said.casefold() in _NOT_CAPTURED or any(mark in exchange.messages for mark in _MARKS):
        raise Malformed(
            "content-not-captured", "expected what was said; the log has a placeholder in its place"
        )
    if "<" not in said:
        return exchange.reply
    text = _THOUGHT.sub("", said).strip()
    if _UNCLOSED.match(text):
        if not exchange.reply.tool_calls:
            raise Malformed("reasoning-only", "the reply: it ends within the model's reasoning")
        text = ""
    if text == said:
        return exchange.reply
    return msgspec.structs.replace(exchange.reply, content=text)


_NOT_CAPTURED = frozenset(
    (
        *("redacted-by-litellm", "[redacted]", "<redacted>", "redacted", "[content redacted]"),
        *("[content not captured]", "<content not captured>", "content-not-captured", "[hidden]"),
        *("[filtered]", "<filtered>", "[omitted]", "<omitted>", "[removed]", "<removed>"),
    )
)
"""What services write where they were told to keep no content, casefolded."""
_MARKS = tuple(b'"content":"' + text.encode() + b'"' for text in sorted(_NOT_CAPTURED))
_EMPTY_TURN = b'{"role":"user"}'
"""As an empty one is written: fields left at their default are not."""
_THOUGHT = re.compile(r"<(think|thinking|reasoning|thought)>.*?</\1>", re.DOTALL)
_UNCLOSED = re.compile(r"<(?:think|thinking|reasoning|thought)>")


def _usage(said: Usage, beside: Usage) -> Usage:
    read, wrote = said.input_tokens, said.output_tokens
    if read is not None and wrote is not None:
        return said
    return Usage(
        input_tokens=beside.input_tokens if read is None else read,
        output_tokens=beside.output_tokens if wrote is None else wrote,
    )
