"""Scores of Langfuse and assessments of MLflow as feedback."""

import json
from typing import Any

import pytest

from tasks import formats
from tasks.core.records import Feedback, Source
from tasks.formats import langfuse_export, mlflow_trace
from tasks.logs.feedback import with_outcomes
from tasks.logs.sealed import Sealed

SOURCE = Source(uri="logs/a.jsonl", line=1, format="any")
SCORE = {
    "id": "sc-1",
    "timestamp": "2026-11-03 15:00:00.000000",
    "project_id": "p1",
    "trace_id": "trace-4",
    "observation_id": "obs-7c9e6679",
    "session_id": None,
    "name": "solved",
    "value": 1,
    "source": "API",
    "data_type": "BOOLEAN",
    "string_value": None,
}
ASSESSMENT = {
    "assessment_name": "solved",
    "source": {"source_type": "CODE", "source_id": "checks"},
    "create_time": "2026-11-03T15:00:00.000Z",
    "feedback": {"value": True},
    "valid": True,
}


def scored(**changed: Any) -> Feedback | str:
    """What becomes of a row of Langfuse's scores."""
    line = json.dumps(SCORE | changed).encode()
    try:
        (found,) = langfuse_export.parse(line, SOURCE, "session_id")
    except formats.Malformed as error:
        return error.reason
    assert isinstance(found, Feedback)
    return found


def assessed(*assessments: dict[str, Any], spans: int = 1) -> list[Feedback | str]:
    """What becomes of the assessments of MLflow's sample, its call `spans` times in it."""
    trace: dict[str, Any] = json.loads(mlflow_trace.SAMPLE)
    trace["info"]["assessments"] = list(assessments)
    (span,) = trace["data"]["spans"]
    told = [json.dumps(span).replace("7c9e6679", f"{number}") for number in range(spans)]
    trace["data"]["spans"] = [json.loads(one) for one in told]
    found = mlflow_trace.parse(json.dumps(trace).encode(), SOURCE, "session_id")
    rest = [one for one in found if not isinstance(one, Sealed)]
    assert len(found) - len(rest) == spans
    return [one.reason if isinstance(one, formats.Malformed) else one for one in rest]


def test_a_score_is_feedback_on_its_observation() -> None:
    assert scored() == Feedback(
        request_id="obs-7c9e6679",
        metric="solved",
        value=1.0,
        source="judge",
        timestamp="2026-11-03T15:00:00Z",
    )
    (sample,) = langfuse_export.parse(langfuse_export.SAMPLE, SOURCE, "session_id")
    assert isinstance(sample, Sealed)
    assert sample.request_id == "obs-7c9e6679"


@pytest.mark.parametrize(
    ("changed", "session"),
    [
        ({"observation_id": None}, "trace-4"),
        ({"observation_id": None, "trace_id": None, "session_id": "s-12"}, "s-12"),
        ({"observation_id": "", "session_id": "s-12"}, "s-12"),
    ],
)
def test_a_score_of_a_session_or_a_trace_is_feedback_on_that(
    changed: dict[str, Any], session: str
) -> None:
    found = scored(**changed)
    assert isinstance(found, Feedback)
    assert (found.session_id, found.request_id) == (session, "")


def test_a_trace_is_the_session_of_a_call_that_has_no_other() -> None:
    line = langfuse_export.SAMPLE.replace(b'"session_id":"s-12"', b'"session_id":""')
    (found,) = langfuse_export.parse(line, SOURCE, "session_id")
    assert isinstance(found, Sealed)
    assert (found.session_id, found.metadata["trace_id"]) == ("trace-4", "trace-4")


@pytest.mark.parametrize(
    ("source", "kind"), [("ANNOTATION", "human_rating"), ("EVAL", "judge"), ("API", "judge")]
)
def test_who_gave_a_score_decides_what_it_is(source: str, kind: str) -> None:
    found = scored(source=source)
    assert isinstance(found, Feedback)
    assert found.source == kind


def test_a_score_of_the_api_is_read_as_one_of_the_export() -> None:
    names = {
        "trace_id": "traceId",
        "observation_id": "observationId",
        "session_id": "sessionId",
        "data_type": "dataType",
    }
    line = {names.get(name, name): value for name, value in SCORE.items()}
    del line["project_id"]
    line["timestamp"] = "2026-11-03T15:00:00.000Z"
    assert formats.recognise([json.dumps(line).encode()]) == "langfuse_export"
    assert langfuse_export.parse(json.dumps(line).encode(), SOURCE, "s") == [scored()]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"data_type": "CATEGORICAL", "string_value": "good"}, "not-a-chat"),
        ({"data_type": "TEXT", "value": 0}, "not-a-chat"),
        ({"dataset_run_id": "run-1"}, "not-a-chat"),
        ({"value": None}, "not-a-chat"),
        ({"trace_id": None, "observation_id": None}, "no-target"),
        ({"name": ""}, "missing-field"),
        ({"timestamp": "yesterday"}, "bad-timestamp"),
        ({"value": {}}, "wrong-type"),
    ],
)
def test_a_score_that_is_no_feedback_says_why(changed: dict[str, Any], reason: str) -> None:
    assert scored(**changed) == reason


def test_an_assessment_of_a_trace_is_about_each_of_its_calls() -> None:
    found = assessed(ASSESSMENT, spans=2)
    assert [one.request_id for one in found if isinstance(one, Feedback)] == [
        "chatcmpl-0",
        "chatcmpl-1",
    ]


def test_an_assessment_of_a_span_is_about_its_call_alone() -> None:
    (found,) = assessed(ASSESSMENT | {"span_id": "2e2f361f90dfc6be"})
    assert isinstance(found, Feedback)
    assert (found.request_id, found.value, found.source) == ("chatcmpl-0", 1.0, "judge")
    assert assessed(ASSESSMENT | {"span_id": "0000000000000000"}) == ["not-a-chat"]


@pytest.mark.parametrize(("value", "number"), [("yes", 1.0), ("No", 0.0), (4, 4.0), (0.25, 0.25)])
def test_what_a_judge_answers_is_a_number(value: Any, number: float) -> None:
    judged = {"source": {"source_type": "LLM_JUDGE"}, "feedback": {"value": value}}
    (found,) = assessed(ASSESSMENT | judged)
    assert isinstance(found, Feedback)
    assert (found.value, found.source) == (number, "judge")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"feedback": {"value": "fluent"}}, "not-a-chat"),
        ({"feedback": {"value": ["a"]}}, "not-a-chat"),
        ({"feedback": {"value": None, "error": {"error_code": "ValueError"}}}, "not-a-chat"),
        ({"feedback": None, "expectation": {"value": "Cold."}}, "not-a-chat"),
        ({"valid": False}, "not-a-chat"),
        ({"create_time": "yesterday"}, "bad-timestamp"),
        ({"assessment_name": 7}, "wrong-type"),
    ],
)
def test_an_assessment_that_is_no_feedback_says_why(changed: dict[str, Any], reason: str) -> None:
    assert assessed(ASSESSMENT | changed) == [reason]


def test_a_trace_without_a_call_takes_no_feedback() -> None:
    assert assessed(ASSESSMENT, spans=0) == ["not-a-chat"]


def test_only_scores_that_the_user_names_are_outcomes() -> None:
    rated, stars = scored(), scored(name="stars", data_type="NUMERIC", value=4)
    assert isinstance(rated, Feedback)
    assert isinstance(stars, Feedback)
    first, second = with_outcomes([rated, stars], ("solved",))
    assert isinstance(first, Feedback)
    assert (first.source, second) == ("outcome", stars)
    (refused,) = with_outcomes([stars], ("stars",))
    assert isinstance(refused, formats.Malformed)
    assert refused.reason == "wrong-value"
