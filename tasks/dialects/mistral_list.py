"""Mistral up to tokenizer v7 (7B v0.3, Nemo, Large): all calls as one list.

[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Oslo"}, "id": "call00000"}]
"""

from tasks.core.records import ToolCall
from tasks.dialects._tagged import ListedJson
from tasks.dialects._values import json_text
from tasks.dialects.mistral_args import nine


class MistralList(ListedJson):
    name = "mistral_list"
    source = "chat template of Mistral-Nemo-Instruct-2407"
    openers = ("[TOOL_CALLS]",)
    closer = ""
    marks = ("[TOOL_CALLS]", "[/TOOL_CALLS]")
    ends = ("</s>",)
    vllm = "mistral"

    def call_id(self, name: str, index: int, given: str) -> str:
        return nine(index, given)

    def body(self, call: ToolCall) -> str:
        written = super().body(call)
        return (
            written if call.raw_arguments else f'{written[:-1]}, "id": {json_text(nine(0, ""))}}}'
        )


DIALECT = MistralList()
