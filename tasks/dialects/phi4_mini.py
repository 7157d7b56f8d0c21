"""Phi-4-mini: all calls as one list behind `functools`, or between special tokens.

functools[{"name": "get_weather", "arguments": {"city": "Oslo"}}]
"""

from tasks.dialects._tagged import ListedJson


class Phi4Mini(ListedJson):
    name = "phi4_mini"
    source = "model card of Phi-4-mini-instruct; vLLM's template for it"
    openers = ("functools[", "<|tool_call|>")
    closer = ""
    other_closers = {"<|tool_call|>": "<|/tool_call|>"}
    keys = ("arguments", "parameters")
    marks = ("functools[", "<|tool_call|>", "<|/tool_call|>")
    ends = ("<|end|>", "<|endoftext|>")
    vllm = "phi4_mini_json"
    template_marks = ("functools",)


DIALECT = Phi4Mini()
