import base64
import json
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.redaction.decode import MAX_DEPTH, Place, Walker
from tasks.redaction.fields import Fields
from tasks.redaction.kinds import Kind


class Swap:
    """A visitor that replaces `mia` and writes down what it was shown."""

    def __init__(self, replacement: str = "eva") -> None:
        self._replacement = replacement
        self.places: list[str] = []
        self.wholes: list[tuple[Kind, str]] = []
        self.persons: list[str] = []
        self.kept: list[str] = []

    def plain(self, text: str, place: Place, start: int) -> str:
        if "mia" in text:
            self.places.append(".".join(place))
        return text.replace("mia", self._replacement)

    def whole(self, kind: Kind, text: str, place: Place) -> str:
        self.wholes.append((kind, text))
        return text.replace("mia", self._replacement)

    def identifier(self, text: str, place: Place) -> str:
        return text

    def person(self, text: str, key: str) -> None:
        self.persons.append(text)

    def keep(self, text: str) -> None:
        self.kept.append(text)


def walk(text: str, visitor: Swap | None = None) -> str:
    return Walker(Fields(("user_id",)), visitor or Swap()).text(text, ("content",))


def test_a_plain_text_is_visited_as_it_is() -> None:
    assert walk("hello mia") == "hello eva"


def test_spaces_number_formats_and_key_order_of_json_survive() -> None:
    before = '{ "b":1.50,"a" : ["mia",  2e3, null],\n "c": true}'
    assert walk(before) == before.replace("mia", "eva")


def test_both_values_of_a_doubled_key_are_rewritten() -> None:
    assert walk('{"a": "mia", "a": "mia 2"}') == '{"a": "eva", "a": "eva 2"}'


def test_keys_are_texts_too() -> None:
    assert walk('{"mia": 1}') == '{"eva": 1}'


def test_json_inside_json_keeps_both_levels_of_quotes() -> None:
    inner = json.dumps({"who": 'mia "x"'})
    assert walk(json.dumps({"body": inner})) == json.dumps({"body": inner.replace("mia", "eva")})


def test_json_in_the_middle_of_prose_is_opened() -> None:
    visitor = Swap()
    text = 'It said {"user": {"name": "mia", "email": "m"}} to mia.'
    assert walk(text, visitor) == text.replace("mia", "eva")
    assert (Kind.NAME, "mia") in visitor.wholes


def test_escaped_json_without_its_quotes_is_opened() -> None:
    visitor = Swap()
    text = r"log: {\"email\": \"mia@example.com\"}"
    assert walk(text, visitor) == text.replace("mia", "eva")
    assert visitor.wholes == [(Kind.EMAIL, "mia@example.com")]


def test_letters_written_as_unicode_escapes_are_found() -> None:
    assert walk(r"by \u006dia here") == "by eva here"


def test_a_control_character_that_stood_bare_beside_an_escape_stays_bare() -> None:
    assert walk("\x1f\\f\tmia") == "\x1f\\f\teva"


def test_url_encoded_words_are_opened_and_closed() -> None:
    text = "https://x.example/?q=" + quote("a mia/ü", safe="")
    assert walk(text) == "https://x.example/?q=" + quote("a eva/ü", safe="")


def test_a_sign_that_stood_bare_in_a_url_stays_bare() -> None:
    assert walk("/path/mia%20x/(y)") == "/path/eva%20x/(y)"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_of_text_is_opened_and_closed(encode: Callable[[bytes], bytes]) -> None:
    before = encode("name: mia, place: Ünlü?>".encode()).decode()
    after = encode("name: eva, place: Ünlü?>".encode()).decode()
    assert walk(f"x {before} y") == f"x {after} y"


def test_base64_without_padding_stays_without() -> None:
    before = base64.b64encode(b"this is for mia again").decode().rstrip("=")
    assert walk(before) == base64.b64encode(b"this is for eva again").decode().rstrip("=")


def test_base64_of_bytes_that_are_no_text_stays() -> None:
    word = base64.b64encode(bytes(range(200, 240))).decode()
    assert walk(word) == word


def test_a_url_that_is_no_utf_8_is_opened_too() -> None:
    assert walk("?n=%E9%20mia&b=1") == "?n=%E9%20eva&b=1"


def test_a_percent_sign_is_no_encoding() -> None:
    assert walk("15% off, 100%25 mia") == "15% off, 100%25 eva"


def test_three_encodings_deep() -> None:
    text = quote(base64.b64encode(json.dumps({"a": "mia was here today"}).encode()).decode())
    inner = json.loads(base64.b64decode(unquote(walk(text))))
    assert inner == {"a": "eva was here today"}


def test_the_place_of_a_finding_names_keys_numbers_and_encodings() -> None:
    visitor = Swap()
    walk('{"a": [0, "mia"]} and %6Dia', visitor)
    assert visitor.places == ["content.{json}.a.1", "content.{percent}"]


def test_encodings_that_never_end_are_an_error() -> None:
    text = "mia"
    for _ in range(MAX_DEPTH + 2):
        text = json.dumps([text])
    with pytest.raises(ValueError, match="encodings"):
        walk(text)


def test_objects_deeper_than_python_goes_are_an_error() -> None:
    with pytest.raises(RecursionError):
        walk("[" * 100_000 + "1" + "]" * 100_000)


def test_a_half_surrogate_pair_does_not_pass_as_text() -> None:
    shown = walk(r'{"a": "\ud800 mia"}')
    assert shown == r'{"a": "\ud800 eva"}'


def test_numbers_under_a_person_key_stay_numbers() -> None:
    visitor = Swap()
    walker = Walker(Fields(("user_id",)), visitor)
    assert walker.value({"user_id": 12345, "ok": True, "x": 1.5}, ()) == {
        "user_id": 12345,
        "ok": True,
        "x": 1.5,
    }
    assert visitor.wholes == [(Kind.PERSON_ID, "12345")]
    assert visitor.persons == ["12345"]


def test_places_and_dates_are_noted_as_kept() -> None:
    visitor = Swap()
    walk('{"city": "Charlotte", "date": "2026-05-01"}', visitor)
    assert visitor.kept == ["Charlotte", "2026-05-01"]


PATIENT = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@PATIENT
@given(json_values, st.sampled_from([None, 1]), st.booleans())
def test_what_has_nothing_in_it_comes_back_byte_for_byte(
    value: object, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert Walker(Fields(()), Swap("mia")).text(text, ()) == text


@PATIENT
@given(st.dictionaries(st.text(max_size=5), st.text(max_size=20)), st.booleans())
def test_a_rewritten_object_parses_as_the_rewritten_values(
    value: dict[str, str], ascii_only: bool
) -> None:
    before = {f"{key}!": f"{text} mia" for key, text in value.items()}
    text = json.dumps(before, ensure_ascii=ascii_only)
    assert json.loads(Walker(Fields(()), Swap()).text(text, ())) == {
        key: text.replace("mia", "eva") for key, text in before.items()
    }


@PATIENT
@given(st.text())
def test_any_text_at_all_is_either_walked_or_refused(text: str) -> None:
    try:
        assert isinstance(walk(text), str)
    except (ValueError, RecursionError) as error:
        assert str(error)
