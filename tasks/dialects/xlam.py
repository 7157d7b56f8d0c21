"""xLAM 2: the whole reply is a list of calls as JSON.

[{"name": "get_weather", "arguments": {"city": "Oslo"}}]
"""

from collections.abc import Sequence

from tasks.core.records import Tool, ToolCall
from tasks.dialects import _bare
from tasks.dialects._dialect import Dialect, Piece
from tasks.dialects._values import call_of, json_text, malformed, whole_json


class Xlam(Dialect):
    name = "xlam"
    source = "model card of Llama-xLAM-2-8b-fc-r; vLLM's template for it"
    ends = ("<|eot_id|>", "<|im_end|>", "<|endoftext|>", "<|end_of_text|>")
    beside = False
    vllm = "xlam"

    def whole(self, text: str, tools: Sequence[Tool]) -> list[Piece] | None:
        if not text.startswith("[") or not _bare.BEGUN.match(text):
            return None
        try:
            values = whole_json(text)
        except ValueError:
            return _bare.pieces_of([malformed(text)])
        return _bare.pieces_of([call_of(value, json_text(value)) for value in values])

    def may_be_whole(self, text: str) -> bool:
        return not text or text.startswith("[")

    def write_calls(self, calls: Sequence[ToolCall]) -> str:
        return f"[{', '.join(_bare.body(self, call, 'arguments') for call in calls)}]"


DIALECT = Xlam()
