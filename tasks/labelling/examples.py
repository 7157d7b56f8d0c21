"""Makes one example of an invocation and of what is known about it from outside.

response {"content": "For which city?"}, session with outcome 1.0
    ->  RawExample(behaviour="clarify", reference=b'{"behaviour":"clarify","missing":["city"],…}',
                 truth_source="outcome", tags=Tags(language="en", turns=2, …), …)
"""

from functools import lru_cache
from typing import NamedTuple

import msgspec

from tasks.core.curation_settings import DedupSettings
from tasks.core.errors import StageError
from tasks.core.records import Reply, Tool, encode
from tasks.labelling import chains, decisions, intents, labellers, raw_records, tags
from tasks.labelling.behaviour import QUESTION_MARK, UNKNOWN_LANGUAGE, Label
from tasks.labelling.decisions import Known
from tasks.labelling.raw_records import RawExample, RawInvocation
from tasks.labelling.row_facts import RowFacts
from tasks.labelling.schemas import BrokenSchemaError, Schemas


class Made(NamedTuple):
    """An example, and what is counted of how it was made."""

    example: RawExample
    language: str
    """Of the reply's text; "" where it has none."""
    is_understood: bool
    """Whether a rule knows that language."""
    kept_out: str
    """The rule of `decisions.AGAINST` without which it would have a reference; "" for none."""


def example(row: RawInvocation, facts: RowFacts, settings: DedupSettings, schemas: Schemas) -> Made:
    """The example of a row that stays.

    Raises:
        StageError: a person's label does not fit the reply.
    """
    reply, tools, by_rules = _read(
        bytes(row.response), bytes(row.tools), facts.language, settings.labeller
    )
    label = _label(row, facts, reply, by_rules)
    known = Known(facts.outcome, facts.edit, facts.is_replayed)
    ran = facts.ran and facts.outcome is None and _fits(reply, row, schemas)
    against = _against(row, facts)
    proof = decisions.prove(
        reply, label, tools, known, against=against, ran=ran, labeller=settings.labeller
    )
    reference, truth = decisions.refer(proof, settings.trust, settings.review_below)
    kept_out = ""
    if against and reference is None:
        without = decisions.prove(reply, label, tools, known, ran=ran, labeller=settings.labeller)
        would_be, _ = decisions.refer(without, settings.trust, settings.review_below)
        kept_out = against if would_be is not None else ""
    intent = facts.intent
    if reference is not None and truth == "human_edit":
        intent = _intent(row, proof.reply)
    tagged = tags.tag(
        reply,
        turns=facts.turns,
        answered=facts.answered,
        intent=intent,
        language=facts.language,
        behaviour=label.behaviour,
        reference=reference,
        domain=row.metadata.get("domain", ""),
    )
    made = RawExample(
        id=row.id,
        messages=row.messages,
        tools=row.tools,
        reply=row.response,
        reference=msgspec.Raw(_encoder.encode(reference)),
        truth_source=truth,
        outcome=facts.outcome,
        behaviour=label.behaviour,
        confidence=label.confidence,
        tags=tagged,
        session_id=row.session_id,
        cluster=facts.cluster,
        persons=row.persons,
        invocations=(row.id, *facts.ids),
        sources=(row.source, *(msgspec.Raw(encode(place)) for place in facts.places)),
        timestamp=row.timestamp,
    )
    is_understood = by_rules.rule not in (UNKNOWN_LANGUAGE, QUESTION_MARK)
    return Made(made, by_rules.language, is_understood, kept_out)


def _against(row: RawInvocation, facts: RowFacts) -> str:
    """Why the logged reply proves nothing; "" where nothing speaks against it."""
    if facts.failed:
        return decisions.FAILED
    end = decisions.against_end(row.finish_reason, row.tool_choice)
    if end:
        return end
    return decisions.REPEATED if facts.repeated else decisions.UNDONE if facts.undone else ""


_reply = msgspec.json.Decoder(Reply)
_encoder = msgspec.json.Encoder(order="sorted")


@lru_cache(maxsize=4096)
def _read(
    response: bytes, offered: bytes, around: str, labeller: str
) -> tuple[Reply, tuple[Tool, ...], Label]:
    """The reply, what it could call, and its label; agents repeat themselves."""
    reply, tools = _reply.decode(response), raw_records.tools(offered)
    return reply, tools, labellers.load(labeller).classify(reply, tools, around)


def _intent(row: RawInvocation, right: Reply) -> str:
    """With another reply than the logged one: where that led to says nothing of it."""
    turns = raw_records.turns(row.messages)
    asks: list[tuple[int, str]] = []
    calls: list[tuple[str, ...]] = []
    for turn in turns:
        if turn.role == "assistant":
            calls.append(tuple(call.name for call in turn.tool_calls))
        elif turn.role == "user":
            asks.append((len(calls), turn.content))
    calls.append(chains.names(right.tool_calls))
    names = raw_records.offer(row.tools).names
    return intents.intents(asks, calls, names)[-1]


def _label(row: RawInvocation, facts: RowFacts, reply: Reply, by_rules: Label) -> Label:
    """By the rules, unless a person has said."""
    if facts.label is None:
        return by_rules
    if (facts.label == "execute") != bool(reply.tool_calls):
        what = "calls a tool" if reply.tool_calls else "calls no tool"
        raise StageError(
            f"the register labels {row.id} {facts.label}, but its reply {what}; correct the line "
            "in annotations/ (execute is for replies that call a tool, and for no others)"
        )
    missing = facts.missing or (by_rules.missing if facts.label == "clarify" else ())
    return Label(facts.label, 1.0, missing, "person")


def _fits(reply: Reply, row: RawInvocation, schemas: Schemas) -> bool:
    """Whether it calls offered tools alone, with arguments that their schemas allow."""
    offered = raw_records.offer(row.tools).tools
    try:
        return bool(reply.tool_calls) and all(
            call.name in offered
            and not call.raw_arguments
            and not schemas.fault(offered[call.name], call.arguments)
            for call in reply.tool_calls
        )
    except BrokenSchemaError:
        return False
