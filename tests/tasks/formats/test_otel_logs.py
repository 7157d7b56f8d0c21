"""Log records of OpenTelemetry: one that tells of a call, and the messages that it was before."""

import json
from typing import Any

import pytest

from tasks import formats
from tasks.core.records import Invocation, Source
from tasks.formats import otel_genai
from tasks.logs.sealed import Sealed
from tests.tasks.formats.otlp import pairs, value

SOURCE = Source(uri="logs/a.jsonl", line=1, format="otel_genai")
RECORD = otel_genai.SAMPLES[3]
CALL = {"id": "t1", "type": "function", "function": {"name": "find", "arguments": '{"a": 1}'}}
SYSTEM = ("gen_ai.system.message", {"content": "You tell the weather."})
USER = ("gen_ai.user.message", {"content": "Weather in Oslo?"})
CHOICE = ("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"content": "Cold."}})


def event(name: str, body: Any, span: str = "eee19b7ec3c1b174", **more: Any) -> dict[str, Any]:
    return {
        "timeUnixNano": "1793715629000000000",
        "eventName": name,
        "body": value(body),
        "attributes": pairs({"gen_ai.system": "openai"}),
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": span,
    } | more


def read(*records: dict[str, Any]) -> list[Invocation | str]:
    """Of a batch of these records: its calls, or why they are none."""
    line = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).encode()
    found = otel_genai.parse(line, SOURCE, "session_id")
    return [one.open() if isinstance(one, Sealed) else one.reason for one in found]


def call(*events: tuple[str, Any]) -> Invocation:
    (found,) = read(*(event(*one) for one in events))
    assert isinstance(found, Invocation), found
    return found


def details(**changed: Any) -> list[Invocation | str]:
    (resource,) = json.loads(RECORD)["resourceLogs"]
    (record,) = resource["scopeLogs"][0]["logRecords"]
    return read(record | changed)


def told() -> list[dict[str, Any]]:
    (resource,) = json.loads(RECORD)["resourceLogs"]
    found: list[dict[str, Any]] = resource["scopeLogs"][0]["logRecords"][0]["attributes"]
    return found


def test_a_record_is_the_call_that_its_span_tells_of() -> None:
    (record,), (span,) = (otel_genai.parse(one, SOURCE, "s") for one in (RECORD, otel_genai.SAMPLE))
    assert isinstance(record, Sealed)
    assert isinstance(span, Sealed)
    assert record.id == span.id
    found = record.open()
    assert (found.model, found.latency_ms) == ("gpt-4o", None)
    assert found.metadata["trace_id"] == "5b8efff798038103d269b633813fc60c"


def test_the_name_may_be_an_attribute_and_the_body_may_tell_the_call() -> None:
    (plain,) = details()
    (named,) = details(
        eventName="",
        attributes=[*told(), *pairs({"event.name": "gen_ai.client.inference.operation.details"})],
    )
    (body,) = details(attributes=[], body={"kvlistValue": {"values": told()}})
    assert plain == named == body


def test_a_record_without_a_time_has_the_one_when_it_was_seen() -> None:
    (found,) = details(timeUnixNano="0", observedTimeUnixNano="1793715630000000000")
    assert isinstance(found, Invocation)
    assert found.timestamp == "2026-11-03T14:20:30Z"
    assert details(timeUnixNano="0", observedTimeUnixNano="0") == ["missing-field"]


def test_without_its_own_id_a_call_has_its_spans() -> None:
    named = [one for one in told() if one["key"] != "gen_ai.response.id"]
    (found,) = details(attributes=named)
    assert isinstance(found, Invocation)
    assert found.request_id == "eee19b7ec3c1b174"
    for none in ("", "0000000000000000"):
        assert details(attributes=named, spanId=none) == ["missing-field"]


def test_other_log_records_are_no_chat_and_a_bad_one_is_a_reject_of_its_own() -> None:
    line = event("", "GET / 200")
    score = event("gen_ai.evaluation.result", {})
    embedding = details(attributes=pairs({"gen_ai.operation.name": "embeddings"}))
    assert read(line, score) + embedding == ["not-a-chat"] * 3
    assert read(line, {"attributes": 1}, event(*SYSTEM), event(*USER), event(*CHOICE))[:2] == [
        "not-a-chat",
        "wrong-type",
    ]


def test_a_failed_call_and_one_whose_content_was_not_captured_are_rejects() -> None:
    assert details(attributes=[*told(), *pairs({"error.type": "429"})]) == ["error-response"]
    silent = [one for one in told() if not one["key"].endswith(".messages")]
    assert details(attributes=silent) == ["content-not-captured"]


def test_the_messages_of_a_span_are_one_call() -> None:
    found = call(
        SYSTEM,
        USER,
        ("gen_ai.assistant.message", {"tool_calls": [CALL]}),
        ("gen_ai.tool.message", {"id": "t1", "content": "4 degrees"}),
        CHOICE,
    )
    assert [one.role for one in found.messages] == ["system", "user", "assistant", "tool"]
    assert found.messages[2].tool_calls[0].arguments == {"a": 1}
    assert found.messages[3].tool_call_id == "t1"
    assert (found.response.content, found.finish_reason) == ("Cold.", "stop")
    assert found.request_id == "eee19b7ec3c1b174"
    assert found.metadata == {"trace_id": "5b8efff798038103d269b633813fc60c"}


@pytest.mark.parametrize("inside", ["body", "attribute", "attributes"])
def test_messages_are_found_where_each_instrumentation_put_them(inside: str) -> None:
    def written(name: str, said: dict[str, Any]) -> dict[str, Any]:
        if inside == "body":
            return event(name, json.dumps(said))
        if inside == "attributes":
            return event("", {}, attributes=pairs(said | {"event.name": name, "user": "u-1"}))
        return event(name, {}, attributes=pairs({"gen_ai.event.content": json.dumps(said)}))

    (found,) = read(*(written(*one) for one in (SYSTEM, USER, CHOICE)))
    assert isinstance(found, Invocation), found
    assert found.messages == call(SYSTEM, USER, CHOICE).messages
    assert found.response.content == "Cold."
    assert found.metadata.keys() - {"trace_id"} == ({"user"} if inside == "attributes" else set())


def test_calls_of_several_spans_lie_between_each_other() -> None:
    one, other = ("a" * 16, "b" * 16)
    found = read(
        *(event(*said, span) for said in (SYSTEM, USER) for span in (one, other)),
        event("", "GET / 200", one),
        *(event(*CHOICE, span) for span in (other, one)),
    )
    assert found[0] == "not-a-chat"
    assert [one.request_id for one in found[1:] if isinstance(one, Invocation)] == [one, other]


@pytest.mark.parametrize(
    "events",
    [
        (USER, CHOICE),
        (CHOICE,),
        (SYSTEM, USER),
        (SYSTEM, USER, CHOICE, USER),
        (("gen_ai.tool.message", {"id": "t1", "content": "4 degrees"}), CHOICE),
    ],
)
def test_messages_that_may_be_a_part_of_the_prompt_are_one_reject(
    events: tuple[tuple[str, Any], ...],
) -> None:
    assert read(*(event(*one) for one in events)) == ["split-call"]


def test_a_call_cut_by_the_end_of_a_batch_is_no_call_on_either_line() -> None:
    whole = [SYSTEM, USER, CHOICE]
    for at in (1, 2):
        halves = [read(*(event(*one) for one in part)) for part in (whole[:at], whole[at:])]
        assert halves == [["split-call"], ["split-call"]]


def test_messages_without_content_a_span_or_a_known_role_are_rejects() -> None:
    assert read(event(*SYSTEM), event("gen_ai.user.message", {}), event(*CHOICE)) == [
        "content-not-captured"
    ]
    human = event("gen_ai.human.message", {"content": "Hi"})
    assert read(event(*SYSTEM), human, event(*CHOICE)) == ["unknown-role"]
    assert read(event(*USER, ""), event(*CHOICE, "")) == ["missing-field"] * 2
    assert read(event(*SYSTEM), event(*USER), event(*CHOICE), event(*CHOICE)) == ["several-choices"]


def test_a_reject_says_where_it_lies_and_what_to_do() -> None:
    records = [event("", "GET / 200"), event(*USER), event(*CHOICE)]
    line = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).encode()
    found = otel_genai.parse(line, SOURCE, "session_id")[1]
    assert isinstance(found, formats.Malformed)
    assert found.detail.startswith("$.resourceLogs[0].scopeLogs[0].logRecords[1]: expected")
    assert "OTEL_SEMCONV_STABILITY_OPT_IN" in found.detail


def test_spans_and_log_records_may_lie_in_one_file() -> None:
    assert formats.recognise([RECORD]) == "otel_genai"
    both = json.loads(RECORD) | json.loads(otel_genai.SAMPLE)
    first, second = otel_genai.parse(json.dumps(both).encode(), SOURCE, "session_id")
    assert isinstance(first, Sealed)
    assert isinstance(second, Sealed)
    assert first.id == second.id
