"""LFM2 and LFM2.5: a list of Python calls between special tokens.

<|tool_call_start|>[get_weather(city="Oslo")]<|tool_call_end|>
"""

from tasks.dialects._python_tags import PythonTags


class Lfm2(PythonTags):
    name = "lfm2"
    source = "model card of LFM2-1.2B; chat template of LFM2.5-8B-A1B"
    openers = ("<|tool_call_start|>",)
    closer = "<|tool_call_end|>"
    marks = ("<|tool_call_start|>", "<|tool_call_end|>")
    vllm = "lfm2"
    template_marks = ("<|tool_list_start|>", "List of tools: [")


DIALECT = Lfm2()
