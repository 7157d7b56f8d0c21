import pytest

from tasks.core.records import Call, Tool, ToolCall
from tasks.rewards.calls.matching import Fit, equal, fit

NUMBER = {"type": "number"}
STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("value", "wanted", "schema", "same"),
    [
        (1, 1.0, NUMBER, True),
        (1.0, 1, {"type": "integer"}, True),
        (1, 1.0, {"type": ["number", "null"]}, True),
        (1, 1.0, {}, False),
        (1, 1.0, True, False),
        (1, 1.0, STRING, False),
        (True, 1, NUMBER, False),
        (1, True, {}, False),
        (False, 0, {}, False),
        (None, None, {}, True),
        (None, 0, NUMBER, False),
        ("5", 5, NUMBER, False),
        (5, "5", NUMBER, False),
        ("07030", 7030, STRING, False),
        ("07030", "7030", STRING, False),
        ("07030", "07030", STRING, True),
        (2**53 + 1, float(2**53), NUMBER, False),
        ([1, 2], [1.0, 2.0], {"type": "array", "items": NUMBER}, True),
        ([1, 2], [2, 1], {"type": "array", "items": NUMBER}, False),
        ([1, 2], [1], {"type": "array", "items": NUMBER}, False),
        ([1], [1.0], {"type": "array"}, False),
        (["a", 1], ["a", 1.0], {"prefixItems": [STRING, NUMBER]}, True),
        ({"a": 1}, {"a": 1.0}, {"properties": {"a": NUMBER}}, True),
        ({"a": 1}, {"a": 1.0}, {"additionalProperties": NUMBER}, True),
        ({"a": 1}, {"a": 1.0}, {}, False),
        ({"a": 1}, {"a": 1, "b": 2}, {}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {}, True),
        ({}, [], {}, False),
        ({"a": 1}, {"a": 1, "b": 2}, {"properties": {"b": {"default": 2}}}, True),
        ({"a": 1}, {"a": 1, "b": 3}, {"properties": {"b": {"default": 2}}}, False),
        (1, 1.0, {"anyOf": [STRING, NUMBER]}, True),
        ([1], [1.0], {"oneOf": [{"type": "null"}, {"items": NUMBER}]}, True),
        (1, 1.0, {"$ref": "#/$defs/amount"}, True),
        (1, 1.0, {"$ref": "#/$defs/missing"}, False),
        (1, 1.0, {"$ref": "#/$defs/loop"}, False),
        (1, 1.0, {"type": "array", "properties": 3, "prefixItems": 4, "anyOf": 5}, False),
    ],
)
def test_values_are_compared_by_the_schemas_type(
    value: object, wanted: object, schema: object, same: bool
):
    root = {"$defs": {"amount": NUMBER, "loop": {"anyOf": [{"$ref": "#/$defs/loop"}]}}}
    assert equal(value, wanted, schema, root) is same


TOOL = Tool(
    name="book",
    parameters={
        "type": "object",
        "properties": {
            "city": STRING,
            "nights": {"type": "integer"},
            "unit": {"type": "string", "default": "C"},
        },
    },
)


def fitted(given: dict[str, object], **wanted: object) -> Fit:
    call = Call(name="book", **{"arguments": {"city": "Oslo", "nights": 2}, **wanted})  # type: ignore[arg-type]
    return fit(ToolCall(name="book", arguments=given), call, TOOL)


def test_right_arguments_fit_exactly():
    assert fitted({"nights": 2.0, "city": "Oslo"}) == Fit(right=2, wanted=2, extra=0)
    assert fitted({"nights": 2, "city": "Oslo"}).exact


def test_a_wrong_value_is_not_right():
    assert fitted({"nights": 3, "city": "Oslo"}) == Fit(right=1, wanted=2, extra=0)


def test_a_parameter_left_out_is_not_right():
    assert fitted({"nights": 2}) == Fit(right=1, wanted=2, extra=0)


def test_a_parameter_nobody_asked_for_is_extra():
    assert fitted({"nights": 2, "city": "Oslo", "hat": 1}) == Fit(right=2, wanted=2, extra=1)


def test_a_parameter_at_its_default_is_not_extra():
    assert fitted({"nights": 2, "city": "Oslo", "unit": "C"}).exact
    assert fitted({"nights": 2, "city": "Oslo", "unit": "F"}).extra == 1


def test_a_default_may_be_left_out():
    assert fitted({"city": "Oslo"}, arguments={"city": "Oslo", "unit": "C"}).exact
    assert not fitted({"city": "Oslo"}, arguments={"city": "Oslo", "unit": "F"}).exact


def test_alternatives_are_right():
    accepted = {"city": ("Oslo", "Oslo, Norway")}
    assert fitted({"nights": 2, "city": "Oslo, Norway"}, alternatives=accepted).exact
    assert not fitted({"nights": 2, "city": "Bergen"}, alternatives=accepted).exact


def test_an_alternative_for_a_parameter_that_is_not_wanted_may_be_added():
    accepted = {"unit": ("F",)}
    assert fitted({"nights": 2, "city": "Oslo", "unit": "F"}, alternatives=accepted).exact
    assert fitted({"nights": 2, "city": "Oslo"}, alternatives=accepted).exact
    assert not fitted({"nights": 2, "city": "Oslo", "unit": "K"}, alternatives=accepted).exact


def test_an_optional_parameter_may_be_left_out_but_not_be_wrong():
    assert fitted({"city": "Oslo"}, optional=("nights",)).exact
    assert not fitted({"city": "Oslo", "nights": 3}, optional=("nights",)).exact
