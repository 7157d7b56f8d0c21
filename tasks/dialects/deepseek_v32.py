"""DeepSeek V3.2: tags of DeepSeek's own markup language, in which a value says if it is a string.

<｜DSML｜function_calls>
<｜DSML｜invoke name="get_weather">
<｜DSML｜parameter name="city" string="true">Oslo</｜DSML｜parameter>
</｜DSML｜invoke>
</｜DSML｜function_calls>
"""

import re
from collections.abc import Sequence
from typing import Any

from tasks.core.records import Tool
from tasks.dialects._values import whole_json
from tasks.dialects._xml import Xml


class DeepseekV32(Xml):
    name = "deepseek_v32"
    source = "chat template of DeepSeek-V3.2"
    openers = ("<｜DSML｜function_calls>",)
    marks = ("<｜DSML｜", "</｜DSML｜")
    outer = ("<｜DSML｜function_calls>", "</｜DSML｜function_calls>")
    together = True
    typed = True
    call = (re.compile(r'<｜DSML｜invoke name="(?P<name>[^"<>\s]+)">'), "</｜DSML｜invoke>")
    parameter = (
        re.compile(
            r'<｜DSML｜parameter name="(?P<key>[^"<>\n]+)" string="(?P<string>true|false)">'
        ),
        "</｜DSML｜parameter>",
    )
    behind = '<｜DSML｜parameter name="|</｜DSML｜invoke>'
    ends = ("<｜end▁of▁sentence｜>",)
    vllm = "deepseek_v32"

    def value(self, text: str, head: re.Match[str], name: str, tools: Sequence[Tool]) -> Any:
        if head["string"] == "true":
            return text
        try:
            return whole_json(text)
        except ValueError:
            return float("nan")  # which no record can hold: the call is malformed

    def write_head(self, name: str) -> str:
        return f'<｜DSML｜invoke name="{name}">'

    def write_parameter(self, key: str, value: Any) -> str:
        string = "true" if isinstance(value, str) else "false"
        return f'<｜DSML｜parameter name="{key}" string="{string}">'


DIALECT = DeepseekV32()
