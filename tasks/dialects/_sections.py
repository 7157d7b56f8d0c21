"""A section of calls, each with its name in a head and its arguments as JSON behind it.

<section><call>get_weather<sep>{"city": "Oslo"}</call></section>
"""

import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from tasks.core.records import Tool, ToolCall
from tasks.dialects._dialect import CannotWriteError, Dialect, Piece
from tasks.dialects._values import json_text, malformed, named_call, strict_json


class Sections(Dialect):
    """The marks of a family; `head` reads what stands between a call's opening and its JSON."""

    section: ClassVar[tuple[str, str]] = ("", "")
    """Around all calls; empty where each call stands alone."""
    call: ClassVar[tuple[str, str]]
    """Around one call."""
    head: ClassVar[re.Pattern[str]]
    """With a group `name`."""
    tail: ClassVar[str] = ""
    """Between the JSON and the end of the call."""
    between: ClassVar[str] = ""
    """Written between two calls."""

    def block(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int] | None:
        first, last = self.section
        position = _space(text, start + len(first))
        pieces: list[Piece] = []
        while text.startswith(self.call[0], position):
            one = self._one(text, position)
            if one is None:
                return None
            call, position = one
            pieces.append(Piece("call", call=call))
            if not last:
                return pieces, position
            position = _space(text, position)
        if not pieces or not text.startswith(last, position):
            return None
        return pieces, position + len(last)

    def _one(self, text: str, start: int) -> tuple[ToolCall, int] | None:
        head = self.head.match(text, start + len(self.call[0]))
        if not head:
            return None
        begin = _space(text, head.end())
        try:
            arguments, end = strict_json(text, begin)
        except ValueError:
            return None
        if not isinstance(arguments, dict) and not self.call[1]:
            return None  # a number without an end could still go on
        end = _space(text, end)
        if self.tail:
            mark = self.tail.strip()
            if not text.startswith(mark, end):
                return None
            end = _space(text, end + len(mark))
        if not text.startswith(self.call[1], end):
            return None
        return named_call(head["name"], arguments), end + len(self.call[1])

    def broken(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int]:
        """All of it: what is sound in a broken section is not carried out either."""
        last = self.section[1] or self.call[1]
        end = text.find(last, start)
        stop = len(text) if end < 0 else end + len(last)
        return [Piece("call", call=malformed(text[start:stop]))], stop

    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        first, last = self.section
        written = [self._written(call, index) for index, call in enumerate(calls)]
        return first + self.between.join(written) + last

    def _written(self, call: ToolCall, index: int) -> str:
        if call.raw_arguments and not call.name:
            return call.raw_arguments
        head = self.write_head(call.name, index)
        read = self.head.fullmatch(head)
        if not read or read["name"] != call.name:
            raise CannotWriteError(f"{self.name} has no form for the name {call.name!r}")
        body = call.raw_arguments or json_text(call.arguments, self.marks)
        return f"{self.call[0]}{head}{body}{self.tail}{self.call[1]}"

    @abstractmethod
    def write_head(self, name: str, index: int) -> str:
        """What `head` reads."""


def _space(text: str, start: int) -> int:
    while start < len(text) and text[start] in " \t\r\n":
        start += 1
    return start
