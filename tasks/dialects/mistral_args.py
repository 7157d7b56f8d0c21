"""Mistral from tokenizer v13 on (Magistral, Devstral, Ministral 3): a name and its JSON.

[TOOL_CALLS]get_weather[ARGS]{"city": "Oslo"}
"""

import re
from collections.abc import Sequence

from tasks.core.records import Tool
from tasks.dialects._dialect import Piece
from tasks.dialects._sections import Sections
from tasks.dialects._values import malformed


def nine(index: int, given: str) -> str:
    """A call's id as Mistral's templates ask for it: nine letters or digits."""
    return given if re.fullmatch(r"[A-Za-z0-9]{9}", given) else f"call{index:05d}"


class MistralArgs(Sections):
    name = "mistral_args"
    source = "chat templates of Devstral-Small-2507 and Ministral-3-14B-Reasoning-2512"
    openers = ("[TOOL_CALLS]",)
    marks = ("[TOOL_CALLS]", "[ARGS]", "[CALL_ID]", "[THINK]", "[/THINK]")
    call = ("[TOOL_CALLS]", "")
    head = re.compile(r"\s*(?P<name>[^\s\[\]{}]+)(?:\[CALL_ID\][A-Za-z0-9]{9})?\[ARGS\]")
    thoughts = (("[THINK]", "[/THINK]"), ("<think>", "</think>"))
    ends = ("</s>",)
    vllm = "mistral"

    def broken(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int]:
        """To the next call: nothing closes one."""
        end = text.find(self.call[0], start + len(self.call[0]))
        stop = len(text) if end < 0 else end
        return [Piece("call", call=malformed(text[start:stop]))], stop

    def call_id(self, name: str, index: int, given: str) -> str:
        return nine(index, given)

    def write_head(self, name: str, index: int) -> str:
        return f"{name}[ARGS]"


DIALECT = MistralArgs()
