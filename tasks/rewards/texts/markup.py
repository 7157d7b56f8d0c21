"""Tells whether a call is left in the text of a reply, in whatever form.

    is_call_left('I cannot. <invoke name="pay">', tools)          True: a mark of some dialect
    is_call_left('Sure: {"name": "pay", "arguments": {}}', tools)  True: JSON in the form of a call
    is_call_left("I ran pay(amount=5) for you.", tools)           True: an offered tool, applied
    is_call_left("I have no tool named pay.", tools)              False

What a dialect's mark is, is said in `tasks.dialects`; the rest is a call without marks, inside of
other text, which no dialect reads and which is no plain text either.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from tasks import dialects
from tasks.core.records import Tool

_KEYS = (
    r"[\"'](?:name|tool|function|tool_name|action|recipient_name|function_name|tool_use)[\"']\s*:"
)
_JSON = re.compile(
    rf"\{{[^{{}}]{{0,400}}{_KEYS}[^{{}}]{{0,400}}[\"'](?:arguments|parameters|args|input|"
    rf"tool_input|"
    r"action_input|kwargs|params)[\"']\s*:"
    r"|[\"']type[\"']\s*:\s*[\"'](?:tool_use|function_call|tool_call|function)[\"']"
)
_TAG = re.compile(
    r"</?(?:tool|function|action|call|invoke|api|execute|command)\b[^<>\n]{0,80}>", re.I
)
_APPLIED = re.compile(r"(?<![\w.])([A-Za-z_][\w.]{2,})\s?\(")


def is_call_left(text: str, tools: Sequence[Tool]) -> bool:
    """Whether the text of a reply, thoughts off, holds a call or what is left of one."""
    return _is_marked(text) or any(
        match[1].removeprefix("functions.") in {tool.name for tool in tools}
        for match in _APPLIED.finditer(text)
    )


@lru_cache(maxsize=4096)
def _is_marked(text: str) -> bool:
    return bool(dialects.any_markup(text) or _JSON.search(text) or _TAG.search(text))
