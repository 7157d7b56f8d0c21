"""Hermes, Qwen2.5, Qwen3, Granite 4 and many others: JSON between tags, one pair for each call.

One moment.
<tool_call>
{"name": "get_weather", "arguments": {"city": "Oslo"}}
</tool_call>
"""

from tasks.dialects._tagged import TaggedJson

OPEN = "<tool_call>"
CLOSE = "</tool_call>"


class Hermes(TaggedJson):
    name = "hermes"
    source = "github.com/NousResearch/Hermes-Function-Calling; chat templates of Qwen2.5 and Qwen3"
    openers = (OPEN,)
    closer = CLOSE
    marks = (OPEN, CLOSE)
    ends = ("<|im_end|>", "<|endoftext|>", "<|end_of_text|>")
    vllm = "hermes"


DIALECT = Hermes()
