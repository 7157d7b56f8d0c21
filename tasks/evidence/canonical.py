r"""Brings tool arguments into one form by the tool's JSON Schema, so that equal ones look equal.

    schema {"amount": {"type": "number"}, "unit": {"type": "string", "default": "EUR"}}
    {"amount": 5.0, "unit": "EUR"}  ->  {"amount": "5"}
    {"amount": 5}                   ->  {"amount": "5"}
    {"amount": "5"}                 ->  {"amount": "\"5\""}

Whole numbers are integers where the schema wants a number; what stands at its declared default is
left out, at every level. A string stays the string it is.
"""

import json
from typing import Any

Schema = dict[str, Any]

_COMBINES = ("anyOf", "oneOf", "allOf")
_MAX_LEVELS = 8
"""Of schemas inside schemas of one value; a schema may refer to itself."""


def canonical(arguments: dict[str, Any], schema: Schema) -> dict[str, str]:
    """Parameter to its value as canonical JSON; parameters at their default are not in it."""
    members = _members(arguments, [schema], schema)
    return {name: json.dumps(value, sort_keys=True) for name, value in members.items()}


def _members(value: dict[str, Any], schemas: list[Schema], root: Schema) -> dict[str, Any]:
    found = {}
    for name, item in value.items():
        below = [_flat(_member(schema, name), root) for schema in schemas]
        flat = [schema for group in below for schema in group]
        form = _form(item, flat, root)
        defaults = [_form(s["default"], flat, root) for s in flat if "default" in s]
        # Compared as text, because True == 1 == 1.0 in Python.
        if json.dumps(form, sort_keys=True) not in [
            json.dumps(d, sort_keys=True) for d in defaults
        ]:
            found[name] = form
    return found


def _form(value: Any, schemas: list[Schema], root: Schema) -> Any:
    if isinstance(value, dict):
        return _members(value, schemas or [{}], root)
    if isinstance(value, list):
        return [
            _form(item, [s for schema in schemas for s in _flat(_item(schema, i), root)], root)
            for i, item in enumerate(value)
        ]
    if isinstance(value, float) and value.is_integer() and any(map(_wants_number, schemas)):
        return int(value)
    return value


def _flat(schema: Any, root: Schema, level: int = 0) -> list[Schema]:
    """The schema with those that it refers to or combines."""
    if not isinstance(schema, dict) or level > _MAX_LEVELS:
        return []
    found = [schema]
    target = schema.get("$ref")
    if isinstance(target, str) and target.startswith("#/"):
        found += _flat(_at(target[2:], root), root, level + 1)
    for key in _COMBINES:
        combined = schema.get(key)
        if isinstance(combined, list):
            found += [s for part in combined for s in _flat(part, root, level + 1)]
    return found


def _at(pointer: str, root: Schema) -> Any:
    found: Any = root
    for key in pointer.replace("~1", "/").replace("~0", "~").split("/"):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _member(schema: Schema, name: str) -> Any:
    properties = schema.get("properties")
    if isinstance(properties, dict) and name in properties:
        return properties[name]
    return schema.get("additionalProperties")


def _item(schema: Schema, position: int) -> Any:
    first = schema.get("prefixItems")
    if isinstance(first, list) and position < len(first):
        return first[position]
    return schema.get("items")


def _wants_number(schema: Schema) -> bool:
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return "number" in kinds or "integer" in kinds
