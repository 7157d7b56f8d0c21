"""What can be found in a text, when two spellings of it are the same value, and what a span holds.

    "name": "Mia Li <mia@example.com>, +1 512 555 0147"     NAME, EMAIL, NAME, PHONE

A value under a telling key may hold more than its key says. The surrogate of a name keeps digits,
that of a card letters, and all keep the signs between, so that what is not of their own kind would
be left standing, or get another surrogate than elsewhere: such a value is cut into what it holds.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Kind(StrEnum):
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    CARD = "CARD"
    IBAN = "IBAN"
    IP = "IP"
    SSN = "SSN"
    NATIONAL_ID = "NATIONAL_ID"
    BIRTH_DATE = "BIRTH_DATE"
    NAME = "NAME"
    ADDRESS = "ADDRESS"
    POSTCODE = "POSTCODE"
    PERSON_ID = "PERSON_ID"
    """A value under one of `person_keys`."""
    PIN = "PIN"
    """Short digits under a key: a card's check number, a one-time code."""
    AWS_KEY = "AWS_KEY"
    AWS_SECRET = "AWS_SECRET"
    JWT = "JWT"
    PRIVATE_KEY = "PRIVATE_KEY"
    API_KEY = "API_KEY"
    PASSWORD = "PASSWORD"
    SECRET = "SECRET"


SECRETS = frozenset(
    (
        Kind.AWS_KEY,
        Kind.AWS_SECRET,
        Kind.JWT,
        Kind.PRIVATE_KEY,
        Kind.API_KEY,
        Kind.PASSWORD,
        Kind.SECRET,
    )
)

_DIGITS_ONLY = frozenset((Kind.CARD, Kind.SSN, Kind.PIN))
_NOT_DIGIT = re.compile(r"\D+")
_NOT_WORD = re.compile(r"[\W_]+")

_LOCAL = frozenset((Kind.NAME, Kind.BIRTH_DATE, Kind.ADDRESS, Kind.POSTCODE, Kind.PIN))
"""Kinds whose values may mean something else in another session."""


class Span(NamedTuple):
    """A finding in a text: half-open range of characters, what it is, and what found it."""

    start: int
    end: int
    kind: Kind
    rule: str
    replacement: str | None = None
    """The surrogate, where it does not follow from kind and text alone."""


def usual(text: str) -> str:
    """The same number of characters, with spaces, dashes and digits as a keyboard has them.

    `+1\u00a0512\u2013555\u20130147`, from a page or a word processor, is a phone number too.
    """
    return text if text.isascii() else text.translate(_USUAL)


def _usual_characters() -> dict[int, str]:
    """Spaces, dashes, full-width signs and letters, and the digits of every script."""
    table = {
        **dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000"), " "),
        **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-"),
        **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    }
    for code in range(0x660, 0x10000):
        digit = unicodedata.decimal(chr(code), None)
        if digit is not None:
            table[code] = str(digit)
    return table


_USUAL = _usual_characters()
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""Characters of no width: they part a value for a pattern, and for nobody who reads it."""


def normalise(kind: Kind, text: str) -> str:
    """The same string for every spelling of the same value; what a surrogate is derived from."""
    if kind in SECRETS:
        return text
    text = usual(text)
    if kind in _DIGITS_ONLY:
        return _NOT_DIGIT.sub("", text)
    if kind is Kind.PHONE:
        # The last nine digits stand in both the national and the international form.
        return _NOT_DIGIT.sub("", text)[-9:]
    if kind is Kind.IBAN:
        return _NOT_WORD.sub("", text).upper()
    return " ".join(text.lower().split())


def searchable(kind: Kind, text: str) -> bool:
    """Whether a found value may be looked for elsewhere in its session without hitting others."""
    if len(text) < 4 or kind is Kind.PIN:
        return False
    if text.isdigit():
        return len(text) >= 5
    if kind in SECRETS or kind is Kind.PERSON_ID:
        return len(text) >= 6 and not text.isalpha()
    return kind is not Kind.ADDRESS or any(c.isdigit() or c.isspace() for c in text)


@lru_cache(maxsize=100_000)
def unmistakable(kind: Kind, text: str) -> bool:
    """Whether a found value means the same in every session, so that it is looked for in all."""
    return (
        kind not in _LOCAL
        and len(text) >= 8
        and any(c.isdigit() for c in text)
        and len(set(text)) >= 4
    )


def settle(spans: Iterable[Span]) -> list[Span]:
    """Spans in order without overlap: the longest wins and takes in what it overlaps with.

    Of equally long ones the first by place wins, then the first given.
    """
    settled: list[Span] = []
    best = 0
    for span in sorted(spans, key=lambda s: s.start):
        last = settled[-1] if settled else None
        if last is None or span.start >= last.end:
            settled.append(span)
            best = span.end - span.start
            continue
        end = max(last.end, span.end)
        winner = last
        if span.end - span.start > best:
            winner, best = span, span.end - span.start
        whole = (winner.start, winner.end) == (last.start, end)
        settled[-1] = winner._replace(
            start=last.start, end=end, replacement=winner.replacement if whole else None
        )
    return settled


_LEAST_DIGITS = 5


def holds_more(kind: Kind, text: str) -> bool:
    """Whether a value of that kind could hold another one that its surrogate would leave."""
    if kind in SECRETS or kind is Kind.EMAIL:
        return False
    if "@" in text:  # letter by letter, an address would still look like one
        return True
    if kind is Kind.NAME:
        return any(c.isdecimal() for c in text)
    return kind in _NUMBERS and any(c.isalpha() for c in text)


def cut(span: Span, value: str, found: Iterable[Span]) -> list[Span]:
    """What was found in the value by itself, and the value around it, by their places in it.

    Args:
        span: what the key says of the value.
        value: its text.
        found: all that is found or known in it; what is of its own kind is not needed.
    """
    others = settle(other for other in found if other.kind is not span.kind)
    return sorted([*others, *_around(span, value, others)])


def _around(span: Span, value: str, others: Iterable[Span]) -> Iterator[Span]:
    at = 0
    for start, end in [*((other.start, other.end) for other in others), (len(value),) * 2]:
        if _is_value(span.kind, value[at:start]):
            yield span._replace(start=at, end=start)
        at = end


def _is_value(kind: Kind, text: str) -> bool:
    if kind in _NUMBERS:
        return sum(c.isdecimal() for c in text) >= _LEAST_DIGITS
    return any(c.isalpha() if kind is Kind.NAME else c.isalnum() for c in text)


_NUMBERS = (Kind.CARD, Kind.SSN)
