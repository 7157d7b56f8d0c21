from typing import Any

import pytest

from tasks.core.records import Call, Feedback, Reference, Reply, Tool, ToolCall, TruthSource
from tasks.labelling.behaviour import Label, classify
from tasks.labelling.decisions import Known, Ledger, against_end, combine, join, prove, refer
from tests.tasks.curation_logs import calls, edit, outcome, says

LOGGED = calls("get_order", order_id="7731")
RIGHT = says("Which order do you mean?")
TOOLS = (Tool(name="get_order", parameters={"properties": {"order_id": {}}}),)


def refers(
    known: Known, reply: Reply = LOGGED, failed: bool = False
) -> tuple[Reference | None, TruthSource]:
    proof = prove(
        reply, classify(reply, TOOLS), TOOLS, known, against="failed-call" if failed else ""
    )
    return refer(proof, "human_edit", 0.6)


def test_success_makes_the_logged_reply_the_reference() -> None:
    call = Call(name="get_order", arguments={"order_id": "7731"})
    assert refers(Known(outcome=0.5)) == (Reference(behaviour="execute", calls=(call,)), "outcome")


def test_a_clarification_keeps_what_it_asks_for() -> None:
    asked = says("Please give the order id.")
    wanted = Reference(behaviour="clarify", missing=("order_id",), text=asked.content)
    assert refers(Known(outcome=1.0), asked) == (wanted, "outcome")


@pytest.mark.parametrize(
    ("known", "failed", "truth"),
    [
        (Known(outcome=1.0, edit=RIGHT), False, "outcome"),
        (Known(outcome=1.0, edit=RIGHT), True, "human_edit"),
        (Known(outcome=0.0, edit=RIGHT), False, "human_edit"),
        (Known(edit=RIGHT), False, "human_edit"),
        (Known(outcome=1.0), True, "none"),
        (Known(outcome=0.49), False, "none"),
        (Known(outcome=0.0), True, "none"),
        (Known(), True, "none"),
        (Known(), False, "incumbent"),
    ],
)
def test_proof_has_its_rank(known: Known, failed: bool, truth: TruthSource) -> None:
    reference, found = refers(known, failed=failed)
    assert found == truth
    assert (reference is None) == (truth in {"none", "incumbent"})
    if truth == "human_edit":
        assert reference == Reference(behaviour="clarify", text=RIGHT.content)


@pytest.mark.parametrize(
    ("known", "ran", "truth"),
    [
        (Known(), True, "tool_result"),
        (Known(), False, "incumbent"),
        (Known(edit=RIGHT), True, "human_edit"),
        (Known(outcome=1.0), True, "outcome"),
        (Known(outcome=0.0), True, "none"),
    ],
)
def test_a_weaker_proof_makes_a_reference_only_where_it_is_trusted(
    known: Known, ran: bool, truth: TruthSource
) -> None:
    proof = prove(LOGGED, classify(LOGGED, TOOLS), TOOLS, known, against="", ran=ran)
    order: list[TruthSource] = ["outcome", "human_edit", "tool_result", "incumbent"]
    made = [refer(proof, trust, 0.6)[0] is not None for trust in order]
    assert refer(proof, "incumbent", 0.6)[1] == truth
    # A failed session gives no target however much is trusted.
    assert made == [truth != "none" and order.index(truth) <= at for at in range(4)]


def test_a_label_that_is_not_sure_makes_no_reference() -> None:
    proof = prove(LOGGED, Label("execute", 0.5, (), "made"), TOOLS, Known(outcome=1.0), against="")
    assert refer(proof, "incumbent", 0.6) == (None, "outcome")
    assert refer(proof, "incumbent", 0.5)[0] is not None


@pytest.mark.parametrize(
    "reply",
    [
        Reply(),
        says("  "),
        Reply(tool_calls=(ToolCall(name="get_order", raw_arguments="{"),)),
        Reply(tool_calls=(ToolCall(name="", arguments={}),)),
        says('<tool_call>{"name": "get_order", "arguments": {"order_id": "= 54'),
    ],
)
def test_what_says_nothing_is_no_reference(reply: Reply) -> None:
    assert refers(Known(outcome=1.0), reply) == (None, "none")


def test_the_latest_value_of_a_metric_holds_in_whatever_order_it_came() -> None:
    early = outcome("s-1", 0.0, timestamp="2026-11-01T00:00:00Z")
    late = outcome("s-1", 1.0, timestamp="2026-11-02T00:00:00Z")
    wanted = Ledger({"s-1": Known(outcome=1.0)}, {})
    assert join([early, late]) == join([late, early]) == wanted


def test_of_several_outcomes_the_lowest_holds() -> None:
    other = Feedback(
        session_id="s-1", metric="paid", value=0.0, source="outcome", timestamp="2026-11-01"
    )
    assert join([outcome("s-1"), other]).sessions == {"s-1": Known(outcome=0.0)}


def test_ratings_and_judges_prove_nothing() -> None:
    rated = [
        Feedback(session_id="s-1", metric="m", value=1.0, source=source, timestamp="t")
        for source in ("human_rating", "judge")
    ]
    assert join(rated).sessions == {"s-1": Known()}


def test_feedback_on_a_call_is_kept_by_its_request() -> None:
    about = edit("s-1", RIGHT, request_id="r-1")
    assert join([about, outcome("s-1")]) == Ledger(
        {"s-1": Known(outcome=1.0)}, {"r-1": Known(edit=RIGHT)}
    )


def test_a_call_s_own_feedback_comes_before_its_session_s() -> None:
    session = Known(outcome=0.0, edit=RIGHT)
    assert combine(session, Known(outcome=1.0), is_last=False) == Known(outcome=1.0)
    assert combine(session, Known(), is_last=True) == session
    assert combine(session, Known(edit=LOGGED), is_last=True) == Known(0.0, LOGGED)


@pytest.mark.parametrize(
    "choice", ["required", "any", "get_order", {"type": "tool", "name": "get_order"}, {"any": {}}]
)
def test_a_call_that_the_request_demanded_proves_nothing(choice: Any) -> None:
    assert against_end("tool_calls", choice) == "forced-tool-choice"


@pytest.mark.parametrize("choice", ["", "auto", "none", "AUTO", None])
def test_a_choice_that_was_the_model_s_own_does_not_count_against_it(choice: Any) -> None:
    assert against_end("tool_calls", choice) == ""
