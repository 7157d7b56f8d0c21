"""Presets pay what the rules they reproduce were seen to pay; ours beside them."""

import pytest

from tasks.core.records import Call, Reference, Reply, Tool, ToolCall
from tasks.rewards import Prompt
from tasks.rewards.tool_call import Settings, score

NAMES = ("convert", "weather", "search", "book")
TOOLS = tuple(Tool(name=name, parameters={"type": "object"}) for name in NAMES)


def call(name: str, **arguments: object) -> ToolCall:
    return ToolCall(name=name, arguments=arguments)


def values(wanted: list[ToolCall], *made: ToolCall, text: str = "") -> tuple[float | None, ...]:
    calls = tuple(Call(name=w.name, arguments=w.arguments) for w in wanted)
    reference = Reference(behaviour="execute" if wanted else "clarify", calls=calls)
    reply = Reply(content=text, tool_calls=made)
    rules = ("aws_tiered", "toolrl", "tool_n1_binary", "ratchet")
    prompt = Prompt((), TOOLS, reference)
    return tuple(score(prompt, reply, Settings(preset=rule)).value for rule in rules)  # type: ignore[arg-type]


OSLO = call("weather", city="Oslo")
ROME = call("weather", city="Rome")
FIFTY = call("convert", amount=50, source="EUR", target="NOK")


@pytest.mark.parametrize(
    ("wanted", "made", "expected"),
    [
        # ToolRL's own total, from 4 down to -3, is four times the value.
        ([OSLO], [OSLO], (1.0, 1.0, 1.0, 1.0)),
        ([OSLO, ROME], [OSLO, ROME], (0.5, 1.0, 1.0, 1.0)),
        ([OSLO], [OSLO] * 5, (1.0, 2.4 / 4, 0.0, 0.0)),
        ([OSLO], [ROME], (0.5, 2.0 / 4, 0.0, 0.15)),
        ([OSLO], [call("weather")], (0.5, 0.0, 0.0, 0.15)),
        ([OSLO, FIFTY], [OSLO], (0.5, 1 / 7 / 4, 0.0, 0.5)),
        ([OSLO], [OSLO, call("rm_rf")], (0.5, 3.0 / 4, 0.0, 0.0)),
        (
            [FIFTY],
            [call("convert", amount="50", source="EUR", target="NOK")],
            (0.5, 0.7, 0.0, None),
        ),
        (
            [FIFTY],
            [call("convert", amount=50.0, source="EUR", target="NOK")],
            (1.0, 1.0, 0.0, None),
        ),
        ([OSLO], [call("rm_rf")], (0.0, -2.0 / 4, 0.0, 0.0)),
        ([], [], (1.0, 0.25, 0.0, None)),
        ([], [OSLO], (0.0, 0.0, 0.0, None)),
        ([OSLO], [], (0.0, -0.75, 0.0, 0.0)),
    ],
)
def test_each_rule_pays_what_it_was_seen_to_pay(
    wanted: list[ToolCall], made: list[ToolCall], expected: tuple[float | None, ...]
):
    found = values(wanted, *made, text="" if made else "Which?")
    for value, right in zip(found, expected, strict=True):
        if right is not None:
            assert value == pytest.approx(right, abs=1e-9)


def test_without_a_wanted_call_gibberish_earns_as_much_as_a_question():
    assert values([], text="qwop zx")[:3] == values([], text="For which city?")[:3]


def test_a_broken_call_earns_the_least_of_each_rule():
    broken = ToolCall(name="weather", raw_arguments="{")
    assert values([OSLO], broken) == (0.0, -0.75, 0.0, 0.0)
