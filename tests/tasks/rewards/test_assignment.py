import pytest

from tasks.core.records import Call, ToolCall
from tasks.rewards.calls.assignment import match


def call(name: str = "f", **arguments: object) -> ToolCall:
    return ToolCall(name=name, arguments=arguments)


def share(given: ToolCall, wanted: Call) -> float:
    same = sum(given.arguments.get(name) == value for name, value in wanted.arguments.items())
    return same / len(wanted.arguments)


def wanted(*calls: ToolCall) -> list[Call]:
    return [Call(name=c.name, arguments=c.arguments) for c in calls]


def test_each_wanted_call_needs_a_call_of_its_own():
    found = match([call(a=1)], wanted(call(a=1), call(a=1)), share)
    assert (found.exact, found.progress, found.extra) == (1, 0.0, ())
    assert match([call(a=1)] * 2, wanted(call(a=1), call(a=1)), share).exact == 2


def test_as_many_calls_as_can_be_are_exact():
    # Row by row the first call would take what the second one alone can answer.
    either = Call(name="f", arguments={"a": 1}, alternatives={"a": (2,)})
    only = Call(name="f", arguments={"a": 1})

    def accepts(given: ToolCall, asked: Call) -> float:
        return float(
            given.arguments["a"] in (asked.arguments["a"], *asked.alternatives.get("a", ()))
        )

    assert match([call(a=1), call(a=2)], [either, only], accepts).exact == 2
    assert match([call(a=2), call(a=1)], [only, either], accepts).exact == 2


def test_of_the_other_calls_the_best_counts():
    asked = wanted(call(a=1, b=1, c=1), call(a=2, b=2, c=2))
    found = match([call(a=1, b=1, c=9), call(a=2, b=9, c=9)], asked, share)
    assert (found.exact, found.progress) == (0, pytest.approx(2 / 3))


def test_a_call_earns_only_what_it_has_right_beyond_the_exact_ones():
    asked = wanted(call(a=1, b=1), call(a=1, b=2))
    assert match([call(a=1, b=1), call(a=1, b=9)], asked, share).progress == 0.0
    assert match([call(a=1, b=1), call(a=9, b=2)], asked, share).progress == 0.0
    apart = wanted(call(a=1, b=1), call(a=2, b=2))
    assert match([call(a=1, b=1), call(a=2, b=9)], apart, share).progress == 0.5


def test_tools_are_told_apart():
    asked = wanted(call("f", a=1), call("g", a=1))
    found = match([call("g", a=1), call("h", a=1)], asked, share)
    assert (found.exact, found.named, found.extra) == (1, True, (call("h", a=1),))
    assert not match([call("h", a=1)], asked, share).named


def test_calls_beyond_those_asked_for_are_extra():
    found = match([call(a=1)] * 3, wanted(call(a=1)), share)
    assert (found.exact, found.extra) == (1, (call(a=1),) * 2)


def test_in_order_the_longest_common_sequence_counts():
    asked = wanted(call(a=1), call("g", a=2), call(a=3))
    turned = [call(a=3), call(a=1), call("g", a=2)]
    found = match(turned, asked, share, ordered=True)
    assert (found.exact, found.misplaced) == (2, 1)
    assert match(turned, asked, share).exact == 3
    right = [call(a=1), call("g", a=2), call(a=3)]
    assert match(right, asked, share, ordered=True).exact == 3
