"""Compares a call with a call of a reference by the tool's JSON Schema.

    schema number   1 equals 1.0      schema string   "07030" never equals 7030
    no schema type  1 differs from 1.0, true from 1

A parameter that is left out equals one given at its declared `default`. Nothing is coerced: a
string where the schema wants a number is a wrong value, because the tool would refuse it.
Source of the types' meaning: JSON Schema 2020-12, Validation, section 6.1.1.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tasks.core.records import Call, Tool, ToolCall
from tasks.rewards.calls import leaderboard
from tasks.rewards.calls.lookalikes import is_lookalike, is_plain

Schema = dict[str, Any]

_MAX_REFERENCES = 8
"""Levels of $ref, anyOf, oneOf and allOf that are followed; a schema may refer to itself."""
_ABSENT = object()
_NUMBERS = ("number", "integer", "float")
"""`float` is no type of JSON Schema, but tools are declared with it."""
_COMMON = {"string": str, "integer": int, "boolean": bool}
_PLAIN = (str, int, float, bool)
_ANY = (str, int, float, bool, list, dict, type(None))
_TYPES: dict[Any, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int, float),
    "number": (int, float),
    "float": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "tuple": (list,),
    "object": (dict,),
    "dict": (dict,),
    "null": (type(None),),
}
"""JSON's types, and the names of Python's that tools are declared with; others take anything."""


class Fit(NamedTuple):
    """How well a call's arguments match those of a wanted call of the same tool."""

    right: int
    """Parameters of the wanted call that are right, those left out where they may be included."""
    wanted: int
    extra: int
    """Parameters that the wanted call does not have."""

    @property
    def exact(self) -> bool:
        return self.right == self.wanted and self.extra == 0


def fit(call: ToolCall, wanted: Call, tool: Tool, *, loose: bool = False) -> Fit:
    """Compare the arguments of a call with those of a wanted one; both are calls of `tool`.

    `loose` compares as the Berkeley Function Calling Leaderboard does (`leaderboard`).
    """
    if loose:
        return Fit(*leaderboard.fit(call, wanted, tool))
    root = tool.parameters
    properties = _properties(root)
    given, due, right = call.arguments, wanted.arguments, 0
    if None in given.values() or None in due.values():
        given, due = without_nulls(given, root), without_nulls(due, root)
    for name, value in due.items():
        if name in given:
            one = given[name]
            # Most values are plain and of one type, and most have no alternative.
            if type(one) is type(value) and type(one) in _PLAIN and one == value:
                right += 1
            elif type(one) is not str or type(value) is not str or name in wanted.alternatives:
                schema = properties.get(name, {})
                right += equal(one, value, schema, root) or any(
                    equal(one, other, schema, root) for other in wanted.alternatives.get(name, ())
                )
        else:
            right += name in wanted.optional or any(
                _is_default(accepted, properties.get(name, {}), root)
                for accepted in (value, *wanted.alternatives.get(name, ()))
            )
    extra = 0
    if given.keys() != due.keys():
        for name in given.keys() - due.keys():
            schema = properties.get(name, {})
            extra += not _may_be_added(name, given[name], wanted, schema, root)
    return Fit(right, len(due), extra)


def differences(call: ToolCall, wanted: Call, tool: Tool) -> list[str]:
    """What each argument has wrong, as `month is "june", right is "may"`."""
    root = tool.parameters
    properties = _properties(root)
    given, due = without_nulls(call.arguments, root), without_nulls(wanted.arguments, root)
    lines = []
    for name, value in due.items():
        accepted = (value, *wanted.alternatives.get(name, ()))
        schema = properties.get(name, {})
        right = " or ".join(dict.fromkeys(map(repr, accepted)))
        if name not in given:
            if name not in wanted.optional and not any(
                _is_default(a, schema, root) for a in accepted
            ):
                lines.append(f"{name} is left out, right is {right}")
        elif not any(equal(given[name], one, schema, root) for one in accepted):
            lines.append(f"{name} is {given[name]!r}, right is {right}")
    for name in given.keys() - due.keys():
        if not _may_be_added(name, given[name], wanted, properties.get(name, {}), root):
            lines.append(f"{name} is {given[name]!r}, and was not asked for")
    return lines


def without_nulls(arguments: dict[str, Any], root: Schema) -> dict[str, Any]:
    """The arguments without nulls where the schema allows null: there it is absence."""
    if None not in arguments.values():
        return arguments
    absent = nullable(root)
    return {name: v for name, v in arguments.items() if v is not None or name not in absent}


def nullable(root: Schema) -> frozenset[str]:
    """Parameters whose schema allows null."""
    return frozenset(
        name
        for name, schema in _properties(root).items()
        if any(map(_allows_null, _branches(schema, root)))
    )


def _allows_null(schema: Schema) -> bool:
    kind, enum = schema.get("type"), schema.get("enum")
    return (
        kind == "null"
        or (isinstance(kind, list) and "null" in kind)
        or (isinstance(enum, list) and None in enum)
        or schema.get("nullable") is True
    )


def is_spoofed(call: ToolCall, wanted: Call) -> bool:
    """Whether an argument only looks like the wanted one."""
    return any(
        is_lookalike(given, accepted)
        for name, given in call.arguments.items()
        for accepted in (wanted.arguments.get(name), *wanted.alternatives.get(name, ()))
    )


def is_odd(call: ToolCall, tool: Tool) -> bool:
    """Whether `is_spoofed` or `is_refused` may hold of the call for some wanted one."""
    properties = _properties(tool.parameters)
    return any(
        not is_plain(value) or not _has_type(value, properties.get(name), tool.parameters, 0)
        for name, value in call.arguments.items()
    )


def is_refused(call: ToolCall, wanted: Call, tool: Tool) -> bool:
    """Whether an argument is of a JSON type that the tool's schema does not take.

    What is wanted is taken, whatever the schema says: references come from what tools did take.
    """
    root = tool.parameters
    properties = _properties(root)
    return any(
        not _has_type(value, properties.get(name), root, 0)
        and not (name in wanted.arguments and equal(value, wanted.arguments[name], {}, root))
        and not any(equal(value, other, {}, root) for other in wanted.alternatives.get(name, ()))
        for name, value in call.arguments.items()
    )


def equal(value: Any, wanted: Any, schema: Any, root: Schema) -> bool:
    """Whether two JSON values mean the same to a tool whose parameter has this schema.

    `root` is the schema that `$ref` points into.
    """
    kind = type(wanted)
    if kind is list:
        return _equal_lists(value, wanted, schema, root)
    if kind is dict:
        return _equal_objects(value, wanted, schema, root)
    if type(value) is kind:
        return bool(value == wanted)
    numbers = type(value) in (int, float) and kind in (int, float)
    return numbers and value == wanted and any(map(_is_number, _branches(schema, root)))


def _may_be_added(name: str, value: Any, wanted: Call, schema: Any, root: Schema) -> bool:
    accepted = wanted.alternatives.get(name, ())
    return any(equal(value, a, schema, root) for a in accepted) or _is_default(value, schema, root)


def _is_default(value: Any, schema: Any, root: Schema) -> bool:
    default = schema.get("default", _ABSENT) if isinstance(schema, dict) else _ABSENT
    return default is not _ABSENT and equal(value, default, schema, root)


def _equal_lists(value: Any, wanted: list[Any], schema: Any, root: Schema) -> bool:
    if type(value) is not list or len(value) != len(wanted):
        return False
    return any(
        all(
            equal(v, w, _item(branch, i), root)
            for i, (v, w) in enumerate(zip(value, wanted, strict=True))
        )
        for branch in _branches(schema, root)
    )


def _item(schema: Schema, position: int) -> Any:
    first = schema.get("prefixItems")
    if isinstance(first, list) and position < len(first):
        return first[position]
    return schema.get("items", {})


def _equal_objects(value: Any, wanted: dict[str, Any], schema: Any, root: Schema) -> bool:
    if type(value) is not dict:
        return False
    return any(_equal_members(value, wanted, branch, root) for branch in _branches(schema, root))


def _equal_members(
    value: dict[str, Any], wanted: dict[str, Any], schema: Schema, root: Schema
) -> bool:
    properties = _properties(schema)
    for name in value.keys() | wanted.keys():
        member = properties.get(name, schema.get("additionalProperties", {}))
        if name in value and name in wanted:
            if not equal(value[name], wanted[name], member, root):
                return False
        elif not _is_default(value[name] if name in value else wanted[name], member, root):
            return False
    return True


def _properties(schema: Schema) -> Schema:
    found = schema.get("properties")
    return found if isinstance(found, dict) else {}


def _has_type(value: Any, schema: Any, root: Schema, depth: int) -> bool:
    """Whether the value's type, and that of what is in it, is one that the schema names."""
    if isinstance(schema, dict) and type(value) is _COMMON.get(str(schema.get("type"))):
        return True
    branches = [branch for branch in _branches(schema, root) if "type" in branch]
    if not branches or depth == _MAX_REFERENCES:
        return True
    for branch in branches:
        kinds = branch["type"] if isinstance(branch["type"], list) else [branch["type"]]
        if not any(type(value) in _TYPES.get(kind, _ANY) for kind in kinds):
            continue
        if isinstance(value, list):
            inside = (_has_type(v, _item(branch, i), root, depth + 1) for i, v in enumerate(value))
        elif isinstance(value, dict):
            members = _properties(branch)
            inside = (_has_type(v, members.get(n), root, depth + 1) for n, v in value.items())
        else:
            return _is_whole(value, kinds)
        if all(inside):
            return True
    return False


def _is_whole(value: Any, kinds: list[Any]) -> bool:
    """A number with a fraction is no integer; 1.0 is one (JSON Schema 2020-12, 6.1.1)."""
    return type(value) is not float or value.is_integer() or bool({"number", "float"} & set(kinds))


def _is_number(schema: Schema) -> bool:
    kind = schema.get("type")
    return kind in _NUMBERS or (isinstance(kind, list) and any(k in _NUMBERS for k in kind))


def _branches(schema: Any, root: Schema, depth: int = 0) -> Iterator[Schema]:
    """The schema and all that it refers to: what is equal under one of them is equal."""
    if not isinstance(schema, dict):
        yield {}
        return
    yield schema
    if depth == _MAX_REFERENCES:
        return
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        yield from _branches(_resolve(reference, root), root, depth + 1)
    for key in ("anyOf", "oneOf", "allOf"):
        combined = schema.get(key)
        for branch in combined if isinstance(combined, list) else ():
            yield from _branches(branch, root, depth + 1)


def _resolve(reference: str, root: Schema) -> Any:
    found: Any = root
    for key in reference[2:].split("/"):
        key = key.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 (JSON Pointer's escapes)
        if not isinstance(found, dict) or key not in found:
            return {}
        found = found[key]
    return found
