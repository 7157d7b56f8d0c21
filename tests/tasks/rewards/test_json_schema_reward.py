import pytest
from pydantic import ValidationError

from tasks.core.records import Reference, Reply, Tool, ToolCall
from tasks.rewards import NOT_APPLICABLE, Prompt
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


TOTAL = {"type": "object", "properties": {"total": {"type": "integer"}}, "required": ["total"]}


@pytest.mark.parametrize(
    ("content", "value", "tier"),
    [
        ('{"total": 12}', 1.0, "valid"),
        (' {"total": 12}\n', 1.0, "valid"),
        ('{"total": "12"}', 0.0, "invalid"),
        ('{"sum": 12}', 0.0, "invalid"),
        ("The total is 12.", 0.0, "no-json"),
        ('{"total": 12} as asked', 0.0, "no-json"),
        ('{"total": 12, "total": "x"}', 0.0, "no-json"),
        ('```json\n{"total": 12}\n```', 0.0, "no-json"),
        ("[" * 100_000, 0.0, "no-json"),
    ],
)
def test_a_text_is_held_against_the_schema_of_the_options(content: str, value: float, tier: str):
    found = score(
        Prompt((), (), None), Reply(content=content), Settings(check="text", text_schema=TOTAL)
    )
    assert (found.value, found.tier, found.exact) == (value, tier, value == 1.0)


def test_a_fence_can_be_allowed():
    settings = Settings(check="text", text_schema=TOTAL, fenced=True)
    for fence in ("```json\n{}\n```", "```\n{}\n```"):
        reply = Reply(content=fence.replace("{}", '{"total": 12}'))
        assert score(Prompt((), (), None), reply, settings).value == 1.0


def test_the_schema_can_come_with_the_row():
    settings = Settings(check="reference")
    text = '{"type": "array", "items": {"type": "integer"}}'
    row = Prompt((), (), Reference(behaviour="answer", text=text))
    assert score(row, Reply(content="[1, 2]"), settings).value == 1.0
    assert score(row, Reply(content='["1"]'), settings).value == 0.0
    assert score(row, Reply(), settings).value == 0.0
    assert score(row, Reply(tool_calls=(GOOD,)), settings).tier == "only-called"
    bare = row._replace(reference=None)
    assert score(bare, Reply(tool_calls=(GOOD,)), settings).reason == NOT_APPLICABLE
    for broken in ("no schema", '{"type": "whole number"}', '{"$ref": "http://127.0.0.1:9/x"}'):
        bad = Prompt((), (), Reference(behaviour="answer", text=broken))
        found = score(bad, Reply(content="[1]"), settings)
        assert (found.value, found.reason.endswith("is-no-schema")) == (None, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"check": "text"}, "come together"),
        ({"text_schema": TOTAL}, "come together"),
        ({"check": "text", "text_schema": {"type": "whole number"}}, "no JSON Schema of draft"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, object], message: str):
    with pytest.raises(ValidationError, match=message):
        Settings.model_validate(options)
