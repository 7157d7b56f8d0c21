r"""Finds what is left of a call in a text that should have none, in whatever dialect it was begun.

    markup_at("I can't do that. <invoke name="pay">")  ->  17
    markup_at("Set a[0] < b, then call support.")          ->  -1

Marks are known by their kind, so that a family nobody has listed is seen too: a tag or a special
token that is named after calls, a bracketed one, a fence, the lines of ReAct. A text that is
nothing but a call, as JSON or as Python, is one as well.
"""

import re
from functools import cache

from tasks.dialects._pythonic import calls_of
from tasks.dialects._values import whole_json

_CALL = r"(?:tools?|functions?|func|plugin)[\s_\u2581-]?(?:calls?|use|request|invocation)s?"
_NAMES = r"(?:(?:tool|function|recipient)_?name|name|tool|function|action)"
_NAME_KEY = rf"[\"']?\b{_NAMES}[\"']?\s*:\s*[\"'][^\"']*[\"']"
_ARGUMENTS = r"(?:arguments|parameters|args|(?:tool_|action_)?input)"
_ARGUMENTS_KEY = rf"[\"']?\b{_ARGUMENTS}[\"']?\s*:"
_KINDS = re.compile(
    "|".join(
        [
            # <tool_call>, </seed:tool_call>, <TOOLCALL>, <function_calls>, <start_function_call>
            rf"</?[|\uff5c]?[\w:.\u2581-]{{0,24}}{_CALL}[\w:\u2581|\uff5c-]{{0,24}}[^<>]{{0,80}}>",
            r"</?[\w:|\uff5c]{0,12}function(?:=|\s+name\s*=)|</(?:function|parameter|tool)>",
            r"</?[\w:|\uff5c]{0,12}invoke(?:\s+name\s*=|>)",
            r"</?[\w:|\uff5c]{0,12}parameter=",
            # <use_tool>, <execute_function name='f'/>
            r"</?(?:use|execute|run|call|invoke)[_-]?(?:tool|function)s?\b[^<>]{0,80}>",
            r"</?(?:arg_key|arg_value|tool_sep|tools_prefix|tools_suffix)[:\w]{0,24}>",
            # <|python_tag|>, <|call|>, <\uff5ctool\u2581sep\uff5c>, <|"|>
            r"<[|\uff5c][^<>\s]{0,40}[|\uff5c]>",
            r"<\|[a-z_]{0,16}call>|<[a-z_]{0,16}call\|>",
            # Case counts from here to the fences: a usage line says [args] and a text "tool call"
            r"(?-i:\[/?TOOL_CALLS?\]|\[CALL_ID\]|\w\[ARGS\]\s*[{\[]|\[(?:END_)?TOOL_REQUEST\])",
            r"(?-i:\b(?:TOOL|FUNCTION)_CALLS?\b|\u273f[A-Z]+\u273f)",
            r"functools\[\s*\{|\bto=functions\.\w|^>>>[\w.-]+[ \t]*\n\s*\{|\bcall:[\w.-]+\{",
            r"```(?:tool|function)_?(?:code|call|use)s?\b",
            r"^Action:[ \t]*[\w.-]+[ \t]*\n+Action Input:",
            # {"name": "f", "arguments": {...}}, either way round, in whatever quotes
            rf"\{{[^{{}}]{{0,200}}{_NAME_KEY}[^{{}}]{{0,200}}{_ARGUMENTS_KEY}\s*[{{\"']",
            rf"\{{[^{{}}]{{0,200}}{_ARGUMENTS_KEY}\s*\{{[^{{}}]{{0,2000}}\}}[^{{}}]{{0,200}}{_NAME_KEY}",
            r"^[ \t]*\[[a-z_][\w.]*\((?:[a-z_]\w*=.{0,2000})?\)\][ \t]*$",
            r"\"(?:toolUse|tool_use|tool_calls|function_call)\"\s*:\s*[\[{]",
        ]
    ),
    re.IGNORECASE | re.MULTILINE,
)
_HINT = re.compile(r"[<\[{`>\u273f]|_CALL|action:|to=|call:", re.IGNORECASE)
"""Without one of these no kind can match: most texts are prose, and are done with here."""
_FENCED = re.compile(r"\A```\w*\n(.*)\n?```\Z", re.DOTALL)
_CALL_KEYS = frozenset(["name", "arguments", "parameters", "id", "type"])


def markup_at(text: str) -> int:
    """Index at which the markup of a call begins, sound or broken; -1 where there is none."""
    if not _HINT.search(text):
        return -1
    match = _KINDS.search(text)
    if match:
        return match.start()
    opener = _openers().search(text)
    if opener:
        return opener.start()
    return 0 if is_bare_call(text) else -1


def is_bare_call(text: str) -> bool:
    """Whether a text is nothing but calls without any mark, as JSON or a list of Python calls."""
    fenced = _FENCED.match(text.strip())
    bare = (fenced[1] if fenced else text).strip()
    if bare[:1] not in ("{", "["):
        return False
    try:
        value = whole_json(bare)
    except ValueError:
        return bool(bare.startswith("[") and calls_of(bare))
    calls = value if isinstance(value, list) else [value]
    return bool(calls) and all(_is_call(call) for call in calls)


def _is_call(value: object) -> bool:
    if not isinstance(value, dict) or not set(value) <= _CALL_KEYS:
        return False
    arguments = value.get("arguments", value.get("parameters"))
    return isinstance(value.get("name"), str) and isinstance(arguments, dict | str)


@cache
def _openers() -> re.Pattern[str]:
    from tasks.dialects import available, load

    marks = {mark for name in available() for mark in load(name).openers if mark != ">>>"}
    return re.compile("|".join(re.escape(mark) for mark in sorted(marks)))
