"""Every structured kind is found beside every other one, with and without a blank, in any script.

Samples of credentials are put together from pieces, so that no scanner takes this file for a leak.
"""

import base64
import json

import pytest

from tasks.core.curation_settings import RedactSettings
from tasks.redaction.finders import Finders

FINDERS = Finders(RedactSettings(min_confidence=0.35, person_keys=("user_id",)))
LETTERS = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC3dE5f"
JWT = ".".join(
    base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    for part in ({"alg": "HS256", "typ": "JWT"}, {"sub": "mia", "scope": "all of it"})
) + ("." + LETTERS)
VALUES = {
    "email": ["mia.li@mail.example.com"],
    "card": ["4000 0012 3456 7899", "4000001234567899", "4000-0012-3456-7899", "378282246310005"],
    "iban": [
        "DE44500105175407324931",
        "GB82 WEST 1234 5698 7654 32",
        "FR1420041010050500013M02606",
    ],
    "ipv4": ["203.0.113.77", "8.8.4.4"],
    "ipv6": ["2a02:8109:abcd::17", "2607:f8b0:4005:805:1:2:3:200e"],
    "ssn": ["536-22-8714"],
    "phone": ["+1 415-555-2671", "(415) 555-2671", "+49 30 901820", "+81 90-3847-1926"],
    "aws key": ["AKIA" + "QYLPMN5HHHFPZAM2"],
    "jwt": [JWT],
    "github": ["ghp_" + LETTERS[:36]],
    "slack": ["xoxb-" + "123456789012-" + LETTERS[:24]],
    "stripe": ["sk_live_" + LETTERS[:24]],
    "google": ["AIza" + LETTERS[:35]],
    "openai": ["sk-proj-" + LETTERS],
    "hugging face": ["hf_" + LETTERS[:34]],
    "sendgrid": ["SG." + LETTERS[:22] + "." + LETTERS],
    "twilio": ["SK" + "0123456789abcdef" * 2],
}
SCRIPTS = {
    "Latin": ("bitte", "prüfen"),
    "Japanese": ("値は", "です"),
    "Chinese": ("值是", "谢谢"),
    "Korean": ("값은", "입니다"),
    "Thai": ("ค่า", "ครับ"),
    "Cyrillic": ("номер", "спасибо"),
    "Greek": ("αριθμός", "ευχαριστώ"),
    "Arabic": ("القيمة", "شكرا"),
    "Hebrew": ("הערך", "תודה"),
    "Devanagari": ("मान", "धन्यवाद"),
}
PAIRS = [(one, other) for one in VALUES for other in VALUES]


def left(text: str, value: str, at: int) -> str:
    """What of the value's letters and digits no finding covers."""
    covered = {place for span in FINDERS.find(text) for place in range(span.start, span.end)}
    places = range(at, at + len(value))
    return "".join(text[n] for n in places if text[n].isalnum() and n not in covered)


@pytest.mark.parametrize("between", ["", " ", ",", "/", "\n", "\u3000", "、"], ids=repr)
@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda name: name)
def test_two_values_side_by_side(one: str, other: str, between: str) -> None:
    missed = [
        (first + between + second)
        for first in VALUES[one]
        for second in VALUES[other]
        if left(first + between + second, first, 0)
        or left(first + between + second, second, len(first + between))
    ]
    assert missed == []


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("kind", VALUES)
def test_a_value_in_a_text_of_any_script(kind: str, script: str) -> None:
    before, behind = SCRIPTS[script]
    blanks = [(" ", " "), ("：", "。"), ("\u200f", "\u200e")]
    blanks += [] if script == "Latin" else [("", ""), (" ", ""), ("", " ")]
    texts = [(before + a, value, b + behind) for value in VALUES[kind] for a, b in blanks]
    missed = [
        head + value + tail
        for head, value, tail in texts
        if left(head + value + tail, value, len(head))
    ]
    assert missed == []


@pytest.mark.parametrize("script", [name for name in SCRIPTS if name != "Latin"])
@pytest.mark.parametrize("one", VALUES)
def test_two_values_in_a_text_of_any_script(one: str, script: str) -> None:
    before, behind = SCRIPTS[script]
    missed = []
    for second in (values[0] for values in VALUES.values()):
        for between in ("", " ", before):
            text = before + VALUES[one][0] + between + second + behind
            first_at, second_at = len(before), len(before + VALUES[one][0] + between)
            if left(text, VALUES[one][0], first_at) or left(text, second, second_at):
                missed.append(text)
    assert missed == []
