"""What the quick check lets pass, the JSON Schema library lets pass too."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tasks.labelling.plain_schemas import compiled

NAMES = st.sampled_from(["a", "b", "c"])
KINDS = st.one_of(
    st.sampled_from(["string", "integer", "number", "boolean", "array"]).map(lambda k: {"type": k}),
    st.just({"type": "string", "enum": ["x", "y"]}),
    st.just({"type": "array", "items": {"type": "integer"}}),
    st.just({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}),
)
SCHEMAS = st.fixed_dictionaries(
    {"properties": st.dictionaries(NAMES, KINDS)},
    optional={
        "required": st.lists(NAMES, unique=True),
        "additionalProperties": st.booleans(),
        "description": st.text(max_size=3),
        "minProperties": st.integers(0, 2),
    },
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.just(1.0), st.just(0.5),
              st.sampled_from(["x", "y", ""])),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(schema=SCHEMAS, arguments=st.dictionaries(NAMES, VALUES, max_size=3))
def test_it_says_yes_only_where_the_library_does(
    schema: dict[str, Any], arguments: dict[str, Any]
) -> None:
    fits = compiled(schema)
    assert (fits is None) == ("minProperties" in schema)
    if fits is not None and fits(arguments):
        assert Draft202012Validator({"type": "object", **schema}).is_valid(arguments)


def test_the_plain_case_is_known() -> None:
    fits = compiled({"properties": {"city": {"type": "string"}}, "required": ["city"]})
    assert fits is not None
    assert fits({"city": "Oslo"})
    assert not fits({"city": 7})
    assert not fits({})
