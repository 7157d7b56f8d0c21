"""Compares arguments as the Berkeley Function Calling Leaderboard does, where a user wants that.

    wanted "New York, NY"   given "new york ny"    right: case, blanks and  , . / - _ * ^  aside
    wanted 5, a number      given 5.0              right for `float`, wrong for `integer`
    declared default 2      given 2, not accepted  wrong: only what is listed as accepted counts
    a required parameter    left out               wrong, though the reference lets it be left out
    one to be left out      given ""               right, where it is text

Source: ShishirPatil/gorilla, bfcl_eval/eval_checker/ast_eval/ast_checker.py, Python categories.
"""

import re
from typing import Any

from tasks.core.records import Call, Tool, ToolCall

_LEFT_AWAY = re.compile(r"[ ,./\-_*^]")


def fit(call: ToolCall, wanted: Call, tool: Tool) -> tuple[int, int, int]:
    """Parameters that are right, that are wanted, and that are extra."""
    properties, required = tool.properties(), tool.required()
    right = 0
    for name, value in wanted.arguments.items():
        accepted = (value, *wanted.alternatives.get(name, ()))
        if name in call.arguments:
            given, declared = call.arguments[name], properties.get(name)
            right += any(same(given, one, declared) for one in accepted) or (
                given == "" and name in wanted.optional and _is_text(declared)
            )
        else:
            right += name in wanted.optional and name not in required
    extra = 0
    for name in call.arguments.keys() - wanted.arguments.keys():
        accepted = wanted.alternatives.get(name, ())
        given, declared = call.arguments[name], properties.get(name)
        extra += not any(same(given, one, declared) for one in accepted)
    return right, len(wanted.arguments), extra


def same(given: Any, wanted: Any, schema: Any) -> bool:
    """Whether the leaderboard takes the value for the wanted one."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    if isinstance(given, bool) or isinstance(wanted, bool):
        return given is wanted
    if isinstance(given, str) and isinstance(wanted, str):
        return standard(given) == standard(wanted)
    if isinstance(given, list) and isinstance(wanted, list):
        inner = schema.get("items") if isinstance(schema, dict) else None
        return len(given) == len(wanted) and all(
            same(g, w, inner) for g, w in zip(given, wanted, strict=True)
        )
    if isinstance(given, dict) and isinstance(wanted, dict):
        members = schema.get("properties", {}) if isinstance(schema, dict) else {}
        return given.keys() == wanted.keys() and all(
            same(given[name], wanted[name], members.get(name)) for name in given
        )
    if isinstance(given, float) and isinstance(wanted, int) and kind == "integer":
        return False
    return bool(given == wanted)


def _is_text(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") in ("string", "any")


def standard(text: str) -> str:
    """A string without what the leaderboard does not look at."""
    return _LEFT_AWAY.sub("", text).lower().replace("'", '"')
