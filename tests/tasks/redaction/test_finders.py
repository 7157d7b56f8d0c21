"""What the patterns find, in which text, and what they leave alone.

Samples of credentials are put together from pieces, so that no scanner takes this file for a leak.
"""

import base64
import json
import re
from urllib.parse import quote

import pytest

from tasks.core.curation_settings import RedactSettings
from tasks.redaction.decode import Walker
from tasks.redaction.fields import Fields
from tasks.redaction.finders import Finders
from tasks.redaction.first_pass import Collector
from tasks.redaction.kinds import Kind
from tasks.redaction.session_values import decode_values
from tasks.redaction.surrogates import Surrogates

SETTINGS = RedactSettings(min_confidence=0.35, person_keys=("user_id", "customer_id", "email"))
FINDERS = Finders(SETTINGS)
ALPHABET = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC3dE5f"
JWT = ".".join(
    base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    for part in ({"alg": "HS256", "typ": "JWT"}, {"sub": "mia", "scope": "all of it"})
) + ("." + ALPHABET)

SECRETS = {
    "aws key": ("AKIA" + "QYLPMN5HHHFPZAM2", Kind.AWS_KEY),
    "jwt": (JWT, Kind.JWT),
    "github": ("ghp_" + ALPHABET[:36], Kind.API_KEY),
    "github fine": ("github_pat_" + ALPHABET, Kind.API_KEY),
    "gitlab": ("glpat-" + ALPHABET[:20], Kind.API_KEY),
    "slack": ("xoxb-" + "123456789012-" + ALPHABET[:24], Kind.API_KEY),
    "stripe": ("sk_live_" + ALPHABET[:24], Kind.API_KEY),
    "google": ("AIza" + ALPHABET[:35], Kind.API_KEY),
    "openai": ("sk-proj-" + ALPHABET, Kind.API_KEY),
    "hugging face": ("hf_" + ALPHABET[:34], Kind.API_KEY),
    "npm": ("npm_" + ALPHABET[:36], Kind.API_KEY),
    "sendgrid": ("SG." + ALPHABET[:22] + "." + ALPHABET, Kind.API_KEY),
    "private key": (
        "-----BEGIN RSA " + "PRIVATE KEY-----\n" + ALPHABET + "\n-----END RSA PRIVATE KEY-----",
        Kind.PRIVATE_KEY,
    ),
}
CONTEXTS = {
    "prose": lambda text: f"please use {text} for now",
    "json": lambda text: json.dumps({"note": f"it is {text}", "order_id": "x"}),
    "json in json": lambda text: json.dumps({"body": json.dumps({"order_id": 1, "note": text})}),
    "url": lambda text: f"https://x.example/?q={quote(text, safe='')}&page=2",
    "base64": lambda text: base64.b64encode(f"the value: {text}".encode()).decode(),
}


def found(text: str) -> dict[str, str]:
    """Text of each finding to its kind, encodings opened and keys followed."""
    collector = Collector(FINDERS)
    Walker(Fields(SETTINGS.person_keys), collector).text(text, ())
    return {
        value: kind
        for kind, values in decode_values(collector.taught()).values.items()
        for value in values
    }


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("name", SECRETS)
def test_a_credential_with_a_form_of_its_own_is_found_in_every_encoding(
    name: str, context: str
) -> None:
    text, kind = SECRETS[name]
    assert found(CONTEXTS[context](text)).get(text) == kind


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("aws_secret_access_key = " + ALPHABET, ALPHABET, Kind.AWS_SECRET),
        ("Authorization: Bearer " + ALPHABET, ALPHABET, Kind.API_KEY),
        ("the API key is " + ALPHABET[:32] + ".", ALPHABET[:32], Kind.SECRET),
        ("client_secret=" + ALPHABET[:20] + "&x=1", ALPHABET[:20], Kind.SECRET),
        ("postgres://app:s3cr3t-pw@db.example/x", "s3cr3t-pw", Kind.PASSWORD),
        ("redis://:ab!cd3@cache.example:6379", "ab!cd3", Kind.PASSWORD),
        ("my password is hunter2!x", "hunter2!x", Kind.PASSWORD),
        ('{"password": "correct horse"}', "correct horse", Kind.PASSWORD),
        ('{"headers": {"X-Api-Key": "abcd-1234"}}', "abcd-1234", Kind.API_KEY),
        (
            "Basic " + base64.b64encode(b"mia:pass word").decode(),
            "bWlhOnBhc3Mgd29yZA==",
            "PASSWORD",
        ),
    ],
)
def test_a_credential_without_a_form_is_found_by_what_stands_before_it(
    text: str, value: str, kind: str
) -> None:
    assert found(text).get(value) == kind


def test_a_key_of_letters_alone_is_told_by_its_changing_case() -> None:
    letters = "AFvPcuuGcSonMmfeyRqb" + "bPGHKucbhcjMvwcpSXou"
    assert found(f"My api key is sk-{letters}.") == {f"sk-{letters}": "API_KEY"}
    assert found("set sk-getCustomerAccountDetails") == {}
    assert found("the token is AuthenticationRequiredError") == {}


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("write to mia.li+x@mail.example.co.uk.", "mia.li+x@mail.example.co.uk", "EMAIL"),
        ("mail:jos\u00e9@ex\u00e4mple.de!", "jos\u00e9@ex\u00e4mple.de", "EMAIL"),
        ("card 4111 1111 1111 1111 please", "4111 1111 1111 1111", "CARD"),
        ("card 378282246310005", "378282246310005", "CARD"),
        ("to GB82 WEST 1234 5698 7654 32 AND more", "GB82 WEST 1234 5698 7654 32", "IBAN"),
        ("iban de89370400440532013000", "de89370400440532013000", "IBAN"),
        ("from 10.20.30.40:8080", "10.20.30.40", "IP"),
        ("from 2a02:8109:abcd::17 today", "2a02:8109:abcd::17", "IP"),
        ("ssn 123-45-6789", "123-45-6789", "SSN"),
        ("my SSN is 123456789.", "123456789", "SSN"),
        ("call +49 30 901820", "+49 30 901820", "PHONE"),
        ("call (212) 555-0123 now", "(212) 555-0123", "PHONE"),
        ("call 555-010-4477", "555-010-4477", "PHONE"),
        ("call 020 7946 0958", "020 7946 0958", "PHONE"),
        ("call +33 1 42 68 53 00.", "+33 1 42 68 53 00", "PHONE"),
        ("call +49 (0)30 901820 now", "+49 (0)30 901820", "PHONE"),
        ("(020 7946 0958)", "020 7946 0958", "PHONE"),
        ("call (212)555-0123 now", "(212)555-0123", "PHONE"),
        ("call 03-6200000 now", "03-6200000", "PHONE"),
        ("call (030)901820 or", "(030)901820", "PHONE"),
        ("call 030/901820.", "030/901820", "PHONE"),
        ("card 1220 1234 5678 906 please", "1220 1234 5678 906", "CARD"),
        ("from 2001:db8:7::25 today", "2001:db8:7::25", "IP"),
        ("from 2001:db8::25.", "2001:db8::25", "IP"),
        ("my phone number is 5550104477", "5550104477", "PHONE"),
        ("DOB: 1967-03-12", "1967-03-12", "BIRTH_DATE"),
        ("I was born on March 12, 1967.", "March 12, 1967", "BIRTH_DATE"),
        ("Hi, my name is Mia Li and I", "Mia Li", "NAME"),
        ("first name: Zo\u00eb", "Zo\u00eb", "NAME"),
        ("I live at 12 Old Mill Road, Suite 4.", "12 Old Mill Road, Suite 4", "ADDRESS"),
        ("my user ID is mia_li_3668.", "mia_li_3668", "PERSON_ID"),
        ("**User ID:** `mia_li_3668`", "mia_li_3668", "PERSON_ID"),
        ("{'email': 'x', 'last_name': 'Okafor'}", "Okafor", "NAME"),
        ('find(phone="0201 55 66", n=3)', "0201 55 66", "PHONE"),
    ],
)
def test_personal_data_in_running_text(text: str, value: str, kind: str) -> None:
    assert found(text).get(value) == kind


@pytest.mark.parametrize(
    "text",
    [
        "HAT003 on 2026-05-19 at 22:00:00 from JFK to Charlotte for $1,234.56",
        "between 2026-05-15 10:00 and 05/16/2026",
        "(2026-05-15), (05/16/2026) and (666-12-3456)",
        "order 4111111111111112, tracking 1Z999AA10123456784",
        "id 0b7c5a3e-46d4-50ae-3941-cc4d324ea88b, call_D2zYj9KB0nNdJvLTTOcopGjr",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "version 1.2.3.4, v10.20.30.40, 127.0.0.1, 0.0.0.0, std::string a::b",
        "2001:db8::/32, 2001:db8::0a1b, 2001:db8::0a1b:2c3d, 250.1.2.3, ::1, ff02::1",
        "order 0042-1234, item 00-123456, 01/2026, 0815-4711 and ref 078051121",
        "lat 40.7127281, long -74.0060152, ratio 0.3333333333",
        "credit_card_4579924 and gift_card_3871331",
        "the password must have 8 characters; your token is invalid",
        "May I ask for your user ID? Your name is required.",
        "112-7654321-7654321 and 98765 43210 12345",
        "1698851520000 ms, 20261103142029",
        "x1a2b3c4d5@example.invalid and <PASSWORD_ABCDEFGHIJ>",
        '{"email": "string", "phone": "The phone number", "first_name": "The name of the guest"}',
        '{"user_id": "unknown", "password": "****", "card_number": "**** 1234"}',
    ],
)
def test_what_is_nobodys_stays(text: str) -> None:
    assert found(text) == {}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('{"name": {"firstName": "Mia", "lastName": "Li"}}', {"Mia": "NAME", "Li": "NAME"}),
        ('{"name": "Mia Li", "email": "m@x.example"}', {"Mia Li": "NAME", "m@x.example": "EMAIL"}),
        ('{"name": "Basil", "sku": "88-1"}', {}),
        ('{"customer_id": 88213}', {"88213": "PERSON_ID"}),
        (
            '{"zip": "46256", "city": "Oslo", "address1": "747 Maple Drive"}',
            {"46256": "POSTCODE", "747 Maple Drive": "ADDRESS"},
        ),
        ('{"creditCardNumber": "4111-1111", "cvv": 123}', {"4111-1111": "CARD", "123": "PIN"}),
        (
            '{"ssn": "000 11", "passport_number": "C01X00T47"}',
            {"000 11": "SSN", "C01X00T47": "NATIONAL_ID"},
        ),
    ],
)
def test_keys_give_their_value_away(text: str, kinds: dict[str, str]) -> None:
    assert found(text) == kinds


def test_a_rule_below_the_wanted_confidence_is_not_used() -> None:
    sure = Finders(RedactSettings(min_confidence=0.5, person_keys=()))
    assert [span.rule for span in FINDERS.find("call 555-010-4477")] == ["phone"]
    assert sure.find("call 555-010-4477") == ()
    assert [span.rule for span in sure.find("my phone: 555-010-4477")] == ["phone-said"]


def test_a_long_text_without_end_is_searched_in_linear_time() -> None:
    text = "a%" * 50_000 + "{" * 1_000 + "@" * 10_000 + "9 " * 20_000 + "-" * 10_000
    assert found(text) == {}


def test_five_thousand_emails_in_one_text() -> None:
    text = " ".join(f"user{number}@mail.example" for number in range(5_000))
    assert len(found(text)) == 5_000


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("4111 1111 1111 1111 123", ["4111 1111 1111 1111"]),
        ("4111-1111-1111-1111 12 28 123", ["4111-1111-1111-1111"]),
        ("12 4111 1111 1111 1111", ["4111 1111 1111 1111"]),
        ("5125550147 4111111111111111 123", ["4111111111111111"]),
        ("3782 822463 10005 1234", ["3782 822463 10005"]),
        ("4111 1111 1111 1111 5500 0000 0000 0004", ["4111 1111 1111 1111", "5500 0000 0000 0004"]),
        ("+1 512 555 0147 4111 1111 1111 1111", ["+1 512 555 0147", "4111 1111 1111 1111"]),
        ("+1 512 555 0147 88213", ["+1 512 555 0147"]),
        ("seat 12 512-555-0147", ["512-555-0147"]),
        ("12 (512) 555-0147 7", ["(512) 555-0147"]),
        ("512-555-0147/512-555-0148", ["512-555-0147", "512-555-0148"]),
        ("+44 20 7946 0958 7", ["+44 20 7946 0958"]),
    ],
)
def test_a_number_beside_another_is_found(text: str, numbers: list[str]) -> None:
    assert [text[span.start : span.end] for span in FINDERS.find(text)] == numbers


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112 4111",
        "1204 5512 9930 4411 2298",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14",
        "100 200 300 4000 5000",
        "12-512-555-0147",
        "3.14 159 265 3589",
        "on 04/05/1990 12:00",
        "2026 11 29 12 30",
    ],
)
def test_rows_of_numbers_are_no_persons(text: str) -> None:
    assert FINDERS.find(text) == ()


COOKIE = "Zq8xW3kLm9RtY2vB7nHcD4sF6gJ1pQ0e"


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        (f"Cookie: theme=dark; session={COOKIE}; x=1", COOKIE, Kind.SECRET),
        (f"Set-Cookie: sid={COOKIE}; Path=/; HttpOnly", COOKIE, Kind.SECRET),
        ("curl -u mia:hunter2x -H 'x: 1' https://api.example", "hunter2x", Kind.PASSWORD),
        (f"https://a.blob.example/c?sv=2020&sig={COOKIE}", COOKIE, Kind.SECRET),
        (f"https://b.example/k?X-Amz-Signature={COOKIE}&x=1", COOKIE, Kind.SECRET),
        (
            "AKIA" + "QYLPMN5HHHFPZAM2,\n" + ALPHABET[:30] + "0123456789",
            ALPHABET[:30] + "0123456789",
            Kind.AWS_SECRET,
        ),
        ("and my pin is 4711, thanks", "4711", Kind.PIN),
        ("Your one-time code is 482913", "482913", Kind.PIN),
        ("verification code: 482913", "482913", Kind.PIN),
        ("exp 12/28 cvv 123", "123", Kind.PIN),
        ("passport number C01X00T47", "C01X00T47", Kind.NATIONAL_ID),
        ("DOB: 04/05/90", "04/05/90", Kind.BIRTH_DATE),
        ("Dear Ms. Li, welcome", "Li", Kind.NAME),
        ("Mr Omar Khan called", "Omar Khan", Kind.NAME),
        ("Best regards,\nMia Li\nSenior Buyer", "Mia Li", Kind.NAME),
        ("<firstName>Mia</firstName>", "Mia", Kind.NAME),
        ("<ns:ssn kind='x'>457-55-5462</ns:ssn>", "457-55-5462", Kind.SSN),
        ("call +1\u00a0512\u00a0555\u00a00147 now", "+1\u00a0512\u00a0555\u00a00147", Kind.PHONE),
        ("512\u2013555\u20130147", "512\u2013555\u20130147", Kind.PHONE),
        ("\uff14111 1111 1111 1111", "\uff14111 1111 1111 1111", Kind.CARD),
        ("4111.1111.1111.1111", "4111.1111.1111.1111", Kind.CARD),
    ],
)
def test_what_people_and_machines_write_besides(text: str, value: str, kind: Kind) -> None:
    assert (value, kind) in [(text[s.start : s.end], s.kind) for s in FINDERS.find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "solder pin 3 to pin 14",
        "security code review in 2026",
        "zip code 78750, error code 404, promo code 12345",
        "Kind regards,\nThe Support Team",
        "a cookie: chocolate and vanilla, freshly baked",
        "see https://x.example/?page=2&sort=price&key=departure_time",
        "<price>120.50</price><city>Austin</city>",
        "1.5 2.25 3.125 4.0625 5.03125 6.015625 7.5",
        "renew the passport in 2026",
    ],
)
def test_what_only_looks_so_stays(text: str) -> None:
    assert FINDERS.find(text) == ()


def test_a_number_has_one_surrogate_however_a_page_writes_it() -> None:
    by = Surrogates(bytes(32))
    plain, page = "+1 512 555 0147", "+1\u00a0512\u2013555\u20130147"
    digits = [re.sub(r"\D", "", by.of(Kind.PHONE, text)) for text in (plain, page)]
    assert digits[0] == digits[1]
    card = by.of(Kind.CARD, "4111 1111 1111 1111")
    assert by.of(Kind.CARD, "\uff14111 1111 1111 1111") == card
