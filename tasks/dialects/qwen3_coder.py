"""Qwen3-Coder, Qwen3.5 and Nemotron 3: a tag for the function and one for each parameter.

<tool_call>
<function=get_weather>
<parameter=city>
Oslo
</parameter>
</function>
</tool_call>
"""

import re
from typing import Any

from tasks.dialects._xml import Xml


class Qwen3Coder(Xml):
    name = "qwen3_coder"
    source = "chat template of Qwen3-Coder-30B-A3B-Instruct"
    openers = ("<tool_call>",)
    marks = ("<tool_call>", "</tool_call>", "<function=", "</function>", "<parameter=")
    outer = ("<tool_call>", "</tool_call>")
    call = (re.compile(r"<function=(?P<name>[^<>\s]+)>"), "</function>")
    parameter = (re.compile(r"<parameter=(?P<key>[^<>\n]+)>"), "</parameter>")
    behind = "<parameter=|</function>"
    pad = "\n"
    vllm = "qwen3_coder"

    def write_head(self, name: str) -> str:
        return f"<function={name}>"

    def write_parameter(self, key: str, value: Any) -> str:
        return f"<parameter={key}>"


DIALECT = Qwen3Coder()
