"""MiniMax M2: all calls in one pair of tags, a tag for each call and each parameter.

<minimax:tool_call>
<invoke name="get_weather">
<parameter name="city">Oslo</parameter>
</invoke>
</minimax:tool_call>
"""

import re
from typing import Any

from tasks.dialects._xml import Xml


class MinimaxM2(Xml):
    name = "minimax_m2"
    source = "chat template of MiniMax-M2"
    openers = ("<minimax:tool_call>",)
    marks = ("<minimax:tool_call>", "</minimax:tool_call>", "<invoke name=", "</invoke>")
    outer = ("<minimax:tool_call>", "</minimax:tool_call>")
    together = True
    call = (re.compile(r'<invoke name="(?P<name>[^"<>\s]+)">'), "</invoke>")
    parameter = (re.compile(r'<parameter name="(?P<key>[^"<>\n]+)">'), "</parameter>")
    behind = '<parameter name="|</invoke>'
    ends = ("[e~[",)
    vllm = "minimax_m2"

    def write_head(self, name: str) -> str:
        return f'<invoke name="{name}">'

    def write_parameter(self, key: str, value: Any) -> str:
        return f'<parameter name="{key}">'


DIALECT = MinimaxM2()
