import subprocess
import sys

import pytest

from tasks.core.errors import EvidenceError
from tasks.core.records import Behaviour, Call, Example, Reference, Reply, Tool, ToolCall
from tasks.evidence.exact import exact_match, matched
from tasks.evidence.metrics import Measured, behaviour_of, measure, summarise

TOOL = Tool(
    name="get_invoice",
    parameters={
        "type": "object",
        "properties": {
            "month": {"type": "string"},
            "order_id": {"type": "string"},
            "order": {"type": "string"},
            "copies": {"type": "integer"},
        },
    },
)
OTHER = Tool(name="send", parameters={"type": "object", "properties": {"userName": {}}})
TOOLS = (TOOL, OTHER)


def call(**arguments: object) -> ToolCall:
    return ToolCall(name="get_invoice", arguments=arguments)


def execute(*calls: Call) -> Reference:
    return Reference(behaviour="execute", calls=calls)


MAY = Call(name="get_invoice", arguments={"month": "may", "copies": 2})
JUNE = Call(name="get_invoice", arguments={"month": "june"})


@pytest.mark.parametrize(
    ("wanted", "replied", "exact"),
    [
        ([MAY], [call(month="may", copies=2.0)], True),
        ([MAY], [call(month="may", copies="2")], False),
        ([MAY], [call(month="may")], False),
        ([MAY], [call(month="may", copies=2, order="7")], False),
        ([MAY], [call(month="may", copies=2)] * 2, False),
        ([MAY, JUNE], [call(month="june"), call(month="may", copies=2)], True),
        ([MAY, JUNE], [call(month="june"), call(month="june")], False),
        ([JUNE], [ToolCall(name="get_bill", arguments={"month": "june"})], False),
        ([JUNE], [ToolCall(name="get_invoice", raw_arguments="{")], False),
        ([JUNE], [], False),
    ],
)
def test_calls_are_exact_one_to_one(wanted: list[Call], replied: list[ToolCall], exact: bool):
    assert exact_match(execute(*wanted), Reply(tool_calls=tuple(replied)), TOOLS) is exact


@pytest.mark.parametrize(
    ("arguments", "exact"),
    [
        ({"month": "may", "copies": 1}, True),
        ({"month": "05", "copies": 1}, True),
        ({"month": "may"}, True),
        ({"month": "may", "copies": 2}, False),
        ({"month": "may", "order": "7"}, True),
        ({"month": "may", "order": "8"}, False),
        ({"copies": 1}, False),
    ],
)
def test_alternatives_and_optional_parameters_are_accepted(
    arguments: dict[str, object], exact: bool
):
    wanted = Call(
        name="get_invoice",
        arguments={"month": "may", "copies": 1},
        alternatives={"month": ("may", "05"), "order": ("7",)},
        optional=("copies",),
    )
    assert exact_match(execute(wanted), Reply(tool_calls=(call(**arguments),)), TOOLS) is exact


def test_calls_that_compete_for_a_wanted_one_are_all_placed():
    either = Call(name="get_invoice", arguments={"month": "may"}, alternatives={"month": ("june",)})
    reply = Reply(tool_calls=(call(month="june"), call(month="may")))
    assert exact_match(execute(either, JUNE), reply, TOOLS)
    assert exact_match(execute(JUNE, either), reply, TOOLS)


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("For which month?", True),
        ("Please give month.", True),
        ("I see your order. Which month do you need?", True),
        ("Which month and how many copies?", False),
        ("Which order ID is it?", False),
        ("I am unable to do that.", False),
        ("It is from the month of May.", False),
    ],
)
def test_a_question_is_exact_when_it_asks_for_what_is_missing(text: str, exact: bool):
    reference = Reference(behaviour="clarify", missing=("month",))
    assert exact_match(reference, Reply(content=text), TOOLS) is exact


@pytest.mark.parametrize(
    ("missing", "text"),
    [("order_id", "What is your order ID?"), ("userName", "Please give your user name.")],
)
def test_a_longer_name_hides_the_shorter_one_in_it(missing: str, text: str):
    reference = Reference(behaviour="clarify", missing=(missing,))
    assert exact_match(reference, Reply(content=text), TOOLS)


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("Your invoice of May is 30 euros.", True),
        ("YOUR invoice of May is the 30 euros", True),
        ("Your invoice of May is not 30 euros.", False),
        ("Your invoice of 30 is May euros.", False),
        ("Your invoice of May is 30 euros, thanks.", False),
        ("Your invoice of May is 31 euros.", False),
        ("Nothing of the kind is here, 30 times over.", False),
        ("Which month?", False),
    ],
)
def test_an_answer_is_exact_when_it_says_the_same(text: str, exact: bool):
    reference = Reference(behaviour="answer", text="Your invoice of May is 30 euros.")
    assert exact_match(reference, Reply(content=text), TOOLS) is exact


def test_any_refusal_is_exact_where_refusing_is_right():
    reference = Reference(behaviour="refuse", text="No tool can do this.")
    assert exact_match(reference, Reply(content="I'm sorry, I cannot help with that."), TOOLS)
    assert not exact_match(reference, Reply(content="Done."), TOOLS)
    assert not exact_match(reference, Reply(tool_calls=(call(month="may"),)), TOOLS)


def example(reference: Reference | None) -> Example:
    return Example(
        id="e1",
        messages=(),
        tools=TOOLS,
        reply=Reply(),
        reference=reference,
        truth_source="outcome",
        session_id="s",
        group="g",
        invocations=(),
        sources=(),
    )


def found(behaviour: Behaviour, reply: Reply) -> dict[str, object]:
    calls = (JUNE,) if behaviour == "execute" else ()
    row = measure(example(Reference(behaviour=behaviour, calls=calls, missing=("month",))), reply)
    assert row is not None
    fields = ("did", "exact", "invented", "malformed", "acted_instead", "over_refusal")
    return {name: getattr(row, name) for name in fields if getattr(row, name)}


def test_each_fault_is_seen():
    right, invented = call(month="june"), ToolCall(name="get_bill")
    broken = ToolCall(name="get_invoice", raw_arguments="{")
    acts = Reply(tool_calls=(right,))
    assert found("execute", acts) == {"did": "execute", "exact": True}
    assert found("execute", Reply(content="Which month?")) == {
        "did": "clarify",
        "over_refusal": True,
    }
    assert found("execute", Reply(content="I can't.")) == {"did": "refuse", "over_refusal": True}
    assert found("execute", Reply(content="Here it is.")) == {"did": "answer"}
    assert found("execute", Reply(tool_calls=(invented,))) == {"did": "execute", "invented": True}
    assert found("execute", Reply(tool_calls=(broken,))) == {"did": "execute", "malformed": True}
    assert found("clarify", acts) == {"did": "execute", "acted_instead": True}
    assert found("refuse", acts) == {"did": "execute", "acted_instead": True}
    assert found("answer", acts) == {"did": "execute"}
    assert found("refuse", Reply(tool_calls=(invented,))) == {
        "did": "execute",
        "invented": True,
        "acted_instead": True,
    }


def test_an_example_without_a_reference_is_not_measured():
    assert measure(example(None), Reply(content="Hello.")) is None


def row(group: str, expected: Behaviour, did: Behaviour, *, exact: bool = False) -> Measured:
    return Measured(
        example=group + expected,
        group=group,
        expected=expected,
        did=did,
        exact=exact,
        invented=False,
        malformed=False,
        acted_instead=did == "execute" != expected,
        over_refusal=expected == "execute" and did in ("clarify", "refuse"),
    )


ROWS = [
    row("a", "execute", "execute", exact=True),
    row("a", "execute", "execute"),
    row("b", "execute", "refuse"),
    row("c", "refuse", "refuse", exact=True),
    row("c", "refuse", "execute"),
]


def test_rates_are_means_over_the_rows_they_are_about():
    overall = summarise(ROWS).overall
    assert (overall.n, overall.groups) == (5, 3)
    assert overall.exact.mean == pytest.approx(0.4)
    assert overall.right_behaviour.mean == pytest.approx(0.6)
    assert (overall.over_refusal.mean, overall.over_refusal.n) == (
        pytest.approx(1 / 3),
        3,
    )
    assert (overall.acted_instead.mean, overall.acted_instead.n) == (0.5, 2)


def test_intervals_are_clustered_by_group():
    """By hand: groups a (2 rows), b, c (2): deviations 0.2, -0.4, 0.2; t(2) = 4.3027."""
    exact = summarise(ROWS).overall.exact
    se = ((0.2**2 + 0.4**2 + 0.2**2) * 3 / 2) ** 0.5 / 5
    assert exact.se == pytest.approx(se)
    assert exact.low == 0.0
    assert exact.high == pytest.approx(min(1.0, 0.4 + 4.302652729749464 * se))


def test_one_group_tells_nothing_of_the_interval():
    exact = summarise(ROWS[:2]).by_behaviour["execute"].exact
    assert (exact.mean, exact.low, exact.high) == (0.5, 0.0, 1.0)


def test_behaviours_are_reported_apart():
    found = summarise(ROWS)
    assert set(found.by_behaviour) == {"execute", "refuse"}
    assert found.by_behaviour["refuse"].exact.mean == 0.5
    assert found.by_behaviour["refuse"].over_refusal is None
    assert found.confusion == {
        "execute": {"execute": 2, "refuse": 1},
        "refuse": {"execute": 1, "refuse": 1},
    }
    assert found.macro_f1 == pytest.approx((2 * 2 / 6 + 2 * 1 / 4) / 2)


def test_no_rows_are_no_evidence():
    with pytest.raises(EvidenceError, match="no values"):
        summarise([])


@pytest.mark.parametrize(
    ("text", "behaviour"),
    [
        ("Which month?", "clarify"),
        ("Happy to help. Please tell me the order id.", "clarify"),
        ("Sorry, none of my tools can do that. Would you like something else?", "refuse"),
        ("The balance is 12 EUR.", "answer"),
        ("It leaves at 9. Is there anything else I can do for you?", "answer"),
        ("", "answer"),
    ],
)
def test_the_behaviour_of_a_text_is_what_it_leans_to(text: str, behaviour: Behaviour):
    assert behaviour_of(Reply(content=text)) == behaviour


def test_a_call_is_a_call_whatever_is_said():
    assert behaviour_of(Reply(content="Which month?", tool_calls=(call(month="may"),))) == "execute"


def test_tools_and_arguments_are_counted_apart():
    wanted = execute(Call(name="get_invoice", arguments={"month": "may", "copies": 2}))
    reply = Reply(tool_calls=(call(month="may", copies=3), ToolCall(name="send", arguments={})))
    counts = matched(wanted, reply, TOOLS)
    assert (counts.tools, counts.tools_called, counts.tools_wanted) == (1, 2, 1)
    assert (counts.arguments, counts.arguments_given, counts.arguments_wanted) == (1, 2, 2)


def test_metrics_import_no_reward_and_no_labelling_rule():
    program = (
        "import sys, tasks.evidence.metrics; "
        "print([m for m in sys.modules if 'rewards' in m or 'labelling' in m])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
