import pytest
from pydantic import ValidationError

from tasks.core.records import Reply, Tool, ToolCall
from tasks.rewards import Prompt
from tasks.rewards.json_schema import Settings, is_valid, score

GOOD = ToolCall(name="f", arguments={"a": 1})
BAD = ToolCall(name="f", arguments={"a": "1"})


def tool(**schema: object) -> Tool:
    return Tool(name="f", parameters={"type": "object", **schema})


TOOL = tool(properties={"a": {"type": "integer"}})


def test_as_a_penalty_a_valid_call_earns_nothing():
    settings = Settings(valid=0.0, invalid=-1.0)
    prompt = Prompt((), (TOOL,), None)
    assert score(prompt, Reply(tool_calls=(GOOD,)), settings).value == 0.0
    assert score(prompt, Reply(tool_calls=(GOOD, BAD)), settings).value == -0.5
    assert score(prompt, Reply(tool_calls=(BAD,)), settings).value == -1.0


def test_valid_must_be_worth_more_than_invalid():
    with pytest.raises(ValidationError, match=r"valid 0.0 must be more than invalid 0.0"):
        Settings(valid=0.0)


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"type": "whole number"}}},
        {"properties": {"a": {"$ref": "#/$defs/missing"}}},
        {"properties": {"a": {"$ref": "http://127.0.0.1:9/schema.json"}}},
    ],
)
def test_a_schema_that_is_none_leaves_the_row_unscored(schema: dict[str, object]):
    found = score(Prompt((), (tool(**schema),), None), Reply(tool_calls=(GOOD,)), Settings())
    assert (found.value, found.reason) == (None, "tool-schema-is-no-schema")


@pytest.mark.parametrize(
    ("call", "offered", "valid"),
    [(GOOD, TOOL, True), (BAD, TOOL, False), (GOOD, None, False), (GOOD, Tool(name="f"), True)],
)
def test_a_call_is_valid_by_the_schema_of_its_tool(call: ToolCall, offered: Tool, valid: bool):
    assert is_valid(call, offered) is valid
