"""FunctionGemma: a call between tags, with strings between `<escape>`.

<start_function_call>call:get_weather{city:<escape>Oslo<escape>}<end_function_call>
"""

from tasks.dialects._braces import Braces


class FunctionGemma(Braces):
    name = "functiongemma"
    source = "ai.google.dev/gemma/docs/functiongemma/formatting-and-best-practices"
    openers = ("<start_function_call>",)
    marks = ("<start_function_call>", "<end_function_call>", "<escape>")
    around = ("<start_function_call>", "<end_function_call>")
    quote = "<escape>"
    ends = ("<end_of_turn>", "<start_function_response>", "<eos>")
    vllm = "functiongemma"


DIALECT = FunctionGemma()
