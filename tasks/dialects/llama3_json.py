"""Llama 3.1, 3.2, 3.3: the whole reply is a call as JSON, with `parameters`.

    {"name": "get_weather", "parameters": {"city": "Oslo"}}

Several are separated by a semicolon. `<|python_tag|>` may stand in front.
"""

from collections.abc import Sequence

from tasks.core.records import Tool, ToolCall
from tasks.dialects import _bare
from tasks.dialects._dialect import Dialect, Piece


class Llama3Json(Dialect):
    name = "llama3_json"
    source = "chat template of Llama-3.1-8B-Instruct; llama.com/docs, JSON based tool calling"
    openers = ("<|python_tag|>",)
    marks = ("<|python_tag|>",)
    ends = ("<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|eot|>", "<|eom|>")
    beside = False
    vllm = "llama3_json"
    _keys = ("parameters", "arguments")

    def block(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int] | None:
        return None  # it ends with the reply

    def broken(self, text: str, start: int, tools: Sequence[Tool]) -> tuple[list[Piece], int]:
        inside = text[start + len(self.openers[0]) :]
        return _bare.pieces_of(_bare.read(inside, self._keys, apart=";")), len(text)

    def whole(self, text: str, tools: Sequence[Tool]) -> list[Piece] | None:
        if not text.startswith(("{", '"')) or not _bare.BEGUN.match(text):
            return None
        return _bare.pieces_of(_bare.read(text, self._keys, apart=";"))

    def may_be_whole(self, text: str) -> bool:
        return not text or text.startswith(("{", '"'))

    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        return "; ".join(_bare.body(self, call, "parameters") for call in calls)


DIALECT = Llama3Json()
