"""Joins what became known later to the decisions it is about, and says what it proves.

    session with outcome 1.0                   the logged reply was right     (outcome)
    failed session, a human rewrote the reply  what the human wrote was right (human_edit)
    no outcome known, the tools ran            the call was well formed       (tool_result)
    no outcome known, a replay of the call
    reaches the state its session ended in     the call, whatever `dedup.trust` says (tool_result)
    no outcome known                           what production answered       (incumbent)
    failed session                             nothing: which of its decisions was wrong is unknown
    a tool answered the call with an error     nothing, whatever became of the session
    a later call takes this one back           nothing either; so it is with a reply that was cut,
                                               filtered, replaced by a guardrail, or forced

Proof ranks outcome > human edit > tool result > incumbent, and `dedup.trust` says how far down it
makes a reference: by default not below human edit, since a call that ran may have been the wrong
one. A row without a reference is counted and looked at, never trained on; one of a failed session
is a hard negative and never a target. A judge's score and a rating are no proof at all.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from tasks.core.records import Call, Feedback, Reference, Reply, Tool, TruthSource
from tasks.labelling import labellers
from tasks.labelling.behaviour import UNKNOWN_LANGUAGE, Label

SUCCESS = 0.5
"""Session outcome from which its decisions count as right."""
RANK: dict[TruthSource, int] = {
    "outcome": 0,
    "human_edit": 1,
    "tool_result": 2,
    "incumbent": 3,
    "none": 4,
}


FAILED, REPEATED, UNDONE = "failed-call", "repeated-after-complaint", "undone-later"
CUT, GUARDRAIL, FILTERED = "cut-by-length", "guardrail", "content-filter"
BROKEN, FORCED = "broken-off", "forced-tool-choice"
AGAINST = (FAILED, GUARDRAIL, FILTERED, CUT, BROKEN, FORCED, REPEATED, UNDONE)
"""Why a decision proves nothing, whatever its session came to; of several reasons the first one."""
_ENDS = {
    CUT: "length max_tokens max_output_tokens max_new_tokens model_length incomplete"
    " model_context_window_exceeded token_limit too_long",
    GUARDRAIL: "guardrail guardrail_intervened intervened",
    FILTERED: "content_filter content_filtered content-filter safety recitation blocklist spii"
    " prohibited_content image_safety error_toxic refusal filtered",
    BROKEN: "error malformed malformed_function_call malformed_model_output malformed_tool_use"
    " unexpected_tool_call cancelled canceled aborted abort timeout pause_turn failed",
}
_END = {name: rule for rule, names in _ENDS.items() for name in names.split()}
REPLAYED_RESULT, REACHES_END = "replayed_result", "reaches_end_state"
"""Metrics of `replay` feedback: 1 where the logged result came again, where the end was reached."""
_FREE = frozenset(["", "auto", "none"])


class Known(NamedTuple):
    """What feedback says about one session or one call."""

    outcome: float | None = None
    edit: Reply | None = None
    is_replayed: bool = False
    """Whether the call, made again where tools really run, led to the state that its session ended
    in."""

    @property
    def truth(self) -> TruthSource:
        """The best proof that this can give."""
        if self.outcome is not None and self.outcome >= SUCCESS:
            return "outcome"
        return "none" if self.edit is None else "human_edit"


class Ledger(NamedTuple):
    """Feedback by what it refers to."""

    sessions: dict[str, Known]
    requests: dict[str, Known]
    replayed: int = 0
    """Calls that were made again."""
    equal: int = 0
    """Those of them that gave the logged result."""


def join(feedback: Iterable[Feedback]) -> Ledger:
    """Gather feedback by session and by request id.

    Of several values of one metric the latest holds. Where several metrics tell an outcome, the
    lowest does: a session that succeeded by one measure and failed by another is no proof.
    """
    latest: dict[tuple[str, str], dict[str, Feedback]] = {}
    for item in sorted(feedback, key=_age):
        about = ("request", item.request_id) if item.request_id else ("session", item.session_id)
        latest.setdefault(about, {})[f"{item.source}/{item.metric}"] = item
    by_target = {about: _known(items.values()) for about, items in latest.items()}
    results = [
        item.value
        for items in latest.values()
        for item in items.values()
        if item.source == "replay" and item.metric == REPLAYED_RESULT
    ]
    return Ledger(
        replayed=len(results),
        equal=sum(value == 1 for value in results),
        sessions={name: known for (kind, name), known in by_target.items() if kind == "session"},
        requests={name: known for (kind, name), known in by_target.items() if kind == "request"},
    )


def combine(session: Known, request: Known, is_last: bool) -> Known:
    """What is known of one decision: its own feedback first, its session's after.

    An edit of the session is an edit of its last decision.
    """
    return Known(
        outcome=session.outcome if request.outcome is None else request.outcome,
        edit=request.edit or (session.edit if is_last else None),
        is_replayed=request.is_replayed,
    )


class Proof(NamedTuple):
    """What proves a decision, and what it proves."""

    source: TruthSource
    reply: Reply = Reply()
    label: Label | None = None
    """Of that reply."""
    is_executed: bool = False
    """Whether a replay proved it, so that it needs no more trust."""


def against_end(stop: str, tool_choice: Any) -> str:
    """Which rule the way in which a reply came about breaks; "" for none.

    Args:
        stop: why the model stopped, as any provider names it: `length`, `guardrail_intervened`, …
        tool_choice: what the request left to the model: `auto`, or a call that it had to make.
    """
    rule = _END.get(stop.lower().strip(), "")
    if rule:
        return rule
    is_free = isinstance(tool_choice, str) and tool_choice.lower() in _FREE
    return "" if is_free or tool_choice is None else FORCED


def prove(
    reply: Reply,
    label: Label,
    tools: tuple[Tool, ...],
    known: Known,
    *,
    against: str = "",
    ran: bool = False,
    labeller: str = labellers.RULES,
) -> Proof:
    """The best proof there is of one decision.

    Args:
        reply: the logged one.
        label: of that reply.
        tools: what was offered, for the label of an edited reply.
        known: the feedback on this decision.
        against: which of the rules `AGAINST` keeps its own reply from proving anything.
        ran: whether tools answered its calls, none with an error, to arguments that fit.
        labeller: who labels an edited reply.
    """
    if known.truth == "outcome" and not against:
        return Proof("outcome", reply, label)
    if known.edit is not None:
        classify = labellers.load(labeller).classify
        return Proof("human_edit", known.edit, classify(known.edit, tools, label.language))
    if against or known.outcome is not None:
        return Proof("none")
    if known.is_replayed and reply.tool_calls:
        return Proof("tool_result", reply, label, is_executed=True)
    return Proof("tool_result" if ran else "incumbent", reply, label)


def refer(proof: Proof, trust: TruthSource, sure: float) -> tuple[Reference | None, TruthSource]:
    """The proved right action and what proves it; no action where the proof is not trusted.

    Args:
        proof: the best one there is.
        trust: the weakest that makes a reference.
        sure: least confidence of a label that a reference may rest on.
    """
    if proof.label is None:
        return None, "none"
    reference = _reference(proof.reply, proof.label)
    if reference is None:
        return None, "none"
    is_understood = proof.label.rule != UNKNOWN_LANGUAGE
    is_proved = proof.is_executed or RANK[proof.source] <= RANK[trust]
    trusted = is_proved and proof.label.confidence >= sure and is_understood
    return (reference if trusted else None), proof.source


def _reference(reply: Reply, label: Label) -> Reference | None:
    """The reply as a reference; None where it is empty or its call is broken or only written."""
    if any(call.raw_arguments or not call.name for call in reply.tool_calls):
        return None
    if not reply.tool_calls and (label.behaviour == "execute" or not reply.content.strip()):
        return None
    calls = tuple(Call(name=call.name, arguments=call.arguments) for call in reply.tool_calls)
    text = "" if calls else reply.content
    return Reference(behaviour=label.behaviour, calls=calls, missing=label.missing, text=text)


def _known(items: Iterable[Feedback]) -> Known:
    outcomes: list[float] = []
    edits: list[Feedback] = []
    replayed = False
    for item in items:
        if item.source == "outcome" and not isinstance(item.value, Reply):
            outcomes.append(item.value)
        if item.source == "human_edit" and isinstance(item.value, Reply):
            edits.append(item)
        replayed |= item.source == "replay" and item.metric == REACHES_END and item.value == 1
    edit = max(edits, key=_age).value if edits else None
    return Known(
        outcome=min(outcomes) if outcomes else None,
        edit=edit if isinstance(edit, Reply) else None,
        is_replayed=replayed,
    )


def _age(item: Feedback) -> tuple[str, str, str, str]:
    """Order by time; the rest only so that it never depends on the order of arrival."""
    return item.timestamp, item.metric, item.source, str(item.value)
