"""Bodies of InvokeModel in every model's own form, and bodies that are kept apart."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tasks.core.records import Invocation, Message, Reply, Source, ToolCall, Usage
from tasks.formats import Malformed
from tasks.formats import bedrock_invocation as bedrock
from tasks.logs import bodies
from tasks.logs.gzip_stream import Limits

LOG = "logs/AWSLogs/1/BedrockModelInvocationLogs/us-east-1/2026/11/03/14/a.json.gz"
METRICS = {
    "amazon-bedrock-invocationMetrics": {
        "inputTokenCount": 12,
        "outputTokenCount": 4,
        "invocationLatency": 850,
    }
}
HELLO = Message(role="user", content="Weather in Oslo?")
ASKS = Reply(content="For tomorrow?")


def record(request: Any, response: Any, **changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bedrock.SAMPLE)
    found["operation"] = (
        "InvokeModelWithResponseStream" if isinstance(response, list) else ("InvokeModel")
    )
    found["input"] = {"inputBodyJson": request}
    found["output"] = {"outputBodyJson": response}
    return found | changed


def parse(found: dict[str, Any], log: str = LOG) -> Invocation:
    source = Source(uri=log, line=1, format="bedrock_invocation")
    (sealed,) = bedrock.parse(json.dumps(found).encode(), source, "session_id")
    return sealed.open()


def reason(found: dict[str, Any], log: str = LOG) -> str:
    with pytest.raises(Malformed) as error:
        parse(found, log)
    return error.value.reason


NOVA = {
    "schemaVersion": "messages-v1",
    "system": [{"text": "You tell the weather."}],
    "messages": [{"role": "user", "content": [{"text": "Weather in Oslo?"}]}],
    "toolConfig": {
        "tools": [
            {"toolSpec": {"name": "get_weather", "inputSchema": {"json": {"type": "object"}}}}
        ]
    },
}
USED = {"toolUseId": "t", "name": "get_weather"}
NOVA_REPLY = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [{"toolUse": USED | {"input": {"city": "Oslo"}}}],
        }
    },
    "stopReason": "tool_use",
    "usage": {"inputTokens": 12, "outputTokens": 4, "totalTokens": 16},
}
NOVA_STREAM = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockStart": {"start": {"toolUse": USED}, "contentBlockIndex": 0}},
    {"contentBlockDelta": {"delta": {"toolUse": {"input": '{"city"'}}, "contentBlockIndex": 0}},
    {"contentBlockDelta": {"delta": {"toolUse": {"input": ':"Oslo"}'}}, "contentBlockIndex": 0}},
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "tool_use"}},
    {"metadata": {"usage": {"inputTokens": 12, "outputTokens": 4}}} | METRICS,
]


@pytest.mark.parametrize("response", [NOVA_REPLY, NOVA_STREAM])
def test_novas_own_bodies_are_read_whole_or_streamed(response: Any) -> None:
    found = parse(record(NOVA, response))
    assert found.messages == (Message(role="system", content="You tell the weather."), HELLO)
    assert found.response == Reply(
        tool_calls=(ToolCall(name="get_weather", arguments={"city": "Oslo"}, id="t"),)
    )
    assert [tool.name for tool in found.tools] == ["get_weather"]
    assert found.finish_reason == "tool_use"
    assert found.usage == Usage(input_tokens=12, output_tokens=4)


def headed(role: str, text: str) -> str:
    return f"<|start_header_id|>{role}<|end_header_id|>\n\n{text}<|eot_id|>"


LLAMA = {
    "prompt": "<|begin_of_text|>"
    + headed("system", "You tell the weather.")
    + headed("user", "Weather in Oslo?")
    + headed("assistant", '<|python_tag|>{"name": "find_place", "parameters": {"name": "Oslo"}}')
    + headed("ipython", '{"id": 7}')
    + "<|start_header_id|>assistant<|end_header_id|>\n\n",
    "max_gen_len": 512,
}
LLAMA_REPLY = {
    "generation": "For tomorrow?",
    "prompt_token_count": 12,
    "generation_token_count": 4,
    "stop_reason": "stop",
}
LLAMA_STREAM = [
    LLAMA_REPLY | {"generation": "For ", "generation_token_count": 1, "stop_reason": None},
    LLAMA_REPLY | {"generation": "tomorrow?", "prompt_token_count": None} | METRICS,
]


@pytest.mark.parametrize("response", [LLAMA_REPLY, LLAMA_STREAM])
def test_llamas_prompt_becomes_its_turns(response: Any) -> None:
    found = parse(record(LLAMA, response))
    assert found.messages == (
        Message(role="system", content="You tell the weather."),
        HELLO,
        Message(
            role="assistant",
            tool_calls=(ToolCall(name="find_place", arguments={"name": "Oslo"}),),
        ),
        Message(role="tool", content='{"id": 7}'),
    )
    assert found.response == ASKS
    assert (found.finish_reason, found.usage) == ("stop", Usage(input_tokens=12, output_tokens=4))


def test_a_llama_reply_is_a_call_only_where_it_is_tagged_so() -> None:
    call = '{"name": "get_weather", "parameters": {"city": "Oslo"}}'
    tagged = parse(record(LLAMA, LLAMA_REPLY | {"generation": f"<|python_tag|>{call}<|eom_id|>"}))
    assert tagged.response.tool_calls == (ToolCall(name="get_weather", arguments={"city": "Oslo"}),)
    plain = parse(record(LLAMA, LLAMA_REPLY | {"generation": call}))
    assert plain.response == Reply(content=call)
    torn = parse(record(LLAMA, LLAMA_REPLY | {"generation": "<|python_tag|>weather(Oslo)"}))
    assert torn.response == Reply(content="<|python_tag|>weather(Oslo)")


RAW = {"prompt": "Weather in Oslo?"}


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        (RAW, {"outputs": [{"text": "For tomorrow?", "stop_reason": "stop"}]}),
        (RAW, {"generations": [{"text": "For tomorrow?", "finish_reason": "stop"}]}),
        (RAW, {"completions": [{"data": {"text": "For tomorrow?"}, "finish_reason": "stop"}]}),
        (RAW, {"choices": [{"text": "For tomorrow?", "stop_reason": "stop"}]}),
        (
            {"inputText": "Weather in Oslo?"},
            {"results": [{"outputText": "For tomorrow?", "completionReason": "stop"}]},
        ),
        (
            {"inputText": "Weather in Oslo?"},
            [
                {"outputText": "For ", "completionReason": None},
                {"outputText": "tomorrow?", "completionReason": "stop"} | METRICS,
            ],
        ),
        (
            {"prompt": "\n\nHuman: Weather in Oslo?\n\nAssistant:"},
            {"completion": " For tomorrow?", "stop_reason": "stop"},
        ),
        (
            {"messages": [{"role": "user", "content": "Weather in Oslo?"}]},
            {
                "choices": [
                    {"message": {"role": "assistant", "content": "For tomorrow?"}}
                    | {"finish_reason": "stop"}
                ]
            },
        ),
    ],
)
def test_a_prompt_and_a_text_are_a_turn_and_a_reply(request_: Any, response: Any) -> None:
    found = parse(record(request_, response))
    assert (found.messages, found.response, found.finish_reason) == ((HELLO,), ASKS, "stop")


@pytest.mark.parametrize(
    ("request_", "response", "expected"),
    [
        ({"inputText": "Oslo"}, {"embedding": [0.1], "inputTextTokenCount": 1}, "not-a-chat"),
        ({"texts": ["Oslo"]}, {"embeddings": [[0.1]]}, "not-a-chat"),
        ({"taskType": "TEXT_IMAGE"}, {"images": ["aGk="]}, "not-a-chat"),
        ({"something": 1}, {"completion": "x"}, "unsupported-body"),
        (RAW, {"something": 1}, "unsupported-body"),
        (RAW, {"outputs": [{"text": "a"}, {"text": "b"}]}, "several-choices"),
        (LLAMA, LLAMA_STREAM[:1], "torn-stream"),
        (NOVA, NOVA_STREAM[:-2], "torn-stream"),
        (NOVA, [{"somethingNew": {}}], "unsupported-body"),
        ({"prompt": headed("narrator", "x")}, LLAMA_REPLY, "unknown-role"),
        ({"prompt": 7}, LLAMA_REPLY, "wrong-type"),
    ],
)
def test_a_body_that_cannot_be_read_says_why(request_: Any, response: Any, expected: str) -> None:
    assert reason(record(request_, response)) == expected


ROOT = "s3://bucket/AWSLogs/1/BedrockModelInvocationLogs/us-east-1/2026/11/03/14/data"


def apart(**paths: str) -> dict[str, Any]:
    found = record(NOVA, NOVA_REPLY, operation="Converse")
    if "request" in paths:
        found["input"] = {"inputBodyS3Path": paths["request"]}
    if "response" in paths:
        found["output"] = {"outputBodyS3Path": paths["response"]}
    return found


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log's folder that was copied from a bucket, with the bodies beside it."""
    monkeypatch.chdir(tmp_path)
    beside = tmp_path / Path(LOG).parent / "data"
    beside.mkdir(parents=True)
    (beside / "7c_input.json.gz").write_bytes(gzip.compress(json.dumps(NOVA).encode()))
    (beside / "7c_output.json.gz").write_bytes(gzip.compress(json.dumps(NOVA_REPLY).encode()))
    return beside


def test_a_body_kept_apart_is_as_good_as_one_in_the_record(copied: Path) -> None:
    whole = parse(apart())
    assert parse(apart(request=f"{ROOT}/7c_input.json.gz")) == whole
    assert parse(apart(response=f"{ROOT}/7c_output.json.gz")) == whole
    both = apart(request=f"{ROOT}/7c_input.json.gz", response=f"{ROOT}/7c_output.json.gz")
    assert parse(both) == whole


def test_a_body_that_is_not_there_is_a_reject_that_is_looked_at_again(copied: Path) -> None:
    assert reason(apart(response=f"{ROOT}/8d_output.json.gz")) == bodies.MISSING


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "s3://bucket", "7c_input.json.gz", f"{ROOT}/../../7c_input.json.gz", "s3://"],
)
def test_no_record_makes_another_file_be_read(copied: Path, path: str) -> None:
    assert reason(apart(request=path)) in ("body-out-of-reach", bodies.MISSING)


def test_a_link_beside_the_log_is_not_followed(copied: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(json.dumps(NOVA).encode())
    (copied / "9e_input.json.gz").symlink_to(secret)
    assert reason(apart(request=f"{ROOT}/9e_input.json.gz")) == "body-out-of-reach"


def test_a_log_in_a_bucket_reads_from_no_other() -> None:
    log = "s3://bucket/AWSLogs/a.json.gz"
    for path in ("s3://other/data/7c_input.json.gz", "file:///bucket/x", "gs://bucket/data/x"):
        assert reason(apart(request=path), log) == "body-out-of-reach"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (gzip.compress(json.dumps(NOVA).encode())[:-9], "torn-gzip"),
        (b"{torn", "not-json"),
        (b'{"messages": [{"role": "user", "content": "\xff"}]}', "bad-utf8"),
        (b'{"messages": [{"role": "user", "content": "a\\u0000"}]}', "nul"),
        (b"", "not-json"),
    ],
)
def test_a_bad_body_is_a_reject(copied: Path, content: bytes, expected: str) -> None:
    (copied / "7c_input.json.gz").write_bytes(content)
    assert reason(apart(request=f"{ROOT}/7c_input.json.gz")) == expected


def test_a_body_may_not_grow_without_end(copied: Path) -> None:
    (copied / "7c_input.json.gz").write_bytes(gzip.compress(b" " * 10_000))
    with pytest.raises(Malformed, match="body-too-long: expected at most 1000 bytes"):
        bodies.read(LOG, f"{ROOT}/7c_input.json.gz", Limits(line=1000))
