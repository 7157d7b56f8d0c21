r"""Reads what a training row says is the right reply.

    "Which city?"                                                          a text
    "[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}]"       calls, as text
    {"tool_calls": [{"function": {"name": …, "arguments": "{…}"}}]}        a message
    {"name": "get_weather", "arguments": {"city": "Oslo"}}                 one call

A text that is JSON is calls where each of its objects has a name, and a text otherwise; an object
that is no reply (`{"answer": 42}`) stands for its own JSON.

Source: Bedrock user guide, "Prepare data for open-weight models"; SageMaker's reward functions.
"""

from typing import Any

import msgspec

from tasks.core.records import Reply, ToolCall
from tasks.formats import _openai
from tasks.formats._openai import Calling, Function
from tasks.logs.json_lines import Malformed, decode, shallow

PLACE = "the reference"


class _Call(msgspec.Struct):
    name: str = ""
    arguments: dict[str, Any] | str = {}
    parameters: dict[str, Any] | None = None
    function: Function | None = None
    id: str | None = ""


class _Message(msgspec.Struct):
    content: str | None = None
    tool_calls: list[_Call] | None = None


def read(reference: msgspec.Raw) -> Reply:
    """The reply that the reference asks for.

    Raises:
        Malformed: wrong-value for one that is empty or whose arguments are no JSON object.
    """
    reply = _read(reference, nested=True)
    if any(call.raw_arguments for call in reply.tool_calls):
        raise Malformed("wrong-value", f"{PLACE}: expected arguments as a JSON object")
    if not reply.tool_calls and not reply.content.strip():
        raise Malformed("wrong-value", f"{PLACE}: expected text or calls")
    return reply


def _read(reference: msgspec.Raw | bytes, *, nested: bool) -> Reply:
    """`nested`: a text may hold JSON once, and no more."""
    head = bytes(reference).lstrip()[:1]
    if head == b'"':
        text = decode(reference, _texts)
        if nested and text.lstrip()[:1] in ("[", "{"):
            try:
                found = _read(text.encode(), nested=False)
            except Malformed:
                return Reply(content=text)
            return found if found.tool_calls else Reply(content=text)
        return Reply(content=text)
    if head == b"[":
        return Reply(tool_calls=_calls(decode(reference, _call_lists)))
    if head == b"{":
        return _object(reference)
    raise Malformed("wrong-value", f"{PLACE}: expected text, an object or a list of calls")


def _object(reference: msgspec.Raw | bytes) -> Reply:
    keys = decode(reference, _keyed)
    if "name" in keys or "function" in keys:
        return Reply(tool_calls=_calls([decode(reference, _one_call)]))
    if "tool_calls" in keys or "content" in keys:
        told = decode(reference, _messages)
        return Reply(content=told.content or "", tool_calls=_calls(told.tool_calls or []))
    whole = shallow(decode(reference, _objects), PLACE)
    return Reply(content=msgspec.json.encode(whole, order="sorted").decode())


def _calls(found: list[_Call]) -> tuple[ToolCall, ...]:
    made = []
    for call in found:
        given = call.arguments if call.parameters is None else call.parameters
        function = call.function or Function(call.name, given)
        made.append(Calling(function, call.id))
    return tuple(_openai.calls(made, PLACE))


_texts = msgspec.json.Decoder(str)
_keyed = msgspec.json.Decoder(dict[str, msgspec.Raw])
_objects = msgspec.json.Decoder(dict[str, Any])
_one_call = msgspec.json.Decoder(_Call)
_call_lists = msgspec.json.Decoder(list[_Call])
_messages = msgspec.json.Decoder(_Message)
