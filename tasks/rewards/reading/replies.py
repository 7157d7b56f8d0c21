r"""Reads messages and replies in the forms that APIs have for them, strictly.

    "One moment. <tool_call>...</tool_call>"                     the raw text that a model wrote
    {"role": "assistant", "content": ..., "tool_calls": [...]}   OpenAI, also `function_call`
    {"role": "assistant", "content": [{"type": "tool_use", ...}]}   Anthropic
    {"role": "assistant", "content": [{"toolUse": {...}}]}       Bedrock Converse
    {"role": "model", "parts": [{"functionCall": {...}}]}        Gemini
    [{"type": "function_call", ...}, {"type": "message", ...}]   OpenAI, responses

Thoughts are left out, whatever they are called. Anything that no key here names is refused with its
place: a call that is not read would be taken for silence.
"""

from typing import Any

from tasks import dialects
from tasks.core.records import Message, Reply, Role, ToolCall
from tasks.rewards.reading import call_forms, shapes

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "nova_assistant": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "tool": "tool",
    "function": "tool",
}
_READ = ("role", "content", "tool_calls", "function_call", "refusal", "parts", "tool_call_id")
_THOUGHTS = ("reasoning", "reasoning_content", "reasoning_details", "thinking", "thought")
_BESIDE = (
    *(
        "name",
        "id",
        "type",
        "status",
        "audio",
        "annotations",
        "weight",
        "logprobs",
        "model",
        "usage",
    ),
    *("stop_reason", "stop_sequence", "finish_reason", "control_plane_step", "cache_control"),
)
_TEXTS = ("text", "output_text", "input_text", "refusal")
_THOUGHT_BLOCKS = ("thinking", "redacted_thinking", "reasoning", "reasoningContent")
_OTHER_BLOCKS = ("image", "image_url", "input_image", "input_audio", "file", "document", "video")


def read(value: Any, place: str = "$.completion") -> Reply:
    """One reply.

    Raises:
        ShapeError: names the place.
    """
    if isinstance(value, str):
        return dialects.parse(value)
    if isinstance(value, list):
        return _of_items(value, place)
    message = read_message(value, place)
    if message.role != "assistant":
        raise shapes.refuse(f"{place}.role", f"expected assistant, got {message.role}")
    return Reply(content=message.content, tool_calls=message.tool_calls)


def read_message(value: Any, place: str) -> Message:
    """One message of a conversation, whoever's it is.

    Raises:
        ShapeError: names the place.
    """
    fields = shapes.mapping(value, place, "a message")
    shapes.keys(fields, (*_READ, *_THOUGHTS, *_BESIDE), place, "a message")
    role = _ROLES.get(str(fields.get("role", "assistant")))
    if role is None:
        raise shapes.refuse(
            f"{place}.role",
            f"expected one of {', '.join(_ROLES)}, got {shapes.shown(fields['role'])}",
        )
    key = "parts" if "parts" in fields else "content"
    text, calls, answered = _content(fields.get(key), f"{place}.{key}")
    text = text or str(fields.get("refusal", ""))
    declared = fields.get("tool_calls", [])
    if not isinstance(declared, list | tuple):
        raise shapes.refuse(f"{place}.tool_calls", f"expected a list, got {shapes.shown(declared)}")
    calls += [_call(call, f"{place}.tool_calls[{i}]") for i, call in enumerate(declared)]
    if "function_call" in fields:
        calls.append(_call(fields["function_call"], f"{place}.function_call"))
    return Message(
        role="tool" if answered and role == "user" else role,
        content=text,
        tool_calls=tuple(calls),
        tool_call_id=str(fields.get("tool_call_id", answered)),
    )


def _of_items(items: list[Any], place: str) -> Reply:
    """Messages (the last one counts), or output items of OpenAI's responses."""
    if not items:
        raise shapes.refuse(place, "expected a reply, got []")
    kinds = ("function_call", "message", "reasoning")
    if not any(isinstance(item, dict) and item.get("type") in kinds for item in items):
        return read(items[-1], f"{place}[{len(items) - 1}]")
    texts: list[str] = []
    calls: list[ToolCall] = []
    for i, item in enumerate(items):
        at = f"{place}[{i}]"
        kind = shapes.mapping(item, at, "an output item").get("type")
        if kind == "function_call":
            calls.append(_call(item, at))
        elif kind == "message":
            message = read_message(item, at)
            texts.append(message.content)
        elif kind != "reasoning":
            expected = ", ".join(kinds)
            raise shapes.refuse(f"{at}.type", f"expected {expected}, got {shapes.shown(kind)}")
    return Reply(content="\n".join(filter(None, texts)), tool_calls=tuple(calls))


def _content(value: Any, place: str) -> tuple[str, list[ToolCall], str]:
    """Text, calls, and the id of the call that is answered, if one is."""
    if value is None or isinstance(value, str):
        return value or "", [], ""
    if not isinstance(value, list | tuple):
        raise shapes.refuse(place, f"expected text or a list, got {shapes.shown(value)}")
    texts: list[str] = []
    calls: list[ToolCall] = []
    answered = ""
    for i, item in enumerate(value):
        at = f"{place}[{i}]"
        block = {"text": item} if isinstance(item, str) else shapes.mapping(item, at, "a block")
        kind = str(block.get("type", next(iter(block), "")))
        if kind in _TEXTS or set(block) <= {"text", "cachePoint", "thought_signature"}:
            texts.append(str(block.get("text", block.get("refusal", ""))))
        elif kind == "tool_use" or "toolUse" in block or "functionCall" in block:
            calls.append(_call(block, at))
        elif kind in ("tool_result", "toolResult", "functionResponse"):
            answered = str(_result(block).get("id", "")) or "answered"
            texts.append(_result_text(block, at))
        elif kind not in _THOUGHT_BLOCKS and not block.get("thought"):
            what = "no text" if kind in _OTHER_BLOCKS else "no kind of block that is read"
            raise shapes.refuse(f"{at}.type", f"{shapes.shown(kind)} is {what}")
    return "\n".join(filter(None, texts)), calls, answered


def _result(block: dict[str, Any]) -> dict[str, Any]:
    inner = block.get("toolResult") or block.get("functionResponse") or block
    keys = ("tool_use_id", "toolUseId", "id", "name")
    return {**inner, "id": next((inner[key] for key in keys if inner.get(key)), "")}


def _result_text(block: dict[str, Any], place: str) -> str:
    import msgspec

    result = _result(block)
    content = result.get("content", result.get("response", ""))
    if isinstance(content, list) and all(
        isinstance(part, dict) and set(part) <= {"text", "type"} for part in content
    ):
        return _content(content, f"{place}.content")[0]
    return content if isinstance(content, str) else msgspec.json.encode(content).decode()


def _call(value: Any, place: str) -> ToolCall:
    call = call_forms.read(value, place)
    return ToolCall(
        name=call.name, arguments=call.arguments, raw_arguments=call.raw_arguments, id=call.id
    )
