"""Gemma's calls: keys without quotes, strings between marks of their own.

call:get_weather{city:<escape>Oslo<escape>,days:3}
"""

import json
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from tasks.core.records import Tool, ToolCall
from tasks.dialects._dialect import CannotWriteError, Dialect, Piece
from tasks.dialects._values import malformed, storable

_NAME = re.compile(r"call:(?P<name>[\w.-]+)(?=\{)")
_KEY = re.compile(r"(?P<key>[^\s:{}\[\],<>|\"]+):")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[,}\]])")
_WORDS = {"true": True, "false": False, "null": None, "None": None}
DEEPEST = 100


class Braces(Dialect):
    """The marks around a call and around a string."""

    around: ClassVar[tuple[str, str]]
    quote: ClassVar[str]

    def block(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int] | None:
        head = _NAME.match(text, start + len(self.around[0]))
        if not head:
            return None
        try:
            arguments, end = self._value(text, head.end(), 0)
        except ValueError:
            return None
        if not text.startswith(self.around[1], end) or not storable(arguments):
            return None
        call = ToolCall(name=head["name"], arguments=arguments)
        return [Piece("call", call=call)], end + len(self.around[1])

    def broken(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int]:
        end = text.find(self.around[1], start)
        stop = len(text) if end < 0 else end + len(self.around[1])
        return [Piece("call", call=malformed(text[start:stop]))], stop

    def _value(self, text: str, start: int, depth: int) -> tuple[Any, int]:
        if depth > DEEPEST:
            raise ValueError("nested too deep")
        if text.startswith(self.quote, start):
            begin = start + len(self.quote)
            end = text.index(self.quote, begin)
            return text[begin:end], end + len(self.quote)
        if text.startswith(("{", "["), start):
            return self._container(text, start, depth)
        number = _NUMBER.match(text, start)
        if number:
            return json.loads(number[0]), number.end()
        word = next((word for word in _WORDS if text.startswith(word, start)), None)
        if word is None:
            raise ValueError(f"no value at {start}")
        return _WORDS[word], start + len(word)

    def _container(self, text: str, start: int, depth: int) -> tuple[Any, int]:
        mapping = text[start] == "{"
        closing = "}" if mapping else "]"
        keys: list[str] = []
        values: list[Any] = []
        position = start + 1
        if text.startswith(closing, position):
            return ({} if mapping else []), position + 1
        while True:
            if mapping:
                head = _KEY.match(text, position)
                if not head or head["key"] in keys:
                    raise ValueError(f"no key at {position}")
                keys.append(head["key"])
                position = head.end()
            value, position = self._value(text, position, depth + 1)
            values.append(value)
            mark = text[position : position + 1]
            position += 1
            if mark == closing:
                return (dict(zip(keys, values, strict=True)) if mapping else values), position
            if mark != ",":
                raise ValueError(f"expected , or {closing} at {position}")

    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        return "".join(map(self._written, calls))

    def _written(self, call: ToolCall) -> str:
        if call.raw_arguments:
            return call.raw_arguments
        head = f"call:{call.name}"
        if not _NAME.fullmatch(head) and not _NAME.match(f"{head}{{"):
            raise CannotWriteError(f"{self.name} has no form for the name {call.name!r}")
        return f"{self.around[0]}{head}{self._text(call.arguments)}{self.around[1]}"

    def _text(self, value: Any) -> str:
        if isinstance(value, str):
            if self.quote in value:
                raise CannotWriteError(f"{self.name} has no form for a string with {self.quote}")
            return f"{self.quote}{value}{self.quote}"
        if isinstance(value, dict):
            if not all(_KEY.fullmatch(f"{key}:") for key in value):
                raise CannotWriteError(f"{self.name} has no form for the keys {list(value)}")
            pairs = (f"{key}:{self._text(value[key])}" for key in value)
            return f"{{{','.join(pairs)}}}"
        if isinstance(value, list | tuple):
            return f"[{','.join(map(self._text, value))}]"
        return json.dumps(value)
