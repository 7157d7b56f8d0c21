"""Views of records in which the larger fields stay the bytes they are.

    RawExample(id="9f3a…", messages=b'[{"content":"Where is order 7731?","role":"user"}]', …)

Most of an example is its context and its tools, which a stage only passes on: to parse them and
write them again is most of what it would cost. What a stage wrote is canonical (`records.encode`)
and its hash is checked while it is read, so the bytes passed on are those of the whole record.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec
from msgspec import Raw

from tasks.core.records import Behaviour, Record, Role, Tags, Tool, TruthSource


class View(Record, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Some fields of a record; the others are skipped."""


class Named(View, frozen=True, kw_only=True):
    """A tool or a call, by its name."""

    name: str


class Turn(View, frozen=True, kw_only=True):
    """A message with the names of its calls."""

    role: Role
    content: str = ""
    tool_calls: tuple[Named, ...] = ()


class RawInvocation(View, frozen=True, kw_only=True):
    """What an example takes over from an `Invocation`."""

    id: str
    source: Raw
    timestamp: str
    session_id: str
    messages: Raw
    tools: Raw = Raw(b"[]")
    response: Raw
    finish_reason: str = ""
    tool_choice: str = ""
    metadata: dict[str, str] = {}
    persons: tuple[str, ...] = ()


class RawExample(Record, frozen=True, kw_only=True):
    """An `Example`, field by field."""

    id: str
    messages: Raw
    tools: Raw
    reply: Raw
    reference: Raw
    truth_source: TruthSource
    outcome: float | None = None
    behaviour: Behaviour = "answer"
    confidence: float = 1.0
    tags: Tags = Tags()
    session_id: str
    cluster: str = ""
    persons: tuple[str, ...] = ()
    group: str = ""
    invocations: tuple[str, ...]
    sources: tuple[Raw, ...]
    timestamp: str = ""


def turns(messages: Raw) -> list[Turn]:
    """Role, text and called tools of each message."""
    return _turns.decode(messages)


@lru_cache(maxsize=1024)
def tools(offered: bytes) -> tuple[Tool, ...]:
    """The tools themselves; an agent offers the same ones with nearly every call."""
    return msgspec.json.decode(offered, type=tuple[Tool, ...])


class Offer(NamedTuple):
    """The tools that were offered, by their names."""

    names: tuple[str, ...]
    """Sorted."""
    tools: Mapping[str, Tool]


def offer(offered: Raw) -> Offer:
    """The same tools by name; fewer in `tools` than in `names` where a name stands twice."""
    return _offer(bytes(offered))


@lru_cache(maxsize=1024)
def _offer(offered: bytes) -> Offer:
    offered_tools = tools(offered)
    return Offer(
        tuple(sorted(tool.name for tool in offered_tools)),
        {tool.name: tool for tool in offered_tools},
    )


_turns = msgspec.json.Decoder(list[Turn])
