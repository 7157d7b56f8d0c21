from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.core.records import Call, Reference, Reply, Score, Tool, ToolCall
from tasks.evidence import metrics
from tasks.labelling.side_effects import changes_something
from tasks.rewards import Prompt
from tasks.rewards.tool_call import Settings, score


def tool(name: str, **properties: object) -> Tool:
    return Tool(name=name, parameters={"type": "object", "properties": properties})


TOOLS = (
    tool("get_invoice", id={"type": "string"}, month={"type": "string"}),
    tool("get_rate", amount={"type": "number"}),
    tool("send_invoice", vendor={"type": "string"}),
    tool("pay_invoice", id={"type": "string"}),
)


def call(name: str, **arguments: object) -> ToolCall:
    return ToolCall(name=name, arguments=arguments)


def scored(wanted: list[ToolCall], *replied: ToolCall, **settings: object) -> Score:
    calls = tuple(Call(name=w.name, arguments=w.arguments) for w in wanted)
    reference = Reference(behaviour="execute", calls=calls)
    prompt = Prompt(messages=(), tools=TOOLS, reference=reference)
    return score(prompt, Reply(tool_calls=replied), Settings.model_validate(settings))


MAY = call("get_invoice", id="12", month="may")
JUNE = call("get_invoice", id="12", month="june")
RATE = call("get_rate", amount=1.5)
SEND = call("send_invoice", vendor="oslo")
PAY = call("pay_invoice", id="12")


@pytest.mark.parametrize(
    ("wanted", "replied", "value", "tier"),
    [
        ([MAY], [MAY], 1.0, "exact"),
        ([MAY], [JUNE], 0.35, "partial"),
        ([MAY], [call("get_invoice", id="12")], 0.35, "partial"),
        ([MAY], [call("get_invoice")], 0.15, "right-tool"),
        ([MAY], [call("get_invoice", id="12", period="may")], 0.15, "right-tool"),
        ([MAY], [call("get_invoice", id="12", month="may", hat=1)], 0.35, "partial"),
        ([call("get_invoice")], [call("get_invoice", hat=1)], 0.15, "right-tool"),
        ([call("get_invoice")], [call("get_invoice")], 1.0, "exact"),
        ([call("get_rate", amount=2)], [call("get_rate", amount=2.0)], 1.0, "exact"),
        ([call("get_rate", amount=50)], [call("get_rate", amount="50")], 0.0, "refused"),
        ([call("get_invoice", id="07030")], [call("get_invoice", id=7030)], 0.0, "refused"),
        ([MAY], [SEND], 0.0, "wrong-tool"),
        ([MAY], [RATE], 0.1, "wrong-tool"),
        ([MAY], [RATE, RATE], 0.0, "wrong-tool"),
        ([MAY], [RATE, PAY], -1.0, "wrong-tool"),
        ([MAY], [PAY, RATE], -1.0, "wrong-tool"),
        ([MAY, RATE], [PAY], 0.0, "wrong-tool"),
        ([MAY, JUNE], [RATE], 0.05, "wrong-tool"),
        ([MAY, RATE], [RATE, MAY], 1.0, "exact"),
        ([MAY, JUNE], [JUNE, MAY], 1.0, "exact"),
        ([MAY, MAY], [MAY, MAY], 1.0, "exact"),
        ([MAY, RATE], [MAY], 0.5, "partial"),
        ([MAY, RATE], [MAY, MAY], 0.0, "partial"),
        ([MAY, JUNE], [MAY, MAY], 0.5, "partial"),
        ([MAY, JUNE], [MAY, call("get_invoice", id="12", month="july")], 0.5, "partial"),
        ([MAY], [MAY, RATE], 0.15, "extra-call"),
        ([MAY, JUNE, RATE], [MAY, JUNE, RATE, RATE], 0.15, "extra-call"),
        ([MAY], [call("get_invoice", id="12", month="m\u0430y")], 0.0, "right-tool"),
        ([MAY], [MAY] * 5, 0.0, "extra-call"),
        ([MAY], [MAY, PAY], -0.5, "extra-call"),
        ([MAY, RATE], [MAY, RATE, PAY], -0.5, "extra-call"),
        ([PAY], [PAY, PAY], -0.5, "extra-call"),
        ([MAY], [call("drop_table")], 0.0, "invented"),
        ([MAY], [MAY, call("drop_table")], 0.0, "invented"),
        ([MAY], [ToolCall(name="get_invoice", raw_arguments="{")], 0.0, "malformed"),
        ([MAY], [MAY, ToolCall(name="", raw_arguments="{")], 0.0, "malformed"),
        ([MAY], [ToolCall(name="", raw_arguments="{"), call("drop_table")], 0.0, "malformed"),
    ],
)
def test_what_calls_are_worth(
    wanted: list[ToolCall], replied: list[ToolCall], value: float, tier: str
):
    found = scored(wanted, *replied)
    assert (found.value, found.tier) == (pytest.approx(value), tier)
    assert found.exact == (tier == "exact")
    assert found.behaviour == "execute"


def test_an_invented_call_does_not_hide_a_harmful_one():
    assert scored([MAY], MAY, PAY, call("drop_table")).value == -0.5


def test_an_extra_call_that_changes_something_costs_more_than_leaving_one_out():
    for wanted in ([MAY, RATE], [MAY, RATE, JUNE], [MAY, RATE, JUNE, SEND]):
        harmed, omitted = scored(wanted, *wanted, PAY).value, scored(wanted, *wanted[1:]).value
        assert harmed is not None
        assert omitted is not None
        assert harmed < omitted


def test_settings_say_which_tools_change_something():
    assert scored([MAY], MAY, PAY, reading=["pay_*"]).value == pytest.approx(0.15)
    assert scored([MAY], MAY, RATE, changing=["get_rate"]).value == -0.5


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("get_invoice", False),
        ("list_updates", False),
        ("update_reservation_flights", True),
        ("cancelBooking", True),
        ("user.delete", True),
        ("HTTPPostForm", True),
        ("calculate", False),
        ("weather", False),
        ("transfer_to_human_agents", True),
    ],
)
def test_the_first_known_verb_says_whether_a_tool_changes_something(name: str, changes: bool):
    assert changes_something(name) is changes


@pytest.mark.parametrize(
    ("text", "tier", "behaviour"),
    [
        ("Please give month.", "over-refusal", "clarify"),
        ("No tool can do this.", "over-refusal", "refuse"),
        ("Your invoice is on its way.", "no-call", "answer"),
        ("  \n", "empty", "answer"),
    ],
)
def test_a_reply_without_a_call_is_worth_nothing(text: str, tier: str, behaviour: str):
    reference = Reference(behaviour="execute", calls=(Call(name="get_invoice"),))
    found = score(Prompt((), TOOLS, reference), Reply(content=text), Settings())
    assert (found.value, found.tier, found.behaviour) == (0.0, tier, behaviour)


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (None, "no-reference"),
        (Reference(behaviour="refuse"), "not-applicable"),
        (Reference(behaviour="execute"), "reference-without-calls"),
        (
            Reference(behaviour="execute", calls=(Call(name="held_out"),)),
            "reference-tool-not-offered",
        ),
    ],
)
def test_what_cannot_be_scored_is_not_zero(reference: Reference | None, reason: str):
    found = score(Prompt((), TOOLS, reference), Reply(tool_calls=(MAY,)), Settings())
    assert (found.value, found.reason) == (None, reason)


def test_tiers_that_reach_the_exact_one_are_refused():
    with pytest.raises(ValidationError, match="make their sum less than 1"):
        Settings(right_tool=0.6, arguments=0.4)


CALLS = st.builds(
    call,
    st.sampled_from(["get_invoice", "get_rate", "pay_invoice"]),
    id=st.sampled_from(["1", "2"]),
    amount=st.sampled_from([1, 1.0, True, "1"]),
)
LISTS = st.lists(CALLS, min_size=1, max_size=4)
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine makes an example wait for its turn."""


def key(item: ToolCall) -> tuple[str, str]:
    return item.name, repr(sorted(item.arguments.items()))


TWO = [call("get_invoice", id="2", amount=1), call("get_invoice", id="2", amount=1.0)]
ONES = [call("get_invoice", id="1", amount=amount) for amount in (1, 1, 1.0)]


@PATIENT
@example(TWO, [TWO[0], *ONES], [3, 0, 1, 2])
@example(TWO, [TWO[0], *ONES], [1, 0, 2, 3])
@given(LISTS, LISTS, st.permutations(range(4)))
def test_the_order_of_calls_does_not_matter(wanted, replied, order):
    shuffled = [replied[i] for i in order if i < len(replied)]
    assert scored(wanted, *replied) == scored(wanted, *shuffled)


@PATIENT
@given(LISTS, LISTS, st.permutations(range(4)))
def test_the_order_of_wanted_calls_does_not_matter(wanted, replied, order):
    shuffled = [wanted[i] for i in order if i < len(wanted)]
    assert scored(wanted, *replied) == scored(shuffled, *replied)


@PATIENT
@given(
    st.lists(CALLS, min_size=1, max_size=4, unique_by=lambda c: (c.name, c.arguments["id"])), LISTS
)
def test_saying_a_call_again_never_pays(wanted, replied):
    again = scored(wanted, *replied, replied[0]).value
    assert again is not None
    assert again <= scored(wanted, *replied).value + 1e-9


@PATIENT
@given(LISTS, LISTS)
def test_an_invented_tool_never_pays(wanted, replied):
    spoilt = scored(wanted, *replied, call("drop_table")).value
    assert spoilt is not None
    assert spoilt <= min(0.0, scored(wanted, *replied).value)


@PATIENT
@given(LISTS, LISTS)
def test_one_is_paid_for_exact_replies_alone(wanted, replied):
    found = scored(wanted, *replied)
    assert (found.value == 1.0) == found.exact


@PATIENT
@given(LISTS, LISTS)
def test_exact_agrees_with_the_evaluations_own_code(wanted, replied):
    calls = tuple(Call(name=w.name, arguments=w.arguments) for w in wanted)
    reference = Reference(behaviour="execute", calls=calls)
    mine = scored(wanted, *replied).exact
    assert mine == metrics.exact_match(reference, Reply(tool_calls=tuple(replied)), TOOLS)


STRICT = Tool(
    name="get_forecast",
    parameters={
        "type": "object",
        "properties": {
            "city": {"type": "string", "pattern": "^[A-Z]"},
            "unit": {"type": "string", "enum": ["C", "F"]},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
            "kind": {"const": "short"},
            "note": {"type": ["string", "null"]},
        },
        "required": ["city", "unit", "days", "note"],
        "additionalProperties": False,
    },
)
OSLO = {"city": "Oslo", "unit": "C", "days": 3, "note": None}


def of_strict(arguments: dict[str, Any], wanted: dict[str, Any] = OSLO) -> tuple[float | None, str]:
    reference = Reference(behaviour="execute", calls=(Call(name="get_forecast", arguments=wanted),))
    reply = Reply(tool_calls=(ToolCall(name="get_forecast", arguments=arguments),))
    found = score(Prompt((), (STRICT,), reference), reply, Settings())
    return found.value, found.tier


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "K"},
        {"days": 0},
        {"days": 15},
        {"days": 2.5},
        {"days": "3"},
        {"city": "oslo"},
        {"kind": "long"},
        {"hat": 1},
        {"days": float("nan")},
        {"days": 10**400},
    ],
    ids=str,
)
def test_a_call_that_breaks_its_schema_is_worth_no_more_than_a_malformed_one(
    change: dict[str, Any],
):
    assert of_strict({**OSLO, **change}) == (0.0, "refused")


def test_a_required_parameter_that_is_left_out_breaks_the_schema():
    assert of_strict({"city": "Oslo", "unit": "C"}) == (0.0, "refused")


def test_a_wrong_value_that_the_schema_allows_still_earns_its_share():
    assert of_strict({**OSLO, "unit": "F"}) == (pytest.approx(0.15 + 0.4 * 2 / 3), "partial")


def test_null_is_absence_where_the_schema_allows_it():
    assert of_strict(OSLO) == (1.0, "exact")
    assert of_strict({"city": "Oslo", "unit": "C", "days": 3}) == (1.0, "exact")
    assert of_strict(OSLO, {"city": "Oslo", "unit": "C", "days": 3}) == (1.0, "exact")
    value, tier = of_strict({**OSLO, "note": "rain"})
    assert (value, tier) == (pytest.approx(0.15 + 0.4 * 2 / 3), "partial")


def test_a_schema_that_the_wanted_call_breaks_refuses_nothing():
    wanted = {**OSLO, "unit": "K"}
    assert of_strict(wanted, wanted) == (1.0, "exact")
    assert of_strict({**wanted, "days": 4}, wanted)[1] == "partial"
