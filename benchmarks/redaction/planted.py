"""Values that must go and tokens that must stay, in the ways in which logs carry them.

    Case(group="secret", kind="github token", encoding="base64", value="ghp_…",
         before="please use ", after=" for now", text="cGxlYXNlIHVzZSBnaHBf…")

All values are made: secrets from an alphabet and from pieces, so that no scanner takes this for a
leak, people's numbers with their check digits. What has no form of its own (a password) stands
behind the word that names it, as it would in a log.
"""

import base64
import json
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote

from benchmarks.made import people

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
ALNUM = UPPER + UPPER.lower() + DIGITS
HEX = "0123456789abcdef"

Make = Callable[[random.Random], str]


class Case(NamedTuple):
    """One text with one value in it."""

    group: str
    """`secret`, `personal` or `benign`."""
    kind: str
    encoding: str
    value: str
    before: str
    after: str
    text: str
    """As the log has it."""


def cases(seed: int = 0, each: int = 40) -> Iterator[Case]:
    """`each` values of every kind, in every encoding."""
    for group, kinds in (("secret", SECRETS), ("personal", PERSONAL), ("benign", BENIGN)):
        for kind, (make, carriers) in kinds.items():
            rng = random.Random(f"planted/{seed}/{kind}")
            for number in range(each):
                value = make(rng)
                before, _, after = carriers[number % len(carriers)].partition("{}")
                for encoding, (encode, _) in ENCODINGS.items():
                    text = encode(before + value + after)
                    yield Case(group, kind, encoding, value, before, after, text)


def opened(case: Case, text: str) -> str:
    """What a text in the form of the case's says, decoded."""
    return ENCODINGS[case.encoding][1](text)


def _nested(text: str) -> str:
    return json.dumps({"body": json.dumps({"order_id": "8812-X", "note": text})})


ENCODINGS: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "plain": (str, str),
    "nested JSON": (_nested, lambda text: json.loads(json.loads(text)["body"])["note"]),
    "escaped": (
        lambda text: "log: " + json.dumps(json.dumps({"note": text}))[1:-1],
        lambda text: json.loads(json.loads(f'"{text[5:]}"'))["note"],
    ),
    "URL": (
        lambda text: f"https://x.example/?page=2&q={quote(text, safe='')}",
        lambda text: unquote(text.partition("q=")[2]),
    ),
    "base64": (
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.b64decode(text).decode(),
    ),
}
"""Name to how a text is put into it and got out of it."""


def _some(prefix: str, alphabet: str, length: int) -> Make:
    return lambda rng: prefix + _random(rng, alphabet, length)


def _random(rng: random.Random, alphabet: str, length: int) -> str:
    made = "".join(rng.choices(alphabet, k=length))
    # A generator's token of this length has a digit all but always.
    at = rng.randrange(length)
    return made if any(c.isdigit() for c in made) else made[:at] + "7" + made[at + 1 :]


def _private_key(rng: random.Random) -> str:
    lines = "\n".join(_random(rng, ALNUM, 64) for _ in range(3))
    return f"-----BEGIN RSA {'PRIVATE'} KEY-----\n{lines}\n-----END RSA {'PRIVATE'} KEY-----"


def _basic(rng: random.Random) -> str:
    return base64.b64encode(f"{people.word(rng)}:{_random(rng, ALNUM, 12)}".encode()).decode()


_ANYWHERE = ("please use {} for now", "it is {}", "{} does not work any more", "we got {}, why?")

SECRETS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "AWS key id": (_some("AKIA", UPPER + "234567", 16), _ANYWHERE),
    "AWS secret": (
        _some("", ALNUM + "/+", 40),
        ("aws_secret_access_key = {}", "my AWS secret is {} and", "export AWS_SECRET={} ;"),
    ),
    "JWT": (people.jwt, _ANYWHERE),
    "private key": (_private_key, ("here: {}", "{}", "key\n{}\nend")),
    "GitHub token": (_some("ghp_", ALNUM, 36), _ANYWHERE),
    "GitHub fine-grained": (_some("github_pat_", ALNUM + "_", 82), _ANYWHERE),
    "GitLab token": (_some("glpat-", ALNUM, 20), _ANYWHERE),
    "Slack token": (_some("xoxb-123456789012-", ALNUM, 24), _ANYWHERE),
    "Slack app token": (_some("xapp-1-", ALNUM, 40), _ANYWHERE),
    "Slack webhook": (
        lambda rng: (
            f"T{_random(rng, UPPER, 8)}/B{_random(rng, UPPER, 8)}/{_random(rng, ALNUM, 24)}"
        ),
        ("post to https://hooks.slack.com/services/{} please",),
    ),
    "Stripe key": (_some("sk_" + "live_", ALNUM, 24), _ANYWHERE),
    "Stripe webhook": (_some("whsec_", ALNUM, 32), _ANYWHERE),
    "Google API key": (_some("AIza", ALNUM + "-_", 35), _ANYWHERE),
    "Google token": (_some("ya29.", ALNUM + "-_", 60), _ANYWHERE),
    "OpenAI key": (_some("sk-proj-", ALNUM, 48), _ANYWHERE),
    "Anthropic key": (_some("sk-ant-" + "api03-", ALNUM + "-_", 93), _ANYWHERE),
    "Hugging Face token": (_some("hf_", ALNUM, 34), _ANYWHERE),
    "npm token": (_some("npm_", ALNUM, 36), _ANYWHERE),
    "PyPI token": (_some("pypi-", ALNUM + "-_", 90), _ANYWHERE),
    "SendGrid key": (
        lambda rng: f"SG.{_random(rng, ALNUM, 22)}.{_random(rng, ALNUM, 43)}",
        _ANYWHERE,
    ),
    "Twilio key": (_some("SK", HEX, 32), _ANYWHERE),
    "Telegram token": (
        lambda rng: f"{rng.randrange(10**8, 10**10)}:AA{_random(rng, ALNUM, 33)}",
        _ANYWHERE,
    ),
    "Azure account key": (
        lambda rng: _random(rng, ALNUM + "+/", 86) + "==",
        ("AccountName=x;AccountKey={};EndpointSuffix=core",),
    ),
    "bearer token": (_some("", ALNUM + "-_", 40), ("Authorization: Bearer {}", "bearer {} sent")),
    "basic auth": (_basic, ("Authorization: Basic {}",)),
    "URL password": (
        _some("", ALNUM + "!-", 12),
        ("postgres://app:{}@db.example/orders", "redis://:{}@cache.example:6379"),
    ),
    "session cookie": (
        _some("", ALNUM, 32),
        ("Cookie: theme=dark; session={}; x=1", "Set-Cookie: sid={}; Path=/; HttpOnly"),
    ),
    "signed URL": (
        _some("", HEX, 64),
        ("https://b.example/k?X-Amz-Signature={}&x=1", "https://a.example/c?sv=2020&sig={}"),
    ),
    "password for curl": (
        _some("", ALNUM, 12),
        ("curl -u app:{} https://x.example", "curl -s --user app:{} https://x.example"),
    ),
    "password": (
        lambda rng: f"{people.word(rng)}{rng.randrange(1000)}!{people.word(rng)}",
        ("my password is {} ok", "my password {} fails", "password: {}", "PASSWORD={}", 'pwd="{}"'),
    ),
    "key by its word": (
        _some("", HEX, 32),
        (
            "the API key is {}.",
            "my token {} expired",
            "use the api key {}",
            "{} is our token",
            "client_secret={}&x=1",
            "token: {}",
            "x-api-key: {}",
        ),
    ),
}
"""Kind to how a value is made, and the texts in which it stands."""


def _card(rng: random.Random) -> str:
    plain = people.card(rng).replace(" ", "")
    return rng.choice((plain, people.card(rng), "-".join(plain[n : n + 4] for n in (0, 4, 8, 12))))


def _iban(rng: random.Random) -> str:
    plain = people.iban(rng)
    return rng.choice((plain, " ".join(plain[n : n + 4] for n in range(0, len(plain), 4))))


def _phone(rng: random.Random) -> str:
    area, last = rng.randint(201, 989), rng.randint(1000, 9999)
    return rng.choice(
        (
            f"+1 {area}-555-{last}",
            f"({area}) 555-{last}",
            f"{area}-555-{last}",
            f"{area}.555.{last}",
            f"+49 30 9{rng.randrange(10**5, 10**6)}",
            f"020 7946 0{rng.randint(100, 999)}",
            f"+44 20 7946 0{rng.randint(100, 999)}",
        )
    )


def _ipv6(rng: random.Random) -> str:
    return "2a02:" + ":".join(f"{rng.randrange(1, 65536):x}" for _ in range(7))


def _born(rng: random.Random) -> str:
    year, month, day = rng.randint(1940, 2005), rng.randint(1, 12), rng.randint(13, 28)
    return rng.choice(
        (f"{year}-{month:02}-{day}", f"{month:02}/{day}/{year}", f"June {day}, {year}")
    )


PERSONAL: dict[str, tuple[Make, tuple[str, ...]]] = {
    "e-mail": (lambda rng: people.person(rng.randrange(10**6)).email, (*_ANYWHERE, "mail:{}!")),
    "phone": (_phone, ("please call {} today", "reach me at {}", "it is {}", "{} is my line")),
    "card": (_card, (*_ANYWHERE, "card {}, thanks")),
    "phone beside numbers": (
        lambda rng: f"+1 {rng.choice((212, 312, 415, 512, 617))}-555-{rng.randint(1000, 9999)}",
        ("call {} 88213 now", "seat 12 {} please", "{} 2 times"),
    ),
    "card beside numbers": (
        people.card,
        ("card {} 123 please", "it is {} 12 28 123", "12 {} now", "+1 512 555 0147 {} is it"),
    ),
    "one-time code": (
        _some("", DIGITS, 6),
        ("Your one-time code is {}", "verification code: {}", "and my pin is {}, thanks"),
    ),
    "IBAN": (_iban, ("send it to {} please", "IBAN {}", "{} AND the rest", "it is {}.")),
    "IPv4": (
        lambda rng: f"{rng.randint(11, 126)}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.7",
        ("from {} today", "host {}:8080 fails", "it is {}"),
    ),
    "IPv6": (_ipv6, ("from {} today", "it is {}", "host {} fails")),
    "SSN": (people.ssn, (*_ANYWHERE, "SSN {}")),
    "birth date": (_born, ("born on {} in Oslo", "DOB: {}", "my date of birth is {}")),
    "passport": (
        _some("C", DIGITS, 8),
        ("my passport is {}, thanks", "passport number: {}", "passport {} please"),
    ),
    "address": (
        lambda rng: f"{rng.randint(1, 9999)} {people.word(rng).capitalize()} Street",
        ("I live at {} now", "send it to {}, please"),
    ),
    "name, introduced": (
        lambda rng: people.person(rng.randrange(10**6)).name,
        ("Hi, my name is {} and I ask", "first name: {}"),
    ),
    "name, titled or signed": (
        lambda rng: people.person(rng.randrange(10**6)).name,
        ("Dear Ms. {}, hello", "Mr {} has called", "Kind regards,\n{}\n"),
    ),
    "name in XML": (
        lambda rng: people.person(rng.randrange(10**6)).name,
        ("<o><passengerName>{}</passengerName></o>", "<a:customer_name x='1'>{}</a:customer_name>"),
    ),
    "user id, introduced": (
        lambda rng: f"{people.word(rng)}_{people.word(rng)}_{rng.randint(1000, 9999)}",
        ("my user ID is {}.", "user_id: {}, please"),
    ),
}

_TOLD = ("about {} please", "it is {}", "{} does not work", "see {}, why?")
BENIGN: dict[str, tuple[Make, tuple[str, ...]]] = {
    "order number": (_some("", DIGITS, 8), ("order {} please", "my order is {}")),
    "tracking number": (_some("1Z999AA1", DIGITS, 10), _TOLD),
    "UUID": (lambda rng: "-".join(_random(rng, HEX, n) for n in (8, 4, 4, 4, 12)), _TOLD),
    "call id": (_some("tooluse_", HEX, 16), _TOLD),
    "sha256": (_some("", HEX, 64), _TOLD),
    "date": (lambda rng: f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}", _TOLD),
    "date and time": (
        lambda rng: (
            f"2026-10-{rng.randint(10, 28)}T{rng.randint(10, 23)}:{rng.randint(10, 59)}:00Z"
        ),
        _TOLD,
    ),
    "price": (lambda rng: f"${rng.randint(1, 9)},{rng.randint(100, 999)}.99", _TOLD),
    "version": (
        lambda rng: f"v{rng.randint(1, 9)}.{rng.randint(0, 30)}.{rng.randint(0, 9)}",
        _TOLD,
    ),
    "flight": (lambda rng: f"HAT{rng.randint(100, 999)}", _TOLD),
    "airport": (lambda rng: _random(rng, UPPER, 4).replace("7", "X")[:3], _TOLD),
    "reference": (lambda rng: f"R{rng.randrange(10**6):06}", _TOLD),
    "file": (lambda rng: f"build/{_random(rng, HEX, 16)}.log", _TOLD),
    "milliseconds": (lambda rng: f"17{rng.randrange(10**11):011}", _TOLD),
    "digits, no card": (lambda rng: "1" + _random(rng, DIGITS, 15), _TOLD),
    "row of numbers": (
        lambda rng: " ".join(f"{rng.choice('1789')}{rng.randrange(1000):03}" for _ in range(6)),
        ("rows {} end", "it is {} in all"),
    ),
    "coordinates": (
        lambda rng: f"40.{rng.randrange(10**7):07}, -74.00{rng.randrange(10**5)}",
        _TOLD,
    ),
    "time of day": (
        lambda rng: f"{rng.randint(10, 23)}:{rng.randint(10, 59)}:{rng.randint(10, 59)}",
        _TOLD,
    ),
    "word": (people.word, _TOLD),
}
