"""Joins what became known later to the decisions it is about, and says what it proves.

    session with outcome 1.0                   the logged reply was right     (outcome)
    failed session, a human rewrote the reply  what the human wrote was right (human_edit)
    failed session                             nothing: which of its decisions was wrong is unknown
    a tool answered the call with an error     that call was wrong, whatever became of the session
    no feedback                                nothing

Proof ranks outcome > human edit > tool result > incumbent. A tool that ran without an error proves
only that the call was well formed, and the incumbent's word proves nothing, so neither gives a
reference: a row without one is counted and looked at, never trained on. A judge's score and a
rating are no proof either.
"""

from collections.abc import Iterable
from typing import NamedTuple

from tasks.core.behaviour import Label, classify
from tasks.core.records import Call, Feedback, Reference, Reply, Tool, TruthSource

SUCCESS = 0.5
"""Session outcome from which its decisions count as right."""
RANK: dict[TruthSource, int] = {
    "outcome": 0,
    "human_edit": 1,
    "tool_result": 2,
    "incumbent": 3,
    "none": 4,
}


class Known(NamedTuple):
    """What feedback says about one session or one call."""

    outcome: float | None = None
    edit: Reply | None = None

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


def join(feedback: Iterable[Feedback]) -> Ledger:
    """Gather feedback by session and by request id.

    Of several values of one metric the latest holds. Where several metrics tell an outcome, the
    lowest does: a session that succeeded by one measure and failed by another is no proof.
    """
    latest: dict[tuple[str, str], dict[str, Feedback]] = {}
    for item in sorted(feedback, key=_age):
        about = ("request", item.request_id) if item.request_id else ("session", item.session_id)
        latest.setdefault(about, {})[f"{item.source}/{item.metric}"] = item
    found = {about: _known(items.values()) for about, items in latest.items()}
    return Ledger(
        sessions={name: known for (kind, name), known in found.items() if kind == "session"},
        requests={name: known for (kind, name), known in found.items() if kind == "request"},
    )


def combine(session: Known, request: Known, is_last: bool) -> Known:
    """What is known of one decision: its own feedback first, its session's after.

    An edit of the session is an edit of its last decision.
    """
    return Known(
        outcome=session.outcome if request.outcome is None else request.outcome,
        edit=request.edit or (session.edit if is_last else None),
    )


def refer(
    reply: Reply, label: Label, tools: tuple[Tool, ...], known: Known, failed: bool
) -> tuple[Reference | None, TruthSource]:
    """The proved right action and what proves it; `(None, "none")` where nothing does.

    Args:
        reply: what the incumbent answered.
        label: of that reply.
        tools: what was offered, for the label of an edited reply.
        known: the feedback on this decision.
        failed: whether a tool answered the reply's call with an error.
    """
    if known.truth == "outcome" and not failed:
        reference = _reference(reply, label)
        return (reference, "outcome") if reference else (None, "none")
    if known.edit is None:
        return None, "none"
    reference = _reference(known.edit, classify(known.edit, tools))
    return (reference, "human_edit") if reference else (None, "none")


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
    for item in items:
        if item.source == "outcome" and not isinstance(item.value, Reply):
            outcomes.append(item.value)
        if item.source == "human_edit" and isinstance(item.value, Reply):
            edits.append(item)
    edit = max(edits, key=_age).value if edits else None
    return Known(
        outcome=min(outcomes) if outcomes else None,
        edit=edit if isinstance(edit, Reply) else None,
    )


def _age(item: Feedback) -> tuple[str, str, str, str]:
    """Order by time; the rest only so that it never depends on the order of arrival."""
    return item.timestamp, item.metric, item.source, str(item.value)
