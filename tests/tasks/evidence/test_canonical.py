import pytest

from tasks.evidence.exact import canonical

NUMBER = {"type": "number"}


@pytest.mark.parametrize(
    ("value", "schema", "text"),
    [
        (5.0, NUMBER, "5"),
        (5, NUMBER, "5"),
        (5.5, NUMBER, "5.5"),
        ("5", NUMBER, '"5"'),
        (True, NUMBER, "true"),
        (5.0, {}, "5.0"),
        (5.0, None, "5.0"),
        (5.0, {"type": ["integer", "null"]}, "5"),
        (5.0, {"anyOf": [{"type": "string"}, NUMBER]}, "5"),
        (5.0, {"$ref": "#/$defs/amount"}, "5"),
        (5.0, {"$ref": "#/$defs/loop"}, "5.0"),
        (1e300, NUMBER, str(int(1e300))),
        ([1.0, 2], {"items": NUMBER}, "[1, 2]"),
        ([1.0, 2.0], {"prefixItems": [NUMBER]}, "[1, 2.0]"),
        ({"b": 1.0, "a": 2}, {"properties": {"b": NUMBER}}, '{"a": 2, "b": 1}'),
        ({"b": 1.0}, {"additionalProperties": NUMBER}, '{"b": 1}'),
        ({"b": 7, "c": 1}, {"properties": {"b": {"default": 7}}}, '{"c": 1}'),
        ("07030", {"type": "string"}, '"07030"'),
        (1.0, {"anyOf": 3, "type": "array", "items": 4}, "1.0"),
    ],
)
def test_equal_values_have_one_form(value: object, schema: object, text: str):
    root = {
        "properties": {"p": schema},
        "$defs": {"amount": NUMBER, "loop": {"oneOf": [{"$ref": "#/$defs/loop"}]}},
    }
    assert canonical({"p": value}, root) == {"p": text}


def test_a_parameter_at_its_default_is_left_out():
    schema = {"properties": {"unit": {"default": "C"}, "days": {**NUMBER, "default": 1}}}
    assert canonical({"unit": "C", "days": 1.0}, schema) == {}
    assert canonical({"unit": "F", "days": True}, schema) == {"unit": '"F"', "days": "true"}


def test_a_parameter_without_a_schema_keeps_its_form():
    assert canonical({"x": 1.0}, {}) == {"x": "1.0"}
