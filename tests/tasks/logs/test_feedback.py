import json
from typing import Any

import pytest

from tasks.core.records import Feedback, Reply, ToolCall
from tasks.logs import feedback
from tasks.logs.json_lines import Malformed

OUTCOME = {
    "session_id": "s-12",
    "metric": "task_success",
    "value": 1,
    "source": "outcome",
    "timestamp": "2026-11-03T15:00:00+00:00",
}
EDIT = OUTCOME | {"metric": "correction", "source": "human_edit"}


def parse(given: dict[str, Any]) -> Feedback:
    return feedback.parse(json.dumps(given).encode())


def reason(given: dict[str, Any]) -> str:
    with pytest.raises(Malformed) as error:
        parse(given)
    return error.value.reason


def test_an_outcome_is_a_number_for_a_session() -> None:
    assert parse(OUTCOME) == Feedback(
        session_id="s-12",
        metric="task_success",
        value=1.0,
        source="outcome",
        timestamp="2026-11-03T15:00:00Z",
    )


def test_true_is_an_outcome_of_one() -> None:
    assert parse(OUTCOME | {"value": True}).value == 1.0


def test_a_call_may_be_named_in_place_of_its_session() -> None:
    found = parse(OUTCOME | {"session_id": None, "request_id": "7c9e"})
    assert (found.session_id, found.request_id) == ("", "7c9e")


@pytest.mark.parametrize(
    "call",
    [
        {"name": "get_weather", "arguments": {"city": "Oslo"}, "id": "t"},
        {"name": "get_weather", "arguments": '{"city": "Oslo"}', "id": "t"},
        {
            "id": "t",
            "type": "function",
            "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
        },
    ],
)
def test_an_edit_is_the_right_reply_in_either_form(call: dict[str, Any]) -> None:
    assert parse(EDIT | {"value": {"content": None, "tool_calls": [call]}}).value == Reply(
        tool_calls=(ToolCall(name="get_weather", arguments={"city": "Oslo"}, id="t"),)
    )


def test_an_edit_may_be_text_alone() -> None:
    assert parse(EDIT | {"value": {"content": "In which city?"}}).value == Reply(
        content="In which city?"
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (OUTCOME | {"session_id": ""}, "no-target"),
        (OUTCOME | {"metric": ""}, "missing-field"),
        (OUTCOME | {"source": "rumour"}, "unknown-source"),
        (OUTCOME | {"value": 1.01}, "wrong-value"),
        (OUTCOME | {"value": {"content": "yes"}}, "wrong-value"),
        (OUTCOME | {"value": "1"}, "wrong-type"),
        (OUTCOME | {"value": None}, "wrong-type"),
        (OUTCOME | {"timestamp": "today"}, "bad-timestamp"),
        (EDIT, "wrong-value"),
        (EDIT | {"value": {}}, "wrong-value"),
        (EDIT | {"value": {"tool_calls": [{"name": "f", "arguments": "{torn"}]}}, "wrong-value"),
        (EDIT | {"value": {"tool_calls": [{"arguments": "{}"}]}}, "missing-field"),
    ],
)
def test_what_says_nothing_is_a_reject(given: dict[str, Any], expected: str) -> None:
    assert reason(given) == expected


def test_a_rating_may_be_any_number() -> None:
    assert parse(OUTCOME | {"source": "human_rating", "value": 4.5}).value == 4.5


def test_further_fields_are_ignored() -> None:
    assert parse(OUTCOME | {"comment": "well done"}) == parse(OUTCOME)


def test_a_reject_repeats_no_content() -> None:
    with pytest.raises(Malformed) as error:
        parse(OUTCOME | {"source": "Ada Example"})
    assert "Ada" not in str(error.value)
