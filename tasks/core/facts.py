"""The flat facts of an example: what validation counts and what the split is planned by.

    {"id": "9f3a…", "session": "s-12", "behaviour": "execute", "referenced": true,
     "truth_source": "outcome", "called": ["get_weather"], "offered": ["get_time", "get_weather"]}

They are kept beside the examples (label `facts`), a part for a part, so that a run reads the
examples of new parts alone. No text of a message is in them.
"""

from tasks.core.checks import context_chars
from tasks.core.records import Behaviour, Example, Record, Role, TruthSource

LABEL = "facts"


class Facts(Record, frozen=True, kw_only=True):
    """One example as a row of a table."""

    id: str
    session: str
    cluster: str
    persons: tuple[str, ...] = ()
    behaviour: Behaviour
    """Of the reference, else of the reply."""
    referenced: bool = False
    truth_source: TruthSource
    outcome: float | None = None
    confidence: float
    last_role: Role | None = None
    messages: int
    context_chars: int
    turns: int
    called: tuple[str, ...] = ()
    """Tools that the reference, or else the reply, calls; sorted."""
    earlier: tuple[str, ...] = ()
    """Tools that were called in the context, or by the reply beside another reference."""
    offered: tuple[str, ...] = ()


def facts(example: Example) -> Facts:
    """The row of one example."""
    reference = example.reference
    replied = {call.name for call in example.reply.tool_calls}
    called = {call.name for call in reference.calls} if reference else replied
    earlier = {call.name for message in example.messages for call in message.tool_calls}
    return Facts(
        id=example.id,
        session=example.session_id,
        cluster=example.cluster,
        persons=example.persons,
        behaviour=reference.behaviour if reference else example.behaviour,
        referenced=reference is not None,
        truth_source=example.truth_source,
        outcome=example.outcome,
        confidence=example.confidence,
        last_role=example.messages[-1].role if example.messages else None,
        messages=len(example.messages),
        context_chars=context_chars(example),
        turns=example.tags.turns,
        called=tuple(sorted(called)),
        earlier=tuple(sorted(earlier | replied - called)),
        offered=tuple(sorted(tool.name for tool in example.tools)),
    )
