"""Length, format and policy: what their options say, and what cannot get round them."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.core.records import Message, Reply, ToolCall
from tasks.rewards import NOT_APPLICABLE, Prompt, format, length, policy

ANY = Prompt((), (), None)
CALL = Reply(tool_calls=(ToolCall(name="f"),))


def lengths(reply: str, **options: object) -> float | None:
    return length.score(ANY, Reply(content=reply), length.Settings(**options)).value


@pytest.mark.parametrize(
    ("unit", "expected"), [("characters", 23), ("words", 6), ("sentences", 2), ("calls", 0)]
)
def test_a_length_is_measured_in_the_named_unit(unit: str, expected: int):
    assert length.measure(Reply(content="It costs 1.5. Is it ok?"), unit) == expected


def test_sentences_are_counted_without_a_last_stop_and_in_chinese():
    assert length.measure(Reply(content="One. Two"), "sentences") == 2
    assert length.measure(Reply(content="一。二。"), "sentences") == 2
    assert length.measure(Reply(content=""), "sentences") == 0


def test_too_long_falls_in_a_line_to_the_limit_and_no_further():
    options = {"unit": "characters", "most": 10, "limit": 20}
    assert [lengths("x" * n, **options) for n in (1, 10, 15, 20, 1_000_000)] == [
        1.0,
        1.0,
        0.5,
        0.0,
        0.0,
    ]


def test_too_short_falls_in_proportion():
    assert lengths("a b", least=4, most=8, limit=9) == 0.5


def test_calls_can_be_the_unit_and_else_are_not_applicable():
    options = length.Settings(unit="calls", most=1, limit=3)
    assert length.score(ANY, CALL, options).value == 1.0
    assert length.score(ANY, Reply(tool_calls=CALL.tool_calls * 2), options).value == 0.5
    assert length.score(ANY, CALL, length.Settings()).reason == NOT_APPLICABLE


def test_lengths_out_of_order_are_refused():
    with pytest.raises(ValidationError, match="expected least <= most < limit"):
        length.Settings(least=5, most=4, limit=9)


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(0, 30))
def test_a_longer_text_is_never_worth_more_above_the_most(first: int, more: int):
    options = {"most": 10, "limit": 20}
    if first >= 10:
        assert lengths("w " * (first + more), **options) <= lengths("w " * first, **options)


def formed(content: str, **options: object) -> float | None:
    return format.score(ANY, Reply(content=content), format.Settings(**options)).value


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("[1]", 1.0),
        ("{}", 0.0),
        ("[NaN]", 0.0),
        ("[1] [2]", 0.0),
        ("[" * 200_000, 0.0),
        ("[" + "9" * 5000 + "]", 0.0),
        ("[" + " " * 300_000 + "]", 0.0),
    ],
)
def test_json_is_one_value_of_the_wanted_type(content: str, value: float):
    assert formed(content, json_type="array") == value


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("```sql\nselect 1\n```", 1.0),
        ("```SQL\nselect 1\n```\n", 1.0),
        ("```\nselect 1\n```", 0.0),
        ("```sql\nselect 1", 0.0),
        ("Here: \n```sql\nselect 1\n```", 0.0),
        ("```sql\n1\n```\n```sql\n2\n```", 0.0),
        ("```sql select 1```", 0.0),
    ],
)
def test_a_fence_is_one_closed_block_and_nothing_else(content: str, value: float):
    assert formed(content, kind="fenced", language="sql") == value


def test_text_around_a_fence_can_be_allowed():
    content = "Here:\n```sql\nselect 1\n```\nDone."
    assert formed(content, kind="fenced", text_around=True) == 1.0


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("<think>a</think> <answer>4</answer>", 1.0),
        ("<answer>4</answer><think>a</think>", 0.0),
        ("<think>a</think><answer>4</answer><answer>5</answer>", 0.0),
        ("<think>a<answer>4</answer></think>", 0.0),
        ("<think>a</think> so <answer>4</answer>", 0.0),
        ("<think>a</think><answer>4", 0.0),
    ],
)
def test_tags_stand_once_each_in_order_with_nothing_around(content: str, value: float):
    assert formed(content, kind="tags", tags=("think", "answer")) == value


def test_a_pattern_matches_the_whole_text():
    assert formed(" K12 ", kind="pattern", pattern=r"[A-Z]\d+") == 1.0
    assert formed("K12 or so", kind="pattern", pattern=r"[A-Z]\d+") == 0.0


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "pattern"},
        {"kind": "tags"},
        {"pattern": "a"},
        {"kind": "tags", "tags": ("a", "a")},
        {"kind": "tags", "tags": ("a b",)},
    ],
)
def test_a_format_that_is_not_complete_is_refused(options: dict[str, object]):
    with pytest.raises(ValidationError):
        format.Settings.model_validate(options)


@pytest.mark.parametrize("pattern", ["(?=a)", r"(a)\1", "(", "a{1001}"])
def test_a_pattern_that_re2_does_not_know_is_refused_with_the_cure(pattern: str):
    with pytest.raises(ValidationError, match="is no RE2 pattern"):
        policy.Settings(patterns={"bad": pattern})


def test_a_pattern_made_to_explode_does_not():
    options = policy.Settings(patterns={"bomb": "(a+)+$"})
    started = time.process_time()
    policy.score(ANY, Reply(content="a" * 100_000 + "!"), options)
    # A backtracking engine would not come back.
    assert time.process_time() - started < 30


TOPICS = policy.Settings(topics={"shares": ("buy shares", "U.S. stock")})


@pytest.mark.parametrize(
    ("content", "tier"),
    [
        ("You should BUY\n shares now", "topic:shares"),
        ("(buy shares)", "topic:shares"),
        ("ｂｕｙ ѕhares", "topic:shares"),
        ("buy\u200b sha\u00adres", "topic:shares"),
        ("A U.S. stock.", "topic:shares"),
        ("A UXSX stock.", "clean"),
        ("nobuy shares", "clean"),
        ("They buy sharesies.", "clean"),
    ],
)
def test_a_topic_is_found_as_whole_words_however_they_are_dressed(content: str, tier: str):
    assert policy.score(ANY, Reply(content=content), TOPICS).tier == tier


def test_what_the_user_said_can_be_forgiven_and_no_more():
    asked = Prompt((Message(role="user", content="Should I buy shares?"),), (), None)
    loose = TOPICS.model_copy(update={"forgive_echo": True})
    assert policy.score(asked, Reply(content='"Buy shares?" No.'), TOPICS).value == 0.0
    assert policy.score(asked, Reply(content='"Buy shares?" No.'), loose).value == 1.0
    assert policy.score(asked, Reply(content="A U.S. stock?"), loose).value == 0.0


def test_arguments_are_looked_at_unless_told_not_to():
    reply = Reply(tool_calls=(ToolCall(name="mail", arguments={"body": ["buy shares"]}),))
    assert policy.score(ANY, reply, TOPICS).value == 0.0
    loose = TOPICS.model_copy(update={"in_arguments": False})
    assert policy.score(ANY, reply, loose).reason == NOT_APPLICABLE


def test_a_topic_without_words_is_refused():
    with pytest.raises(ValidationError, match="topic empty: give at least one phrase"):
        policy.Settings(topics={"empty": ("--",)})


def test_a_pattern_minds_case_but_not_what_a_reader_cannot_see():
    options = policy.Settings(topics={}, patterns={"key": "API KEY"})
    for content, value in (("API KEY", 0.0), ("api key", 1.0), ("АРІ КЕУ", 0.0), ("clé", 1.0)):
        assert policy.score(ANY, Reply(content=content), options).value == value
