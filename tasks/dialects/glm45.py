"""GLM 4.5 to 4.7: the name, then keys and values in tags that come in pairs.

<tool_call>get_weather
<arg_key>city</arg_key>
<arg_value>Oslo</arg_value>
</tool_call>
"""

import re
from typing import Any

from tasks.dialects._xml import Xml


class Glm45(Xml):
    name = "glm45"
    source = "chat templates of GLM-4.6 and GLM-4.7-Flash"
    openers = ("<tool_call>",)
    marks = (
        "<tool_call>",
        "</tool_call>",
        "<arg_key>",
        "</arg_key>",
        "<arg_value>",
        "</arg_value>",
    )
    outer = ("<tool_call>", "</tool_call>")
    call = (re.compile(r"(?P<name>[^\s<>{}\"]+)(?=\s*(?:<|\Z))"), "")
    parameter = (
        re.compile(r"<arg_key>(?P<key>[^<>\n]+)</arg_key>\s*<arg_value>"),
        "</arg_value>",
    )
    behind = "<arg_key>|</tool_call>"
    ends = ("<|user|>", "<|observation|>", "<|endoftext|>")
    vllm = "glm45"

    def write_head(self, name: str) -> str:
        return name

    def write_parameter(self, key: str, value: Any) -> str:
        return f"<arg_key>{key}</arg_key>\n<arg_value>"


DIALECT = Glm45()
