"""Blocks of JSON between two marks: one call, a list of calls, or several one behind another.

<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>
<|tool_call|>[{"name": "get_weather", "arguments": {}}, {"name": "note", "arguments": {}}]
"""

from collections.abc import Sequence
from typing import ClassVar

from tasks.core.records import Tool, ToolCall
from tasks.dialects._dialect import Dialect, Piece
from tasks.dialects._values import call_of, json_text, malformed, strict_json


class TaggedJson(Dialect):
    """Each call is an object of its own between `openers[0]` and `closer`."""

    closer: ClassVar[str]
    other_closers: ClassVar[dict[str, str]] = {}
    """The closing mark of an opening one that has another."""
    keys: ClassVar[tuple[str, ...]] = ("arguments",)
    """Where the arguments may stand; the first is written."""
    between: ClassVar[str] = "\n"
    """Written between two calls."""
    spaced: ClassVar[str] = ""
    """Written on both sides of the object."""

    def block(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int] | None:
        mark = next(mark for mark in self.openers if text.startswith(mark, start))
        closer = self.other_closers.get(mark, self.closer)
        # A bracket that belongs to the mark is the list's own.
        begin = start + len(mark.removesuffix("["))
        begin += _space(text, begin)
        try:
            value, end = strict_json(text, begin)
        except ValueError:
            return None
        behind = end + _space(text, end)
        if not text.startswith(closer, behind):
            return None
        call = call_of(value, text[begin:end], arguments=self.keys)
        return [Piece("call", call=call)], behind + len(closer)

    def broken(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int]:
        """Up to the next closing mark, or to the end.

        An unclosed block keeps its opening mark: written again it must not become a call.
        """
        mark = next(mark for mark in self.openers if text.startswith(mark, start))
        ending = self.other_closers.get(mark, self.closer)
        rest = text[start + len(mark) :]
        body, closer, _ = rest.partition(ending) if ending else (rest, "", "")
        kept = body.strip() if closer else mark + body
        end = start + len(mark) + len(body) + len(closer)
        return [Piece("call", call=malformed(kept.strip() or mark))], end

    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        return self.between.join(
            f"{self.openers[0]}{self.spaced}{self.body(call)}{self.spaced}{self.closer}"
            for call in calls
        )

    def as_it_stood(self, call: ToolCall) -> str:
        raw = call.raw_arguments
        closed = not raw.startswith(self.openers) and self.closer
        return f"{self.openers[0]}{self.spaced}{raw}{self.spaced}{self.closer}" if closed else raw

    def body(self, call: ToolCall) -> str:
        """The object of one call."""
        if call.raw_arguments and not call.name:
            return call.raw_arguments
        name = json_text(call.name, self.marks)
        arguments = call.raw_arguments or json_text(call.arguments, self.marks)
        return f'{{"name": {name}, "{self.keys[0]}": {arguments}}}'


class ListedJson(TaggedJson):
    """All calls are one list behind `openers[0]`, to `closer` or to the end of the reply."""

    def block(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int] | None:
        mark = next(mark for mark in self.openers if text.startswith(mark, start))
        closer = self.other_closers.get(mark, self.closer)
        # A bracket that belongs to the mark is the list's own.
        begin = start + len(mark.removesuffix("["))
        begin += _space(text, begin)
        try:
            values, end = strict_json(text, begin)
        except ValueError:
            return None
        if not isinstance(values, list) and not closer:
            return None
        behind = end
        if closer:
            behind += _space(text, end)
            if not text.startswith(closer, behind):
                return None
            behind += len(closer)
        if not isinstance(values, list) or not values:
            return [Piece("call", call=malformed(text[begin:end]))], behind
        calls = [call_of(one, json_text(one), arguments=self.keys) for one in values]
        return [Piece("call", call=call) for call in calls], behind

    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        body = ", ".join(map(self.body, calls))
        opener = self.openers[0].removesuffix("[")
        return f"{opener}{self.spaced}[{body}]{self.spaced}{self.closer}"


def _space(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[end] in " \t\r\n":
        end += 1
    return end - start
