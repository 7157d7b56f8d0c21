"""What the body formats share: content blocks folded into messages and replies."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from tasks.core.logs.json_lines import Malformed, shallow
from tasks.core.logs.sealed import written
from tasks.core.records import Message, Reply, ToolCall, Usage

Piece = str | ToolCall | Message
"""A text, a call, or the result of a call as a message of role `tool`."""


KEPT = 4096
"""Turns that are remembered; an agent's calls repeat those of the calls before."""
LONGEST = 4096
"""Bytes of a turn that is remembered, so that all together stay below 32 MiB."""


class Turns:
    """Writes the messages of requests; a turn that was read before is not read again.

    `read` gives the messages of one turn as it stands in the log, and raises `Malformed`.
    """

    def __init__(self, read: Callable[[bytes], Iterable[Message]]) -> None:
        self._read = read
        self._remembered = lru_cache(maxsize=KEPT)(self._written)

    def written(self, asked: Iterable[msgspec.Raw], place: str, *before: bytes) -> bytes:
        """JSON list of the messages of all turns, those that are written already `before` them.

        Raises:
            Malformed: what is wrong with one of them, and which.
        """
        turns = list(asked)
        remembered, anew = self._remembered, self._written
        try:
            # As `one` does it; a call less for each turn is felt.
            found = [
                remembered(turn) if len(turn := bytes(raw)) <= LONGEST else anew(turn)
                for raw in turns
            ]
        except Malformed as error:
            raise self._located(turns, place) from error
        return b"[" + b",".join(filter(None, (*before, *found))) + b"]"

    def one(self, turn: msgspec.Raw) -> bytes:
        """The messages of one turn, without the brackets of a list."""
        content = bytes(turn)
        return self._remembered(content) if len(content) <= LONGEST else self._written(content)

    def _located(self, turns: list[msgspec.Raw], place: str) -> Malformed:
        """What is wrong with the first turn that cannot be read, and which it is."""
        for number, turn in enumerate(turns):
            try:
                self.one(turn)
            except Malformed as error:
                between = "" if error.detail.startswith(":") else ": "
                return Malformed(error.reason, f"{place}[{number}]{between}{error.detail}")
        raise AssertionError("a turn that could not be read can be read now")

    def _written(self, turn: bytes) -> bytes:
        return written(tuple(self._read(turn)))[1:-1]


def turn(role: str, pieces: Iterable[Piece], place: str) -> Iterator[Message]:
    """The messages of one turn: results of tools stand alone, texts between them are joined.

    Raises:
        Malformed: unknown-role, or misplaced-block where a user calls or an assistant answers one.
    """
    if role == "assistant":
        reply = as_reply(pieces, place)
        yield Message(role="assistant", content=reply.content, tool_calls=reply.tool_calls)
    elif role in ("user", "system"):
        yield from _given(role, list(pieces), place)
    else:
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
    return Reply(content="\n".join(text for text in content if text), tool_calls=tuple(calls))


def call(name: str, given: Any, call_id: str, place: str) -> ToolCall:
    """A tool call with its arguments as an object; whatever else was written is kept as text."""
    if not name:
        raise Malformed("missing-field", f"{place}: a tool call without a name")
    if given is None:
        return ToolCall(name=name, id=call_id)
    shallow(given, place)
    if isinstance(given, dict):
        return ToolCall(name=name, arguments=given, id=call_id)
    return ToolCall(name=name, raw_arguments=msgspec.json.encode(given).decode(), id=call_id)


def tokens(read: int | None, written: int | None, *cached: int | None) -> Usage:
    """Tokens that the model read, those from or into its cache too, and wrote."""
    known = None if read is None else read + sum(count or 0 for count in cached)
    if known is not None and known >= 2**64:
        raise Malformed("number-out-of-range", "usage: expected fewer tokens")
    return Usage(input_tokens=known, output_tokens=written)


def unsupported(place: str, kinds: str) -> Malformed:
    """The reject for content that text cannot stand for: without it the context is not whole."""
    return Malformed("unsupported-content", f"{place}: expected {kinds}")


def _given(role: str, pieces: list[Piece], place: str) -> Iterator[Message]:
    content: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            content.append(piece)
        elif isinstance(piece, Message):
            if content:
                yield _text(role, content)
            content = []
            yield piece
        else:
            raise Malformed("misplaced-block", f"{place}: a tool call in a {role}'s turn")
    if content or (role == "user" and not pieces):
        yield _text(role, content)


def _text(role: str, content: list[str]) -> Message:
    return Message(role="user" if role == "user" else "system", content="\n".join(content))
