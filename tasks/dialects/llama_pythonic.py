"""Llama 3.2 and Llama 4: the whole reply is a list of Python calls.

[get_weather(city="Oslo"), note(text="rain")]
"""

import re
from collections.abc import Sequence

from tasks.core.records import Tool, ToolCall
from tasks.dialects import _pythonic
from tasks.dialects._dialect import Piece
from tasks.dialects._python_tags import PythonTags, written
from tasks.dialects._values import malformed

_MEANT = re.compile(r"\[+\s*[A-Za-z_][\w.]*\s*\(|.*=.*\)\]\Z", re.DOTALL)
"""A text that is a list of calls or was meant to be one, with a bracket lost or doubled."""


class LlamaPythonic(PythonTags):
    name = "llama_pythonic"
    source = "Llama 3.2 and Llama 4 prompt formats (llama.com/docs); vLLM's templates for them"
    openers = ("<|python_start|>",)
    closer = "<|python_end|>"
    marks = ("<|python_start|>", "<|python_end|>")
    ends = ("<|eot_id|>", "<|eom_id|>", "<|eot|>", "<|eom|>", "<|end_of_text|>")
    beside = False
    vllm = "pythonic"

    def whole(self, text: str, tools: Sequence[Tool]) -> list[Piece] | None:
        if not _MEANT.match(text):
            return None
        calls = _pythonic.calls_of(text) or [malformed(text)]
        return [Piece("call", call=call) for call in calls]

    def may_be_whole(self, text: str) -> bool:
        return not text or text.startswith("[")

    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        return f"[{written(self, calls, ', ')}]"


DIALECT = LlamaPythonic()
