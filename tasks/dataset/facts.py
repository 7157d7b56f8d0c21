"""The flat facts of an example: what validation counts and what the split is planned by.

    Facts(id="9f3a…", session="s-12", behaviour="execute", referenced=True,
          truth_source="outcome", called=("get_weather",), offered=("get_time", "get_weather"))

No text of a message is in them. `tasks/dataset/tables.py` keeps them, a column a field.
"""

from typing import NamedTuple

from msgspec import Raw

from tasks.core.records import Behaviour, Reference, Role, Source, Tags, TruthSource
from tasks.labelling import raw_records
from tasks.labelling.raw_records import Named, View


class Call(Named, frozen=True, kw_only=True):
    """An earlier call, with its arguments as JSON."""

    arguments: Raw = Raw(b"{}")


class Said(View, frozen=True, kw_only=True):
    role: Role
    content: str = ""
    tool_calls: tuple[Call, ...] = ()


class Replied(View, frozen=True, kw_only=True):
    content: str = ""
    tool_calls: tuple[Call, ...] = ()


class Checked(View, frozen=True, kw_only=True):
    """An `Example`, as far as it is checked and counted."""

    id: str
    messages: tuple[Said, ...]
    tools: Raw
    reply: Replied
    reference: Reference | None
    truth_source: TruthSource
    outcome: float | None = None
    behaviour: Behaviour = "answer"
    confidence: float = 1.0
    tags: Tags = Tags()
    session_id: str
    cluster: str = ""
    persons: tuple[str, ...] = ()
    sources: tuple[Source, ...]
    timestamp: str = ""


class Facts(NamedTuple):
    """One example as a row of a table."""

    id: str
    session: str
    cluster: str
    persons: tuple[str, ...] = ()
    behaviour: Behaviour = "answer"
    """Of the reference, else of the reply."""
    referenced: bool = False
    truth_source: TruthSource = "none"
    outcome: float | None = None
    confidence: float = 1.0
    last_role: Role | None = None
    messages: int = 1
    context_chars: int = 1
    turns: int = 1
    called: tuple[str, ...] = ()
    """Tools that the reference, or else the reply, calls; sorted."""
    earlier: tuple[str, ...] = ()
    """Tools that were called in the context, or by the reply beside another reference."""
    offered: tuple[str, ...] = ()
    timestamp: str = ""


def facts(example: Checked, length: int) -> Facts:
    """The row of one example of so many `context_chars`."""
    reference, messages = example.reference, example.messages
    replied = {call.name for call in example.reply.tool_calls}
    called = {call.name for call in reference.calls} if reference else replied
    earlier = {call.name for said in messages if said.tool_calls for call in said.tool_calls}
    # By position: for a tuple of so many fields names take as long as all the rest.
    return Facts(
        example.id,
        example.session_id,
        example.cluster,
        example.persons,
        reference.behaviour if reference else example.behaviour,
        reference is not None,
        example.truth_source,
        example.outcome,
        example.confidence,
        messages[-1].role if messages else None,
        len(messages),
        length,
        example.tags.turns,
        tuple(sorted(called)),
        tuple(sorted(earlier | replied - called)),
        raw_records.offer(example.tools).names,
        example.timestamp,
    )
