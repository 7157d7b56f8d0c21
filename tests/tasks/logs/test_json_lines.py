import msgspec
import pytest

from tasks.logs.json_lines import MAX_DEPTH, Malformed, arguments, decode, shallow, texts, utc


class City(msgspec.Struct):
    name: str
    people: int = 0


CITIES = msgspec.json.Decoder(City)


def reason(line: bytes) -> tuple[str, str]:
    with pytest.raises(Malformed) as error:
        decode(line, CITIES)
    return error.value.reason, error.value.detail


def test_a_good_line_is_the_decoders_type() -> None:
    assert decode(b'{"name": "Oslo", "people": 709000, "new": 1}', CITIES) == City("Oslo", 709000)


@pytest.mark.parametrize(
    ("line", "expected", "detail"),
    [
        (b'{"name": "Os', "not-json", "Input data was truncated"),
        (b'{"name": Oslo}', "not-json", "JSON is malformed: invalid character (byte 9)"),
        (b'{"name": 7}', "wrong-type", "Expected `str`, got `int` - at `$.name`"),
        (b'{"people": 7}', "missing-field", "Object missing required field `name`"),
        (
            b'{"name": "a", "people": ' + b"9" * 5000,
            "number-out-of-range",
            "Integer value out of range - at `$.people`",
        ),
        (b'{"name": "\xff"}', "bad-utf8", "a string that is no UTF-8: invalid start byte"),
        (b'{"name": "a\\u0000"}', "nul", "a NUL character in a string"),
        (b'{"name": "a", "x": ' + b"[" * 5000, "too-deep", "expected at most 100 levels"),
    ],
)
def test_what_is_wrong_becomes_a_reason_and_a_place(
    line: bytes, expected: str, detail: str
) -> None:
    assert reason(line) == (expected, detail)


def test_nesting_is_allowed_up_to_the_limit() -> None:
    value: list[object] = []
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    assert shallow(value, "here") is value
    with pytest.raises(Malformed, match="here: expected at most 100 levels"):
        shallow({"a": [value]}, "here")


def test_arguments_are_an_object_or_their_text() -> None:
    assert arguments('{"city": "Oslo"}') == ({"city": "Oslo"}, "")
    assert arguments("") == ({}, "")
    assert arguments('["Oslo"]') == ({}, '["Oslo"]')
    deep = '{"a": ' + "[" * 150 + "]" * 150 + "}"
    assert arguments(deep) == ({}, deep)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-11-03T14:20:29Z", "2026-11-03T14:20:29Z"),
        ("2026-11-03T14:20:29.999+00:00", "2026-11-03T14:20:29Z"),
        ("2026-11-03T23:20:29-03:00", "2026-11-04T02:20:29Z"),
        (1793715629, "2026-11-03T14:20:29Z"),
    ],
)
def test_a_moment_is_told_in_utc(given: str | float, expected: str) -> None:
    assert utc(given) == expected


@pytest.mark.parametrize("given", ["", "noon", "2026-11-03T14:20:29", "2026-13-01T00:00:00Z", 1e30])
def test_what_names_no_moment_is_malformed(given: str | float) -> None:
    with pytest.raises(Malformed, match="bad-timestamp"):
        utc(given)


def test_metadata_is_text() -> None:
    assert texts({"a": "x", "b": 1, "c": 1.5, "d": False, "e": None}) == {
        "a": "x",
        "b": "1",
        "c": "1.5",
        "d": "false",
    }
    assert texts(None) == {}
