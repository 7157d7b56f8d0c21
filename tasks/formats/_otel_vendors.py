"""Reads what instrumentations wrote on spans before, or beside, OpenTelemetry's conventions.

    OpenInference      llm.input_messages.0.message.content      llm.tools.0.tool.json_schema
    Vercel AI SDK      ai.prompt.messages   ai.prompt.tools      ai.response.toolCalls

Both become the bodies of a chat completion. Sources: OpenInference, "Semantic Conventions"; Vercel
AI SDK, "Telemetry".
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import msgspec

from tasks.formats import _openai
from tasks.formats._exchange import Exchange
from tasks.formats._turns import unsupported
from tasks.logs.json_lines import Malformed

_MESSAGE = re.compile(r"llm\.(input|output)_messages\.(\d+)\.message\.(.+)")
_CALL = re.compile(r"tool_calls\.(\d+)\.tool_call\.(id|function\.name|function\.arguments)")
_PART = re.compile(r"contents\.(\d+)\.message_content\.(type|text)")
_ENDS = {"tool-calls": "tool_calls", "content-filter": "content_filter"}


def is_chat(values: Mapping[str, Any]) -> bool:
    """Whether the span is a call of a model by one of these."""
    operation = str(values.get("ai.operationId") or values.get("operation.name") or "")
    return values.get("openinference.span.kind") == "LLM" or operation.startswith(
        ("ai.generateText.doGenerate", "ai.streamText.doStream")
    )


def read(values: Mapping[str, Any]) -> Exchange:
    """The exchange of a span that is one.

    Raises:
        Malformed: content-not-captured, unsupported-content, or what is wrong with it.
    """
    if "openinference.span.kind" in values:
        return _openinference(values)
    return _vercel(values)


def _openinference(values: Mapping[str, Any]) -> Exchange:
    turns: dict[str, dict[int, dict[str, Any]]] = {"input": {}, "output": {}}
    for name, value in values.items():
        if match := _MESSAGE.fullmatch(name):
            turn = turns[match[1]].setdefault(int(match[2]), defaultdict(dict))
            _put(turn, match[3], value)
    messages = [_turn(turns["input"][number]) for number in sorted(turns["input"])]
    replies = [_turn(turns["output"][number]) for number in sorted(turns["output"])]
    if not messages or len(replies) != 1:
        raise Malformed(
            "content-not-captured", "expected llm.input_messages and one of llm.output_messages"
        )
    tools = []
    for number in range(1000):
        declared = values.get(f"llm.tools.{number}.tool.json_schema")
        if declared is None:
            break
        tools.append(_tool(_parsed(declared, f"llm.tools.{number}"), f"llm.tools.{number}"))
    return _bodies(messages, tools, replies[0], str(values.get("llm.model_name", "")), "")


def _put(turn: dict[str, Any], name: str, value: Any) -> None:
    if call := _CALL.fullmatch(name):
        turn["calls"].setdefault(int(call[1]), {})[call[2]] = value
    elif part := _PART.fullmatch(name):
        turn["parts"].setdefault(int(part[1]), {})[part[2]] = value
    elif name in ("role", "content", "tool_call_id"):
        turn[name] = value
    elif name != "name":
        raise unsupported(f"message.{name}", "role, content, contents and tool_calls")


def _turn(turn: dict[str, Any]) -> dict[str, Any]:
    parts = [turn["parts"][number] for number in sorted(turn.pop("parts", {}))]
    if any(part.get("type", "text") != "text" for part in parts):
        raise unsupported("message.contents", "text parts")
    content = turn.get("content") or "\n".join(str(part.get("text", "")) for part in parts)
    message: dict[str, Any] = {"role": turn.get("role", "user"), "content": content or None}
    if turn.get("tool_call_id"):
        message["tool_call_id"] = turn["tool_call_id"]
    calls = turn.get("calls", {})
    if calls:
        message["tool_calls"] = [
            {
                "id": calls[number].get("id", ""),
                "function": {
                    "name": calls[number].get("function.name", ""),
                    "arguments": calls[number].get("function.arguments", ""),
                },
            }
            for number in sorted(calls)
        ]
    return message


def _vercel(values: Mapping[str, Any]) -> Exchange:
    if "ai.prompt.messages" not in values:
        raise Malformed("content-not-captured", "expected ai.prompt.messages")
    messages: list[dict[str, Any]] = []
    for number, said in enumerate(_parsed(values["ai.prompt.messages"], "ai.prompt.messages")):
        messages += _spoken(said, f"ai.prompt.messages[{number}]")
    declared = values.get("ai.prompt.tools", [])
    tools = [
        _tool(_parsed(tool, "ai.prompt.tools"), "ai.prompt.tools")
        for tool in (_parsed(declared, "ai.prompt.tools") or [])
    ]
    calls = _parsed(values.get("ai.response.toolCalls", "[]"), "ai.response.toolCalls") or []
    text = values.get("ai.response.text")
    if not calls and text is None:
        raise Malformed("content-not-captured", "expected ai.response.text or toolCalls")
    reply: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        reply["tool_calls"] = [_call(call) for call in calls]
    end = str(values.get("ai.response.finishReason", ""))
    return _bodies(messages, tools, reply, str(values.get("ai.model.id", "")), _ENDS.get(end, end))


def _spoken(said: Any, place: str) -> list[dict[str, Any]]:
    """One of Vercel's messages; a tool's turn may hold several results."""
    if not isinstance(said, dict):
        raise Malformed("wrong-type", f"{place}: expected a message")
    content = said.get("content")
    if isinstance(content, str):
        return [{"role": said.get("role"), "content": content}]
    texts, calls, results = [], [], []
    for part in content or []:
        kind = part.get("type")
        if kind == "text":
            texts.append(part.get("text", ""))
        elif kind == "tool-call":
            calls.append(_call(part))
        elif kind == "tool-result":
            output = part.get("output", part.get("result"))
            output = output.get("value", output) if isinstance(output, dict) else output
            results.append(
                {
                    "role": "tool",
                    "tool_call_id": part.get("toolCallId", ""),
                    "content": output
                    if isinstance(output, str)
                    else msgspec.json.encode(output).decode(),
                }
            )
        elif kind != "reasoning":
            raise unsupported(place, "text, tool-call or tool-result in each part")
    if results:
        return results
    message: dict[str, Any] = {"role": said.get("role"), "content": "\n".join(texts) or None}
    return [{**message, "tool_calls": calls} if calls else message]


def _call(call: dict[str, Any]) -> dict[str, Any]:
    given = call.get("input", call.get("args", {}))
    return {
        "id": call.get("toolCallId", ""),
        "function": {"name": call.get("toolName", ""), "arguments": given},
    }


def _tool(tool: Any, place: str) -> dict[str, Any]:
    one = tool.get("function", tool) if isinstance(tool, dict) else None
    if not isinstance(one, dict) or not isinstance(one.get("name"), str):
        raise Malformed("missing-field", f"{place}: expected a tool with a name")
    forms = ("parameters", "inputSchema", "input_schema")
    schema = next((one[form] for form in forms if form in one), None)
    function = {"name": one["name"], "description": one.get("description"), "parameters": schema}
    return {"type": "function", "function": function}


def _bodies(
    messages: list[dict[str, Any]],
    tools: list[dict[str, Any]],
    reply: dict[str, Any],
    model: str,
    ended: str,
) -> Exchange:
    reason = ended or ("tool_calls" if reply.get("tool_calls") else "stop")
    return _openai.read(
        msgspec.Raw(msgspec.json.encode({"model": model, "messages": messages, "tools": tools})),
        msgspec.Raw(
            msgspec.json.encode({"choices": [{"message": reply, "finish_reason": reason}]})
        ),
    )


def _parsed(value: Any, place: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        raise Malformed("wrong-type", f"{place}: expected JSON") from error
