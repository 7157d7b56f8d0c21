import pytest

from benchmarks.labelling.foreign_wordings import HELD_OUT, UNCOVERED
from tasks.languages.detection import UNKNOWN, detect


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Can you find my order?", "en"),
        ("Wo ist meine Bestellung? Ich kann sie nicht finden.", "de"),
        ("Où est ma commande ? Je ne la trouve pas.", "fr"),
        ("¿Dónde está mi pedido? No lo veo por el correo.", "es"),
        ("注文はどこですか", "ja"),
        ("我的订单在哪里", "zh"),
        ("Где мой заказ?", "ru"),
        ("", ""),
        ("7731", ""),
    ],
)
def test_language_is_told_by_script_or_by_the_commonest_words(text: str, code: str) -> None:
    assert detect(text) == code


@pytest.mark.parametrize("code", HELD_OUT)
def test_nearly_every_reply_is_known_by_its_own_words(code: str) -> None:
    replies = [line for lines in HELD_OUT[code].values() for line in lines]
    assert sum(detect(reply) == code for reply in replies) >= 0.95 * len(replies)


@pytest.mark.parametrize("code", UNCOVERED)
def test_no_reply_in_another_language_is_taken_for_english(code: str) -> None:
    assert all(detect(line) != "en" for line in UNCOVERED[code])


def test_words_of_no_known_language_are_undetermined() -> None:
    assert detect("xyzzy plugh frobozz quux corge grault") == UNKNOWN


def test_names_and_numbers_tell_nothing() -> None:
    assert detect("BK0042, Lyon, 12:30") == ""


def test_what_stands_around_decides_between_two_that_fit_nearly_as_well() -> None:
    assert detect("La capital es Lima.", "es") == "es"
    assert detect("Der Termin ist morgen um drei.", "en") == "de"
