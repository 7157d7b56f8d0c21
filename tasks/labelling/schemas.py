"""Holds the arguments of a call against the tool's JSON Schema, each schema compiled once.

Logs carry schemas as people write them: `dict` for `object` and `float` for `number` (as in the
Berkeley Function Calling Leaderboard) are read as what they mean. Nothing is ever fetched: a
`$ref` that leads out of the schema makes it a broken one.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tasks.core.records import Tool
from tasks.labelling import plain_schemas
from tasks.labelling.plain_schemas import Fits

_MEANT = {"dict": "object", "float": "number", "double": "number", "tuple": "array"} | {
    "int": "integer",
    "str": "string",
    "bool": "boolean",
    "list": "array",
}
_ANY = {"any", "Any"}


class BrokenSchemaError(ValueError):
    """The tool's own schema cannot be used; the message says where it breaks."""


class Schemas:
    """Compiled schemas of tools, by their content."""

    def __init__(self) -> None:
        self._compiled: dict[bytes, Any] = {}
        self._plain: dict[int, tuple[Tool, Fits | None]] = {}

    def fault(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        """Where the arguments break the schema, as `$.seats: type integer`; "" where they do not.

        The value itself is never named: it may be personal.

        Raises:
            BrokenSchemaError: the schema is none, or refers to what is not in it.
        """
        _, fits = self._plain.get(id(tool), (None, None))
        if id(tool) not in self._plain:
            fits = plain_schemas.compiled(_meant(tool.parameters))
            # The tool is kept with it, so that no other one can come to have its id.
            self._plain[id(tool)] = (tool, fits)
        if fits is not None and fits(arguments):
            return ""
        from jsonschema.exceptions import best_match
        from referencing.exceptions import Unresolvable

        try:
            found = best_match(self._validator(tool).iter_errors(arguments))
        except (Unresolvable, RecursionError) as error:
            raise BrokenSchemaError(f"{tool.name}: $ref that leads nowhere") from error
        if found is None:
            return ""
        wanted = found.validator_value
        shown = f" {wanted}" if isinstance(wanted, str | int | float) else ""
        return f"{found.json_path}: {found.validator}{shown}"

    def _validator(self, tool: Tool) -> Any:
        key = msgspec.json.encode(tool.parameters)
        if key not in self._compiled:
            self._compiled[key] = _compile(tool)
        return self._compiled[key]


def _compile(tool: Tool) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry

    schema = {"type": "object", **_meant(tool.parameters)}
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise BrokenSchemaError(f"{tool.name}: {error.json_path} of its parameters") from error
    return Draft202012Validator(schema, registry=Registry())


def _meant(schema: Any) -> Any:
    """The schema with types by their JSON Schema names; `any` is no constraint."""
    if isinstance(schema, list):
        return [_meant(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _meant(value) for key, value in schema.items()}
    named = found.get("type")
    if isinstance(named, str) and named in _ANY:
        del found["type"]
    elif isinstance(named, str):
        found["type"] = _MEANT.get(named, named)
    return found
