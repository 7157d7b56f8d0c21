"""Gemma 4: a call between special tokens, reasoning in a channel of its own.

<|channel>thought
Oslo, then.<channel|><|tool_call>call:get_weather{city:<|"|>Oslo<|"|>}<tool_call|>
"""

from tasks.dialects._braces import Braces


class Gemma(Braces):
    name = "gemma"
    source = "chat template of gemma-4-31B-it"
    openers = ("<|tool_call>",)
    marks = ("<|tool_call>", "<tool_call|>", '<|"|>', "<|channel>", "<channel|>")
    around = ("<|tool_call>", "<tool_call|>")
    quote = '<|"|>'
    thoughts = (("<|channel>thought", "<channel|>"), ("<think>", "</think>"))
    ends = ("<turn|>", "<|tool_response>", "<eos>")
    vllm = "gemma4"


DIALECT = Gemma()
