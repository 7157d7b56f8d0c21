"""Renders a context into the prompt a model reads, and parses what it writes back into a reply.

The dialect is that of Hermes and Qwen2.5: JSON between tool-call tags, several blocks allowed,
text around them:

    One moment.
    <tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>

The tags and their JSON are described in the Hermes function-calling format
(github.com/NousResearch/Hermes-Function-Calling) and in the chat template of Qwen2.5.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

import msgspec

from tasks.core.records import Message, Reply, Tool, ToolCall

OPEN = "<tool_call>"
CLOSE = "</tool_call>"
END_TOKENS = ("<|im_end|>", "<|endoftext|>")


def render(tokenizer: Any, messages: Sequence[Message], tools: Sequence[Tool]) -> str:
    """The prompt as one string, ending where the assistant's next message begins.

    A string, because TRL's GRPOTrainer has no tools column: the tools of each row have to be in
    its prompt already. `tokenizer` is any transformers tokenizer with a chat template.
    """
    text: str = tokenizer.apply_chat_template(
        [as_openai(message) for message in messages],
        tools=[openai_tool(tool) for tool in tools] or None,
        add_generation_prompt=True,
        tokenize=False,
    )
    return text


def as_openai(message: Message) -> dict[str, Any]:
    """The message as chat templates expect it: OpenAI's form with arguments as an object."""
    found: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        found["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.raw_arguments or call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        found["tool_call_id"] = message.tool_call_id
    return found


def openai_tool(tool: Tool) -> dict[str, Any]:
    """The tool in OpenAI's function format."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    }


def parse(text: str) -> Reply:
    """What the model wrote, as text and tool calls. Never raises.

    A block that holds no call (broken JSON, no name, no closing tag, a number that JSON cannot
    carry) becomes a `ToolCall` with `raw_arguments`, so that a reward can see it and give zero.
    """
    rest = _without_end_tokens(text)
    content: list[str] = []
    calls: list[ToolCall] = []
    while True:
        before, tag, block = rest.partition(OPEN)
        content.append(before.strip())
        if not tag:
            break
        call, rest = _first_call(block)
        calls.append(call)
    return Reply(content="\n".join(part for part in content if part), tool_calls=tuple(calls))


def write(reply: Reply) -> str:
    """The text that `parse` reads back as the same reply.

    Holds for content that is stripped and has no tag or end token in it, and for calls without an
    id. A call with `raw_arguments` is written as it stood, and stays malformed.
    """
    parts = [reply.content] if reply.content else []
    parts += [f"{OPEN}{_body(call)}{CLOSE}" for call in reply.tool_calls]
    return "\n".join(parts)


def _body(call: ToolCall) -> str:
    if call.raw_arguments and not call.name:
        return call.raw_arguments
    arguments = call.raw_arguments or json.dumps(call.arguments, ensure_ascii=False)
    name = json.dumps(call.name, ensure_ascii=False)
    # A tag inside a value would end the block for parsers that search for it.
    return f'{{"name": {name}, "arguments": {arguments}}}'.replace(CLOSE, "<\\/tool_call>")


def _first_call(block: str) -> tuple[ToolCall, str]:
    """The call at the start of `block`, and the text behind its closing tag."""
    start = len(block) - len(block.lstrip())
    try:
        value, end = _decoder.raw_decode(block, start)
        msgspec.json.encode(value)
    except (ValueError, OverflowError, RecursionError):
        return _malformed(block)
    junk, tag, rest = block[end:].partition(CLOSE)
    if not tag or junk.strip():
        return _malformed(block)
    return _as_call(value, block[start:end]), rest


def _malformed(block: str) -> tuple[ToolCall, str]:
    """Keeps an unclosed block's opening tag: `write` closes it, and it must not become a call."""
    body, tag, rest = block.partition(CLOSE)
    text = body.strip() if tag else OPEN + body
    return ToolCall(name="", raw_arguments=text.strip() or OPEN), rest


def _as_call(value: Any, text: str) -> ToolCall:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not value["name"]:
        return ToolCall(name="", raw_arguments=text)
    arguments = value.get("arguments")
    if isinstance(arguments, dict):
        return ToolCall(name=value["name"], arguments=arguments)
    if "arguments" not in value:
        return ToolCall(name="", raw_arguments=text)
    return ToolCall(name=value["name"], raw_arguments=json.dumps(arguments, ensure_ascii=False))


def _without_end_tokens(text: str) -> str:
    text = text.strip()
    while True:
        shorter = text
        for token in END_TOKENS:
            shorter = shorter.removesuffix(token).removeprefix(token).strip()
        if shorter == text:
            return text
        text = shorter


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON number")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is too large for a JSON number")
    return value


_decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
