import pytest

from tasks.redaction.kinds import Kind, settle
from tasks.redaction.leak_scan import leak_in
from tasks.redaction.session_index import Index
from tasks.redaction.surrogates import Surrogates

SURROGATES = Surrogates(bytes(32))
PROFILE = [
    (Kind.NAME, "Mia"),
    (Kind.NAME, "Li"),
    (Kind.NAME, "Charlotte"),
    (Kind.NAME, "Brown"),
    (Kind.NAME, "Ana de la Cruz"),
    (Kind.NAME, "José"),
    (Kind.NAME, "李小明"),
    (Kind.PERSON_ID, "mia_li_3668"),
    (Kind.BIRTH_DATE, "1984-03-09"),
    (Kind.PHONE, "+1 555 010 4477"),
    (Kind.ADDRESS, "747 Maple Drive"),
]


def found(
    text: str, kept: tuple[str, ...] = (), values: list[tuple[Kind, str]] = PROFILE
) -> list[str]:
    return [text[s.start : s.end] for s in settle(Index(values, kept, SURROGATES).find(text))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Thanks, Mia.", ["Mia"]),
        ("mia's bag, MIAMI, Mia2 and mia_x", ["mia", "mia"]),
        ("Mia Li flies", ["Mia", "Li"]),
        ("Li alone and li", []),
        ("Ms. Li and Dear Charlotte", ["Li", "Charlotte"]),
        ("from Charlotte to MIA", []),
        ("Charlotte Brown", ["Charlotte", "Brown"]),
        ("Mr. Brown has a brown bag", ["Brown"]),
        ("Ana de la Cruz, de la", ["Ana", "de", "la", "Cruz"]),
        ("José, jose", ["José"]),
        ("我叫李小明。", ["李小明"]),
        ("ask mia_li_3668, not mia_li_36689", ["mia_li_3668", "mia"]),
        ("call 15550104477 or 1 555 010 4477", ["15550104477", "1 555 010 4477"]),
        ("at 747 maple drive", ["747 maple drive"]),
    ],
)
def test_where_a_known_value_stands_again(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "1984-03-09",
        "03/09/1984",
        "3/9/1984",
        "09.03.1984",
        "March 9, 1984",
        "9 March 1984",
        "Mar 9, 1984",
    ],
)
def test_a_birth_date_is_found_in_the_forms_people_write(text: str) -> None:
    assert found(f"born {text}!") == [text]


def test_a_birth_date_is_replaced_by_the_same_day_in_every_form() -> None:
    index = Index(PROFILE, (), SURROGATES)
    day = SURROGATES.of(Kind.BIRTH_DATE, "1984-03-09")
    (written,) = index.find("on March 9, 1984 he")
    assert written.replacement == SURROGATES.of(Kind.BIRTH_DATE, "March 9, 1984")
    (numeric,) = index.find("on 03/09/1984 he")
    assert numeric.replacement == "/".join((*day.split("-")[1:], day[:4]))


def test_a_name_that_is_also_a_place_of_the_session_stays_a_place() -> None:
    orlando = [(Kind.NAME, "Mirabel")]
    assert found("to Mirabel today", ("Mirabel",), orlando) == []
    assert found("Hi Mirabel", ("Mirabel",), orlando) == ["Mirabel"]
    assert found("to Mirabel today", (), orlando) == ["Mirabel"]


def test_a_date_of_birth_that_is_also_a_date_of_travel_stays() -> None:
    born = [(Kind.BIRTH_DATE, "2026-05-01")]
    assert found("fly on 2026-05-01", ("2026-05-01",), born) == []


def test_values_that_say_nothing_alone_are_not_looked_for() -> None:
    values = [
        (Kind.PERSON_ID, "economy"),
        (Kind.PIN, "12345"),
        (Kind.POSTCODE, "1234"),
        (Kind.PASSWORD, "sunshine"),
        (Kind.ADDRESS, "Main"),
    ]
    assert found("economy 12345 1234 sunshine Main", (), values) == []


def test_surrogates_are_not_learnt() -> None:
    assert (
        found(SURROGATES.of(Kind.NAME, "Mia"), (), [(Kind.NAME, SURROGATES.of(Kind.NAME, "Mia"))])
        == []
    )


def test_what_is_left_is_seen_through_escapes() -> None:
    index = Index(PROFILE, (), SURROGATES)
    assert leak_in(r'{"a": "x\nmia_li_3668\n"}', index, ()) is Kind.PERSON_ID
    assert leak_in(r'{"a": "Charlotte \u00e9mia_li_3668"}', index, ()) is None
    assert leak_in("to mia_li_3668", index, ("mia_li_3668",)) is None


def test_what_the_part_shares_is_found_beside_the_session_own() -> None:
    own = Index([(Kind.NAME, "Mia")], (), SURROGATES)
    shared = Index([(Kind.PERSON_ID, "omar_rossi_1241")], (), SURROGATES)
    both = own.beside(shared)
    text = "Mia knows omar_rossi_1241"
    assert [text[s.start : s.end] for s in both.find(text)] == ["Mia", "omar_rossi_1241"]
    assert [text[s.start : s.end] for s in own.find(text)] == ["Mia"]
