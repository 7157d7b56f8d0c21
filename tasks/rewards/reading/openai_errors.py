"""Says why something was not scored in the keys that OpenAI's grader endpoints answer with.

    timeout                      unresponsive_reward_error
    judge-unreadable-verdict     model_grader_parse_error
    python-raised                python_grader_runtime_error

Source: `RunGraderResponse.metadata.errors` of the OpenAI API (fine_tuning/alpha/graders/run). There
a failed grader scores 0; here it leaves the sample out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from tasks.core.records import Score
from tasks.rewards import NOT_APPLICABLE

Key = Literal[
    "formula_parse_error",
    "sample_parse_error",
    "truncated_observation_error",
    "unresponsive_reward_error",
    "invalid_variable_error",
    "other_error",
    "python_grader_server_error",
    "python_grader_runtime_error",
    "model_grader_server_error",
    "model_grader_refusal_error",
    "model_grader_parse_error",
]
KEYS: tuple[Key, ...] = get_args(Key)
_DETAILS = (
    "python_grader_server_error_type",
    "python_grader_runtime_error_details",
    "model_grader_server_error_details",
)

_BY_REASON: dict[str, Key] = {
    "no-reference": "invalid_variable_error",
    "reference-without-calls": "invalid_variable_error",
    "reference-without-text": "invalid_variable_error",
    "reference-tool-not-offered": "invalid_variable_error",
    "reference-is-no-json": "invalid_variable_error",
    "reference-is-no-schema": "invalid_variable_error",
    "schema-is-no-schema": "invalid_variable_error",
    "tool-schema-is-no-schema": "invalid_variable_error",
    "python-row-is-no-json": "invalid_variable_error",
}
# The first that the reason begins with, and that it has in it, decides.
_BY_WORDS: tuple[tuple[str, str, Key], ...] = (
    ("", "timeout", "unresponsive_reward_error"),
    ("", "timed-out", "unresponsive_reward_error"),
    ("", "formula", "formula_parse_error"),
    ("", "truncated", "truncated_observation_error"),
    ("judge", "refus", "model_grader_refusal_error"),
    ("judge", "unreadable", "model_grader_parse_error"),
    ("judge", "verdict", "model_grader_parse_error"),
    ("judge", "", "model_grader_server_error"),
    ("openai", "unfilled", "invalid_variable_error"),
    ("python", "row-is-no-json", "sample_parse_error"),
    ("python", "sandbox", "python_grader_server_error"),
    ("python", "worker", "python_grader_server_error"),
    ("python", "bad-answer", "python_grader_server_error"),
    ("python", "", "python_grader_runtime_error"),
    ("lambda", "", "python_grader_runtime_error"),
    ("grader", "unreachable", "unresponsive_reward_error"),
    ("grader", "status-", "unresponsive_reward_error"),
)


def key_of(reason: str) -> Key:
    """The key for the reason of an unscored reply."""
    if reason in _BY_REASON:
        return _BY_REASON[reason]
    for begins, holds, key in _BY_WORDS:
        if reason.startswith(begins) and holds in reason:
            return key
    return "other_error"


def of_check(
    unscored: Mapping[str, str], bad: Sequence[str], scores: Sequence[Score]
) -> dict[str, Any]:
    """OpenAI's `errors` for a check: of right replies, of rows, and of the rows' completions."""
    reasons = [*unscored.values(), *(s.reason for s in scores if s.value is None)]
    counts: Counter[str] = Counter(key_of(reason) for reason in reasons if reason != NOT_APPLICABLE)
    counts["invalid_variable_error"] += len(bad)
    details: dict[str, str] = {}
    for reason in reasons:
        details.setdefault(key_of(reason), reason)
    return {"errors": flags(counts, details), "error_counts": dict(sorted((+counts).items()))}


def flags(counts: Mapping[str, int], details: Mapping[str, str]) -> dict[str, bool | str | None]:
    """OpenAI's `errors` object: whether each kind came up, and what was said about it."""
    found: dict[str, bool | str | None] = {key: counts.get(key, 0) > 0 for key in KEYS}
    for name in _DETAILS:
        key = name.removesuffix("_details").removesuffix("_type")
        found[name] = details.get(key)
    return found
