"""OLMo 3: Python calls on lines of their own between tags.

<function_calls>
get_weather(city="Oslo")
</function_calls>
"""

from tasks.dialects._python_tags import PythonTags


class Olmo3(PythonTags):
    name = "olmo3"
    source = "chat template of Olmo-3-7B-Instruct"
    openers = ("<function_calls>",)
    closer = "</function_calls>"
    marks = ("<function_calls>", "</function_calls>")
    lines = True
    vllm = "olmo3"


DIALECT = Olmo3()
