"""Records as they are read, the messages left as bytes, and a record's own texts one by one.

Each call of a session repeats all turns before it, word for word, so that nine messages in ten
were redacted before; as bytes they are recognised at once.

What stands in a tool's definition, the name of a tool, of a model and of the source is the
developer's or the provider's: it is the same in every session and has to stay so.
"""

from typing import Any, Literal

import msgspec

from tasks.core.records import Message, Record, Reply, Source, ToolCall
from tasks.redaction.decode import Place, Walker


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
    tool_choice: Literal["", "none", "required"] = ""
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


class Spoken(Record, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """What of a message or a reply is text; other fields are passed on as they are."""

    role: str = ""
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    status: Literal["", "error"] = ""


SPOKEN: msgspec.json.Decoder[Spoken] = msgspec.json.Decoder(Spoken)
MESSAGE: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
REPLY: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
ANY: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def spoken(walker: Walker, said: Spoken) -> None:
    """Every text of a message or reply visited, where nothing is rewritten."""
    walker.text(said.content, ())
    _calls(walker, said.tool_calls, ())
    walker.identifier(said.tool_call_id, ())


def message(walker: Walker, said: Message, place: Place) -> Message:
    """The message with every text of it visited."""
    return msgspec.structs.replace(
        said,
        content=walker.text(said.content, (*place, "content")),
        tool_calls=_calls(walker, said.tool_calls, place),
        tool_call_id=walker.identifier(said.tool_call_id, (*place, "tool_call_id")),
        status=said.status,
    )


def reply(walker: Walker, said: Reply, place: Place) -> Reply:
    """The reply with every text of it visited."""
    return msgspec.structs.replace(
        said,
        content=walker.text(said.content, (*place, "content")),
        tool_calls=_calls(walker, said.tool_calls, place),
    )


def _calls(walker: Walker, calls: tuple[ToolCall, ...], place: Place) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(
            name=call.name,
            arguments=walker.value(
                call.arguments, (*place, "tool_calls", str(number), "arguments")
            ),
            id=walker.identifier(call.id, (*place, "tool_calls", str(number), "id")),
            raw_arguments=walker.text(
                call.raw_arguments, (*place, "tool_calls", str(number), "raw_arguments")
            ),
        )
        for number, call in enumerate(calls)
    )
