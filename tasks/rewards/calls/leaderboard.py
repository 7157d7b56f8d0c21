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

_TYPES: dict[Any, type] = {
    "string": str,
    "any": str,
    "integer": int,
    "float": float,
    "number": float,
    "boolean": bool,
    "array": list,
    "tuple": list,
    "dict": dict,
    "object": dict,
}
"""Declared types as the leaderboard reads them."""
_LEFT_AWAY = re.compile(r"[ ,./\-_*^]")


def fit(call: ToolCall, wanted: Call, tool: Tool) -> tuple[int, int, int]:
    """Parameters that are right, that are wanted, and that are extra."""
    properties, required = tool.properties(), tool.required()
    right = 0
    for name, value in wanted.arguments.items():
        accepted = (value, *wanted.alternatives.get(name, ()))
        if name in call.arguments and name in properties:
            given, declared = call.arguments[name], properties[name]
            right += takes(given, accepted, declared) or (
                given == ""
                and name in wanted.optional
                and (_is_text(declared) or isinstance(value, str))
            )
        elif name not in call.arguments:
            right += name in wanted.optional and name not in required
    # What its schema requires has to be there, whatever the reference says.
    extra = sum(name not in call.arguments and name not in wanted.arguments for name in required)
    for name in call.arguments.keys() - wanted.arguments.keys():
        accepted = wanted.alternatives.get(name, ())
        given, declared = call.arguments[name], properties.get(name)
        extra += not (accepted and takes(given, accepted, declared))
    return right, len(wanted.arguments), extra


def takes(given: Any, accepted: tuple[Any, ...], schema: Any) -> bool:
    """Whether the leaderboard takes a value for one of the accepted ones.

    Where these are of another type than the declared one, they are compared letter by letter.
    """
    expected = _TYPES.get(schema.get("type")) if isinstance(schema, dict) else None
    of_key = type(accepted[0])
    if expected is not None and of_key is not expected:
        if expected is float and of_key is int and type(given) in (int, float):
            return any(same(given, one, schema) for one in accepted)
        return type(given) in (of_key, expected) and any(_equals(given, one) for one in accepted)
    return any(same(given, one, schema) for one in accepted)


def _equals(given: Any, wanted: Any) -> bool:
    return type(given) is type(wanted) and bool(given == wanted)


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
