import json
from typing import Any

import pytest

from tasks.core.records import Feedback, Invocation, Message, Reply, Source, ToolCall, Usage
from tasks.formats import Malformed, openai_chat
from tasks.logs.sealed import Sealed

SOURCE = Source(uri="logs/a.jsonl", line=1, format="openai_chat")


def record() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(openai_chat.SAMPLE)
    return found


def parse(found: dict[str, Any]) -> Invocation:
    (sealed,) = openai_chat.parse(json.dumps(found).encode(), SOURCE, "session_id")
    assert isinstance(sealed, Sealed)
    return sealed.open()


def reason(found: dict[str, Any]) -> str:
    with pytest.raises(Malformed) as error:
        parse(found)
    return error.value.reason


def replying(**message: Any) -> dict[str, Any]:
    found = record()
    found["response"]["choices"][0]["message"] = {"role": "assistant", **message}
    return found


def asking(*messages: dict[str, Any]) -> dict[str, Any]:
    found = record()
    found["request"]["messages"] = list(messages)
    return found


def calling(arguments: str) -> ToolCall:
    function = {"name": "get_weather", "arguments": arguments}
    found = replying(
        content=None, tool_calls=[{"id": "t", "type": "function", "function": function}]
    )
    (call,) = parse(found).response.tool_calls
    return call


def test_a_pair_is_read_whole() -> None:
    found = parse(record())
    assert found.messages == (
        Message(role="system", content="You tell the weather."),
        Message(role="user", content="Weather in Oslo for Ada Example."),
        Message(
            role="assistant",
            tool_calls=(ToolCall(name="find_place", arguments={"name": "Oslo"}, id="t1"),),
        ),
        Message(role="tool", content='{"id": 7}', tool_call_id="t1"),
    )
    assert found.response == Reply(
        tool_calls=(ToolCall(name="get_weather", arguments={"place_id": 7}, id="t2"),)
    )
    assert found.request_id == "chatcmpl-7c9e6679"
    assert found.model == "gpt-4o-2024-08-06"
    assert found.usage == Usage(input_tokens=412, output_tokens=31)


@pytest.mark.parametrize(
    "written", ['{"place_id": 7', "[7]", '"seven"', "7", '{"a": NaN}', '{"a": 1e999}', "[" * 5000]
)
def test_arguments_that_are_no_object_are_kept_as_the_model_wrote_them(written: str) -> None:
    assert calling(written) == ToolCall(name="get_weather", id="t", raw_arguments=written)


def test_arguments_left_blank_are_an_empty_object() -> None:
    assert calling(" ") == ToolCall(name="get_weather", id="t")


def test_a_nul_inside_arguments_is_a_reject() -> None:
    with pytest.raises(Malformed, match="nul"):
        calling('{"a": "\\u0000"}')


def test_a_refusal_is_the_reply() -> None:
    assert parse(replying(content=None, refusal="I can't.")).response == Reply(content="I can't.")


def test_content_may_be_parts_of_text() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert parse(asking({"role": "user", "content": parts})).messages[0].content == "a\nb"


def test_a_developer_speaks_as_the_system() -> None:
    assert parse(asking({"role": "developer", "content": "Be brief."})).messages == (
        Message(role="system", content="Be brief."),
    )


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a"}}]},
        {"role": "assistant", "content": None, "audio": {"id": "a"}},
        {"role": "assistant", "tool_calls": [{"id": "t", "type": "custom", "custom": {}}]},
    ],
)
def test_content_that_text_cannot_stand_for_is_a_reject(message: dict[str, Any]) -> None:
    assert reason(asking(message)) == "unsupported-content"


def test_an_unknown_role_and_a_users_call_are_rejects() -> None:
    call = {"id": "t", "function": {"name": "f", "arguments": "{}"}}
    assert reason(asking({"role": "narrator", "content": "Once"})) == "unknown-role"
    assert reason(asking({"role": "user", "tool_calls": [call]})) == "misplaced-block"


def test_a_failed_call_is_a_reject() -> None:
    found = record()
    found["response"] = {"error": {"message": "rate limit", "code": "429"}}
    assert reason(found) == "error-response"


def test_of_several_choices_nothing_says_which_was_used() -> None:
    found = record()
    found["response"]["choices"] *= 2
    assert reason(found) == "several-choices"
    found["response"]["choices"] = []
    assert reason(found) == "missing-field"


def chunk(delta: dict[str, Any], **beside: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": None} | beside
    return {"id": "c-1", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": [choice]}


def calling_chunk(text: str, **function: Any) -> dict[str, Any]:
    call = {"index": 0, "function": {"arguments": text, **function}}
    return chunk({"tool_calls": [call | ({"id": "t2", "type": "function"} if function else {})]})


STREAM = [
    chunk({"role": "assistant", "content": "One "}),
    chunk({"content": "moment."}),
    calling_chunk("", name="get_weather"),
    calling_chunk('{"place'),
    calling_chunk('_id":7}'),
    chunk({}, finish_reason="tool_calls"),
    {"id": "c-1", "choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 31}},
]


def test_a_streams_chunks_are_the_reply_that_they_add_up_to() -> None:
    found = parse(record() | {"response": STREAM})
    assert found.response == Reply(
        content="One moment.",
        tool_calls=(ToolCall(name="get_weather", arguments={"place_id": 7}, id="t2"),),
    )
    assert (found.request_id, found.model, found.finish_reason) == ("c-1", "gpt-4o", "tool_calls")
    assert found.usage == Usage(input_tokens=12, output_tokens=31)


@pytest.mark.parametrize("count", range(len(STREAM) - 1))
def test_a_stream_without_its_end_is_a_reject(count: int) -> None:
    assert reason(record() | {"response": STREAM[:count]}) == "torn-stream"


def test_a_stream_of_several_choices_or_with_an_error_is_a_reject() -> None:
    assert reason(record() | {"response": [chunk({}, index=1)]}) == "several-choices"
    assert reason(record() | {"response": [*STREAM[:2], {"error": {"code": 500}}]}) == "torn-stream"


ASKED = [{"role": "user", "content": "Weather in Oslo?"}]
CALLS = '[{"name": "get_weather", "arguments": {"place_id": 7}}]'
CALLED = (ToolCall(name="get_weather", arguments={"place_id": 7}),)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Which city?", Reply(content="Which city?")),
        ("[1] says so", Reply(content="[1] says so")),
        ("{}", Reply(content="{}")),
        (CALLS, Reply(tool_calls=CALLED)),
        (json.loads(CALLS), Reply(tool_calls=CALLED)),
        (json.loads(CALLS)[0], Reply(tool_calls=CALLED)),
        (
            {"tool_calls": [{"function": {"name": "get_weather", "arguments": '{"place_id": 7}'}}]},
            Reply(tool_calls=CALLED),
        ),
        ({"name": "get_weather", "parameters": {"place_id": 7}}, Reply(tool_calls=CALLED)),
        ({"answer": 42}, Reply(content='{"answer":42}')),
    ],
)
def test_a_training_row_is_a_call_and_the_truth_about_it(reference: Any, expected: Reply) -> None:
    first = {"id": 7, "messages": ASKED, "reference_answer": reference, "session_id": "s-1"}
    second = {"id": 7, "prompt": ASKED, "reward_model": {"ground_truth": reference, "style": "r"}}
    for row in (first, second | {"session_id": "s-1", "extra_info": {"index": 3}}):
        sealed, truth = openai_chat.parse(json.dumps(row).encode(), SOURCE, "session_id")
        assert isinstance(sealed, Sealed)
        call = sealed.open()
        assert isinstance(truth, Feedback)
        assert (call.request_id, call.session_id, call.model) == ("7", "s-1", "reference")
        assert call.response == truth.value == expected
        assert (truth.request_id, truth.source) == ("7", "human_edit")
        assert call.metadata == {"session_id": "s-1"}


def test_a_training_row_without_an_id_is_named_by_what_it_says() -> None:
    rows = [{"messages": ASKED, "reference_answer": text} for text in ("Yes.", "Yes.", "No.")]
    names = [
        openai_chat.parse(json.dumps(row).encode(), SOURCE, "session_id")[0].request_id
        for row in rows
    ]
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"reference_answer": ""}, "wrong-value"),
        ({"reference_answer": None}, "missing-field"),
        ({"reference_answer": []}, "wrong-value"),
        ({"reference_answer": 42}, "wrong-value"),
        ({"reference_answer": {"name": "f", "arguments": "{torn"}}, "wrong-value"),
        ({"messages": []}, "misplaced-turn"),
        ({"messages": [*ASKED, {"role": "assistant", "content": "Cold."}]}, "misplaced-turn"),
        ({"timestamp": "today"}, "bad-timestamp"),
    ],
)
def test_a_training_row_that_teaches_nothing_is_a_reject(
    changed: dict[str, Any], expected: str
) -> None:
    assert reason({"messages": ASKED, "reference_answer": "Which city?"} | changed) == expected


def test_the_responses_own_time_stands_in_for_the_logs() -> None:
    found = record()
    del found["timestamp"]
    assert parse(found).timestamp == "2026-11-03T14:20:29Z"
    del found["response"]["created"]
    assert reason(found) == "missing-field"


def test_a_request_without_tools_or_metadata_is_read() -> None:
    found = record()
    del found["request"]["tools"], found["request"]["metadata"]
    assert (parse(found).tools, parse(found).session_id) == ((), "chatcmpl-7c9e6679")
    found["request"]["tools"] = None
    assert parse(found).tools == ()


def test_whom_a_request_was_made_for_is_metadata() -> None:
    sample = openai_chat.SAMPLE.replace(
        b'"temperature":0.0', b'"user":"u-77","safety_identifier":"h-9"'
    )
    source = Source(uri="logs/a.jsonl", line=1, format="openai_chat")
    (call,) = openai_chat.parse(sample, source, "session_id")
    assert call.metadata == {  # type: ignore[union-attr]
        "session_id": "s-12",
        "domain": "weather",
        "user_id": "u-77",
        "safety_identifier": "h-9",
    }
