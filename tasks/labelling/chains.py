"""Hashes a conversation into a chain, so that equal chains are equal transcripts.

    session -> user "Cancel my trip" -> assistant get_trips({}) -> tool "[…]" -> assistant "Done."

Each link hashes what is before it and what the message means: role, text, calls with their
arguments; the provider's call ids are left out. System messages stay out of the chain (they may
hold the time of day, which would tear every session apart) and have a hash of their own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from xxhash import xxh3_64_intdigest

from tasks.core.records import Message, Reply, ToolCall

NOTHING, RAN, FAILED = 0, 1, 2
NO_CALLS = 0
"""What `called` gives for a reply that calls nothing."""


@dataclass(slots=True)
class Walk:
    """A context read so far; `Walk(hashed(session))` is where a session begins."""

    end: int
    """The chain after its last message."""
    system: int = 0
    """Hash of its system messages."""
    turns: list[int] = field(default_factory=list)
    """The chain after each assistant message."""
    results: list[int] = field(default_factory=list)
    """What tools answered to that turn: `NOTHING`, `RAN` or `FAILED`."""
    said: list[str] = field(default_factory=list)
    """Texts and calls of all but system messages."""
    shape: list[str] = field(default_factory=list)
    """The first letter of each such message's role, and its exact calls."""
    called: list[tuple[str, ...]] = field(default_factory=list)
    """Names of the tools that each assistant message calls."""
    asks: list[tuple[int, str]] = field(default_factory=list)
    """What the user said, and after how many assistant messages."""

    def read(self, messages: Iterable[Message]) -> None:
        """Read on."""
        for message in messages:
            role, content = message.role, message.content
            if role == "system":
                self.system = xxh3_64_intdigest(content.encode(), seed=self.system)
                continue
            calls = meaning(message.tool_calls) if message.tool_calls else b""
            self.end = link(self.end, role, content, calls)
            if content:
                self.said.append(content)
            if calls:
                self.said.append(calls.decode())
                self.shape.append(role[0] + self.said[-1])
            else:
                self.shape.append(role[0])
            if role == "assistant":
                self.turns.append(self.end)
                self.results.append(NOTHING)
                self.called.append(names(message.tool_calls) if calls else ())
            elif role == "tool":
                if self.results:
                    answer = FAILED if is_error(content) else RAN
                    self.results[-1] = max(self.results[-1], answer)
            else:
                self.asks.append((len(self.turns), content))


def hashed(text: str) -> int:
    """The hash of a session or request id."""
    return xxh3_64_intdigest(text.encode())


def is_error(content: str) -> bool:
    """Whether a tool's answer says that the call failed: `Error: …` or `{"error": …}`."""
    start = content[:32].lstrip().lower()
    if start.startswith("error"):
        return True
    if not start.startswith("{"):
        return False
    rest = start[1:].lstrip()
    value = rest.removeprefix('"error"').lstrip().removeprefix(":").lstrip()
    return rest.startswith('"error"') and not value.startswith(("null", "false", '""', "0"))


def link(chain: int, role: str, content: str, calls: bytes) -> int:
    """The chain with one more message, whose calls are given by their `meaning`."""
    said = f"{role}\0{content}".encode()
    return xxh3_64_intdigest(said + b"\0" + calls if calls else said, seed=chain)


def names(calls: tuple[ToolCall, ...]) -> tuple[str, ...]:
    """The tools that are called, in order."""
    return tuple([call.name for call in calls])


def meaning(calls: tuple[ToolCall, ...]) -> bytes:
    """The calls as bytes: equal for equal names and arguments, in whatever order of keys.

    Empty where there is no call.
    """
    if not calls:
        return b""
    return _encoder.encode([(c.name, c.arguments, c.raw_arguments) for c in calls])


def called(reply: Reply, calls: bytes) -> int:
    """Hash of a reply's calls, given by their `meaning`; `NO_CALLS` without any that are whole."""
    if not calls or any(call.raw_arguments for call in reply.tool_calls):
        return NO_CALLS
    return xxh3_64_intdigest(calls)


_encoder = msgspec.json.Encoder(order="sorted")
