"""OTLP's JSON form of attributes and their values, as spans and log records have them.

    {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "31"}}
    {"key": "gen_ai.request.stop", "value": {"arrayValue": {"values": [{"stringValue": "."}]}}}

Source: OTLP 1.x in JSON, opentelemetry/proto/common/v1.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from tasks.logs.json_lines import Malformed, shallow


class Shape(msgspec.Struct, rename="camel"):
    """A message of protobuf in JSON: names in camel case, what is not known is passed over."""


class Value(Shape):
    """One of them; none of them for no value."""

    string_value: str | None = None
    int_value: int | str | None = None
    double_value: float | None = None
    bool_value: bool | None = None
    array_value: "Array | None" = None
    kvlist_value: "Pairs | None" = None


class Array(Shape):
    """A list."""

    values: list[Value] = []


class Pair(Shape):
    """An attribute."""

    key: str
    value: Value = msgspec.field(default_factory=Value)


class Pairs(Shape):
    """An object."""

    values: list[Pair] = []


Attributes = dict[str, Value]


def attributes(pairs: Iterable[Pair]) -> dict[str, Any]:
    """What the pairs hold, as plain JSON.

    Raises:
        Malformed: too-deep, or wrong-type for an integer that is none.
    """
    return {pair.key: plain(pair.value) for pair in pairs}


def string(told: Attributes, key: str) -> str:
    """The attribute's text; empty where there is none."""
    return told.get(key, Value()).string_value or ""


def integer(value: int | str | None) -> int | None:
    """OTLP writes 64-bit integers as text.

    Raises:
        Malformed: wrong-type.
    """
    if value is None or isinstance(value, int):
        return value
    if not value.isascii() or not value.isdigit() or len(value) > 19:
        raise Malformed("wrong-type", "a count or a time: expected an integer")
    return int(value)


def json(told: Attributes, key: str) -> bytes:
    """The JSON of an attribute that holds it as a text or structured; empty where there is none.

    Raises:
        Malformed: too-deep, wrong-type.
    """
    value = told.get(key)
    if value is None:
        return b""
    if value.string_value is not None:
        return value.string_value.encode()
    return msgspec.json.encode(shallow(plain(value), key))


def plain(value: Value, level: int = 1) -> Any:
    """The value as plain JSON, which stands at this level.

    Raises:
        Malformed: too-deep, wrong-type.
    """
    if level > 300:
        raise Malformed("too-deep", "an attribute: expected fewer levels")
    if value.array_value is not None:
        return [plain(one, level + 1) for one in value.array_value.values]
    if value.kvlist_value is not None:
        return {pair.key: plain(pair.value, level + 1) for pair in value.kvlist_value.values}
    if value.int_value is not None:
        return integer(value.int_value)
    for found in (value.string_value, value.bool_value, value.double_value):
        if found is not None:
            return found
    return None
