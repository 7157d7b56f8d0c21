import pytest

from tasks.rewards.reading.openai_errors import KEYS, flags, key_of


@pytest.mark.parametrize(
    ("reason", "key"),
    [
        ("timeout", "unresponsive_reward_error"),
        ("judge-timeout", "unresponsive_reward_error"),
        ("judge-refused", "model_grader_refusal_error"),
        ("judge-verdict-unreadable", "model_grader_parse_error"),
        ("judge-verdict-not-by-schema", "model_grader_parse_error"),
        ("judge-status-500", "model_grader_server_error"),
        ("python-raised ValueError", "python_grader_runtime_error"),
        ("python-timeout", "unresponsive_reward_error"),
        ("grader-unreachable", "unresponsive_reward_error"),
        ("no-reference", "invalid_variable_error"),
        ("reward-value-not-in-range", "other_error"),
    ],
)
def test_each_reason_has_a_key_of_openais(reason: str, key: str):
    assert key_of(reason) == key


def test_the_errors_object_has_all_keys():
    found = flags({"model_grader_server_error": 2}, {"model_grader_server_error": "status-500"})
    assert set(KEYS) <= set(found)
    assert found["model_grader_server_error"] is True
    assert found["model_grader_server_error_details"] == "status-500"
    assert found["sample_parse_error"] is False
    assert found["python_grader_runtime_error_details"] is None
