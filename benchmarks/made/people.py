"""Made-up people and secrets for the benchmark's logs, each value valid in its own format.

    Person(name="Tavel Morrinka", email="tavel.morrinka.81@example.com", phone="+1 202-555-0181", …)

Numbers are drawn from ranges kept for examples where there are such (RFC 2606, RFC 5737, 555-01xx).
"""

import base64
import random
from typing import NamedTuple

SYLLABLES = "ba be bo da del den fa fin gar hal ka kel la len lo mar men mor na nel no ra rin ro"
SYLLABLES += " sa sel ta tav tor va vel vin wen za"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TOKEN = UPPER + UPPER.lower() + "0123456789"


class Person(NamedTuple):
    user_id: str
    name: str
    email: str
    phone: str


class Planted(NamedTuple):
    """A value that must not leave `redact`, and what it is."""

    kind: str
    value: str


def person(number: int) -> Person:
    """The person of this number, always the same."""
    rng = random.Random(f"person/{number}")
    first, last = (word(rng).capitalize() for _ in range(2))
    name = f"{first} {last}"
    email = f"{first}.{last}.{number}@example.com".lower()
    phone = f"+1 {rng.randint(201, 989)}-555-01{number % 100:02}"
    return Person(f"u-{number:06}", name, email, phone)


def word(rng: random.Random) -> str:
    """A word that no language has."""
    return "".join(rng.choices(SYLLABLES.split(), k=rng.randint(2, 4)))


def secret(rng: random.Random) -> Planted:
    """A number or token that gives access to something, of a kind drawn at random."""
    kind = rng.choice(list(_KINDS))
    return Planted(kind, _KINDS[kind](rng))


def card(rng: random.Random) -> str:
    """A card number that passes Luhn, in groups of four."""
    digits = [4, *(rng.randrange(10) for _ in range(14))]
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[::2]]
    check = -(sum(doubled) + sum(digits[1::2])) % 10
    text = "".join(map(str, [*digits, check]))
    return " ".join(text[at : at + 4] for at in range(0, 16, 4))


def iban(rng: random.Random) -> str:
    """A German IBAN with right check digits."""
    account = "".join(str(rng.randrange(10)) for _ in range(18))
    # D is 13, E is 14; the check digits make the whole 1 modulo 97 (ISO 13616).
    check = 98 - int(f"{account}131400") % 97
    return f"DE{check:02}{account}"


def ssn(rng: random.Random) -> str:
    """A social security number of an area that is given out."""
    return f"{rng.randint(100, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"


def _address(rng: random.Random) -> str:
    return f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randint(1, 254)}"


def _api_key(rng: random.Random) -> str:
    return "sk-" + "".join(rng.choices(TOKEN, k=40))


def _aws_key(rng: random.Random) -> str:
    return "AKIA" + "".join(rng.choices(UPPER + "234567", k=16))


def jwt(rng: random.Random) -> str:
    """A signed token, of no key."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(b'{"sub":"%d"}' % rng.getrandbits(40)).decode().rstrip("=")
    return f"{head}.{body}.{''.join(rng.choices(TOKEN, k=43))}"


_KINDS = {
    "CREDIT_CARD": card,
    "IBAN": iban,
    "US_SSN": ssn,
    "IP_ADDRESS": _address,
    "API_KEY": _api_key,
    "AWS_KEY": _aws_key,
    "JWT": jwt,
}
