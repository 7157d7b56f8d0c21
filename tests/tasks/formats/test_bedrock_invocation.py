import json
from typing import Any

import pytest

from tasks.core.records import Invocation, Message, Reply, Source, Tool, ToolCall, Usage
from tasks.formats import Malformed
from tasks.formats import bedrock_invocation as bedrock

SOURCE = Source(uri="logs/a.json.gz", line=1, format="bedrock_invocation")


def record(**changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bedrock.SAMPLE)
    return found | changed


def parse(found: dict[str, Any]) -> Invocation:
    (sealed,) = bedrock.parse(json.dumps(found).encode(), SOURCE, "session_id")
    return sealed.open()


def reason(found: dict[str, Any]) -> str:
    with pytest.raises(Malformed) as error:
        parse(found)
    return error.value.reason


def converse(messages: list[Any], **body: Any) -> dict[str, Any]:
    found = record()
    found["input"]["inputBodyJson"] = {"messages": messages, **body}
    return found


def answered(output: Any, operation: str = "Converse") -> dict[str, Any]:
    found = record(operation=operation)
    found["output"]["outputBodyJson"] = output
    return found


def anthropic(
    messages: list[Any], output: Any, operation: str = "InvokeModel", **body: Any
) -> dict[str, Any]:
    found = record(operation=operation)
    found["input"]["inputBodyJson"] = {
        "anthropic_version": "bedrock-2023-05-31",
        "messages": messages,
        **body,
    }
    found["output"]["outputBodyJson"] = output
    return found


HELLO = [{"role": "user", "content": "Hello"}]
FINE = {
    "role": "assistant",
    "content": [{"type": "text", "text": "Hi."}],
    "stop_reason": "end_turn",
}


EVENTS = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"text": "One "}, "contentBlockIndex": 0}},
    {"contentBlockDelta": {"delta": {"text": "moment."}, "contentBlockIndex": 0}},
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {
        "contentBlockStart": {
            "start": {"toolUse": {"toolUseId": "t2", "name": "get_weather"}},
            "contentBlockIndex": 1,
        }
    },
    {"contentBlockDelta": {"delta": {"toolUse": {"input": '{"pla'}}, "contentBlockIndex": 1}},
    {"contentBlockDelta": {"delta": {"toolUse": {"input": 'ce":7}'}}, "contentBlockIndex": 1}},
    {"contentBlockStop": {"contentBlockIndex": 1}},
    {"messageStop": {"stopReason": "tool_use"}},
    {"metadata": {"usage": {"inputTokens": 5, "outputTokens": 6}, "metrics": {"latencyMs": 9}}},
]


def test_converse_is_read_whole() -> None:
    found = parse(record())
    assert found.messages == (
        Message(role="system", content="You tell the weather."),
        Message(role="user", content="Weather in Oslo for Ada Example, please."),
        Message(
            role="assistant",
            content="One moment.",
            tool_calls=(ToolCall(name="find_place", arguments={"name": "Oslo"}, id="t1"),),
        ),
        Message(role="tool", content='{"id":7}\none match', tool_call_id="t1"),
    )
    assert found.tools == (
        Tool(
            name="get_weather",
            description="Weather of a place.",
            parameters={
                "type": "object",
                "properties": {"place_id": {"type": "integer"}},
                "required": ["place_id"],
            },
        ),
    )
    assert found.response == Reply(
        tool_calls=(ToolCall(name="get_weather", arguments={"place_id": 7}, id="t2"),)
    )
    assert found.request_id == "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    assert found.model == "anthropic.claude-3-5-sonnet-20241022-v2:0"


def test_tokens_from_the_cache_were_read_too() -> None:
    assert parse(record()).usage == Usage(input_tokens=512, output_tokens=31)


def test_the_records_own_counts_stand_in_for_a_body_without_usage() -> None:
    found = record()
    del found["output"]["outputBodyJson"]["usage"]
    assert parse(found).usage == Usage(input_tokens=512, output_tokens=31)


def test_system_and_content_may_be_plain_text() -> None:
    found = parse(converse(HELLO, system="Be brief."))
    assert [(m.role, m.content) for m in found.messages] == [
        ("system", "Be brief."),
        ("user", "Hello"),
    ]


def test_guarded_and_cited_text_is_text_and_reasoning_is_left_out() -> None:
    blocks = [
        {"guardContent": {"text": {"text": "Guarded"}}},
        {"citationsContent": {"content": [{"text": "Ci"}, {"text": "ted"}], "citations": []}},
        {"cachePoint": {"type": "default"}},
        {"reasoningContent": {"reasoningText": {"text": "hm"}}},
    ]
    assert parse(converse([{"role": "user", "content": blocks}])).messages[0].content == (
        "Guarded\nCited"
    )


def test_results_of_several_tools_stand_alone_and_the_text_keeps_its_place() -> None:
    content = [
        {"toolResult": {"toolUseId": "a", "content": [{"text": "1"}]}},
        {"toolResult": {"toolUseId": "b", "content": [{"json": [2]}], "status": "error"}},
        {"text": "Thanks"},
        {"text": "And now?"},
    ]
    assert parse(converse([{"role": "user", "content": content}])).messages == (
        Message(role="tool", content="1", tool_call_id="a"),
        Message(role="tool", content="[2]", tool_call_id="b", status="error"),
        Message(role="user", content="Thanks\nAnd now?"),
    )


@pytest.mark.parametrize(
    "block",
    [
        {"image": {"format": "png", "source": {"bytes": "aGk="}}},
        {"document": {"name": "a", "source": {}}},
        {"somethingNew": {}},
        {"toolResult": {"toolUseId": "a", "content": [{"image": {}}]}},
    ],
)
def test_content_that_text_cannot_stand_for_is_a_reject(block: dict[str, Any]) -> None:
    found = converse([{"role": "user", "content": [block]}])
    assert reason(found) == "unsupported-content"


def test_arguments_that_are_no_object_are_kept_as_text() -> None:
    output = {
        "output": {
            "message": {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "t", "name": "f", "input": "Oslo"}}],
            }
        },
        "stopReason": "tool_use",
    }
    assert parse(answered(output)).response.tool_calls == (
        ToolCall(name="f", raw_arguments='"Oslo"', id="t"),
    )


def test_a_converse_stream_may_be_logged_whole() -> None:
    assert parse(record(operation="ConverseStream")).response == parse(record()).response


def test_a_converse_stream_is_assembled_from_its_events() -> None:
    found = parse(answered(EVENTS, "ConverseStream"))
    assert found.response == Reply(
        content="One moment.",
        tool_calls=(ToolCall(name="get_weather", arguments={"place": 7}, id="t2"),),
    )
    assert (found.finish_reason, found.usage, found.latency_ms) == (
        "tool_use",
        Usage(input_tokens=5, output_tokens=6),
        9,
    )


def test_an_anthropic_body_is_read_whole() -> None:
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "Oslo?"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "x"},
                {"type": "text", "text": "One moment."},
                {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {"city": "Oslo"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": "4 degrees"},
                {
                    "type": "tool_result",
                    "tool_use_id": "t2",
                    "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
                },
                {"type": "tool_result", "tool_use_id": "t3"},
            ],
        },
    ]
    tools = [{"name": "get_weather", "description": "W.", "input_schema": {"type": "object"}}]
    usage = {"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 10}
    found = parse(anthropic(messages, FINE | {"usage": usage}, system="Be brief.", tools=tools))
    assert found.messages == (
        Message(role="system", content="Be brief."),
        Message(role="user", content="Oslo?"),
        Message(
            role="assistant",
            content="One moment.",
            tool_calls=(ToolCall(name="get_weather", arguments={"city": "Oslo"}, id="t1"),),
        ),
        Message(role="tool", content="4 degrees", tool_call_id="t1"),
        Message(role="tool", content="a\nb", tool_call_id="t2"),
        Message(role="tool", content="", tool_call_id="t3"),
    )
    assert found.tools == (
        Tool(name="get_weather", description="W.", parameters={"type": "object"}),
    )
    assert found.response == Reply(content="Hi.")
    assert found.usage == Usage(input_tokens=11, output_tokens=2)


def stream(*deltas: str, stop: str | None = "tool_use") -> list[dict[str, Any]]:
    start = {"type": "tool_use", "id": "t2", "name": "get_weather", "input": {}}
    return [
        {"type": "message_start", "message": {"usage": {"input_tokens": 9, "output_tokens": 1}}},
        {"type": "ping"},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "On"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "e."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": start},
        *(
            {
                "type": "content_block_delta",
                "index": 1,
                "delta": {"type": "input_json_delta", "partial_json": delta},
            }
            for delta in deltas
        ),
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 40}},
        {
            "type": "message_stop",
            "amazon-bedrock-invocationMetrics": {"invocationLatency": 777, "inputTokenCount": 9},
        },
    ]


STREAMED = "InvokeModelWithResponseStream"


def test_an_anthropic_stream_is_assembled_from_its_events() -> None:
    found = parse(anthropic(HELLO, stream('{"city": "Os', 'lo"}'), STREAMED))
    assert found.response == Reply(
        content="One.",
        tool_calls=(ToolCall(name="get_weather", arguments={"city": "Oslo"}, id="t2"),),
    )
    assert found.finish_reason == "tool_use"
    assert found.usage == Usage(input_tokens=9, output_tokens=40)
    assert found.latency_ms == 777


def test_a_streamed_call_without_arguments_has_an_empty_object() -> None:
    (call,) = parse(anthropic(HELLO, stream(), STREAMED)).response.tool_calls
    assert call == ToolCall(name="get_weather", id="t2")


def test_streamed_arguments_that_are_no_json_are_kept_as_the_model_wrote_them() -> None:
    (call,) = parse(anthropic(HELLO, stream('{"city": ', "Oslo}"), STREAMED)).response.tool_calls
    assert call == ToolCall(name="get_weather", id="t2", raw_arguments='{"city": Oslo}')


def test_a_stream_without_its_end_is_a_reject() -> None:
    assert reason(anthropic(HELLO, stream("{}", stop=None), STREAMED)) == "torn-stream"
    assert reason(anthropic(HELLO, stream("{}")[:5], STREAMED)) == "torn-stream"
    assert reason(anthropic(HELLO, [], STREAMED)) == "torn-stream"


def test_arguments_of_a_call_that_never_began_are_a_reject() -> None:
    events = [event for event in stream("{}") if event.get("index") != 1 or "delta" in event]
    assert reason(anthropic(HELLO, events, STREAMED)) == "torn-stream"


def test_a_stream_that_ends_in_an_error_is_a_reject() -> None:
    events = [*stream("{}"), {"type": "error", "error": {"type": "overloaded_error"}}]
    assert reason(anthropic(HELLO, events, STREAMED)) == "torn-stream"


def test_the_same_reply_streamed_or_whole_is_the_same_reply() -> None:
    whole = {
        "content": [
            {"type": "text", "text": "One."},
            {"type": "tool_use", "id": "t2", "name": "get_weather", "input": {"city": "Oslo"}},
        ],
        "stop_reason": "tool_use",
    }
    assert (
        parse(anthropic(HELLO, whole)).response
        == parse(anthropic(HELLO, stream('{"city":"Oslo"}'), STREAMED)).response
    )


WHOLE = {"content": [{"type": "tool_use", "id": "t", "name": "f", "input": {"a": [1]}}]}
ODD = [None, True, 0, -1.5, "", "text", [], [[]], [None], {}, {"type": "text"}, {"text": {}}]


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Each container below a value with each of its keys."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            found.append((value, key))
            places(value[key], found)
    return found


@pytest.mark.parametrize(
    "whole",
    [
        anthropic(HELLO, WHOLE, system=[{"type": "text", "text": "a"}]),
        anthropic(HELLO, stream('{"city": "Os', 'lo"}'), STREAMED),
        answered(EVENTS, "ConverseStream"),
    ],
)
def test_a_body_changed_anywhere_is_read_or_rejected(whole: dict[str, Any]) -> None:
    count = len(places(whole, []))
    outcomes = set()
    for number in range(count):
        for odd in ODD:
            changed = json.loads(json.dumps(whole))
            container, key = places(changed, [])[number]
            container[key] = odd
            try:
                outcomes.add(parse(changed).request_id)
            except Malformed as error:
                outcomes.add(error.reason)
    assert {"wrong-type", "missing-field", record()["requestId"]} <= outcomes


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"schemaType": "SomethingElse"}, "unknown-schema-type"),
        ({"schemaVersion": "2.0"}, "unknown-schema-version"),
        ({"schemaVersion": 1.0}, "wrong-type"),
        ({"errorCode": "ThrottlingException"}, "error-response"),
        ({"operation": "StartAsyncInvoke"}, "unsupported-operation"),
        ({"requestId": ""}, "missing-field"),
        ({"modelId": ""}, "missing-field"),
        ({"output": {}}, "missing-field"),
        ({"timestamp": "2026-11-03 14:20"}, "bad-timestamp"),
        ({"timestamp": "yesterday"}, "bad-timestamp"),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, "bad-timestamp"),
        ({"input": {"inputBodyS3Path": "s3://b/data/1_input.json.gz"}}, "body-missing"),
    ],
)
def test_what_cannot_be_read_is_a_reject_of_its_own(changed: dict[str, Any], expected: str) -> None:
    assert reason(record(**changed)) == expected


def test_an_error_is_named_only_by_the_services_own_word() -> None:
    with pytest.raises(Malformed, match="ThrottlingException"):
        parse(record(errorCode="ThrottlingException"))
    with pytest.raises(Malformed) as error:
        parse(record(errorCode="Ada Example was throttled"))
    assert "Ada" not in str(error.value)


def test_a_tool_call_by_a_user_and_a_result_by_the_assistant_are_rejects() -> None:
    use = {"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}
    result = {"toolResult": {"toolUseId": "t", "content": []}}
    assert reason(converse([{"role": "user", "content": [use]}])) == "misplaced-block"
    assert reason(converse([{"role": "assistant", "content": [result]}])) == "misplaced-block"
    assert reason(converse([{"role": "narrator", "content": []}])) == "unknown-role"


def test_times_are_told_in_utc_without_fractions() -> None:
    assert parse(record(timestamp="2026-11-03T15:20:29.987+01:00")).timestamp == (
        "2026-11-03T14:20:29Z"
    )


def test_new_fields_are_no_reason_to_refuse_a_record() -> None:
    found = record(somethingNew={"a": 1}, inferenceRegion="eu-west-1")
    found["output"]["outputBodyJson"]["trace"] = {"guardrail": {}}
    assert parse(found) == parse(record())


def test_metadata_becomes_text_and_nulls_are_left_out() -> None:
    found = parse(record(requestMetadata={"session_id": 42, "beta": True, "tenant": None}))
    assert found.metadata == {"session_id": "42", "beta": "true"}
    assert found.session_id == "42"


def test_bodies_kept_apart_and_the_write_test_hold_no_records() -> None:
    root = "s3://b/AWSLogs/1/BedrockModelInvocationLogs"
    assert not bedrock.holds_records(f"{root}/us-east-1/2026/11/03/14/data/ab_input.json.gz")
    assert not bedrock.holds_records(f"{root}/amazon-bedrock-logs-permission-check")
    assert bedrock.holds_records(f"{root}/us-east-1/2026/11/03/14/20261103T1400_ab.json.gz")
