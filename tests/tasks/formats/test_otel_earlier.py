"""Spans as instrumentations wrote them before semantic conventions 1.37."""

import json
from typing import Any

import pytest

from tasks import formats
from tasks.core.records import Invocation, Source
from tasks.formats import otel_genai
from tasks.logs.sealed import Sealed
from tests.tasks.formats.otlp import pairs

SOURCE = Source(uri="logs/a.jsonl", line=1, format="otel_genai")
SAID = {"role": "user", "content": "Weather in Oslo?"}
CALL = {"id": "t1", "type": "function", "function": {"name": "find", "arguments": '{"a": 1}'}}


def span(
    told: dict[str, Any] | None = None, *events: tuple[str, dict[str, Any]]
) -> Invocation | str:
    """What becomes of a span with these attributes and events: its call, or why it is none."""
    one = {
        "spanId": "eee19b7ec3c1b174",
        "startTimeUnixNano": "1793715629000000000",
        "attributes": pairs({"gen_ai.operation.name": "chat"} | (told or {})),
        "events": [{"name": name, "attributes": pairs(body)} for name, body in events],
    }
    line = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}).encode()
    (found,) = otel_genai.parse(line, SOURCE, "session_id")
    return found.open() if isinstance(found, Sealed) else found.reason


def call(told: dict[str, Any] | None = None, *events: tuple[str, dict[str, Any]]) -> Invocation:
    found = span(told, *events)
    assert isinstance(found, Invocation), found
    return found


def test_one_call_has_one_id_in_whichever_form_it_was_written() -> None:
    found = {otel_genai.parse(line, SOURCE, "s")[0].id for line in otel_genai.SAMPLES}  # type: ignore[union-attr]
    assert len(found) == 1


def test_events_are_read_as_the_conventions_have_them() -> None:
    found = call(
        None,
        ("gen_ai.system.message", {"content": "You tell the weather."}),
        ("gen_ai.user.message", {"content": "Weather in Oslo?"}),
        ("gen_ai.assistant.message", {"tool_calls": [CALL]}),
        ("gen_ai.tool.message", {"id": "t1", "content": "4 degrees"}),
        ("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"content": "Cold."}}),
    )
    assert [one.role for one in found.messages] == ["system", "user", "assistant", "tool"]
    assert found.messages[2].tool_calls[0].arguments == {"a": 1}
    assert (found.messages[3].tool_call_id, found.messages[3].content) == ("t1", "4 degrees")
    assert (found.response.content, found.finish_reason) == ("Cold.", "stop")


@pytest.mark.parametrize(
    "choice",
    [
        {"finish_reason": "tool_calls", "message": {"role": "assistant"}, "tool_calls": [CALL]},
        {"finish_reason": "tool_calls", "message": {"tool_calls": [CALL]}},
        {"finish_reason": "tool_calls", "message": json.dumps({"tool_calls": [CALL]})},
        {"finish_reason": "tool_calls", "tool_calls": json.dumps([CALL])},
        {
            "gen_ai.event.content": json.dumps(
                {"finish_reason": "tool_calls", "message": {"tool_calls": [CALL]}}
            )
        },
    ],
)
def test_the_calls_of_a_choice_are_found_where_each_version_put_them(
    choice: dict[str, Any],
) -> None:
    found = call(None, ("gen_ai.user.message", SAID), ("gen_ai.choice", choice))
    assert found.response.tool_calls[0].arguments == {"a": 1}
    assert found.finish_reason == "tool_calls"


def test_several_choices_are_a_reject() -> None:
    choice = ("gen_ai.choice", {"message": {"content": "Cold."}})
    assert span(None, ("gen_ai.user.message", SAID), choice, choice) == "several-choices"


def test_events_without_content_are_not_captured() -> None:
    assert span(None, ("gen_ai.user.message", SAID)) == "content-not-captured"
    assert span(None, ("gen_ai.choice", {"message": "Cold."})) == "content-not-captured"


def test_numbered_attributes_stand_in_the_order_of_their_numbers() -> None:
    said = {f"gen_ai.prompt.{n}.role": "user" for n in (10, 9, 2)}
    said |= {f"gen_ai.prompt.{n}.content": str(n) for n in (10, 9, 2)}
    found = call(
        said | {"gen_ai.completion.0.content": "…", "gen_ai.prompt.prompt_filter_results": "[]"}
    )
    assert [one.content for one in found.messages] == ["2", "9", "10"]


def test_blocks_of_anthropic_are_read_and_thinking_is_left_out() -> None:
    used = [{"type": "tool_use", "id": "t1", "name": "find", "input": {"a": 1}}]
    result = [{"type": "tool_result", "tool_use_id": "t1", "content": "4 degrees"}]
    found = call(
        {
            "gen_ai.prompt.0.role": "assistant",
            "gen_ai.prompt.0.content": json.dumps(used),
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": json.dumps(result),
            "gen_ai.completion.0.role": "thinking",
            "gen_ai.completion.0.content": "Hm.",
            "gen_ai.completion.1.role": "assistant",
            "gen_ai.completion.1.content": "Cold.",
        }
    )
    assert found.messages[0].tool_calls[0].name == "find"
    assert (found.messages[1].role, found.messages[1].content) == ("tool", "4 degrees")
    assert found.response.content == "Cold."


@pytest.mark.parametrize("content", ['[{"text": "a list"}]', '[{"type": "text"}]', '{"id": 7}'])
def test_what_a_tool_gave_is_kept_as_it_was_written(content: str) -> None:
    found = call(
        None,
        ("gen_ai.tool.message", {"id": "t1", "content": content}),
        ("gen_ai.choice", {"message": "Cold."}),
    )
    assert found.messages[0].content == content


@pytest.mark.parametrize("in_events", [True, False])
def test_whole_prompts_are_read(in_events: bool) -> None:
    asked = {"gen_ai.prompt": json.dumps([SAID])}
    answered = {"gen_ai.completion": json.dumps([{"role": "assistant", "content": "Cold."}])}
    if in_events:
        events = ("gen_ai.content.prompt", asked), ("gen_ai.content.completion", answered)
        found = call(None, *events)
    else:
        found = call(asked | answered)
    assert (found.messages[0].content, found.response.content) == ("Weather in Oslo?", "Cold.")


def test_a_picture_in_an_earlier_form_is_a_reject() -> None:
    content = json.dumps([{"type": "image_url", "image_url": {"url": "https://a"}}])
    said = ("gen_ai.user.message", {"content": content})
    assert span(None, said, ("gen_ai.choice", {"message": "Cold."})) == "unsupported-content"


def test_the_operation_may_be_named_as_openllmetry_does() -> None:
    sample = otel_genai.SAMPLES[2]
    assert b"gen_ai.operation.name" not in sample
    assert formats.recognise([sample]) == "otel_genai"
    other = sample.replace(b'"stringValue":"chat"', b'"stringValue":"embedding"')
    (found,) = otel_genai.parse(other, SOURCE, "session_id")
    assert isinstance(found, formats.Malformed)
    assert found.reason == "not-a-chat"
