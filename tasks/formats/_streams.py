"""Puts a reply together that was logged as the list of its stream's events."""

from typing import Any, NamedTuple

from tasks.core.records import ToolCall
from tasks.formats._turns import Piece
from tasks.logs.json_lines import Malformed, arguments


class _Open(NamedTuple):
    call: ToolCall | None
    texts: list[str]


class Stream:
    """Content blocks by their index, filled piece by piece."""

    def __init__(self) -> None:
        self._blocks: dict[int, _Open] = {}
        self.ended = False

    def open_call(self, index: int, name: str, call_id: str, given: Any) -> None:
        """A tool call begins; `given` are its arguments where they came at once."""
        if not name:
            raise Malformed("missing-field", f"stream, block {index}: a tool call without a name")
        whole = given if isinstance(given, dict) else {}
        self._blocks[index] = _Open(ToolCall(name=name, id=call_id, arguments=whole), [])

    def has(self, index: int) -> bool:
        """Whether this block has begun."""
        return index in self._blocks

    def add_text(self, index: int, text: str) -> None:
        block = self._blocks.setdefault(index, _Open(None, []))
        if block.call is not None:
            raise _torn(f"block {index}: text inside a tool call")
        block.texts.append(text)

    def add_input(self, index: int, text: str) -> None:
        block = self._blocks.get(index)
        if block is None or block.call is None:
            raise _torn(f"block {index}: arguments of a call that never began")
        block.texts.append(text)

    def pieces(self) -> list[Piece]:
        """The blocks in the order of their indices.

        Raises:
            Malformed: torn-stream, where the log stops before the model did.
        """
        if not self.ended:
            raise _torn("it has no end")
        return [_closed(block) for _, block in sorted(self._blocks.items())]


def _closed(block: _Open) -> Piece:
    text = "".join(block.texts)
    if block.call is None:
        return text
    if not text:
        return block.call
    whole, raw = arguments(text)
    return ToolCall(name=block.call.name, id=block.call.id, arguments=whole, raw_arguments=raw)


def _torn(detail: str) -> Malformed:
    return Malformed("torn-stream", f"the reply's list of events: {detail}")
