"""Kimi K2: a section of calls, each under an id that holds its name and its number.

<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0
<|tool_call_argument_begin|>{"city": "Oslo"}<|tool_call_end|><|tool_calls_section_end|>
                                                                     (without line breaks)
"""

import re

from tasks.dialects._sections import Sections


class KimiK2(Sections):
    name = "kimi_k2"
    source = "docs/tool_call_guidance.md and chat template of Kimi-K2-Instruct"
    openers = ("<|tool_calls_section_begin|>",)
    marks = (
        *("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", "<|tool_call_begin|>"),
        *("<|tool_call_end|>", "<|tool_call_argument_begin|>"),
    )
    section = ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>")
    call = ("<|tool_call_begin|>", "<|tool_call_end|>")
    head = re.compile(r"\s*functions\.(?P<name>[^\s:<>|]+):\d+\s*<\|tool_call_argument_begin\|>")
    ends = ("<|im_end|>", "[EOS]")
    vllm = "kimi_k2"

    def write_head(self, name: str, index: int) -> str:
        return f"functions.{name}:{index}<|tool_call_argument_begin|>"

    def call_id(self, name: str, index: int, given: str) -> str:
        return f"functions.{name}:{index}"


DIALECT = KimiK2()
