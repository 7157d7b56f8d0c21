"""Granite 3: all calls as one list behind a mark; Granite 4 writes Hermes' tags.

<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]
"""

from tasks.dialects._tagged import ListedJson


class Granite(ListedJson):
    name = "granite"
    source = "model card and chat template of granite-3.3-2b-instruct"
    openers = ("<|tool_call|>", "<tool_call>")
    closer = ""
    marks = ("<|tool_call|>", "<tool_call>")
    ends = ("<|end_of_text|>",)
    vllm = "granite"
    template_marks = ("<|tool_call|>",)


DIALECT = Granite()
