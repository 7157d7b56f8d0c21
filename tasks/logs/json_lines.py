"""Decodes one line of JSON strictly: what is wrong with it becomes a reason, never a crash.

What is refused: broken JSON, bad UTF-8, lone surrogates, NaN and infinities, numbers that do not
fit, NUL in a string, nesting that later steps could not follow. Of a key that stands twice in one
object the last value counts (RFC 8259 leaves it open); `unique_keys` refuses it.
"""

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

MAX_DEPTH = 100
"""Levels of nesting in what is kept. Python's own limit is 1,000 frames, shared with the caller."""

T = TypeVar("T")

NOT_A_CHAT = "not-a-chat"
"""Reason of a record that is no model's reply to messages: an embedding, a span of a web server."""

Scalar = str | int | float | bool | None
"""A metadata value as logs have it."""


class Malformed(Exception):
    """A record that has to be a counted reject.

    `reason` is a short kebab-case name, `detail` says where it broke and what was expected there.
    Neither holds content of the record.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


def decode(line: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T:
    """The line as the decoder's type.

    Raises:
        Malformed: bad-utf8, not-json, nul, too-deep, number-out-of-range, missing-field or
            wrong-type.
    """
    try:
        value = decoder.decode(line)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    except UnicodeDecodeError as error:
        raise Malformed("bad-utf8", f"a string that is no UTF-8: {error.reason}") from error
    except msgspec.DecodeError as error:
        raise Malformed("not-json", str(error)) from error
    except RecursionError as error:
        raise Malformed("too-deep", f"expected at most {MAX_DEPTH} levels") from error
    if isinstance(line, bytes):  # a Raw is a piece of a line that was looked through
        _no_nul(line)
    return value


def fitting(line: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T | None:
    """The line as the decoder's type; None where it is anything else, whatever the fault.

    For a first try with the form that most lines have; `decode` says what is wrong with the others.
    """
    if isinstance(line, bytes) and b"\\" in line and b"\\u0000" in line:
        return None  # maybe; to look for one byte first is far quicker
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def shallow(value: Any, place: str) -> Any:
    """The value itself, if it is nested no deeper than `MAX_DEPTH`.

    Raises:
        Malformed: too-deep, naming `place`.
    """
    if not _fits(value, MAX_DEPTH):
        raise Malformed("too-deep", f"{place}: expected at most {MAX_DEPTH} levels")
    return value


def arguments(text: str) -> tuple[dict[str, Any], str]:
    """Arguments of a tool call that were logged as text: the object, or the text if it is none.

    Raises:
        Malformed: nul.
    """
    if not text.strip():
        return {}, ""
    _no_nul(text.encode())
    try:
        found = _object.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return {}, text
    return (found, "") if _fits(found, MAX_DEPTH) else ({}, text)


def utc(timestamp: str | float) -> str:
    """ISO 8601 with a zone, or seconds since 1970, as `2026-11-03T14:20:29Z`.

    Raises:
        Malformed: bad-timestamp.
    """
    try:
        if isinstance(timestamp, str) and _is_plain(timestamp):
            datetime.fromisoformat(timestamp)
            return timestamp
        if isinstance(timestamp, str):
            moment = datetime.fromisoformat(timestamp)
        else:
            moment = datetime.fromtimestamp(timestamp, UTC)
        if moment.tzinfo is None:
            raise Malformed("bad-timestamp", "expected a zone, as in 2026-11-03T14:20:29Z")
        return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError) as error:
        raise Malformed("bad-timestamp", "expected ISO 8601, as 2026-11-03T14:20:29Z") from error


def _is_plain(timestamp: str) -> bool:
    """Whether it can only be a time in the form that is wanted, or none at all."""
    marks = timestamp[4:5], timestamp[10:11], timestamp[13:14], timestamp[16:17], timestamp[19:]
    return marks == ("-", "T", ":", ":", "Z") and timestamp[5] != "W"


def texts(metadata: dict[str, Scalar] | None) -> dict[str, str]:
    """Metadata with every value as text; those that are null are left out."""
    return {
        key: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for key, value in (metadata or {}).items()
        if value is not None
    }


def _fits(value: Any, left: int) -> bool:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return True
    nested = [item for item in value if isinstance(item, _NESTED)]
    return left > 0 and (not nested or all(_fits(item, left - 1) for item in nested))


def _no_nul(text: bytes) -> None:
    if b"\\" in text and b"\\u0000" in text and _ESCAPED_NUL.search(text):
        raise Malformed("nul", "a NUL character in a string")


def _invalid(message: str) -> Malformed:
    if "out of range" in message:
        return Malformed("number-out-of-range", message)
    if "missing required field" in message:
        return Malformed("missing-field", message)
    # Other messages of msgspec (an unknown tag, say) quote the value they found.
    return Malformed("wrong-type", message if message.startswith("Expected ") else "")


_NESTED = (dict, list)
_object = msgspec.json.Decoder(dict[str, Any])
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
