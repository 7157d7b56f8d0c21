"""InternLM 2 and 2.5: JSON between the marks of an action, with `parameters`.

<|action_start|><|plugin|>
{"name": "get_weather", "parameters": {"city": "Oslo"}}<|action_end|>
"""

from tasks.dialects._tagged import TaggedJson


class InternLM(TaggedJson):
    name = "internlm"
    source = "chat format of InternLM2 (github.com/InternLM/InternLM/blob/main/chat)"
    openers = ("<|action_start|><|plugin|>",)
    closer = "<|action_end|>"
    keys = ("parameters", "arguments")
    marks = ("<|action_start|>", "<|plugin|>", "<|action_end|>")
    spaced = "\n"
    ends = ("<|im_end|>", "</s>")
    vllm = "internlm"


DIALECT = InternLM()
