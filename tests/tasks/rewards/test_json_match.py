import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.records import Reference, Reply, Score
from tasks.rewards import NOT_APPLICABLE, Prompt
from tasks.rewards.json_match import Settings, score

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


def match(given_text: str, wanted: str, **options: object) -> Score:
    prompt = Prompt((), (), Reference(behaviour="answer", text=wanted))
    return score(prompt, Reply(content=given_text), Settings(**options))


@pytest.mark.parametrize(
    ("given_text", "wanted", "value"),
    [
        ('{"a": 1}', '{"a": 1.0}', 1.0),
        ('{"a": true}', '{"a": 1}', 0.0),
        ('{"a": "07030"}', '{"a": 7030}', 0.0),
        ('{"a": null}', "{}", 0.0),
        ('{"a": []}', '{"a": {}}', 0.0),
        ('{"a": 1, "b": 2}', '{"a": 1}', 2 / 3),
        ('{"a": 1, "b": 2, "c": 3, "d": 4}', '{"a": 1}', 2 / 5),
        ("[1, 2]", "[2, 1]", 0.0),
        ("12", "12.0", 1.0),
        ('{"a.b": 1}', '{"a": {"b": 1}}', 0.0),
    ],
)
def test_leaves_are_compared_by_type_and_way(given_text: str, wanted: str, value: float):
    found = match(given_text, wanted)
    assert (found.value, found.exact) == (pytest.approx(value), value == 1)


def test_the_order_of_a_list_can_be_left_open():
    assert match("[1, 2]", "[2, 1]", ordered=False).value == 1.0
    assert match('[{"a": 1}, {"a": 2}]', '[{"a": 2}, {"a": 1}]', ordered=False).value == 1.0
    # An item twice is one too many.
    assert match("[1, 1, 1, 1]", "[1, 2]", ordered=False).value == pytest.approx(2 / 6)


def test_case_can_be_left_open_for_values_and_not_for_keys():
    assert match('{"a": "OSLO"}', '{"a": "Oslo"}', ignore_case=True).value == 1.0
    assert match('{"A": "Oslo"}', '{"a": "Oslo"}', ignore_case=True).value == 0.0


def test_what_has_no_json_to_be_compared_with_is_unscored():
    assert match("{}", "Sure.").reason == "reference-is-no-json"
    act = Prompt((), (), Reference(behaviour="execute"))
    assert score(act, Reply(content="{}"), Settings()).reason == NOT_APPLICABLE


@settings(max_examples=60, deadline=None)
@given(JSON, JSON)
def test_the_value_is_the_same_both_ways_and_one_only_for_equals(first, second):
    one, other = json.dumps(first, sort_keys=True), json.dumps(second, sort_keys=True)
    assert match(one, other).value == match(other, one).value
    assert match(one, one).exact
    assert match(one, other).exact == (one == other)
