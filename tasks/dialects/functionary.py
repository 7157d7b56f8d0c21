"""Functionary 3.1 and Llama 3.1's user-defined functions: JSON in a tag that names the function.

<function=get_weather>{"city": "Oslo"}</function>
"""

import re

from tasks.dialects._sections import Sections


class Functionary(Sections):
    name = "functionary"
    source = "chat template of functionary-medium-v3.1"
    openers = ("<function=",)
    marks = ("<function=", "</function>")
    call = ("<function=", "</function>")
    head = re.compile(r"(?P<name>[^<>\s]+)>")
    ends = ("<|eot_id|>", "<|eom_id|>", "<|end_of_text|>")

    def write_head(self, name: str, index: int) -> str:
        return f"{name}>"


DIALECT = Functionary()
