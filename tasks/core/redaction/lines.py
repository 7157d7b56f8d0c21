"""Records as they are read: an invocation whose messages are left as the bytes they are.

Each call of a session repeats all turns before it, word for word, so that nine messages in ten
were redacted before; as bytes they are recognised at once.
"""

import msgspec

from tasks.core.records import Record, Source


class Line(Record, frozen=True, kw_only=True):
    """An `Invocation`, field by field; what it holds of messages is not decoded."""

    id: str
    source: Source
    timestamp: str
    session_id: str
    request_id: str
    model: str
    messages: tuple[msgspec.Raw, ...]
    tools: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    response: msgspec.Raw
    finish_reason: str = ""
    usage: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    latency_ms: int | None = None
    metadata: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    persons: tuple[str, ...] = ()

    def session(self) -> str:
        """The session, or for a call without one the call itself."""
        return self.session_id or self.id


class Finding(Record, frozen=True, kw_only=True):
    """One replacement, for the audit: where and what, never the value.

    A turn that later calls of the session repeat is listed once, at the first that carries it.
    """

    record: str
    """Id of the invocation; for feedback the sha256 of its line."""
    path: str
    """Keys and numbers that lead to the text, joined by dots; encodings in braces."""
    type: str
    rule: str
    start: int
    """Characters into the text at `path`, as it was."""
    end: int
    hash: str
    """Keyed hash of the value: the same value has the same one everywhere."""
