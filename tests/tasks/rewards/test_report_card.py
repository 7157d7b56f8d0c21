from collections.abc import Sequence

from tasks.core.records import (
    Behaviour,
    Call,
    Example,
    Message,
    Reference,
    Reply,
    Tags,
    Tool,
    ToolCall,
    TruthSource,
)
from tasks.rewards.specification.card import paragraphs, report_card, standing_of, tables
from tasks.rewards.specification.spec import load_spec

SPEC = load_spec("specs/tool_calls.yaml")
TOOL = Tool(
    name="get_invoice", parameters={"type": "object", "properties": {"month": {"type": "string"}}}
)


def call(month: object = "may", name: str = "get_invoice", call_id: str = "") -> ToolCall:
    return ToolCall(name=name, arguments={"month": month}, id=call_id)


def wants(month: str) -> Reference:
    return Reference(
        behaviour="execute", calls=(Call(name="get_invoice", arguments={"month": month}),)
    )


def example(
    name: str,
    *,
    reference: Reference | None = None,
    truth: TruthSource = "none",
    outcome: float | None = None,
    reply: Reply | None = None,
    messages: tuple[Message, ...] = (),
    session: str = "",
    behaviour: Behaviour = "execute",
) -> Example:
    return Example(
        id=name,
        messages=messages,
        tools=(TOOL,),
        reply=reply or Reply(tool_calls=(call(),)),
        reference=reference,
        truth_source=truth,
        outcome=outcome,
        behaviour=behaviour,
        tags=Tags(tools=("get_invoice",)),
        session_id=session or name,
        group=name,
        invocations=(),
        sources=(),
    )


CONFIRMED = example("a", reference=wants("may"), truth="outcome", outcome=1.0)
CORRECTED = example("b", reference=wants("june"), truth="human_edit", outcome=0.0)
RIGHT_ANYWAY = example("c", reference=wants("may"), truth="human_edit", outcome=0.0)
CONTRADICTED = example("d", outcome=0.0)
UNPROVEN = example("e")
ASSUMED = example("f", reference=wants("may"), truth="incumbent")
ALL = [CONFIRMED, CORRECTED, RIGHT_ANYWAY, CONTRADICTED, UNPROVEN, ASSUMED]


def card(examples: Sequence[Example] = ALL) -> dict[str, dict[str, object]]:
    return report_card(lambda: iter(examples), SPEC)


def test_each_reply_has_one_standing():
    assert [standing_of(e) for e in ALL] == [
        "confirmed",
        "corrected",
        "corrected",
        "contradicted",
        "unproven",
        "assumed",
    ]
    overall = card()["overall"]
    assert overall["replies"] == 6
    counted = ("confirmed", "assumed", "corrected", "contradicted", "unproven")
    assert [overall[name] for name in counted] == [1, 1, 2, 1, 1]


def test_only_corrected_replies_have_a_reward():
    overall = card()["overall"]
    # 0.15 and 1.0 in two groups: t(1) makes the interval wider than the range of a reward.
    assert overall["reward"] == {"mean": 0.575, "low": -1.0, "high": 1.0, "n": 2}
    assert overall["exact"]["mean"] == 0.5  # type: ignore[index]


def test_without_a_correction_there_is_no_reward_and_not_zero():
    overall = card([CONFIRMED, CONTRADICTED])["overall"]
    assert (overall["reward"], overall["exact"]) == (None, None)


def test_a_correction_the_reward_cannot_score_is_counted():
    unusable = Reference(behaviour="execute", calls=(Call(name="held_out"),))
    overall = card([example("x", reference=unusable, truth="human_edit")])["overall"]
    assert overall["unscored"] == {"reference-tool-not-offered": 1}
    assert overall["reward"] is None


def test_calls_are_checked_without_a_reference():
    calls = (
        call(),
        call(month=5),
        call(name="get_bill"),
        ToolCall(name="get_invoice", raw_arguments="{"),
    )
    found = card([example("x", reply=Reply(tool_calls=calls))])["overall"]["calls"]
    assert found == {
        "made": 4,
        "not_offered": 1,
        "malformed": 1,
        "invalid_arguments": 1,
        "unusable_schema": 0,
        "answered": 0,
        "errors": 0,
    }


def test_what_a_tool_answered_is_found_in_a_later_turn_of_the_session():
    said = (
        Message(role="tool", content="Error: no such invoice", tool_call_id="1"),
        Message(role="tool", content='{"total": 30}', tool_call_id="2"),
    )
    examples = [
        example("x", reply=Reply(tool_calls=(call(call_id="1"),)), session="s"),
        example("y", reply=Reply(tool_calls=(call(call_id="2"),)), session="s"),
        example("z", reply=Reply(tool_calls=(call(call_id="1"),)), session="other"),
        example("later", reply=Reply(content="Done."), messages=said, session="s"),
    ]
    found = card(examples)["overall"]["calls"]
    assert (found["made"], found["answered"], found["errors"]) == (3, 2, 1)  # type: ignore[index]


def test_slices_add_up_to_all():
    asked = example("q", reply=Reply(content="Which month?"), behaviour="clarify", outcome=0.0)
    invented = example("i", reply=Reply(tool_calls=(call(name="get_bill"),)))
    found = card([*ALL, asked, invented])
    by_behaviour = found["by_behaviour"]
    assert {name: tally["replies"] for name, tally in by_behaviour.items()} == {  # type: ignore[index]
        "clarify": 1,
        "execute": 7,
    }
    by_tool = found["by_tool"]
    assert {name: tally["replies"] for name, tally in by_tool.items()} == {  # type: ignore[index]
        "get_bill": 1,
        "get_invoice": 8,
    }
    assert by_tool["get_bill"]["calls"]["not_offered"] == 1  # type: ignore[index]
    assert by_tool["get_invoice"]["calls"]["not_offered"] == 0  # type: ignore[index]


def test_references_are_held_against_themselves():
    mislabelled = example(
        "m",
        reference=Reference(behaviour="refuse", text="Here it is."),
        truth="outcome",
        reply=Reply(content="Here it is."),
        behaviour="refuse",
    )
    found = card([CONFIRMED, mislabelled])
    assert found["self_check"] == {"right": 1, "other": {"answered": 1}}
    assert "does not give 1 to 1 of 2 references" in paragraphs(found, SPEC)[-1]


def test_the_page_says_what_is_no_evidence():
    said = " ".join(paragraphs(card(), SPEC))
    assert "1 were confirmed" in said
    assert "their reward is 1 by construction" in said
    assert "2 were corrected by a human and are really scored: mean reward 0.575" in said


def test_the_tables_have_a_row_for_each_slice():
    titles = {table.title: [row[0] for row in table.rows] for table in tables(card())}
    assert titles == {
        "All replies": ["all"],
        "What the incumbent did": ["execute"],
        "Tools": ["get_invoice"],
        "Calls": ["all", "get_invoice"],
    }


def test_an_empty_card_is_a_card():
    found = card([])
    assert found["overall"]["replies"] == 0
    assert "no reward of the incumbent" in " ".join(paragraphs(found, SPEC))
