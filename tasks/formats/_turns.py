"""What the body formats share: content blocks folded into messages and replies."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tasks.core.records import Message, Reply, ToolCall, Usage
from tasks.logs.json_lines import Malformed, shallow
from tasks.logs.sealed import written

Piece = str | ToolCall | Message
"""A text, a call, or the result of a call as a message of role `tool`."""


KEPT = 4 << 20
"""Bytes of turns, as they were read and as they are written, in each of two generations."""
LONGEST = KEPT >> 4
"""Bytes of a turn that is remembered, so that none drives out all others."""


class Turns:
    """Writes the messages of requests; a turn that was read before is not read again.

    An agent's calls repeat the turns of the calls before. What was met since the generation before
    last is remembered: about the last `KEPT` to twice `KEPT` bytes.

    `read` gives the messages of one turn as it stands in the log, and raises `Malformed`.
    """

    def __init__(self, read: Callable[[bytes], Iterable[Message]]) -> None:
        self._read = read
        self._known: dict[bytes, bytes] = {}
        self._before: dict[bytes, bytes] = {}
        self._size = 0

    def written(self, asked: Iterable[msgspec.Raw], place: str, *before: bytes) -> bytes:
        """JSON list of the messages of all turns, those that are written already `before` them.

        Raises:
            Malformed: what is wrong with one of them, and which.
        """
        turns = list(map(bytes, asked))
        found = list(map(self._known.get, turns))
        if None in found:
            try:
                found = [
                    self.one(turn) if text is None else text
                    for turn, text in zip(turns, found, strict=True)
                ]
            except Malformed as error:
                raise self._located(turns, place) from error
        return b"[" + b",".join(filter(None, (*before, *found))) + b"]"

    def one(self, turn: bytes) -> bytes:
        """The messages of one turn, without the brackets of a list."""
        found = self._known.get(turn)
        if found is None:
            found = self._before.get(turn)
            if found is None:
                found = written(tuple(self._read(turn)))[1:-1]
            self._remember(turn, found)
        return found

    def _remember(self, turn: bytes, found: bytes) -> None:
        size = len(turn) + len(found)
        if size > LONGEST:
            return
        if self._size + size > KEPT:
            self._before, self._known, self._size = self._known, {}, 0
        self._known[turn] = found
        self._size += size

    def _located(self, turns: list[bytes], place: str) -> Malformed:
        """What is wrong with the first turn that cannot be read, and which it is."""
        for number, turn in enumerate(turns):
            try:
                self.one(turn)
            except Malformed as error:
                between = "" if error.detail.startswith(":") else ": "
                return Malformed(error.reason, f"{place}[{number}]{between}{error.detail}")
        raise AssertionError("a turn that could not be read can be read now")


def turn(role: str, pieces: list[Piece], place: str) -> Iterable[Message]:
    """The messages of one turn: results of tools stand alone, texts between them are joined.

    Raises:
        Malformed: unknown-role, or misplaced-block where a user calls or an assistant answers one.
    """
    if len(pieces) == 1 and role in ("user", "assistant"):  # as most are
        (piece,) = pieces
        if isinstance(piece, str):
            return (Message(role="user" if role == "user" else "assistant", content=piece),)
        if isinstance(piece, ToolCall) and role == "assistant":
            return (Message(role="assistant", tool_calls=(piece,)),)
        if isinstance(piece, Message) and role == "user":
            return (piece,)
    if role == "assistant":
        reply = as_reply(pieces, place)
        return (Message(role="assistant", content=reply.content, tool_calls=reply.tool_calls),)
    if role in ("user", "system"):
        return _given(role, pieces, place)
    raise Malformed("unknown-role", f"{place}: expected user, assistant or system")


def as_reply(pieces: Iterable[Piece], place: str) -> Reply:
    """An assistant's texts and calls as one reply."""
    content: list[str] = []
    calls: list[ToolCall] = []
    for piece in pieces:
        if isinstance(piece, str):
            content.append(piece)
        elif isinstance(piece, ToolCall):
            calls.append(piece)
        else:
            raise Malformed("misplaced-block", f"{place}: a tool result in an assistant's turn")
    return Reply(content="\n".join(filter(None, content)), tool_calls=tuple(calls))


def call(name: str, given: Any, call_id: str, place: str) -> ToolCall:
    """A tool call with its arguments as an object; whatever else was written is kept as text."""
    if not name:
        raise Malformed("missing-field", f"{place}: a tool call without a name")
    if isinstance(given, dict):
        return ToolCall(name=name, arguments=shallow(given, place), id=call_id)
    if given is None:
        return ToolCall(name=name, id=call_id)
    shallow(given, place)
    return ToolCall(name=name, raw_arguments=msgspec.json.encode(given).decode(), id=call_id)


def tokens(read: int | None, written: int | None, *cached: int | None) -> Usage:
    """Tokens that the model read, those from or into its cache too, and wrote."""
    if read is not None:
        read += sum(filter(None, cached))
        if read >= 2**64:
            raise Malformed("number-out-of-range", "usage: expected fewer tokens")
    return Usage(input_tokens=read, output_tokens=written)


def unsupported(place: str, kinds: str) -> Malformed:
    """The reject for content that text cannot stand for: without it the context is not whole."""
    return Malformed("unsupported-content", f"{place}: expected {kinds}")


def _given(role: str, pieces: list[Piece], place: str) -> list[Message]:
    found: list[Message] = []
    content: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            content.append(piece)
        elif isinstance(piece, Message):
            if content:
                found.append(_text(role, content))
                content = []
            found.append(piece)
        else:
            raise Malformed("misplaced-block", f"{place}: a tool call in a {role}'s turn")
    if content or (role == "user" and not pieces):
        found.append(_text(role, content))
    return found


def _text(role: str, content: list[str]) -> Message:
    return Message(role="user" if role == "user" else "system", content="\n".join(content))
