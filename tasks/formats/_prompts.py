r"""Reads native bodies of Bedrock's models that take one prompt and give one text.

    {"prompt": "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nWeather in Oslo?
     <|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"}                      (Llama)
    {"generation": "For tomorrow?", "prompt_token_count": 12, "generation_token_count": 4,
     "stop_reason": "stop"}

The prompt is `prompt` or `inputText` (Titan); the text stands in `generation` (Llama), `completion`
(Claude 2), `results[0].outputText` (Titan), `outputs[0].text` (Mistral), `generations[0].text`
(Cohere), `completions[0].data.text` (AI21) or `choices[0].text`. Streams are the list of their
chunks, whose texts are joined. A prompt in Llama 3's header form becomes its turns, and `Human:` /
`Assistant:` those of Claude 2; any other is one turn of the user. A Llama reply that starts with
`<|python_tag|>` and holds `{"name", "parameters"}` is a tool call, and so is
each of a reply that is nothing but Python calls: `[get_weather(city="Oslo")]`.

Source: Bedrock user guide, "Inference request parameters and response fields".
"""

import re
from typing import Any

import msgspec

from tasks import dialects
from tasks.core.records import Message, Reply, ToolCall, Usage
from tasks.formats._exchange import NO_TOOLS, Exchange
from tasks.formats._turns import call
from tasks.logs.json_lines import Malformed, decode
from tasks.logs.sealed import written

_HEADER = re.compile(r"<\|start_header_id\|>\s*(\w+)\s*<\|end_header_id\|>\s*")
_HUMAN = re.compile(r"(?:^|\n\n)(Human|Assistant):\s?")
_CUT = ("<|eot_id|>", "<|eom_id|>", "<|end_of_text|>")
_TAG = "<|python_tag|>"


class _Request(msgspec.Struct):
    prompt: str | None = None
    input_text: str | None = msgspec.field(name="inputText", default=None)


class _Data(msgspec.Struct):
    text: str = ""


class _Text(msgspec.Struct):
    text: str | None = None
    output_text: str | None = msgspec.field(name="outputText", default=None)
    data: _Data | None = None
    finish_reason: str | None = None
    stop_reason: str | None = None
    completion_reason: str | None = msgspec.field(name="completionReason", default=None)
    token_count: int | None = msgspec.field(name="tokenCount", default=None)


class _Measured(msgspec.Struct, rename="camel"):
    input_token_count: int | None = None
    output_token_count: int | None = None
    invocation_latency: int | None = None


class _Response(msgspec.Struct):
    generation: str | None = None
    completion: str | None = None
    output_text: str | None = msgspec.field(name="outputText", default=None)
    results: list[_Text] | None = None
    outputs: list[_Text] | None = None
    generations: list[_Text] | None = None
    completions: list[_Text] | None = None
    choices: list[_Text] | None = None
    prompt_token_count: int | None = None
    generation_token_count: int | None = None
    stop_reason: str | None = None
    completion_reason: str | None = msgspec.field(name="completionReason", default=None)
    input_count: int | None = msgspec.field(name="inputTextTokenCount", default=None)
    measured: _Measured | None = msgspec.field(
        name="amazon-bedrock-invocationMetrics", default=None
    )


class _Said(msgspec.Struct):
    text: str
    reason: str = ""
    written: int | None = None


class _Written(msgspec.Struct):
    name: str
    parameters: dict[str, Any]


def read(request: msgspec.Raw, response: msgspec.Raw) -> Exchange:
    """The exchange that the two bodies of a call hold; the reply whole or as a list of chunks.

    Raises:
        Malformed: unsupported-body, several-choices, torn-stream.
    """
    asked = decode(request, _requests)
    prompt = asked.prompt if asked.prompt is not None else asked.input_text
    if prompt is None:
        raise Malformed("unsupported-body", "the request: expected prompt or inputText")
    streamed = bytes(response)[:1] == b"["
    chunks = decode(response, _chunk_lists) if streamed else [decode(response, _responses)]
    said = [_said(chunk) for chunk in chunks]
    reason = next((one.reason for one in reversed(said) if one.reason), "")
    if streamed and not reason:
        raise Malformed("torn-stream", "the reply's list of chunks: it has no end")
    measured = next((c.measured for c in chunks if c.measured), _Measured())
    return Exchange(
        messages=written(_turns(prompt)),
        tools=NO_TOOLS,
        reply=_reply("".join(one.text for one in said)),
        finish_reason=reason,
        usage=_usage(chunks, said, measured),
        latency_ms=measured.invocation_latency,
    )


def _said(body: _Response) -> _Said:
    for whole in (body.generation, body.completion, body.output_text):
        if whole is not None:
            reason = body.stop_reason or body.completion_reason or ""
            return _Said(whole, reason, body.generation_token_count)
    for found in (body.results, body.outputs, body.generations, body.completions, body.choices):
        if found is None:
            continue
        if len(found) != 1:
            raise Malformed("several-choices", "the response: expected one text")
        (one,) = found
        text = one.text if one.text is not None else one.output_text
        if text is None and one.data is not None:
            text = one.data.text
        reason = one.stop_reason or one.finish_reason or one.completion_reason or ""
        return _Said(text or "", reason, one.token_count)
    if body.measured is not None:
        return _Said("")  # the closing chunk of a stream
    raise Malformed(
        "unsupported-body",
        "the response: expected generation, completion, outputText, results, outputs, "
        "generations, completions or choices",
    )


def _usage(chunks: list[_Response], said: list[_Said], measured: _Measured) -> Usage:
    read = [c.prompt_token_count or c.input_count for c in chunks]
    written = [one.written for one in said if one.written is not None]
    known = next((count for count in read if count is not None), measured.input_token_count)
    last = written[-1] if written else measured.output_token_count
    return Usage(input_tokens=known, output_tokens=last)


def _turns(prompt: str) -> tuple[Message, ...]:
    if _HEADER.search(prompt):
        return tuple(_split(prompt.removeprefix("<|begin_of_text|>"), _HEADER))
    if _HUMAN.match(prompt):
        return tuple(_split(prompt, _HUMAN))
    return (Message(role="user", content=prompt),)


def _split(prompt: str, heads: re.Pattern[str]) -> list[Message]:
    """The turns between the heads; the last head, which asks for the reply, has none."""
    before, *rest = heads.split(prompt)
    found = [Message(role="system", content=before.strip())] if before.strip() else []
    for head, text in zip(rest[::2], rest[1::2], strict=True):
        content = text
        for cut in _CUT:
            content = content.replace(cut, "")
        content = content.strip()
        role = head.lower()
        if role == "assistant":
            if content:
                reply = _reply(content)
                found.append(
                    Message(role="assistant", content=reply.content, tool_calls=reply.tool_calls)
                )
        elif role in ("ipython", "tool"):
            found.append(Message(role="tool", content=content))
        elif role == "system":
            found.append(Message(role="system", content=content))
        elif role in ("user", "human"):
            found.append(Message(role="user", content=content))
        else:
            raise Malformed("unknown-role", "prompt: expected system, user, assistant or ipython")
    return found


def _reply(text: str) -> Reply:
    said = text.strip()
    for cut in _CUT:
        said = said.removesuffix(cut)
    if said.startswith(_TAG) and (made := _call(said.removeprefix(_TAG))) is not None:
        return Reply(tool_calls=(made,))
    if said.startswith("["):  # Llama 3.2 and later write calls as a Python list
        parsed = dialects.parse(said, "llama_pythonic")
        if parsed.tool_calls and not parsed.content:
            return parsed
    return Reply(content=said)


def _call(text: str) -> ToolCall | None:
    try:
        written = decode(text.strip().encode(), _calls)
    except Malformed:
        return None
    return call(written.name, written.parameters, "", "the reply") if written.name else None


_requests = msgspec.json.Decoder(_Request)
_responses = msgspec.json.Decoder(_Response)
_chunk_lists = msgspec.json.Decoder(list[_Response])
_calls = msgspec.json.Decoder(_Written)
