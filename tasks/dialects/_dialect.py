"""What every dialect has: reading a reply apart, whole or as it comes, and writing one.

    Dialect.parse("<think>Oslo.</think>One moment.<tool_call>{...}</tool_call>")
    -> Parsed(thought="Oslo.", content="One moment.", tool_calls=(ToolCall(...),))

A reply is text with blocks in it, each behind a mark that opens it. A thought is a block, and so
is a call. A family's own file says which marks there are and how a call's block reads.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar, Literal, NamedTuple

from tasks.core.records import Record, Reply, Tool, ToolCall
from tasks.dialects._values import malformed

THINK = ("<think>", "</think>")
NOT_CLOSED: Literal["thought-not-closed"] = "thought-not-closed"


class CannotWriteError(ValueError):
    """A reply that the dialect has no form for."""


class Parsed(Record, frozen=True, kw_only=True):
    """A model's reply, taken apart."""

    thought: str = ""
    """What it thought aloud; no part of the reply."""
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    """In their order. One without a name is malformed: its text stands in `raw_arguments`."""
    problem: Literal["", "thought-not-closed"] = ""
    """Why there is no reply, where there is none: then content and calls are empty."""

    @property
    def reply(self) -> Reply:
        """What is left when the thought is off; empty where the thought never ended."""
        return Reply(content=self.content, tool_calls=self.tool_calls)


class Piece(NamedTuple):
    """A part of a reply as it is read."""

    kind: Literal["thought", "text", "call"]
    text: str = ""
    call: ToolCall | None = None


class Dialect(ABC):
    """One family's way to write calls and reasoning.

    Subclasses fill in the class attributes and define `write_calls`, and `block` where they have
    `openers`.
    """

    name: ClassVar[str]
    source: ClassVar[str]
    """Where the syntax is described."""
    openers: ClassVar[tuple[str, ...]] = ()
    """Marks that open a block of calls."""
    marks: ClassVar[tuple[str, ...]] = ()
    """All strings with a meaning of their own: escaped within values where that can be done."""
    thoughts: ClassVar[tuple[tuple[str, str], ...]] = (THINK,)
    """Pairs of marks around reasoning; the first is written."""
    ends: ClassVar[tuple[str, ...]] = ("<|im_end|>", "<|endoftext|>", "</s>")
    """Tokens that end a turn, which some decoders leave in the text."""
    beside: ClassVar[bool] = True
    """Whether text may stand beside calls."""
    several: ClassVar[bool] = True
    """Whether a reply may hold more than one call."""
    typed: ClassVar[bool] = True
    """Whether a value says its type; if not, "3" and 3 differ by the tool's schema alone."""
    vllm: ClassVar[str] = ""
    """Name of vLLM's parser for the same syntax; empty: it has none."""
    template_marks: ClassVar[tuple[str, ...]] = ()
    """Strings in a chat template that leaves calls out which tell that the model writes so."""
    prefix: ClassVar[str] = ""
    """What a prompt has written already and belongs to the first block of a reply."""
    strings: ClassVar[bool] = False
    """Whether the family's chat templates want arguments as JSON text, not as an object."""

    def block(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int] | None:
        """The pieces of the block that opens at `start`, and the index behind it.

        None where the block is broken or has not ended yet. An answer must not change when more
        text follows. A family without `openers` needs none: it is never asked.
        """
        raise NotImplementedError

    def broken(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int]:
        """The pieces of a block that is no sound one, when no more text can come."""
        return [Piece("call", call=malformed(text[start:]))], len(text)

    def whole(self, text: str, tools: Sequence[Tool]) -> list[Piece] | None:
        """What a reply without any mark holds where all of it is calls; None where it is text."""
        return None

    def may_be_whole(self, text: str) -> bool:
        """Whether the beginning of a text still leaves it open that all of it is a call."""
        return False

    def call_id(self, name: str, index: int, given: str) -> str:
        """The id of a call in the history as the family's templates want it.

        `index` counts a conversation's calls from 0, `given` is the id in the log.
        """
        return given or f"call_{index}"

    def as_it_stood(self, call: ToolCall) -> str:
        """The text of a malformed call as the model wrote it."""
        return call.raw_arguments

    @abstractmethod
    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        """The text of one or more calls."""

    def parse(self, text: str, *, tools: Sequence[Tool] = (), opened: bool | None = None) -> Parsed:
        """Take a reply apart. Never raises.

        Args:
            text: What the model wrote, with or without the token that ended it.
            tools: What was on offer; their schemas tell types where the dialect writes none.
            opened: Whether the prompt ended within a thought. None finds out: a closing mark
                without an opening one means that it did.
        """
        from tasks.dialects._reader import Reader

        reader = Reader(self, tools=tools, opened=bool(opened))
        parsed = reader.finish(text)
        if opened is None and reader.orphan_close:
            return self.parse(text, tools=tools, opened=True)
        return parsed

    def write(self, reply: Reply, *, thought: str = "") -> str:
        """The text that `parse` reads back as the same reply and thought.

        Holds for content and thoughts that are stripped and hold no mark, and for calls without an
        id. A malformed call is written as it stood.

        Raises:
            CannotWriteError: the dialect has no form for it, as text beside a call.
        """
        if reply.tool_calls and reply.content and not self.beside:
            raise CannotWriteError(f"{self.name} has no text beside calls")
        if len(reply.tool_calls) > 1 and not self.several:
            raise CannotWriteError(f"{self.name} writes one call at a time")
        parts = [self.write_thought(thought)] if thought else []
        if reply.content:
            parts.append(reply.content)
        if reply.tool_calls:
            parts.append(self.write_calls(reply.tool_calls))
        return "\n".join(parts)

    def write_thought(self, thought: str) -> str:
        """The text of a thought."""
        before, after = self.thoughts[0]
        return f"{before}\n{thought}\n{after}"

    def has_markup(self, text: str) -> bool:
        """Whether a call of this dialect stands in the text, sound or broken."""
        return any(opener in text for opener in self.openers) or self.whole(text, ()) is not None

    def opens_thought(self, prompt: str) -> bool:
        """Whether a rendered prompt ends within a thought, so that the reply begins in it."""
        end = prompt.rstrip()
        return any(end.endswith(before) for before, _ in self.thoughts)

    @cached_property
    def closing(self) -> dict[str, str]:
        """From the mark that opens a thought to the one that ends it."""
        return dict(self.thoughts)

    @cached_property
    def closers(self) -> frozenset[str]:
        """Marks that end a thought."""
        return frozenset(after for _, after in self.thoughts)

    @cached_property
    def stops(self) -> tuple[str, ...]:
        """Marks at which text ends, longest first."""
        return tuple(sorted({*self.openers, *self.closing, *self.closers}, key=_by_length))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Any of `stops`; nothing where there are none."""
        return re.compile("|".join(map(re.escape, self.stops)) or r"(?!)")


def _by_length(mark: str) -> tuple[int, str]:
    return (-len(mark), mark)
