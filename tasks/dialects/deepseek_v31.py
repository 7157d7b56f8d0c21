"""DeepSeek V3.1: as V3, with the name and the JSON on the two sides of a separator.

<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Oslo"}
<｜tool▁call▁end｜><｜tool▁calls▁end｜>                                    (without line breaks)
"""

import re

from tasks.dialects._sections import Sections


class DeepseekV31(Sections):
    name = "deepseek_v31"
    source = "chat template of DeepSeek-V3.1"
    openers = ("<｜tool▁calls▁begin｜>",)
    marks = (
        *("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", "<｜tool▁call▁begin｜>"),
        *("<｜tool▁call▁end｜>", "<｜tool▁sep｜>"),
    )
    section = ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>")
    call = ("<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>")
    head = re.compile(r"(?P<name>[^\n<>]+)<｜tool▁sep｜>")
    ends = ("<｜end▁of▁sentence｜>",)
    vllm = "deepseek_v31"

    def write_head(self, name: str, index: int) -> str:
        return f"{name}<｜tool▁sep｜>"


DIALECT = DeepseekV31()
