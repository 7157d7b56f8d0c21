"""Recognises a tool call that a model wrote as text, where nothing will carry it out.

    <tool_call>{"name": "get_order", "arguments": {"id": "= 54</tool_call>      broken, in tags
    {"name": "get_order", "arguments": {"id": "54"}}                            bare JSON
    get_order(id="54")                                                          as in Python

Text is taken for a call by the markup of any dialect, or where it is nothing but a call
of a tool that is on offer, or nothing but JSON in the form of a call, whatever tool it names. Other
JSON, and a text that speaks of a tool, is neither.
"""

import json
import re
from collections.abc import Sequence

from tasks import dialects
from tasks.core.records import Tool

_FENCE = re.compile(r"```\w*\n?|`")
_NAMED = re.compile(r"\"(?:name|function|tool|tool_name|recipient_name)\"\s*:\s*\"([^\"]+)\"")
_ARGUMENTS = re.compile(r"\"(?:arguments|parameters|args|input|tool_input)\"\s*:")
_KEYS = frozenset(["name", "arguments", "parameters", "id", "type"])
_APPLIED = re.compile(r"\[?\s*(?:functions?\.)?([\w.-]+)\s*\(")


def is_call(text: str, tools: Sequence[Tool]) -> bool:
    """Whether the text is a call, sound or broken. Never raises."""
    text = text.strip()
    bare = _FENCE.sub("", text).strip()
    # JSON by itself may be an answer in the shape of a call: what it names decides, below. Behind
    # it, or in it, tags are tags.
    is_json = bare.startswith(("{", "[{"))
    first_tag = text.find("<")
    searched = text if not is_json else text[first_tag:] if first_tag >= 0 else ""
    if dialects.any_markup(searched):
        return True
    text = bare
    if text.startswith(("{", "[{")):
        named = _NAMED.search(text)
        if not named or not _ARGUMENTS.search(text):
            return False
        return _is_offered(named[1], tools) or _is_nothing_else(text)
    if not text.endswith((")", ")]")):
        return False
    applied = _APPLIED.match(text)
    return bool(applied and _is_offered(applied[1], tools))


def _is_nothing_else(text: str) -> bool:
    """Whether it is JSON with a name, an object of arguments, and no more than a call's id."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    calls = value if isinstance(value, list) else [value]
    return all(isinstance(call, dict) and set(call) <= _KEYS for call in calls)


def _is_offered(name: str, tools: Sequence[Tool]) -> bool:
    return any(tool.name == name.removeprefix("functions.") for tool in tools)
