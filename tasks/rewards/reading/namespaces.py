"""A prompt and a reply as plain JSON: as Ratchet's records, or as OpenAI's `item` and `sample`.

    completion(reply)   {"content": "", "tool_calls": [{"name": "f", "arguments": {}, ...}]}
    sample(reply)       {"output_text": "", "output_json": None, "output_tools": [...],
                         "choices": [{"message": {...}}]}
    item(prompt)        {"messages": [...], "tools": [...], "reference": {...},
                         "reference_answer": "Oslo", ... and the row's own columns}

Every key is always there, also where a record leaves it at its default. In a `sample` the
arguments of a call are JSON text, as OpenAI sends them; in a `completion` they are an object.
"""

import json
from typing import Any

import msgspec

from tasks.core.records import Call, Message, Reference, Reply, Tool, ToolCall
from tasks.dialects import openai_tool
from tasks.rewards import Prompt

Json = dict[str, Any]


def completion(reply: Reply) -> Json:
    """A reply for a program's `completion`."""
    return {"content": reply.content, "tool_calls": [_call(call) for call in reply.tool_calls]}


def message(found: Message) -> Json:
    """One of a program's `messages`."""
    return {
        "role": found.role,
        "content": found.content,
        "tool_calls": [_call(call) for call in found.tool_calls],
        "tool_call_id": found.tool_call_id,
    }


def tool(found: Tool) -> Json:
    """One of a program's `tools`."""
    return {
        "name": found.name,
        "description": found.description,
        "parameters": found.parameters,
    }


def reference(found: Reference | None) -> Json | None:
    """What would have been right; None where nothing is known."""
    if found is None:
        return None
    return {
        "behaviour": found.behaviour,
        "calls": [_reference_call(call) for call in found.calls],
        "missing": list(found.missing),
        "text": found.text,
        "citations": list(found.citations),
    }


def sample(reply: Reply) -> Json:
    """A reply as OpenAI's `sample`."""
    tools = [_openai_call(call) for call in reply.tool_calls]
    answer: Json = {"role": "assistant", "content": reply.content}
    if tools:
        answer["tool_calls"] = tools
    reason = "tool_calls" if tools else "stop"
    return {
        "output_text": reply.content,
        "output_json": _parsed(reply.content),
        "output_tools": tools,
        "choices": [{"index": 0, "finish_reason": reason, "message": answer}],
    }


def item(prompt: Prompt) -> Json:
    """A prompt as OpenAI's `item`, the row of its dataset.

    `reference_answer` is the reference's text, or its calls as JSON where it has calls; a column
    of the row's own that is called so comes first.
    """
    return {
        "messages": [_openai_message(found) for found in prompt.messages],
        "tools": [openai_tool(found) for found in prompt.tools],
        "reference": reference(prompt.reference),
        "reference_answer": _answer(prompt.reference),
        **prompt.item,
    }


def _answer(found: Reference | None) -> str:
    if found is None:
        return ""
    if not found.calls:
        return found.text
    calls = [{"name": call.name, "arguments": call.arguments} for call in found.calls]
    return json.dumps(calls, ensure_ascii=False)


def _call(found: ToolCall) -> Json:
    return {
        "name": found.name,
        "arguments": found.arguments,
        "raw_arguments": found.raw_arguments,
        "id": found.id,
    }


def _reference_call(found: Call) -> Json:
    return {
        "name": found.name,
        "arguments": found.arguments,
        "alternatives": {name: list(values) for name, values in found.alternatives.items()},
        "optional": list(found.optional),
    }


def _openai_call(found: ToolCall) -> Json:
    arguments = found.raw_arguments or json.dumps(found.arguments, ensure_ascii=False)
    function = {"name": found.name, "arguments": arguments}
    return {"id": found.id, "type": "function", "function": function}


def _openai_message(found: Message) -> Json:
    made: Json = {"role": found.role, "content": found.content}
    if found.tool_calls:
        made["tool_calls"] = [_openai_call(call) for call in found.tool_calls]
    if found.tool_call_id:
        made["tool_call_id"] = found.tool_call_id
    return made


def _parsed(text: str) -> Any:
    """The text as JSON; None where it is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
