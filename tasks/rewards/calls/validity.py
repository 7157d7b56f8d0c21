"""Tells whether the arguments of a call break the tool's JSON Schema.

    {"type": "string", "enum": ["C", "F"]}    "K"                 broken: enum
    {"type": "integer", "minimum": 1}         0                   broken: bounds
    required ["city"]                         {}                  broken: required
    {"type": ["string", "null"]}, required    null, or left out   sound: strict mode writes null

A tool refuses such a call, so it is worth no more than a malformed one. Null where the schema
allows it is absence, as in OpenAI's strict mode, where every parameter has to be written.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from tasks.core.records import Tool
from tasks.labelling.schemas import BrokenSchemaError, Schemas
from tasks.rewards.calls import matching

_CANNOT_COUNT = (ArithmeticError, RecursionError, TypeError, UnicodeError, ValueError)
"""What the library raises for values that JSON cannot carry (NaN, 10**400), or that never end."""


def fault(arguments: dict[str, Any], tool: Tool) -> str:
    """Where arguments break the schema, as `$.unit: enum`; "" where they do not, or none can say.

    A schema that is no JSON Schema itself refuses nothing here.
    """
    given = matching.without_nulls(arguments, tool.parameters)
    absent = matching.nullable(tool.parameters) if len(given) < len(tool.required()) else {}
    for name in tool.required():
        if name not in given and name in absent:
            given = {**given, name: None}
    try:
        return _checker(msgspec.json.encode(tool.parameters))(given)
    except BrokenSchemaError:
        return ""
    except _CANNOT_COUNT as problem:
        return f"$: a value that is no JSON ({type(problem).__name__})"


@lru_cache(maxsize=2048)
def _checker(schema: bytes) -> Callable[[dict[str, Any]], str]:
    """Keyed by content, because the same tools come with every prompt as new objects."""
    tool, schemas = Tool(name="tool", parameters=msgspec.json.decode(schema)), Schemas()

    def check(arguments: dict[str, Any]) -> str:
        try:
            return schemas.fault(tool, arguments)
        except re.error:
            raise BrokenSchemaError("tool: a pattern that is none") from None

    return check
