"""The leaderboard's own rule for Python calls, said once more, to hold our option against it.

Each wanted call takes the first call left over that fits it. A call fits where its required
parameters are there, each of its parameters is in the accepted answers, of the declared type (or
of the type of the first accepted value), and one of the accepted values: strings without case and
without blanks and  , . / - _ * ^  where the type is text, and so inside lists and objects.

Source: ShishirPatil/gorilla, bfcl_eval/eval_checker/ast_eval/ast_checker.py.
"""

import re
from itertools import permutations
from typing import Any

from tasks.core.records import Reply, ToolCall

_TYPES: dict[str, type] = {
    "string": str,
    "integer": int,
    "float": float,
    "boolean": bool,
    "array": list,
    "tuple": list,
    "dict": dict,
    "any": str,
}
_LEFT_AWAY = re.compile(r"[ ,./\-_*^]")


def accepts(
    functions: list[dict[str, Any]], accepted: list[dict[str, dict[str, list[Any]]]], reply: Reply
) -> bool:
    """Whether the leaderboard counts the reply as right; without accepted calls: makes none."""
    left = list(reply.tool_calls)
    if len(left) != len(accepted) or any(call.raw_arguments or not call.name for call in left):
        return False
    for wanted in accepted:
        ((name, values),) = wanted.items()
        declared = next(f for f in functions if f["name"] == name)["parameters"]
        fitting = (c for c in left if c.name == name and _fits(c, declared, values))
        found = next(fitting, None)
        if found is None:
            return False
        left.remove(found)
    return True


def why_not(
    functions: list[dict[str, Any]], accepted: list[dict[str, dict[str, list[Any]]]], reply: Reply
) -> str:
    """Why a reading of the accepted answers as alternatives may differ; "" where it may not."""
    keys = [values for wanted in accepted for one in wanted.values() for values in one.values()]
    if [] in keys:
        return "the key accepts nothing, not even that it is left out"
    # Another order: one that is accepted as it stands is not explained by its order.
    turned = (
        Reply(tool_calls=other)
        for other in permutations(reply.tool_calls)
        if other != reply.tool_calls and not accepts(functions, accepted, reply)
    )
    if len(reply.tool_calls) < 6 and any(accepts(functions, accepted, one) for one in turned):
        return "each call takes the first that fits it there, so that the order decides"
    if [""] in keys:
        return "a parameter whose one accepted value is empty text"
    return ""


def _fits(call: ToolCall, declared: dict[str, Any], accepted: dict[str, list[Any]]) -> bool:
    given = call.arguments
    if any(name not in given for name in declared["required"]):
        return False
    if any(name not in given and "" not in values for name, values in accepted.items()):
        return False
    return all(
        name in accepted
        and name in declared["properties"]
        and _is_one_of(value, declared["properties"][name], accepted[name])
        for name, value in given.items()
    )


def _is_one_of(value: Any, declared: dict[str, Any], accepted: list[Any]) -> bool:
    expected = _TYPES[declared["type"]]
    inner = _TYPES[declared["items"]["type"]] if declared["type"] in ("array", "tuple") else None
    if declared["type"] == "float" and type(value) is int:
        value = float(value)
    valid, named_otherwise = _typed(value, accepted, expected, inner)
    if not valid:
        return False
    if named_otherwise:
        return value in accepted
    return (
        value in accepted if expected not in (dict, str, list) else _listed(value, accepted, inner)
    )


def _listed(value: Any, accepted: list[Any], inner: type | None) -> bool:
    """Text, lists and objects are compared plainly."""
    if isinstance(value, dict):
        return any(isinstance(one, dict) and _object(value, one) for one in accepted)
    if isinstance(value, str):
        return _plain(value) in [_plain(one) for one in accepted if isinstance(one, str)]
    if inner is dict:
        lists = (one for one in accepted if one != "" and len(value) == len(one))
        return any(all(_object(v, o) for v, o in zip(value, one, strict=True)) for one in lists)
    return [_plain(v) for v in value] in [[_plain(v) for v in one] for one in accepted]


def _typed(
    value: Any, accepted: list[Any], expected: type, inner: type | None
) -> tuple[bool, bool]:
    """Whether the type will do, and whether it is that of the key and not the declared one."""
    of_key = next((type(one) for one in accepted if one != ""), None)
    otherwise = of_key is not None and of_key is not expected
    kind: Any = type(value)
    if kind is expected:
        if inner is None:
            return True, otherwise
        for one in accepted:
            items = isinstance(one, list)
            if not items or all(_typed(v, one, inner, None)[0] for v in value):
                return True, otherwise
    return (of_key is not None and kind is of_key), True


def _object(value: Any, accepted: dict[str, list[Any]]) -> bool:
    return all(
        name in accepted and _plain(one) in [_plain(other) for other in accepted[name]]
        for name, one in value.items()
    ) and all(name in value or "" in values for name, values in accepted.items())


def _plain(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return _LEFT_AWAY.sub("", value).lower().replace("'", '"')
