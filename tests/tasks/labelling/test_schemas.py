from typing import Any

import pytest

from tasks.core.records import Tool
from tasks.labelling.schemas import BrokenSchemaError, Schemas


def fault(arguments: dict[str, Any], **parameters: Any) -> str:
    return Schemas().fault(Tool(name="book", parameters=parameters), arguments)


def test_arguments_that_fit_have_no_fault() -> None:
    properties = {"seats": {"type": "integer"}, "to": {"enum": ["Oslo"]}}
    assert fault({"seats": 2, "to": "Oslo"}, type="object", properties=properties) == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"seats": "two"}, "$.seats: type integer"),
        ({"seats": 0}, "$.seats: minimum 1"),
        ({}, "$: required"),
    ],
)
def test_a_fault_names_place_and_rule_and_never_the_value(
    arguments: dict[str, Any], said: str
) -> None:
    seats = {"type": "integer", "minimum": 1}
    assert fault(arguments, type="object", properties={"seats": seats}, required=["seats"]) == said


def test_types_are_read_as_they_are_meant() -> None:
    properties = {
        "price": {"type": "float"},
        "names": {"type": "tuple", "items": {"type": "str"}},
        "rest": {"type": "any"},
    }
    good = {"price": 1.5, "names": ["Ann"], "rest": None}
    assert fault(good, type="dict", properties=properties) == ""
    assert fault({"price": "1.5"}, type="dict", properties=properties) == "$.price: type number"


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "object", "properties": {"a": {"type": "colour"}}},
        {"type": "object", "properties": {"a": {"$ref": "https://schemas.invalid/a.json"}}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}},
        {"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}},
    ],
)
def test_a_schema_that_leads_nowhere_is_broken_and_nothing_is_fetched(
    parameters: dict[str, Any],
) -> None:
    with pytest.raises(BrokenSchemaError, match="book"):
        fault({"a": 1}, **parameters)
