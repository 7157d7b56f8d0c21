"""A record's own texts, one after the other, through a walker.

What stands in a tool's definition, the name of a tool, of a model and of the source is the
developer's or the provider's: it is the same in every session and has to stay so.
"""

from typing import Any

import msgspec

from tasks.core.records import Message, Record, Reply, ToolCall
from tasks.redaction.decode import Place, Walker


class Spoken(Record, frozen=True, kw_only=True):
    """A message or a reply."""

    role: str = ""
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


SPOKEN: msgspec.json.Decoder[Spoken] = msgspec.json.Decoder(Spoken)
MESSAGE: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
REPLY: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
ANY: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def spoken(walker: Walker, said: Spoken) -> None:
    """Every text of a message or reply visited, where nothing is rewritten."""
    walker.text(said.content, ())
    _calls(walker, said.tool_calls, ())
    walker.identifier(said.tool_call_id, ())


def message(walker: Walker, said: Message, place: Place) -> Message:
    """The message with every text of it visited."""
    return Message(
        role=said.role,
        content=walker.text(said.content, (*place, "content")),
        tool_calls=_calls(walker, said.tool_calls, place),
        tool_call_id=walker.identifier(said.tool_call_id, (*place, "tool_call_id")),
    )


def reply(walker: Walker, said: Reply, place: Place) -> Reply:
    """The reply with every text of it visited."""
    return Reply(
        content=walker.text(said.content, (*place, "content")),
        tool_calls=_calls(walker, said.tool_calls, place),
    )


def _calls(walker: Walker, calls: tuple[ToolCall, ...], place: Place) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(
            name=call.name,
            arguments=walker.value(
                call.arguments, (*place, "tool_calls", str(number), "arguments")
            ),
            id=walker.identifier(call.id, (*place, "tool_calls", str(number), "id")),
            raw_arguments=walker.text(
                call.raw_arguments, (*place, "tool_calls", str(number), "raw_arguments")
            ),
        )
        for number, call in enumerate(calls)
    )
