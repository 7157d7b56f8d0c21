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
    messages: msgspec.Raw
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


class Past:
    """The messages that a session's last call carried: of the next call only the rest is new.

    Calls repeat them byte for byte, so the cost of a call is that of what it adds.
    """

    def __init__(self) -> None:
        self._carried = b""
        self._count = 0

    def rest(self, data: bytes) -> tuple[int, list[bytes]]:
        """How many messages of this list the last call carried, and those behind them.

        Raises:
            msgspec.MsgspecError: no list.
        """
        end = len(self._carried)
        if end and data.startswith(self._carried):
            follows = data[end : end + 1]
            if follows == b"]":
                return self._count, []
            if follows == b",":
                return self._count, _items(b"[" + data[end + 1 :])
        return 0, _items(data)

    def add(self, data: bytes, count: int) -> None:
        """This list, of so many messages, was done with."""
        # Without its bracket: the next list goes on behind a comma.
        self._carried, self._count = data[:-1] if count else b"", count


def _items(data: bytes) -> list[bytes]:
    return [bytes(raw) for raw in _LIST.decode(data)]


_LIST = msgspec.json.Decoder(list[msgspec.Raw])


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
