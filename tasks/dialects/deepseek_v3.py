"""DeepSeek V3, R1 and their distillations: a section of calls with their JSON in a fence.

<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather
```json
{"city": "Oslo"}
```<｜tool▁call▁end｜><｜tool▁calls▁end｜>
"""

import re

from tasks.dialects._sections import Sections


class DeepseekV3(Sections):
    name = "deepseek_v3"
    source = "chat templates of DeepSeek-V3-0324 and DeepSeek-R1-Distill-Qwen-32B"
    openers = ("<｜tool▁calls▁begin｜>",)
    marks = (
        *("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", "<｜tool▁call▁begin｜>"),
        *("<｜tool▁call▁end｜>", "<｜tool▁sep｜>", "```"),
    )
    section = ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>")
    call = ("<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>")
    head = re.compile(r"function<｜tool▁sep｜>(?P<name>[^\n<>]+)\n```json\n")
    tail = "\n```"
    between = "\n"
    ends = ("<｜end▁of▁sentence｜>",)
    vllm = "deepseek_v3"
    strings = True

    def write_head(self, name: str, index: int) -> str:
        return f"function<｜tool▁sep｜>{name}\n```json\n"


DIALECT = DeepseekV3()
