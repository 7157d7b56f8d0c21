"""LangChain's messages in whichever way a tracing tool noted them."""

import json
from typing import Any

import pytest

from tasks import formats
from tasks.core.records import Invocation, Source
from tasks.formats import langfuse_export
from tasks.logs.sealed import Sealed

SOURCE = Source(uri="logs/a.jsonl", line=1, format="langfuse_export")
CALL = {"name": "find", "args": {"a": 1}, "id": "t1", "type": "tool_call"}
ASKED = {"type": "human", "content": "Weather in Oslo?"}
ANSWERED = {"type": "ai", "content": "Cold."}


def constructed(kind: str, **fields: Any) -> dict[str, Any]:
    """As `langchain_core.load.dumpd` writes a message."""
    return {"lc": 1, "type": "constructor", "id": ["langchain", "schema", kind], "kwargs": fields}


def observed(given: Any, answered: Any) -> Invocation | str:
    """What becomes of an observation: its call, or why it is none."""
    line = {
        "id": "obs-1",
        "type": "GENERATION",
        "trace_id": "t",
        "start_time": "2026-11-03 14:20:29.000000",
        "input": given,
        "output": answered,
    }
    try:
        (found,) = langfuse_export.parse(json.dumps(line).encode(), SOURCE, "session_id")
    except formats.Malformed as error:
        return error.reason
    assert isinstance(found, Sealed)
    return found.open()


def call(given: Any, answered: Any) -> Invocation:
    found = observed(given, answered)
    assert isinstance(found, Invocation), found
    return found


@pytest.mark.parametrize(
    "given",
    [
        [ASKED],
        [[ASKED]],
        {"messages": [ASKED]},
        {"messages": [[ASKED]]},
        json.dumps([ASKED]),
        [{"type": "human", "data": {"content": "Weather in Oslo?"}}],
        [constructed("HumanMessage", content="Weather in Oslo?", type="human")],
        [constructed("HumanMessageChunk", content="Weather in Oslo?")],
        [{"type": "human", "content": ["Weather in Oslo?"]}],
        [{"type": "human", "content": [{"type": "text", "text": "Weather in Oslo?"}]}],
        [{"type": "human", "content": [{"text": "Weather in Oslo?"}]}],
        [{"type": "chat", "role": "user", "content": "Weather in Oslo?", "additional_kwargs": {}}],
        ["Weather in Oslo?"],
    ],
)
def test_what_was_asked_is_the_same_in_every_form(given: Any) -> None:
    (said,) = call(given, ANSWERED).messages
    assert (said.role, said.content) == ("user", "Weather in Oslo?")


@pytest.mark.parametrize(
    "answered",
    [
        {"type": "ai", "content": "", "tool_calls": [CALL]},
        [{"type": "ai", "content": "", "tool_calls": [CALL]}],
        {"type": "ai", "data": {"content": "", "tool_calls": [CALL]}},
        constructed("AIMessage", content="", tool_calls=[CALL], invalid_tool_calls=[]),
        constructed("AIMessageChunk", content="", tool_calls=[CALL]),
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"generations": [[{"text": "", "message": {"type": "ai", "tool_calls": [CALL]}}]]},
        {
            "type": "ai",
            "content": [
                {"type": "thinking", "thinking": "Hm."},
                {"type": "tool_use", "id": "t1", "name": "find", "input": {"a": 1}},
            ],
        },
        {
            "type": "ai",
            "content": [{"type": "tool_use", "id": "t1", "name": "find", "input": {"a": 1}}],
            "tool_calls": [CALL],
        },
        {
            "type": "ai",
            "content": "",
            "tool_calls": [],
            "additional_kwargs": {
                "tool_calls": [{"id": "t1", "function": {"name": "find", "arguments": '{"a": 1}'}}]
            },
        },
    ],
)
def test_a_reply_makes_the_same_call_in_every_form(answered: Any) -> None:
    (made,) = call([ASKED], answered).response.tool_calls
    assert (made.name, made.arguments, made.id) == ("find", {"a": 1}, "t1")


def test_arguments_that_are_no_json_are_kept_as_they_were_written() -> None:
    broken = {"type": "invalid_tool_call", "name": "find", "args": "{bad", "id": "t1"}
    reply = {"type": "ai", "content": "", "tool_calls": [], "invalid_tool_calls": [broken]}
    (made,) = call([ASKED], reply).response.tool_calls
    assert (made.arguments, made.raw_arguments) == ({}, "{bad")


def test_usage_model_and_reason_are_found_where_the_message_has_them() -> None:
    reply = constructed(
        "AIMessage",
        content="Cold.",
        id="run-1",
        usage_metadata={"input_tokens": 4, "output_tokens": 2},
        response_metadata={"model_name": "gpt-4o", "finish_reason": "stop", "id": "chatcmpl-1"},
    )
    found = call([ASKED], reply)
    assert (found.model, found.finish_reason) == ("gpt-4o", "stop")
    assert (found.usage.input_tokens, found.usage.output_tokens) == (4, 2)


def test_a_completion_of_a_prompt_is_read() -> None:
    result = {"generations": [[{"text": "Cold.", "type": "Generation"}]], "llm_output": None}
    assert call(["Weather in Oslo?"], result).response.content == "Cold."


@pytest.mark.parametrize(
    ("given", "answered", "reason"),
    [
        ([ASKED, {"type": "remove", "content": ""}], ANSWERED, "unknown-role"),
        ([ASKED], constructed("HumanMessage", content="Cold."), "misplaced-block"),
        ([ASKED], {"generations": [[{"text": "a"}, {"text": "b"}]]}, "several-choices"),
        ([ASKED], {"generations": [[]]}, "missing-field"),
        (
            [ASKED],
            {**ANSWERED, "response_metadata": {"finish_reason": "tool_calls"}},
            "content-not-captured",
        ),
        (
            [ASKED],
            {"type": "ai", "content": "", "tool_calls": [{"args": {}}]},
            "unsupported-content",
        ),
        (
            [{"type": "human", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
            ANSWERED,
            "unsupported-content",
        ),
    ],
)
def test_what_cannot_be_read_is_a_reject(given: Any, answered: Any, reason: str) -> None:
    assert observed(given, answered) == reason


def test_messages_of_a_service_are_still_read_by_its_own_form() -> None:
    found = call(
        {"messages": [{"role": "user", "content": "Oslo?"}]},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "text", "text": "Cold."}],
            "stop_reason": "end_turn",
        },
    )
    assert (found.response.content, found.finish_reason) == ("Cold.", "end_turn")
