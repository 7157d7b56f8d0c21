"""A value under a telling key that holds more than its key says, cut into what it holds.

    "name": "Mia Li <mia@example.com>, +1 512 555 0147"     NAME, EMAIL, NAME, PHONE

The stand-in of a name keeps digits, that of a card letters, and all keep the signs between, so
that what is not of their own kind would be left standing, or get another stand-in than elsewhere.
"""

from collections.abc import Iterable, Iterator

from tasks.redaction.kinds import SECRETS, Kind, Span, settle

_LEAST_DIGITS = 5


def holds_more(kind: Kind, text: str) -> bool:
    """Whether a value of that kind could hold another one that its stand-in would leave."""
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
