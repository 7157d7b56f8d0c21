"""Reads Amazon Bedrock's model invocation logs, version 1.0, one record a line.

    {"schemaType": "ModelInvocationLog", "schemaVersion": "1.0",
     "timestamp": "2026-11-03T14:20:29Z", "requestId": "7c9e…", "operation": "Converse",
     "modelId": "anthropic.claude-…", "requestMetadata": {"session_id": "s-12"},
     "input": {"inputBodyJson": {"messages": […], "system": […], "toolConfig": {…}},
               "inputTokenCount": 412},
     "output": {"outputBodyJson": {"output": {"message": {…}}, "stopReason": "tool_use", …},
                "outputTokenCount": 31}}

Converse and ConverseStream are read for every model; InvokeModel and
InvokeModelWithResponseStream, whose bodies are each model's own, for Anthropic, Nova, Llama, models
that speak as Chat Completions do, and those that take one prompt. A streamed reply may be logged
whole or as the list of its events. Embeddings and images are counted as `not-a-chat`.

Bodies over 100 KB are kept by the service in objects of their own (`inputBodyS3Path`,
`outputBodyS3Path`), and read from there; how far that reaches says `tasks/logs/bodies.py`.

Source: Bedrock user guide, "Monitor model invocation using CloudWatch Logs and Amazon S3".
"""

import re
from typing import Any, Literal

import msgspec

from tasks.core.records import Source, Usage
from tasks.formats import _anthropic, _bodies, _converse
from tasks.formats._exchange import Exchange, Told, invocation
from tasks.formats._turns import tokens
from tasks.logs import bodies
from tasks.logs.json_lines import NOT_A_CHAT, Malformed, Scalar, decode, fitting, texts
from tasks.logs.sealed import Sealed

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


class _ConverseInput(_Shape):
    input_body_json: _converse.Request
    input_token_count: int | None = None
    cache_read_input_token_count: int | None = None
    cache_write_input_token_count: int | None = None


class _ConverseOutput(_Shape):
    output_body_json: _converse.Response | list[_converse.Event]
    output_token_count: int | None = None


class _ConverseRecord(_Shape):
    """A record of Converse with its bodies in it: the form that most have, decoded at once."""

    schema_type: str
    schema_version: str
    timestamp: str
    request_id: str
    operation: Literal["Converse", "ConverseStream"]
    model_id: str
    input: _ConverseInput
    output: _ConverseOutput
    request_metadata: dict[str, str] = {}
    error_code: str | None = None


class _Dialect(msgspec.Struct):
    anthropic_version: str | None = None


class _Made(msgspec.Struct):
    """What models give that write no text."""

    embedding: msgspec.Raw = msgspec.Raw(b"")
    embeddings: msgspec.Raw = msgspec.Raw(b"")
    images: msgspec.Raw = msgspec.Raw(b"")
    artifacts: msgspec.Raw = msgspec.Raw(b"")


def recognises(record: dict[str, Any]) -> str:
    """Empty for a record of this format, otherwise why it is none."""
    if record.get("schemaType") == SCHEMA:
        return ""
    return f'expected "schemaType": "{SCHEMA}"'


def holds_records(uri: str) -> bool:
    """False for the bodies that Bedrock keeps apart, and for its empty write test."""
    name = uri.rsplit("/", 1)[-1]
    return not (_BODY.search(uri) or name == "amazon-bedrock-logs-permission-check")


def parse(line: bytes, source: Source, session_key: str) -> list[Sealed]:
    """The one call that a line tells of.

    Raises:
        Malformed: unknown-schema-type, unknown-schema-version, error-response, body-missing,
            body-out-of-reach, unsupported-operation, unsupported-body, not-a-chat, or what is
            wrong with the record's shape.
    """
    whole = fitting(line, _converse_records)
    record = whole or decode(line, _records)
    _check(record)
    if isinstance(record, _ConverseRecord):
        answered = record.output.output_body_json
        exchange = _converse.exchange(record.input.input_body_json, answered)
        metadata = record.request_metadata
    else:
        exchange = _exchange(record, source)
        metadata = texts(record.request_metadata)
    told = Told(
        request_id=record.request_id,
        timestamp=record.timestamp,
        model=record.model_id,
        metadata=metadata,
        session_id=metadata.get(session_key, ""),
        usage=_counted(record),
    )
    return [invocation(source, told, exchange)]


def _counted(record: _Record | _ConverseRecord) -> Usage:
    given = record.input
    cached = given.cache_read_input_token_count, given.cache_write_input_token_count
    return tokens(given.input_token_count, record.output.output_token_count, *cached)


def _check(record: _Record | _ConverseRecord) -> None:
    if record.schema_type != SCHEMA:
        raise Malformed("unknown-schema-type", f"$.schemaType: expected {SCHEMA}")
    if record.schema_version != VERSION:
        raise Malformed("unknown-schema-version", f"$.schemaVersion: expected {VERSION}")
    told = record.timestamp, record.request_id, record.model_id, record.operation
    if not all(told):
        names = "timestamp", "requestId", "modelId", "operation"
        lacks = next(name for name, value in zip(names, told, strict=True) if not value)
        raise Malformed("missing-field", f"$.{lacks}: expected text")
    if record.error_code is not None:
        # The code is the service's own word (ThrottlingException); anything else is not repeated.
        code = record.error_code if _WORD.fullmatch(record.error_code) else "given"
        raise Malformed("error-response", f"$.errorCode {code}: the call brought no reply")


def _exchange(record: _Record, source: Source) -> Exchange:
    given, answered = record.input, record.output
    request = _body(given.input_body_json, given.input_body_s3_path, source)
    response = _body(answered.output_body_json, answered.output_body_s3_path, source)
    if bytes(response) == b"null":
        raise Malformed("missing-field", "$.output.outputBodyJson: expected a body")
    if record.operation in CONVERSE:
        return _converse.read(request, response)
    if record.operation not in INVOKE:
        raise Malformed(
            "unsupported-operation", f"$.operation: expected one of {', '.join(CONVERSE + INVOKE)}"
        )
    if decode(request, _dialects).anthropic_version is not None:
        return _anthropic.read(request, response)
    if bytes(response)[:1] == b"{":
        made = decode(response, _made)
        if any(map(bytes, (made.embedding, made.embeddings, made.images, made.artifacts))):
            raise Malformed(NOT_A_CHAT, "$.output.outputBodyJson: embeddings or images")
    return _bodies.read(request, response)


def _body(inline: msgspec.Raw, path: str | None, source: Source) -> msgspec.Raw:
    if not path or bytes(inline) != b"null":
        return inline
    content = bodies.read(source.uri, path).strip()
    decode(content, _anything)  # a piece of a line was looked through, this was not
    return msgspec.Raw(content)


_converse_records = msgspec.json.Decoder(_ConverseRecord)
_records = msgspec.json.Decoder(_Record)
_made = msgspec.json.Decoder(_Made)
_anything = msgspec.json.Decoder(msgspec.Raw)
_dialects = msgspec.json.Decoder(_Dialect)
_BODY = re.compile(r"/data/[^/]+_(?:input|output)\.json\.gz$")
_WORD = re.compile(r"[A-Za-z]{1,60}")
