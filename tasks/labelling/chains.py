"""Hashes a conversation into a chain, so that equal chains are equal transcripts.

    session -> user "Cancel my trip" -> assistant get_trips({}) -> tool "[…]" -> assistant "Done."

Each link hashes what is before it and what the message means: role, text, calls with their
arguments; the provider's call ids are left out. System messages stay out of the chain (they may
hold the time of day, which would tear every session apart) and have a hash of their own.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from xxhash import xxh3_64_intdigest

from tasks.core.records import Message, Reply, ToolCall
from tasks.labelling import credit

NOTHING, RAN, FAILED = 0, 1, 2
_LOOKED_AT = 400
_PARSED = 20_000
"""Characters up to which JSON is parsed; of what is longer the first key tells."""
_FAILURE = re.compile(
    r"(?:tool |function |validation |runtime |internal |http )?error\b"
    r"(?![- ](?:free|rate|handling|codes?|messages?|logs?)\b)"
    r"|fail(?:ed|ure)(?: to\b|:)|(?:access|permission|request) denied"
    r"|(?:unauthori[sz]ed|forbidden)\W*(?:$|:)"
    r"|invalid (?:argument|parameter|input|request|value)s?\b|timed out\b|bad request\b"
    r"|internal server error|connection (?:refused|reset|error)|rate limit exceeded"
    r"|tool (?:call|execution) failed|<(?:error|tool_use_error)>"
    r"|exception:|traceback \(most recent call last\)|\w+(?:error|exception): "
    r"|http/?[\d.]* ?[45]\d\d\b"
    r"|[45]\d\d (?:bad|not|unauthorized|forbidden|internal|client|server|error|conflict)",
    re.IGNORECASE,
)
_ERROR_FIRST = re.compile(r"""\{\s*"error"\s*:\s*(?!null|false|""|0|\[\]|\{\}|"none")""")
_ERRORS = ("error", "errors", "Error", "exception")
_BESIDE_ERROR = frozenset(
    [
        *("code", "detail", "details", "message", "msg", "ok", "path", "request_id", "requestId"),
        *("status", "statusCode", "status_code", "success", "timestamp", "type"),
    ]
)
NO_CALLS = 0
"""What `called` gives for a reply that calls nothing."""


@dataclass(slots=True)
class Walk:
    """A context read so far; `Walk(hashed(session))` is where a session begins."""

    end: int
    """The chain after its last message."""
    system: int = 0
    """Hash of its system messages."""
    turns: list[int] = field(default_factory=list)
    """The chain after each assistant message."""
    results: list[int] = field(default_factory=list)
    """What tools answered to that turn: `NOTHING`, `RAN` or `FAILED`."""
    marks: list[int] = field(default_factory=list)
    """Whether a later turn takes that turn back, as in `credit`."""
    acts: list[tuple[ToolCall, ...]] = field(default_factory=list)
    """What each assistant message calls."""
    answers: list[list[str]] = field(default_factory=list)
    """What tools answered to that turn, text by text."""
    said: list[str] = field(default_factory=list)
    """Texts and calls of all but system messages."""
    shape: list[str] = field(default_factory=list)
    """The first letter of each such message's role, and its exact calls."""
    called: list[tuple[str, ...]] = field(default_factory=list)
    """Names of the tools that each assistant message calls."""
    asks: list[tuple[int, str]] = field(default_factory=list)
    """What the user said, and after how many assistant messages."""

    def marked(self, reply: Reply) -> list[int]:
        """The marks of the turns read so far, as they are with a reply behind them."""
        if not reply.tool_calls:
            return self.marks
        marks = [*self.marks]
        credit.mark(marks, self.acts, self.answers, reply.tool_calls)
        return marks

    def read(self, messages: Iterable[Message]) -> None:
        """Read on."""
        for message in messages:
            role, content = message.role, message.content
            if role == "system":
                self.system = xxh3_64_intdigest(content.encode(), seed=self.system)
                continue
            calls = meaning(message.tool_calls) if message.tool_calls else b""
            self.end = link(self.end, role, content, calls)
            if content:
                self.said.append(content)
            if calls:
                self.said.append(calls.decode())
                self.shape.append(role[0] + self.said[-1])
            else:
                self.shape.append(role[0])
            if role == "assistant":
                if calls:
                    credit.mark(self.marks, self.acts, self.answers, message.tool_calls)
                self.turns.append(self.end)
                self.results.append(NOTHING)
                self.marks.append(0)
                self.acts.append(message.tool_calls)
                self.answers.append([])
                self.called.append(names(message.tool_calls) if calls else ())
            elif role == "tool":
                if self.results:
                    answer = FAILED if has_failed(message) else RAN
                    self.results[-1] = max(self.results[-1], answer)
                    self.answers[-1].append(content)
            else:
                self.asks.append((len(self.turns), content))


def hashed(text: str) -> int:
    """The hash of a session or request id."""
    return xxh3_64_intdigest(text.encode())


def has_failed(message: Message) -> bool:
    """Whether a tool's message says that the call failed, by its status or by its text."""
    return message.status == "error" or is_error(message.content)


def is_error(content: str) -> bool:
    """Whether a tool's answer says, beyond doubt, that the call failed.

    So say `Error: …`, a traceback, an HTTP status from 400 on in front, and JSON that holds an
    `error` which is something, or a `success`, `ok` or `isError` that says no. A `status` of
    "failed" alone may be what was asked for, of a payment for example, and is no error.
    """
    text = content[:_LOOKED_AT].lstrip()
    if _FAILURE.match(text.lstrip("[*_#!:❌⚠️ ")):
        return True
    if not text.startswith(("{", "[{")):
        return False
    if len(content) > _PARSED:
        return _ERROR_FIRST.match(text) is not None
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return _ERROR_FIRST.match(text) is not None
    if isinstance(value, list):
        # Parts of a message, as MCP writes a result.
        texts = [part.get("text") for part in value if isinstance(part, dict)]
        return len(texts) == 1 and isinstance(texts[0], str) and is_error(texts[0])
    return isinstance(value, dict) and _says_no(value)


def _says_no(value: dict[str, Any]) -> bool:
    # A record that was asked for may have a field of that name; a failure holds little else.
    filled = [name for name, held in value.items() if held not in (None, "", [], {})]
    names = [name for name in filled if name not in _BESIDE_ERROR]
    if "jsonrpc" in value:
        names = [name for name in names if name not in ("jsonrpc", "id")]
    error = value[names[0]] if names and names[0] in _ERRORS else None
    is_error_alone = len(names) == 1 or next(iter(value), "") in _ERRORS
    if error and is_error_alone and error not in ("none", "null", "None"):
        return True
    if value.get("isError") is True or value.get("is_error") is True:
        return True
    if value.get("success") is False or value.get("ok") is False:
        return True
    status = value.get("status")
    if isinstance(status, str) and status.lower() == "error":
        return True
    explains = not value.keys().isdisjoint(("message", "detail", "title"))
    codes = (value.get("statusCode"), value.get("status_code"), status if explains else None)
    return any(type(code) is int and 400 <= code < 600 for code in codes)


def link(chain: int, role: str, content: str, calls: bytes) -> int:
    """The chain with one more message, whose calls are given by their `meaning`."""
    content_bytes = f"{role}\0{content}".encode()
    return xxh3_64_intdigest(content_bytes + b"\0" + calls if calls else content_bytes, seed=chain)


def names(calls: tuple[ToolCall, ...]) -> tuple[str, ...]:
    """The tools that are called, in order."""
    return tuple([call.name for call in calls])


def meaning(calls: tuple[ToolCall, ...]) -> bytes:
    """The calls as bytes: equal for equal names and arguments, in whatever order of keys.

    Empty where there is no call.
    """
    if not calls:
        return b""
    return _encoder.encode([(c.name, c.arguments, c.raw_arguments) for c in calls])


def called(reply: Reply, calls: bytes) -> int:
    """Hash of a reply's calls, given by their `meaning`; `NO_CALLS` without any that are whole."""
    if not calls or any(call.raw_arguments for call in reply.tool_calls):
        return NO_CALLS
    return xxh3_64_intdigest(calls)


_encoder = msgspec.json.Encoder(order="sorted")
