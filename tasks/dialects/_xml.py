"""Calls as nested tags with a value for each parameter, written as it is.

    <tool_call><function=get_weather><parameter=city>Oslo</parameter></function></tool_call>

Strings have no quotes, so "3" and 3 look alike: the tool's schema tells them apart.
"""

import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from tasks.core.records import Tool, ToolCall
from tasks.dialects._dialect import CannotWriteError, Dialect, Piece
from tasks.dialects._values import malformed, schema_of, storable, typed, untyped


class Xml(Dialect):
    """The tags of a family."""

    typed = False
    outer: ClassVar[tuple[str, str]]
    """Around calls."""
    together: ClassVar[bool] = False
    """Whether all calls stand in one pair of `outer`; else each has its own."""
    call: ClassVar[tuple[re.Pattern[str], str]]
    """Opens a call, with a group `name`; closes it, where `outer` does not do that already."""
    parameter: ClassVar[tuple[re.Pattern[str], str]]
    """Opens a value, with a group `key`; closes it."""
    behind: ClassVar[str]
    """Pattern of what may follow a value's closing tag: a value can hold the tag by itself."""
    pad: ClassVar[str] = ""
    """Written on both sides of a value, and taken off once."""

    def block(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int] | None:
        position = _space(text, start + len(self.outer[0]))
        pieces: list[Piece] = []
        while not text.startswith(self.outer[1], position):
            if pieces and not self.together:
                return None
            one = self._one(text, position, tools)
            if one is None:
                return None
            call, position = one
            pieces.append(Piece("call", call=call))
            position = _space(text, position)
        return (pieces, position + len(self.outer[1])) if pieces else None

    def _one(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[ToolCall, int] | None:
        opened = self.call[0].match(text, start)
        if not opened:
            return None
        name, position = opened["name"], _space(text, opened.end())
        arguments: dict[str, Any] = {}
        while not text.startswith(self.call[1] or self.outer[1], position):
            head = self.parameter[0].match(text, position)
            if not head or head["key"] in arguments:
                return None
            end = self._ending.search(text, head.end())
            if not end:
                return None
            value = text[head.end() : end.start()]
            arguments[head["key"]] = self.value(value, head, name, tools)
            position = end.end()
        if not storable(arguments):
            return None
        return ToolCall(name=name, arguments=arguments), position + len(self.call[1])

    def value(self, text: str, head: re.Match[str], name: str, tools: Sequence[Tool]) -> Any:
        """The value that stands between a parameter's tags."""
        if self.pad:
            text = text.removeprefix(self.pad).removesuffix(self.pad)
        return typed(text, schema_of(tools, name, head["key"]))

    def broken(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int]:
        """To the end of the outer tag, or of the reply."""
        end = text.find(self.outer[1], start)
        stop = len(text) if end < 0 else end + len(self.outer[1])
        return [Piece("call", call=malformed(text[start:stop]))], stop

    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        bodies = [self._written(call) for call in calls]
        if self.together:
            bodies = ["\n".join(bodies)]
        return "\n".join(f"{self.outer[0]}\n{body}\n{self.outer[1]}" for body in bodies)

    def _written(self, call: ToolCall) -> str:
        if call.raw_arguments:
            return call.raw_arguments
        head = self.write_head(call.name)
        self._must_match(self.call[0], head, "name", call.name)
        lines = [head]
        for key, value in call.arguments.items():
            opened = self.write_parameter(key, value)
            self._must_match(self.parameter[0], opened, "key", key)
            text = untyped(value)
            body = f"{self.pad}{text}{self.pad}"
            if self._ending.search(body) or self._ending.search(f"{body}{self.parameter[1]}"):
                raise CannotWriteError(f"{self.name} has no form for a value with its own tags")
            lines.append(f"{opened}{body}{self.parameter[1]}")
        return "\n".join([*lines, self.call[1]])

    def _must_match(self, pattern: re.Pattern[str], text: str, group: str, wanted: str) -> None:
        read = pattern.fullmatch(text)
        if not read or read[group] != wanted:
            raise CannotWriteError(f"{self.name} has no form for the {group} {wanted!r}")

    @abstractmethod
    def write_head(self, name: str) -> str:
        """What opens a call."""

    @abstractmethod
    def write_parameter(self, key: str, value: Any) -> str:
        """What opens a value."""

    @property
    def _ending(self) -> re.Pattern[str]:
        return _ending_of(self.parameter[1], self.behind)


def _ending_of(tag: str, behind: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(tag)}\s*(?={behind})")  # re keeps compiled patterns itself


def _space(text: str, start: int) -> int:
    while start < len(text) and text[start] in " \t\r\n":
        start += 1
    return start
