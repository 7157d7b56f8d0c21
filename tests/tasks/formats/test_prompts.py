"""Replies to one prompt that are nothing but calls, as Llama writes them."""

import json

import pytest

from tasks.core.records import Reply, Source, ToolCall
from tasks.formats import bedrock_invocation

PROMPT = (
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nWeather?<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n"
)


def reply(generation: str) -> Reply:
    record = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-11-03T14:20:29Z",
        "requestId": "r1",
        "operation": "InvokeModel",
        "modelId": "meta.llama3-2-3b-instruct-v1:0",
        "input": {"inputBodyJson": {"prompt": PROMPT}},
        "output": {"outputBodyJson": {"generation": generation, "stop_reason": "stop"}},
    }
    source = Source(uri="logs/a.jsonl", line=1, format="bedrock_invocation")
    (call,) = bedrock_invocation.parse(json.dumps(record).encode(), source, "session_id")
    return call.open().response


def test_python_calls_are_calls() -> None:
    assert reply("\n[find(name='Oslo'), pay(amount=1.5, to=[\"a\", 'b'])]<|eot_id|>") == Reply(
        tool_calls=(
            ToolCall(name="find", arguments={"name": "Oslo"}),
            ToolCall(name="pay", arguments={"amount": 1.5, "to": ["a", "b"]}),
        )
    )


@pytest.mark.parametrize("text", ["[1] see the list", "[note] call me(x)", "[]", "Say [f(a=1)]"])
def test_a_text_with_brackets_stays_a_text(text: str) -> None:
    assert reply(text) == Reply(content=text)
