"""Reads the input and output that a tracing tool noted of a call, in whichever form it was given.

    input    {"messages": […], "tools": […]} or […], "Weather in Oslo?", a JSON text of one of these
    output   a service's whole response, the message alone, its text, or a stream's events

A message alone is taken as that of a Chat Completions response. LangChain's own messages are read
as `_langchain.py` says.
"""

import msgspec

from tasks.formats import _bodies, _langchain
from tasks.formats._exchange import Exchange
from tasks.logs.json_lines import Malformed, decode


def read(given: msgspec.Raw, answered: msgspec.Raw, tools: msgspec.Raw | None = None) -> Exchange:
    """The exchange; `tools` are those noted beside the input, for an input that has none.

    Raises:
        Malformed: missing-field where one of the two is not there, or they are of no known shape.
    """
    given, answered = _unquoted(given), _unquoted(answered)
    asked = _request(_langchain.request(given) or given, tools)
    return _bodies.read(asked, _langchain.response(answered) or _response(answered))


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
