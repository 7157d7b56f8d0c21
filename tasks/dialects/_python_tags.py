"""Calls as Python between two marks.

<|tool_call_start|>[get_weather(city="Oslo")]<|tool_call_end|>
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

from tasks.core.records import Tool, ToolCall
from tasks.dialects import _pythonic
from tasks.dialects._dialect import CannotWriteError, Dialect, Piece
from tasks.dialects._values import malformed


class PythonTags(Dialect):
    """A family's marks, and whether its calls are a list or stand on lines of their own."""

    closer: ClassVar[str]
    lines: ClassVar[bool] = False

    def block(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int] | None:
        begin = start + len(self.openers[0])
        reads: Callable[[str], list[ToolCall] | None]
        reads = _pythonic.lines_of if self.lines else _pythonic.calls_of
        end = text.find(self.closer, begin)
        while end >= 0:  # a string may hold the mark
            calls = reads(text[begin:end])
            if calls is not None:
                return [Piece("call", call=call) for call in calls], end + len(self.closer)
            end = text.find(self.closer, end + 1)
        return None

    def broken(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int]:
        end = text.find(self.closer, start)
        stop = len(text) if end < 0 else end + len(self.closer)
        return [Piece("call", call=malformed(text[start:stop]))], stop

    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        body = written(self, calls, "\n" if self.lines else ", ")
        inside = f"\n{body}\n" if self.lines else f"[{body}]"
        return f"{self.openers[0]}{inside}{self.closer}"


def written(dialect: Dialect, calls: Sequence[ToolCall], between: str) -> str:
    """The calls as Python.

    Raises:
        CannotWriteError: a name that is none in Python.
    """
    for call in calls:
        if not all(part.isidentifier() for part in call.name.split(".")) and call.name:
            raise CannotWriteError(f"{dialect.name} has no form for the name {call.name!r}")
    return between.join(
        _pythonic.write(call, dialect.marks) if call.name else call.raw_arguments for call in calls
    )
