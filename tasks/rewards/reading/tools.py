"""Reads declared tools in the forms that APIs and frameworks have for them, strictly.

    {"type": "function", "function": {"name", "description", "parameters"}}    OpenAI, chat
    {"type": "function", "name", "description", "parameters"}                  OpenAI, responses
    {"name", "description", "parameters"}                                      bare
    {"name", "description", "input_schema"}                                    Anthropic
    {"name", "title", "description", "inputSchema"}                            MCP
    {"toolSpec": {"name", "description", "inputSchema": {"json": ...}}}        Bedrock Converse
    {"functionDeclarations": [{"name", "parameters": {"type": "OBJECT"}}]}     Gemini

Each may be JSON text too, and filled up with nulls by `datasets`. Anything else is refused with its
place: a tool whose schema is read under no key would be taken for one without parameters.
"""

from typing import Any

from tasks.core.records import Tool
from tasks.rewards.reading import shapes

_SCHEMAS = ("parameters", "input_schema", "inputSchema", "parametersJsonSchema")
_BESIDE = frozenset(
    [
        *("name", "description", "strict", "title", "type", "annotations", "outputSchema"),
        *("cache_control", "defer_loading", "response", "behavior", "_meta", "icons", "execution"),
        *("output_schema", "returns", "return", "required", "input_examples"),
    ]
)
_DECLARED = ("functionDeclarations", "function_declarations")


def read(value: Any, place: str = "$.tools") -> tuple[Tool, ...]:
    """The tools of a list, of one object, or of JSON text of either; none for null.

    Raises:
        ShapeError: names the place.
    """
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return read(shapes.parsed(value, place), place)
    if isinstance(value, dict):
        return _of_one(value, place)
    if not isinstance(value, list | tuple):
        raise shapes.refuse(place, f"expected a list of tools, got {shapes.shown(value)}")
    return tuple(tool for i, item in enumerate(value) for tool in _of_one(item, f"{place}[{i}]"))


def _of_one(value: Any, place: str) -> tuple[Tool, ...]:
    if isinstance(value, str):
        value = shapes.parsed(value, place)
    fields = shapes.without_nulls(shapes.mapping(value, place, "a tool"))
    for key in _DECLARED:
        if key in fields:
            shapes.keys(fields, _DECLARED, place, "a Gemini tool")
            return read(fields[key], f"{place}.{key}")
    if "toolSpec" in fields:
        shapes.keys(fields, ("toolSpec",), place, "a Converse tool")
        fields, place = shapes.mapping(fields["toolSpec"], place, "a tool"), f"{place}.toolSpec"
    elif "function" in fields:
        shapes.keys(fields, ("type", "function"), place, "an OpenAI tool")
        fields, place = shapes.mapping(fields["function"], place, "a tool"), f"{place}.function"
    kind = fields.get("type", "function")
    if kind not in ("function", "custom"):
        raise shapes.refuse(f"{place}.type", f"expected function, got {shapes.shown(kind)}")
    shapes.keys(fields, {*_BESIDE, *_SCHEMAS}, place, "a tool")
    return (
        Tool(
            name=shapes.text(fields.get("name"), f"{place}.name", "the tool's name"),
            description=str(fields.get("description", "")),
            parameters=_schema(fields, place),
        ),
    )


def _schema(fields: dict[str, Any], place: str) -> dict[str, Any]:
    present = [key for key in _SCHEMAS if key in fields]
    if len(present) > 1:
        raise shapes.refuse(place, f"has {' and '.join(present)}; keep one")
    if not present:
        return {}
    place = f"{place}.{present[0]}"
    schema = fields[present[0]]
    if isinstance(schema, str):
        schema = shapes.parsed(schema, place)
    schema = shapes.mapping(schema, place, "a JSON Schema")
    if present[0] == "inputSchema" and "json" in schema:
        shapes.keys(schema, ("json",), place, "Converse's inputSchema")
        schema = shapes.mapping(schema["json"], f"{place}.json", "a JSON Schema")
    for key in ("properties", "required"):
        wanted = dict if key == "properties" else list
        if not isinstance(schema.get(key, wanted()), wanted):
            raise shapes.refuse(f"{place}.{key}", f"got {shapes.shown(schema[key])}")
    lower: dict[str, Any] = _lower_types(schema)
    return lower


def _lower_types(schema: Any) -> Any:
    """Types as JSON Schema writes them: Gemini's are in capitals."""
    if isinstance(schema, list):
        return [_lower_types(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    lower = {key: _lower_types(item) for key, item in schema.items()}
    kind = schema.get("type")
    if isinstance(kind, str) and kind.isupper():
        lower["type"] = kind.lower()
    return lower
