"""Reads the input and output that a tracing tool noted of a call, in whichever form it was given.

    input    {"messages": […], "tools": […]} or […], "Weather in Oslo?", a JSON text of one of these
    output   a service's whole response, the message alone, its text, or a stream's events

A message alone is taken as that of a Chat Completions response. LangChain's own messages are read
as `_langchain.py` says.
"""

import msgspec

from tasks.formats import _bodies, _langchain, _otel_messages
from tasks.formats._exchange import Exchange
from tasks.logs.json_lines import Malformed, decode, fitting


def read(given: msgspec.Raw, answered: msgspec.Raw, tools: msgspec.Raw | None = None) -> Exchange:
    """The exchange; `tools` are those noted beside the input, for an input that has none.

    Raises:
        Malformed: missing-field where one of the two is not there, or they are of no known shape.
    """
    given, answered = _unquoted(given), _unquoted(answered)
    if (parted := _parted(given, answered, tools)) is not None:
        return parted
    asked = _request(_langchain.request(given) or given, tools)
    return _bodies.read(asked, _langchain.response(answered) or _response(answered))


def _parted(
    given: msgspec.Raw, answered: msgspec.Raw, tools: msgspec.Raw | None
) -> Exchange | None:
    """The exchange where its messages are in parts, as OpenTelemetry has them; None elsewhere."""
    asked = fitting(given, _keyed) or {}
    messages = asked.get("messages", given)
    turns = fitting(messages, _keyed_lists)
    if not turns or not any("parts" in turn for turn in turns):
        return None
    offered = asked.get("tools", tools)
    replies = fitting(answered, _keyed_lists) or [fitting(answered, _keyed) or {}]
    if any("parts" in reply for reply in replies):
        encoded = bytes(answered) if bytes(answered)[:1] == b"[" else b"[" + bytes(answered) + b"]"
        reply, ended = _otel_messages.reply(encoded)
    else:
        whole = _bodies.read(msgspec.Raw(b'{"messages":[]}'), _response(answered))
        reply, ended = whole.reply, whole.finish_reason
    return Exchange(
        messages=_otel_messages.messages(b"", bytes(messages)),
        tools=_otel_messages.tools(bytes(offered)) if offered is not None else b"[]",
        reply=reply,
        finish_reason=ended,
    )


def _unquoted(value: msgspec.Raw) -> msgspec.Raw:
    """JSON that was noted as a text is taken for what it says."""
    if bytes(value)[:1] != b'"':
        return value
    text = decode(value, _texts)
    if text.lstrip()[:1] not in ("{", "["):
        return value
    try:
        inner = decode(text.encode(), _anything)
    except Malformed as error:
        if error.reason in ("nul", "too-deep"):
            raise
        return value  # a text that only begins so
    return msgspec.Raw(bytes(inner).strip())


def _request(given: msgspec.Raw, tools: msgspec.Raw | None) -> msgspec.Raw:
    head = bytes(given)[:1]
    if head == b"{":
        keys = decode(given, _keyed)
        if tools is not None and "tools" not in keys:
            return msgspec.Raw(msgspec.json.encode({**keys, "tools": tools}))
        return given
    if head == b"[":
        messages = given
    elif head == b'"':
        messages = msgspec.Raw(b'[{"role":"user","content":' + bytes(given) + b"}]")
    else:
        raise Malformed("missing-field", "its input: expected messages or text")
    asked = {"messages": messages, "tools": tools or msgspec.Raw(b"[]")}
    return msgspec.Raw(msgspec.json.encode(asked))


def _response(answered: msgspec.Raw) -> msgspec.Raw:
    head = bytes(answered)[:1]
    if head == b'"':
        return _chosen(b'{"content":' + bytes(answered) + b"}")
    if head == b"[":
        events = decode(answered, _keyed_lists)
        if len(events) == 1 and "role" in events[0]:
            return _chosen(msgspec.json.encode(events[0]))
        return answered
    if head != b"{":
        raise Malformed("missing-field", "its output: expected a reply")
    keys = decode(answered, _keyed)
    whole = "choices" in keys or "output" in keys or "stop_reason" in keys
    return _chosen(bytes(answered)) if "role" in keys and not whole else answered


def _chosen(message: bytes) -> msgspec.Raw:
    return msgspec.Raw(b'{"choices":[{"message":' + message + b"}]}")


_texts = msgspec.json.Decoder(str)
_anything = msgspec.json.Decoder(msgspec.Raw)
_keyed = msgspec.json.Decoder(dict[str, msgspec.Raw])
_keyed_lists = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
