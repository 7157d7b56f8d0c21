"""Looks for what is known in what was written, without the path that wrote it.

The rewriting opens encodings and follows keys; this reads the finished text flat, so that a text
which the walker never came to is seen here. A hit is a fault of ours, and nothing is committed.
"""

import re
from collections.abc import Iterable

import msgspec

from tasks.core.records import Message, Reply
from tasks.core.redaction import walk
from tasks.core.redaction.kinds import Kind
from tasks.core.redaction.known import Index, same_length_lower, tokens_in

LEAST = 4
"""Characters of a value that is searched; shorter ones stand in too many words."""

_ESCAPE = re.compile(r"\\+(?:u[0-9a-fA-F]{4}|(.))", re.S)


def written(said: Message | Reply | walk.Spoken) -> str:
    """All of a message that redaction answers for, as text: not the names of tools."""
    parts = [said.content]
    for call in said.tool_calls:
        parts += [msgspec.json.encode(call.arguments).decode(), call.id, call.raw_arguments]
    if not isinstance(said, Reply):
        parts.append(said.tool_call_id)
    return "\n".join(parts)


def left(text: str, index: Index, made: Iterable[str]) -> Kind | None:
    """Kind of a known value that still stands in the text, or None.

    Args:
        text: what was written.
        index: what is known.
        made: lower-case stand-ins that were written; one may look like a value by chance.
    """
    flat = _ESCAPE.sub(_opened, text) if "\\" in text else text
    if not index.may_hold(tokens_in(flat)):
        return None
    allowed = frozenset(made)
    for span in index.find(flat, sure=True):
        found = same_length_lower(flat[span.start : span.end])
        if len(found) >= LEAST and found not in allowed:
            return span.kind
    return None


def _opened(match: re.Match[str]) -> str:
    r"""A break between words for `\n` and `\"`; a letter for a character outside of ASCII."""
    return "\n" if match[1] else "ª"
