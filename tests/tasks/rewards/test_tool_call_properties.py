"""What has to hold of `tool_call` for any calls: symmetry, monotony, and that spam never pays."""

from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tasks.core.records import Call, Reference, Reply, Score, Tool, ToolCall
from tasks.rewards import Prompt
from tasks.rewards.tool_call import Settings, score

PARAMETERS = {
    "id": {"type": "string"},
    "amount": {"type": "number"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "where": {"type": "object", "properties": {"floor": {"type": "integer"}}},
}
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine makes an example wait for its turn."""
NAMES = ("get_invoice", "get_rate", "pay_invoice")
TOOLS = tuple(
    Tool(name=name, parameters={"type": "object", "properties": PARAMETERS}) for name in NAMES
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": st.sampled_from(["1", "2", 1]),
    "amount": st.sampled_from([1, 1.0, 2, "1"]),
    "tags": st.sampled_from([["a"], ["a", "b"], []]),
    "where": st.sampled_from([{"floor": 1}, {"floor": 2}, {}]),
}
ARGUMENTS = st.fixed_dictionaries({}, optional=VALUES)
CALLS = st.builds(
    lambda name, arguments: ToolCall(name=name, arguments=arguments),
    st.sampled_from(NAMES),
    ARGUMENTS,
)
LISTS = st.lists(CALLS, min_size=1, max_size=4)


def scored(wanted: list[ToolCall], made: list[ToolCall], **options: Any) -> Score:
    calls = tuple(Call(name=w.name, arguments=w.arguments) for w in wanted)
    prompt = Prompt((), TOOLS, Reference(behaviour="execute", calls=calls))
    return score(prompt, Reply(tool_calls=tuple(made)), Settings(**options))


def value(wanted: list[ToolCall], made: list[ToolCall], **options: Any) -> float:
    found = scored(wanted, made, **options).value
    assert found is not None
    return found


def spoilt(call: ToolCall, names: set[str]) -> ToolCall:
    """The call with other values, of the right type, and unlike those of any other call."""
    other: dict[str, Any] = {
        "id": "spoilt",
        "amount": 977.5,
        "tags": ["spoilt"],
        "where": {"floor": 977},
    }
    changed = {n: other[n] if n in names else v for n, v in call.arguments.items()}
    return ToolCall(name=call.name, arguments=changed)


@PATIENT
@given(LISTS, LISTS, st.permutations(range(4)), st.permutations(range(4)))
def test_the_order_of_neither_side_matters(wanted, made, first, second):
    turned = [wanted[i] for i in first if i < len(wanted)]
    shuffled = [made[i] for i in second if i < len(made)]
    assert scored(turned, shuffled) == scored(wanted, made)


@PATIENT
@given(LISTS, st.permutations(range(4)))
def test_the_wanted_calls_in_any_order_are_exact(wanted, order):
    assert scored(wanted, [wanted[i] for i in order if i < len(wanted)]).exact


@PATIENT
@given(
    LISTS, st.lists(st.sets(st.sampled_from(list(PARAMETERS))), min_size=4, max_size=4), st.data()
)
@example(  # putting the second right makes it a copy of the first
    [ToolCall(name="get_rate", arguments={"id": "1", "amount": n}) for n in (1, 2)],
    [{"amount"}, {"id", "amount"}, set(), set()],
    None,
)
def test_putting_one_argument_right_never_lowers_the_value(wanted, faults, data):
    made = [spoilt(call, names) for call, names in zip(wanted, faults, strict=False)]
    wrong = [
        (i, name)
        for i, call in enumerate(made)
        for name in call.arguments
        if call.arguments[name] != wanted[i].arguments[name]
    ]
    assume(wrong)
    for i, name in wrong if data is None else [data.draw(st.sampled_from(wrong))]:
        mended = {**made[i].arguments, name: wanted[i].arguments[name]}
        better = [*made[:i], ToolCall(name=made[i].name, arguments=mended), *made[i + 1 :]]
        assert value(wanted, better) >= value(wanted, made) - 1e-12


@PATIENT
@given(CALLS, st.data())
def test_it_never_lowers_the_value_of_one_call_whatever_is_wrong_with_it(wanted, data):
    arguments = data.draw(ARGUMENTS)
    made = ToolCall(name=wanted.name, arguments=arguments)
    for name, right in wanted.arguments.items():
        better = ToolCall(name=wanted.name, arguments={**arguments, name: right})
        assert value([wanted], [better]) >= value([wanted], [made]) - 1e-12
    for name in arguments.keys() - wanted.arguments.keys():
        fewer = {n: v for n, v in arguments.items() if n != name}
        better = ToolCall(name=wanted.name, arguments=fewer)
        assert value([wanted], [better]) >= value([wanted], [made]) - 1e-12


@PATIENT
@given(LISTS, LISTS, st.integers(0, 3), st.integers(1, 5))
def test_a_call_said_again_never_pays(wanted, made, which, times):
    call = made[which % len(made)]
    same = [w for w in wanted if scored([w], [call]).exact]
    assume(len(same) <= sum(scored([w], [c]).exact for w in same[:1] for c in made))
    assert value(wanted, [*made, *[call] * times]) <= value(wanted, made) + 1e-12


@PATIENT
@given(LISTS, LISTS, LISTS)
def test_calls_beside_the_right_ones_never_pay(wanted, more, _):
    assert value(wanted, [*wanted, *more]) <= 0.2
    assert value(wanted, [*wanted, *more, ToolCall(name="rm_rf")]) <= 0.0


@PATIENT
@given(LISTS, LISTS)
def test_values_lie_in_the_range_and_one_is_exact(wanted, made):
    found = scored(wanted, made)
    assert found.value is not None
    assert -1.0 <= found.value <= 1.0
    assert (found.value == 1.0) == found.exact


@PATIENT
@given(LISTS, LISTS)
def test_asking_for_an_order_never_pays_more(wanted, made):
    assert value(wanted, made, ordered=True) <= value(wanted, made) + 1e-12
    assert scored(wanted, wanted, ordered=True).exact
