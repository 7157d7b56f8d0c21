"""What the body formats share: content blocks folded into messages and replies."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import msgspec

from tasks.core.json_lines import Malformed, shallow
from tasks.core.records import Message, Reply, ToolCall, Usage

Piece = str | ToolCall | Message
"""A text, a call, or the result of a call as a message of role `tool`."""


class Turn(Protocol):
    """One entry of a request's list of messages."""

    role: str
    content: Any


def history(
    system: Any, asked: Iterable[Turn], pieces: Callable[[Any, str], Iterable[Piece]]
) -> tuple[Message, ...]:
    """The messages of a request; `pieces` reads the content of one turn, given its place."""
    found = list(turn("system", pieces(system, "system"), "system")) if system else []
    for number, said in enumerate(asked):
        place = f"messages[{number}]"
        found += turn(said.role, pieces(said.content, place), place)
    return tuple(found)


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
