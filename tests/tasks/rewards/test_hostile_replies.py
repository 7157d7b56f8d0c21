"""Nothing that a model can write raises out of a reward that scores without a server."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks import rewards
from tasks.core.records import Reply, ToolCall
from tasks.dialects import parse
from tasks.rewards.attacks.situations import SITUATIONS
from tasks.rewards.specification.scoring import alone, column
from tasks.rewards.specification.spec import load_spec

SPEC = load_spec("specs/tool_calls.yaml")
PURE = tuple(
    name
    for name in rewards.available()
    if name
    not in ("python", "lambda_function", "openai_grader", "http", "judge", "pairwise", "cosine")
)


def nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


TEXTS = (
    "\ud800 Rain falls.",
    "\x00Which day?\x00",
    "\u202eWhich day?\u2066",
    "<think>" * 3000,
    "</think>" * 3000,
    "[" * 20_000,
    '{"a":' * 20_000,
    "<tool_call>" * 2000,
    "(((((" * 4000 + "a" * 4000,
    "a, " * 20_000,
    "Is it, but is it, " * 3000,
    "I'" * 10_000,
    "1e999 NaN -Infinity " * 200,
    "\n" * 50_000,
    "🍕" * 20_000,
    "a" + "\u0301" * 20_000,
    "https://x.example/" + "?" * 20_000,
)
VALUES = (
    float("nan"),
    float("inf"),
    -0.0,
    10**400,
    -(10**400),
    True,
    None,
    "\ud800",
    "\x00",
    nested(90),
    {"": {}},
    {"\ud800": 1},
    ["a", 1, None, {"b": []}],
)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.name)
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:12]))
def test_a_hostile_text_is_scored(situation: Any, text: str):
    for reply in (Reply(content=text), Reply(content=text, tool_calls=situation.right.tool_calls)):
        score = SPEC.score(situation.prompt, reply)
        assert score.value is None or score.value < 0.2 or reply.tool_calls


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.name)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_hostile_argument_is_scored(situation: Any, value: Any):
    for tool in situation.prompt.tools:
        for name in (*tool.properties(), "other", "\ud800"):
            call = ToolCall(name=tool.name, arguments={name: value})
            score = SPEC.score(situation.prompt, Reply(tool_calls=(call,)))
            assert score.value is not None
            assert score.value < 0.5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
CALLS = st.lists(
    st.builds(
        ToolCall,
        name=st.sampled_from(["find_rooms", "book_room", "send_notice", ""]) | st.text(),
        arguments=st.dictionaries(st.sampled_from(["day", "to", "notice"]) | st.text(), JSON),
        raw_arguments=st.just("") | st.text(),
    ),
    max_size=3,
)
ODD = st.text(
    st.characters(exclude_categories=()) | st.sampled_from("\ud800\x00<>[]{}|"), max_size=80
)


@pytest.mark.property
@settings(max_examples=300)
@given(text=ODD, calls=CALLS, at=st.integers(0, len(SITUATIONS) - 1), name=st.sampled_from(PURE))
def test_no_reply_raises_out_of_a_reward(text: str, calls: list[ToolCall], at: int, name: str):
    prompt = SITUATIONS[at].prompt
    required = {
        "json_schema": {"check": "text", "text_schema": {"type": "object"}},
        "policy": {"topics": {"a": ["banana"]}},
    }
    reply = Reply(content=text, tool_calls=tuple(calls))
    (score,) = column(alone(name, required.get(name)), [prompt], [reply])
    assert score.value is None or -1 <= score.value <= 1
    assert -1 <= (SPEC.score(prompt, reply).value or 0) <= 1


@pytest.mark.property
@settings(max_examples=300)
@given(text=ODD, at=st.integers(0, len(SITUATIONS) - 1))
def test_no_raw_text_raises_where_it_is_read(text: str, at: int):
    score = SPEC.score(SITUATIONS[at].prompt, parse(f"{text}<tool_call>{text}"))
    assert score.value is None or score.value < 0.2
