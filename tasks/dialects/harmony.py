"""Harmony (gpt-oss): messages with a channel and a recipient, of special tokens throughout.

    <|channel|>analysis<|message|>Oslo, then.<|end|>
    <|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>
    {"city": "Oslo"}<|call|>                                             (without line breaks)

`analysis` is thought, `commentary` without a recipient and `final` are text. A prompt ends with
`<|start|>assistant`. Without its special tokens a reply cannot be read: decode with them.
"""

import re
from collections.abc import Sequence

from tasks.core.records import Reply, Tool, ToolCall
from tasks.dialects._dialect import CannotWriteError, Dialect, Piece
from tasks.dialects._values import json_text, malformed, named_call, whole_json

START, CHANNEL, MESSAGE = "<|start|>", "<|channel|>", "<|message|>"
END, CALL, RETURN = "<|end|>", "<|call|>", "<|return|>"
_HEAD = re.compile(
    r"assistant(?:\s*to=(?P<first>\S+?))?\s*<\|channel\|>\s*(?P<channel>analysis|commentary|final)"
    r"(?:\s+to=(?P<second>[^\s<]+))?\s*(?:(?:<\|constrain\|>)?\s*(?P<type>json))?\s*"
)
_ENDING = re.compile("|".join(map(re.escape, (END, CALL, RETURN))))


class Harmony(Dialect):
    name = "harmony"
    source = "github.com/openai/harmony/blob/main/docs/format.md"
    openers = (START,)
    marks = (START, CHANNEL, MESSAGE, END, CALL, RETURN, "<|constrain|>")
    thoughts = ()
    ends = ()
    prefix = f"{START}assistant"
    vllm = "openai"

    def block(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int] | None:
        begin = text.find(MESSAGE, start)
        if begin < 0:
            return None
        ending = _ENDING.search(text, begin)
        if not ending:
            return None
        pieces = _pieces(
            text[start + len(START) : begin],
            text[begin + len(MESSAGE) : ending.start()],
            text[start : ending.end()],
            ending[0],
        )
        return pieces, ending.end()

    def broken(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int]:
        """A message that lacks its end: cut short, or its last token left out by the decoder."""
        begin = text.find(MESSAGE, start)
        if begin < 0:
            head = text[start + len(START) :]
            said = head.removeprefix("assistant")
            if any(mark in head for mark in self.marks):
                return [Piece("call", call=malformed(text[start:]))], len(text)
            return [Piece("text", said)], len(text)
        head, body = text[start + len(START) : begin], text[begin + len(MESSAGE) :]
        return _pieces(head, body, text[start:], ""), len(text)

    def has_markup(self, text: str) -> bool:
        return any(mark in text for mark in self.marks)

    def write(self, reply: Reply, *, thought: str = "") -> str:
        text = f"{self.prefix}{CHANNEL}analysis{MESSAGE}{thought}{END}" if thought else ""
        if reply.content:
            channel, end = ("commentary", END) if reply.tool_calls else ("final", RETURN)
            text += f"{self.prefix}{CHANNEL}{channel}{MESSAGE}{reply.content}{end}"
        return (text + self.write_calls(reply.tool_calls)).removeprefix(self.prefix)

    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        return "".join(map(self._written, calls))

    def _written(self, call: ToolCall) -> str:
        if call.raw_arguments and not call.name:
            return call.raw_arguments
        if not re.fullmatch(r"[^\s<]+", call.name):
            raise CannotWriteError(f"harmony has no form for the name {call.name!r}")
        body = call.raw_arguments or json_text(call.arguments, self.marks)
        head = f"{self.prefix}{CHANNEL}commentary to=functions.{call.name} <|constrain|>json"
        return f"{head}{MESSAGE}{body}{CALL}"


def _pieces(head: str, body: str, whole: str, ending: str) -> list[Piece]:
    """What one message is; `ending` is empty where the text ended first."""
    read = _HEAD.fullmatch(head)
    if not read or (read["first"] and read["second"]):
        return [Piece("call", call=malformed(whole))]
    recipient = read["first"] or read["second"] or ""
    if not recipient:
        if ending == CALL:
            return [Piece("call", call=malformed(whole))]
        return [Piece("thought" if read["channel"] == "analysis" else "text", body)]
    name = recipient.removeprefix("functions.")
    if ending == RETURN or name == recipient or not name or read["channel"] == "final":
        return [Piece("call", call=malformed(whole))]
    try:
        arguments = whole_json(body)
    except ValueError:
        return [Piece("call", call=malformed(whole))]
    return [Piece("call", call=named_call(name, arguments))]


DIALECT = Harmony()
