"""Reads Amazon Bedrock's model invocation logs, version 1.0, one record a line.

    {"schemaType": "ModelInvocationLog", "schemaVersion": "1.0",
     "timestamp": "2026-11-03T14:20:29Z", "requestId": "7c9e…", "operation": "Converse",
     "modelId": "anthropic.claude-…", "requestMetadata": {"session_id": "s-12"},
     "input": {"inputBodyJson": {"messages": […], "system": […], "toolConfig": {…}},
               "inputTokenCount": 412},
     "output": {"outputBodyJson": {"output": {"message": {…}}, "stopReason": "tool_use", …},
                "outputTokenCount": 31}}

Converse and ConverseStream are read for every model; InvokeModel and
InvokeModelWithResponseStream, whose bodies are each model's own, for Anthropic's. A streamed reply
may be logged whole or as the list of its events.

A limit: bodies over 100 KB are kept by the service in objects of their own (`inputBodyS3Path`).
Those are not read: such a record is the reject `body-off-loaded`.

Source: Bedrock user guide, "Monitor model invocation using CloudWatch Logs and Amazon S3".
"""

import re
from typing import Any

import msgspec

from tasks.core.json_lines import Malformed, Scalar, decode, texts, utc
from tasks.core.records import Invocation, Source, Usage
from tasks.formats import _anthropic, _converse, invocation_id
from tasks.formats._turns import Exchange, tokens

SCHEMA = "ModelInvocationLog"
VERSION = "1.0"
CONVERSE = ("Converse", "ConverseStream")
INVOKE = ("InvokeModel", "InvokeModelWithResponseStream")

SAMPLE = (
    b'{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-11-03T14:20:29Z",'
    b'"accountId":"123456789012","identity":{"arn":"arn:aws:sts::123456789012:assumed-role/agent"},'
    b'"region":"us-east-1","requestId":"7c9e6679-7425-40de-944b-e07fc1f90ae7",'
    b'"operation":"Converse","modelId":"anthropic.claude-3-5-sonnet-20241022-v2:0",'
    b'"requestMetadata":{"session_id":"s-12","domain":"weather"},'
    b'"input":{"inputContentType":"application/json","inputBodyJson":{"messages":['
    b'{"role":"user","content":[{"text":"Weather in Oslo for Ada Example, please."}]},'
    b'{"role":"assistant","content":[{"text":"One moment."},{"toolUse":{"toolUseId":"t1",'
    b'"name":"find_place","input":{"name":"Oslo"}}}]},'
    b'{"role":"user","content":[{"toolResult":{"toolUseId":"t1","content":[{"json":{"id":7}},'
    b'{"text":"one match"}],"status":"success"}}]}],'
    b'"system":[{"text":"You tell the weather."},{"cachePoint":{"type":"default"}}],'
    b'"inferenceConfig":{"maxTokens":512,"temperature":0.0},'
    b'"toolConfig":{"tools":[{"toolSpec":{"name":"get_weather","description":"Weather of a place.",'
    b'"inputSchema":{"json":{"type":"object","properties":{"place_id":{"type":"integer"}},'
    b'"required":["place_id"]}}}}]}},"inputTokenCount":412,"cacheReadInputTokenCount":100},'
    b'"output":{"outputContentType":"application/json","outputBodyJson":{"output":{"message":'
    b'{"role":"assistant","content":[{"toolUse":{"toolUseId":"t2","name":"get_weather",'
    b'"input":{"place_id":7}}}]}},"stopReason":"tool_use","metrics":{"latencyMs":850},'
    b'"usage":{"inputTokens":412,"outputTokens":31,"totalTokens":543,"cacheReadInputTokens":100,'
    b'"cacheWriteInputTokens":0}},"outputTokenCount":31}}'
)


class _Shape(msgspec.Struct, rename="camel"):
    pass


class _Input(_Shape):
    input_body_json: msgspec.Raw = msgspec.Raw(b"null")
    input_body_s3_path: str | None = None
    input_token_count: int | None = None
    cache_read_input_token_count: int | None = None
    cache_write_input_token_count: int | None = None


class _Output(_Shape):
    output_body_json: msgspec.Raw = msgspec.Raw(b"null")
    output_body_s3_path: str | None = None
    output_token_count: int | None = None


class _Record(_Shape):
    schema_type: str = ""
    schema_version: str = ""
    timestamp: str = ""
    request_id: str = ""
    operation: str = ""
    model_id: str = ""
    error_code: str | None = None
    request_metadata: dict[str, Scalar] | None = None
    input: _Input = msgspec.field(default_factory=_Input)
    output: _Output = msgspec.field(default_factory=_Output)


class _Dialect(msgspec.Struct):
    anthropic_version: str | None = None


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    if record.get("schemaType") == SCHEMA:
        return ""
    return f'expected "schemaType": "{SCHEMA}"'


def holds_records(uri: str) -> bool:
    """False for the bodies that Bedrock keeps apart, and for its empty write test."""
    name = uri.rsplit("/", 1)[-1]
    return not (_BODY.search(uri) or name == "amazon-bedrock-logs-permission-check")


def parse(line: bytes, source: Source, session_key: str) -> list[Invocation]:
    """The one call that a line tells of.

    Raises:
        Malformed: unknown-schema-type, unknown-schema-version, error-response, body-off-loaded,
            unsupported-operation, unsupported-body, or what is wrong with the record's shape.
    """
    record = decode(line, _records)
    _check(record)
    exchange = _exchange(record)
    metadata = texts(record.request_metadata)
    return [
        Invocation(
            id=invocation_id(record.request_id, exchange.messages, exchange.tools, exchange.reply),
            source=source,
            timestamp=utc(record.timestamp),
            session_id=metadata.get(session_key) or record.request_id,
            request_id=record.request_id,
            model=record.model_id,
            messages=exchange.messages,
            tools=exchange.tools,
            response=exchange.reply,
            finish_reason=exchange.finish_reason,
            usage=_usage(record, exchange.usage),
            latency_ms=exchange.latency_ms,
            metadata=metadata,
        )
    ]


def _check(record: _Record) -> None:
    if record.schema_type != SCHEMA:
        raise Malformed("unknown-schema-type", f"$.schemaType: expected {SCHEMA}")
    if record.schema_version != VERSION:
        raise Malformed("unknown-schema-version", f"$.schemaVersion: expected {VERSION}")
    for name, value in (("requestId", record.request_id), ("modelId", record.model_id)):
        if not value:
            raise Malformed("missing-field", f"$.{name}: expected text")
    if record.error_code is not None:
        # The code is the service's own word (ThrottlingException); anything else is not repeated.
        code = record.error_code if _WORD.fullmatch(record.error_code) else "given"
        raise Malformed("error-response", f"$.errorCode {code}: the call brought no reply")
    if record.input.input_body_s3_path or record.output.output_body_s3_path:
        raise Malformed("body-off-loaded", "$.input or $.output: expected the body in the record")


def _exchange(record: _Record) -> Exchange:
    request, response = record.input.input_body_json, record.output.output_body_json
    if bytes(response) == b"null":
        raise Malformed("missing-field", "$.output.outputBodyJson: expected a body")
    if record.operation in CONVERSE:
        return _converse.read(request, response)
    if record.operation not in INVOKE:
        raise Malformed(
            "unsupported-operation", f"$.operation: expected one of {', '.join(CONVERSE + INVOKE)}"
        )
    if decode(request, _dialects).anthropic_version is None:
        raise Malformed(
            "unsupported-body",
            "$.input.inputBodyJson: expected anthropic_version, the only native "
            "body that is read; call the model through Converse",
        )
    return _anthropic.read(request, response)


def _usage(record: _Record, told: Usage) -> Usage:
    """What the body says, else the record's own counts."""
    given = record.input
    cached = given.cache_read_input_token_count, given.cache_write_input_token_count
    counted = tokens(given.input_token_count, record.output.output_token_count, *cached)
    read, written = told.input_tokens, told.output_tokens
    return Usage(
        input_tokens=counted.input_tokens if read is None else read,
        output_tokens=counted.output_tokens if written is None else written,
    )


_records = msgspec.json.Decoder(_Record)
_dialects = msgspec.json.Decoder(_Dialect)
_BODY = re.compile(r"/data/[^/]+_(?:input|output)\.json\.gz$")
_WORD = re.compile(r"[A-Za-z]{1,60}")
