"""Shapes that people meet: what each kind becomes, and what is never taken silently."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks import formats
from tasks.core.records import Invocation, Source
from tasks.formats import Malformed
from tasks.logs import sources
from tasks.logs.prefixes import Digest
from tasks.logs.sealed import Sealed
from tasks.logs.unwrapping import unwrapped

WILD = (Path(__file__).parents[3] / "../shared/data/wild/logs").resolve()
CALL = {"request": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}}
CALL |= {"timestamp": "2026-11-03T14:20:29Z", "response": {"id": "c", "choices": []}}


def chat(message: dict[str, Any], *asked: dict[str, Any], **request: Any) -> bytes:
    turns = list(asked) or [{"role": "user", "content": "Hi"}]
    body = {"model": "m", "messages": turns, **request}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    response = {"id": "c", "created": 1793715629, "model": "m", "choices": [choice]}
    return json.dumps({"request": body, "response": response}).encode()


def read(line: bytes, name: str = "openai_chat") -> list[Invocation]:
    found = formats.load(name).parse(line, Source(uri="x", line=1, format=name), "session_id")
    return [one.open() for one in found if isinstance(one, Sealed)]


def reason(line: bytes, name: str = "openai_chat") -> str:
    with pytest.raises(Malformed) as error:
        read(line, name)
    return error.value.reason


def ingested(path: Path) -> Iterator[Invocation | str]:
    """Every call of an object, or the reason why a line is none."""
    (found,) = sources.objects_below(str(path))
    lines = list(unwrapped(sources.read_lines(found, Digest())))
    name = formats.recognise([line.content for line in lines])
    for line in lines:
        try:
            for one in formats.load(name).parse(
                line.content, Source(uri="x", line=line.number, format=name), "session_id"
            ):
                yield one.open() if isinstance(one, Sealed) else one.reason
        except Malformed as error:
            yield error.reason


@pytest.mark.parametrize(
    ("reply", "content"),
    [
        ("<think>I can't.</think>Which city?", "Which city?"),
        ("<thinking>one\ntwo</thinking>\n\nDone.", "Done."),
        ("<think>a</think> x <think>b</think> y", "x  y"),
        ("<reasoning>call get_weather</reasoning>No.", "No."),
        ("if a < b and b > c", "if a < b and b > c"),
        ("<thinkpad> is a laptop", "<thinkpad> is a laptop"),
    ],
)
def test_thoughts_leave_the_reply(reply: str, content: str) -> None:
    (found,) = read(chat({"role": "assistant", "content": reply}))
    assert found.response.content == content


@pytest.mark.parametrize("reply", ["<think>I should ask", "<thinking>\nno end in sight"])
def test_a_reply_that_ends_within_its_thought_is_a_reject(reply: str) -> None:
    assert reason(chat({"role": "assistant", "content": reply})) == "reasoning-only"


@pytest.mark.parametrize(
    "placeholder", ["redacted-by-litellm", "REDACTED", "[Redacted]", "<omitted>", "[hidden]"]
)
def test_placeholders_are_no_content(placeholder: str) -> None:
    said = {"role": "assistant", "content": placeholder}
    assert reason(chat(said)) == "content-not-captured"
    asked = {"role": "user", "content": placeholder.lower()}
    assert reason(chat({"role": "assistant", "content": "x"}, asked)) == "content-not-captured"


@pytest.mark.parametrize("content", ["", None, []])
def test_an_empty_turn_of_a_user_is_never_a_prompt(content: Any) -> None:
    asked = {"role": "user", "content": content}
    assert reason(chat({"role": "assistant", "content": "x"}, asked)) == "empty-turn"


def test_functions_of_before_2024_are_tools_and_calls() -> None:
    called = {"name": "move", "arguments": '{"to": 3}'}
    turns = [
        {"role": "user", "content": "Move it."},
        {"role": "assistant", "content": None, "function_call": called},
        {"role": "function", "name": "move", "content": "moved"},
    ]
    (found,) = read(
        chat({"role": "assistant", "content": "Moved."}, *turns, functions=[{"name": "move"}])
    )
    assert [tool.name for tool in found.tools] == ["move"]
    assert found.messages[1].tool_calls[0].arguments == {"to": 3}
    assert found.messages[2].tool_call_id == found.messages[1].tool_calls[0].id
    both = {"functions": [{"name": "a"}], "tools": [{"function": {"name": "b"}}]}
    assert reason(chat({"role": "assistant", "content": "x"}, **both)) == "ambiguous-tools"


@pytest.mark.parametrize("arguments", ["", None, "{}", "  "])
def test_no_arguments_are_an_empty_object(arguments: Any) -> None:
    made = {"id": "t", "type": "function", "function": {"name": "f", "arguments": arguments}}
    (found,) = read(chat({"role": "assistant", "content": None, "tool_calls": [made]}))
    assert found.response.tool_calls[0].arguments == {}
    assert found.response.tool_calls[0].raw_arguments == ""


LINE = chat({"role": "assistant", "content": "Hello."})
TEXT = LINE.decode()


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (b"2026-11-03T14:20:29.001Z " + LINE + b"\n2026-11-03T14:20:30Z\t" + LINE, 2),
        (b"2026-11-03 14:20:29,001 " + LINE, 1),
        (json.dumps({"events": [{"message": TEXT}, {"message": TEXT}]}).encode(), 2),
        (
            json.dumps(
                {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": TEXT}]}
            ).encode(),
            1,
        ),
        (
            json.dumps(
                {"status": "Complete", "results": [[{"field": "@message", "value": TEXT}]] * 3}
            ).encode(),
            3,
        ),
        (LINE * 3, 3),
        (LINE + b"  " + LINE + b"\n" + LINE, 3),
        (b"[" + LINE + b",\n " + LINE + b"]", 2),
        (json.dumps([json.loads(LINE)] * 2, indent=2).encode(), 2),
        (json.dumps(json.loads(LINE), indent=4).encode(), 1),
        (b"\xef\xbb\xbf" + LINE, 1),
        (LINE + b"\n" + LINE, 2),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_records_are_taken_out_of_what_they_were_shipped_in(
    tmp_path: Path, content: bytes, count: int, packed: bool
) -> None:
    path = tmp_path / "log.json"  # whatever its name says, gzip is known by its content
    path.write_bytes(gzip.compress(content) if packed else content)
    found = list(ingested(path))
    assert len(found) == count
    assert {one.response.content for one in found if isinstance(one, Invocation)} == {"Hello."}


def test_a_broken_value_among_values_leaves_the_lines_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(LINE + b'{"request": \n' + LINE)
    assert "bad-json" in {one for one in ingested(path) if isinstance(one, str)} or any(
        isinstance(one, str) for one in ingested(path)
    )


def test_items_of_the_responses_api_keep_their_order() -> None:
    items = [
        {"role": "user", "content": "Two of them."},
        {"type": "reasoning", "summary": [{"text": "hm"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "A"}]},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
        {"type": "function_call", "call_id": "2", "name": "g", "arguments": '{"x": 1}'},
        {"type": "function_call_output", "call_id": "1", "output": "one"},
        {"type": "function_call_output", "call_id": "2", "output": [{"type": "text", "text": "2"}]},
    ]
    response = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1793715629,
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "Bo"}]}],
    }
    line = json.dumps({"request": {"model": "m", "input": items}, "response": response}).encode()
    (found,) = read(line, "openai_responses")
    assert [message.role for message in found.messages] == ["user", "assistant", "tool", "tool"]
    assert [call.name for call in found.messages[1].tool_calls] == ["f", "g"]
    assert found.messages[1].content == "A"
    assert (found.response.content, found.finish_reason) == ("Bo", "length")


@pytest.mark.parametrize(
    "item", [{"type": "web_search_call"}, {"type": "computer_call"}, {"type": "new_thing"}]
)
def test_what_the_service_ran_by_itself_is_a_reject(item: dict[str, Any]) -> None:
    request = {"model": "m", "input": [{"role": "user", "content": "x"}, item]}
    response = {"id": "r", "object": "response", "output": []}
    line = json.dumps({"request": request, "response": response}).encode()
    assert reason(line, "openai_responses") == "unsupported-content"


def test_a_misspelt_key_of_a_tool_is_named() -> None:
    turns = [{"from": "human", "value": "x"}, {"from": "gpt", "value": "y"}]
    record = {"conversations": turns, "tools": [{"name": "f", "paramters": {}}]}
    assert reason(json.dumps(record).encode(), "sharegpt") == "unknown-field"


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("aembedding", "not-a-chat"),
        ("image_generation", "not-a-chat"),
        ("rerank", "not-a-chat"),
        ("aresponses", "unknown-call-type"),
        ("mcp_tool", "unknown-call-type"),
    ],
)
def test_only_what_is_known_to_be_no_chat_is_called_so(kind: str, why: str) -> None:
    row = {"id": "1", "call_type": kind, "startTime": 1.0, "endTime": 2.0}
    line = json.dumps(row | {"messages": [], "response": {}}).encode()
    assert reason(line, "litellm_log") == why


RIGHT = {
    "a04_is_error.jsonl": (1, "I could not move it.", 0),
    "b05_tool_result_error_status.jsonl": (1, "I could not move it.", 0),
    "b14_cloudwatch_export_prefixed.log": (2, "", 1),
    "b16_cw_filter_log_events.jsonl": (1, "", 1),
    "b18_firehose_concatenated.json": (2, "", 1),
    "b19_json_array.json": (2, "", 1),
    "o02_function_call_legacy.jsonl": (1, "", 1),
    "o03_functions_text_reply.jsonl": (1, "Which booking id and which date?", 0),
    "o06_args_empty.jsonl": (1, "", 1),
    "o07_args_null.jsonl": (1, "", 1),
    "o19_responses_api.jsonl": (1, "", 1),
    "o24_reasoning_only_think_tags.jsonl": (1, "Which booking id?", 0),
    "t01_openinference.jsonl": (1, "", 1),
    "t02_vercel_ai_sdk.jsonl": (1, "", 1),
    "l02_otel_ingested.jsonl": (1, "", 1),
    "l03_trace_nested.jsonl": (1, "Moved.", 0),
    "i03_anthropic_messages.jsonl": (1, "", 1),
    "x01_langsmith_run.jsonl": (1, "", 1),
    "x02_sharegpt.jsonl": (2, "", 1),
}
"""Calls of the file, text of the first reply and its calls."""


@pytest.mark.parametrize("name", RIGHT)
def test_shapes_from_reports_are_read(name: str) -> None:
    if not WILD.exists():
        pytest.skip("the inputs from reports are not beside the checkout")
    found = list(ingested(WILD / name))
    assert all(isinstance(one, Invocation) for one in found), found
    first = found[0]
    assert isinstance(first, Invocation)
    assert (len(found), first.response.content, len(first.response.tool_calls)) == RIGHT[name]
    assert first.messages


@pytest.mark.parametrize("name", ["a04_is_error.jsonl", "b05_tool_result_error_status.jsonl"])
def test_a_tools_failure_is_kept(name: str) -> None:
    if not WILD.exists():
        pytest.skip("the inputs from reports are not beside the checkout")
    (found,) = ingested(WILD / name)
    assert isinstance(found, Invocation)
    assert [m.status for m in found.messages if m.role == "tool"] == ["error"]


def test_placeholders_from_reports_are_rejects() -> None:
    if not WILD.exists():
        pytest.skip("the inputs from reports are not beside the checkout")
    assert set(ingested(WILD / "i01_redacted_by_litellm.jsonl")) == {"content-not-captured"}
