"""Tells by their shape which service's the two bodies of a call are, and reads them.

response.output, or events with `contentBlockDelta`        Converse; Amazon Nova's own form
response.choices with messages, or chunks with deltas      Chat Completions
response.content, or events with a `type`                  Anthropic Messages
request.prompt or request.inputText                        one prompt, one text
"""

import msgspec

from tasks.formats import _anthropic, _converse, _openai, _prompts
from tasks.formats._exchange import Exchange
from tasks.logs.json_lines import Malformed, decode

UNSET = msgspec.Raw(b"")
_EVENTS = (
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
)


class _Request(msgspec.Struct):
    messages: msgspec.Raw = UNSET
    prompt: msgspec.Raw = UNSET
    input_text: msgspec.Raw = msgspec.field(name="inputText", default=UNSET)


class _Response(msgspec.Struct):
    output: msgspec.Raw = UNSET
    choices: msgspec.Raw = UNSET
    content: msgspec.Raw = UNSET
    type: msgspec.Raw = UNSET


def read(request: msgspec.Raw, response: msgspec.Raw) -> Exchange:
    """The exchange that the two bodies of a call hold, whichever service wrote them.

    Raises:
        Malformed: unsupported-body, or what is wrong with a body of the shape that it has.
    """
    asked = decode(request, _requests)
    if _told(asked.prompt) or _told(asked.input_text):
        return _prompts.read(request, response)
    if not _told(asked.messages):
        raise Malformed(
            "unsupported-body", "the request: expected messages, prompt or inputText in it"
        )
    if bytes(response)[:1] == b"[":
        return _streamed(request, response)
    answered = decode(response, _responses)
    if _told(answered.choices):
        return _openai.read(request, response)
    if _told(answered.output):
        return _converse.read(request, response)
    if _told(answered.content):
        return _anthropic.read(request, response)
    raise Malformed("unsupported-body", "the response: expected choices, output or content in it")


def _streamed(request: msgspec.Raw, response: msgspec.Raw) -> Exchange:
    events = decode(response, _event_lists)
    if any(_told(event.choices) for event in events):
        return _openai.read(request, response)
    if any(_told(event.type) for event in events):
        return _anthropic.read(request, response)
    kinds = {key for event in decode(response, _keyed_lists) for key in event}
    if kinds & set(_EVENTS):
        return _converse.read(request, response)
    raise Malformed(
        "unsupported-body", "the reply's list of events: expected type, choices or messageStop"
    )


def _told(value: msgspec.Raw) -> bool:
    return bytes(value) not in (b"", b"null")


_requests = msgspec.json.Decoder(_Request)
_responses = msgspec.json.Decoder(_Response)
_event_lists = msgspec.json.Decoder(list[_Response])
_keyed_lists = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
