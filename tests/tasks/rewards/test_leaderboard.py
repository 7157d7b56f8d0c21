"""Where the leaderboard's rule is not ours, as its own checker says."""

from typing import Any

import pytest

from tasks.core.records import Call, Tool, ToolCall
from tasks.rewards.calls.leaderboard import fit

SCHEMA = {
    "type": "dict",
    "properties": {"city": {"type": "string"}, "year": {"type": "integer"}},
    "required": ["city"],
}
TOOL = Tool(name="f", parameters=SCHEMA)


def fits(given: dict[str, Any], wanted: dict[str, Any], *optional: str) -> bool:
    call = Call(name="f", arguments=wanted, optional=optional)
    right, due, extra = fit(ToolCall(name="f", arguments=given), call, TOOL)
    return right == due and not extra


@pytest.mark.parametrize(
    ("given", "wanted", "right"),
    [
        ({"city": "new york"}, {"city": "New York"}, True),
        ({"city": "Oslo", "year": "dontcare"}, {"city": "Oslo", "year": "dontcare"}, True),
        ({"city": "Oslo", "year": "DONTCARE"}, {"city": "Oslo", "year": "dontcare"}, False),
        ({"city": "Oslo", "hat": 1}, {"city": "Oslo", "hat": 1}, False),
        ({"year": 5}, {"year": 5}, False),
    ],
)
def test_the_option_judges_as_the_checker_does(given: Any, wanted: Any, right: bool):
    assert fits(given, wanted) is right


def test_empty_text_stands_for_what_may_be_left_out():
    assert fits({"city": "Oslo", "year": ""}, {"city": "Oslo", "year": "dontcare"}, "year")
