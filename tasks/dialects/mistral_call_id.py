"""Mistral of tokenizer v11 (Mistral Small 3.2): a name, the call's id and its JSON.

[TOOL_CALLS]get_weather[CALL_ID]call00000[ARGS]{"city": "Oslo"}
"""

import re

from tasks.dialects.mistral_args import MistralArgs, nine


class MistralCallId(MistralArgs):
    name = "mistral_call_id"
    source = "chat template of Mistral-Small-3.2-24B-Instruct-2506"
    head = re.compile(r"\s*(?P<name>[^\s\[\]{}]+)\[CALL_ID\][A-Za-z0-9]{9}\[ARGS\]")

    def write_head(self, name: str, index: int) -> str:
        return f"{name}[CALL_ID]{nine(index, '')}[ARGS]"


DIALECT = MistralCallId()
