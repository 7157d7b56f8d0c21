"""Tells that arguments surely fit a schema of the plain kind, which nearly every tool has.

    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

Only "yes" is an answer: where the schema says more than this knows, or a value does not fit at
first sight, the JSON Schema library decides (`tasks/labelling/schemas.py`), at fifty times the
cost.
"""

from collections.abc import Callable, Mapping
from typing import Any

Fits = Callable[[Any], bool]

_SILENT = {"title", "description", "default", "examples", "format", "$schema", "deprecated"}
"""Keywords that a validator only notes (JSON Schema 2020-12, without format assertion)."""
_OBJECT = {"type", "properties", "required", "additionalProperties"}


def compiled(schema: Mapping[str, Any]) -> Fits | None:
    """What says that arguments surely fit; None where the schema is not of the plain kind."""
    return _object({"type": "object", **schema})


def _object(schema: Mapping[str, Any]) -> Fits | None:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    more = schema.get("additionalProperties", True)
    if not (_OBJECT | _SILENT).issuperset(schema) or not isinstance(properties, dict):
        return None
    if not isinstance(more, bool) or not isinstance(required, list):
        return None
    if len({*map(str, required)}) < len(required) or not all(isinstance(n, str) for n in required):
        return None
    members = {name: _value(member) for name, member in properties.items()}
    plain = {name: fits for name, fits in members.items() if fits is not None}
    if len(plain) < len(members):
        return None
    needed = frozenset(required)

    def fits(found: Any) -> bool:
        if not isinstance(found, dict) or not needed <= found.keys():
            return False
        for name, value in found.items():
            if name in plain:
                if not plain[name](value):
                    return False
            elif not more:
                return False
        return True

    return fits


def _value(schema: Any) -> Fits | None:
    if not isinstance(schema, dict):
        return None
    kind, said = schema.get("type"), schema.keys() - _SILENT
    if kind == "object":
        return _object(schema)
    if kind == "string" and said == {"type", "enum"}:
        enum = schema["enum"]
        if not isinstance(enum, list) or not enum or not all(isinstance(v, str) for v in enum):
            return None
        allowed = frozenset(enum)
        return lambda found: isinstance(found, str) and found in allowed
    if kind == "array" and said == {"type", "items"}:
        item = _value(schema["items"])
        return (
            None
            if item is None
            else lambda found: isinstance(found, list) and all(map(item, found))
        )
    return _TYPES.get(kind) if isinstance(kind, str) and said == {"type"} else None


_TYPES: dict[str, Fits] = {
    "string": lambda found: isinstance(found, str),
    "boolean": lambda found: isinstance(found, bool),
    "integer": lambda found: isinstance(found, int) and not isinstance(found, bool),
    "number": lambda found: isinstance(found, int | float) and not isinstance(found, bool),
    "array": lambda found: isinstance(found, list),
}
