"""Writes one answered request as a line of a Bedrock model invocation log, version 1.0.

    {"schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "requestId": "…",
     "timestamp": "2026-11-16T09:02:11Z", "operation": "Converse", "modelId": "arn:aws:bedrock:…",
     "input": {"inputBodyJson": {"messages": […], "system": […], "toolConfig": {…}}, …},
     "output": {"outputBodyJson": {"output": {"message": {…}}, "stopReason": "tool_use", …}, …},
     "requestMetadata": {"session_id": "…", "domain": "commerce", "caller_email": "…"}}

Fields as in Amazon's user guide, "Monitor model invocation using CloudWatch Logs and Amazon S3".
"""

import json
from datetime import datetime
from typing import Any, Literal, NamedTuple

from tasks.core.records import Message, Reply, Tool

ACCOUNT = "123456789012"
REGION = "us-east-1"
MODEL = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:imported-model/ratchettiny0"

Operation = Literal["Converse", "InvokeModel"]


class Answered(NamedTuple):
    """One model call, whatever form its log line takes."""

    at: datetime
    request_id: str
    operation: Operation
    system: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    reply: Reply
    prompt_tokens: int
    reply_tokens: int
    latency_ms: int
    metadata: dict[str, str]


def line(answered: Answered) -> str:
    """The record as JSON text, without a newline."""
    write = _converse if answered.operation == "Converse" else _anthropic
    request, response = write(answered)
    record = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": timestamp(answered.at),
        "accountId": ACCOUNT,
        "identity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/demo-agent/worker"},
        "region": REGION,
        "requestId": answered.request_id,
        "operation": answered.operation,
        "modelId": MODEL,
        "input": {
            "inputContentType": "application/json",
            "inputBodyJson": request,
            "inputTokenCount": answered.prompt_tokens,
        },
        "output": {
            "outputContentType": "application/json",
            "outputBodyJson": response,
            "outputTokenCount": answered.reply_tokens,
        },
        "requestMetadata": answered.metadata,
    }
    return json.dumps(record, ensure_ascii=False)


def timestamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _converse(answered: Answered) -> tuple[dict[str, Any], dict[str, Any]]:
    request = {
        "messages": [{"role": m.role, "content": [{"text": m.content}]} for m in answered.messages],
        "system": [{"text": answered.system}],
        "inferenceConfig": {"maxTokens": 48, "temperature": 0.0},
        "toolConfig": {"tools": [{"toolSpec": _converse_tool(tool)} for tool in answered.tools]},
    }
    blocks: list[dict[str, Any]] = [
        {"toolUse": {"toolUseId": use_id, "name": call.name, "input": call.arguments}}
        for use_id, call in _calls(answered)
    ]
    if answered.reply.content:
        blocks.insert(0, {"text": answered.reply.content})
    response = {
        "output": {"message": {"role": "assistant", "content": blocks}},
        "stopReason": _stop_reason(answered),
        "metrics": {"latencyMs": answered.latency_ms},
        "usage": {
            "inputTokens": answered.prompt_tokens,
            "outputTokens": answered.reply_tokens,
            "totalTokens": answered.prompt_tokens + answered.reply_tokens,
        },
    }
    return request, response


def _anthropic(answered: Answered) -> tuple[dict[str, Any], dict[str, Any]]:
    request = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 48,
        "temperature": 0.0,
        "system": answered.system,
        "messages": [
            {"role": m.role, "content": [{"type": "text", "text": m.content}]}
            for m in answered.messages
        ],
        "tools": [
            {"name": t.name, "description": t.description, "input_schema": t.parameters}
            for t in answered.tools
        ],
    }
    blocks: list[dict[str, Any]] = [
        {"type": "tool_use", "id": use_id, "name": call.name, "input": call.arguments}
        for use_id, call in _calls(answered)
    ]
    if answered.reply.content:
        blocks.insert(0, {"type": "text", "text": answered.reply.content})
    response = {
        "id": f"msg_{answered.request_id[:23]}",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": blocks,
        "stop_reason": _stop_reason(answered),
        "usage": {
            "input_tokens": answered.prompt_tokens,
            "output_tokens": answered.reply_tokens,
        },
    }
    return request, response


def _converse_tool(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "inputSchema": {"json": tool.parameters},
    }


def _calls(answered: Answered) -> list[tuple[str, Any]]:
    return [
        (f"call_{answered.request_id[:8]}_{number}", call)
        for number, call in enumerate(answered.reply.tool_calls)
    ]


def _stop_reason(answered: Answered) -> str:
    return "tool_use" if answered.reply.tool_calls else "end_turn"
