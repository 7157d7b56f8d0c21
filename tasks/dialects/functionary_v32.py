"""Functionary 3.2: each part of the reply under its recipient, `all` for the user.

    >>>all
    One moment.>>>get_weather
    {"city": "Oslo"}

A prompt ends with the first `>>>`.
"""

import re
from collections.abc import Sequence

from tasks.core.records import Reply, Tool, ToolCall
from tasks.dialects._dialect import CannotWriteError, Dialect, Piece
from tasks.dialects._values import json_text, malformed, named_call, strict_json

_HEAD = re.compile(r">>>(?P<name>[^\s<>{}]+)\n")


class FunctionaryV32(Dialect):
    name = "functionary_v32"
    source = "chat template of functionary-medium-v3.2"
    openers = (">>>",)
    marks = (">>>",)
    ends = ("<|eot_id|>", "<|eom_id|>", "<|end_of_text|>")
    prefix = ">>>"
    strings = True

    def block(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int] | None:
        head = _HEAD.match(text, start)
        if not head:
            return None
        if head["name"] == "all":
            end = text.find(">>>", head.end())
            return None if end < 0 else ([Piece("text", text[head.end() : end])], end)
        try:
            arguments, end = strict_json(text, head.end())
        except ValueError:
            return None
        behind = text.find(">>>", end)
        if behind < 0 or text[end:behind].strip():
            return None
        return [Piece("call", call=named_call(head["name"], arguments))], behind

    def broken(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int]:
        """The last part has no end of its own."""
        head = _HEAD.match(text, start)
        if head and head["name"] == "all":
            return [Piece("text", text[head.end() :])], len(text)
        whole = f"{text}>>>"
        read = self.block(whole, start, tools)
        if read and read[1] == len(text):
            return read
        return [Piece("call", call=malformed(text[start:]))], len(text)

    def write(self, reply: Reply, *, thought: str = "") -> str:
        if thought:
            raise CannotWriteError("functionary_v32 has no form for thoughts")
        text = f">>>all\n{reply.content}" if reply.content or not reply.tool_calls else ""
        return (text + self.write_calls(reply.tool_calls)).removeprefix(self.prefix)

    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        return "".join(map(_written, calls))


def _written(call: ToolCall) -> str:
    if call.raw_arguments and not call.name:
        return call.raw_arguments
    if not _HEAD.fullmatch(f">>>{call.name}\n") or call.name == "all":
        raise CannotWriteError(f"functionary_v32 has no form for the name {call.name!r}")
    return f">>>{call.name}\n{call.raw_arguments or json_text(call.arguments, ('>>>',))}"


DIALECT = FunctionaryV32()
