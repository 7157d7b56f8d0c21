"""Card numbers: by Luhn, by what issuers give out, and by the groups in which they are written.

4111 1111 1111 1111 12 28 123        the first four groups; the rest is month, year and check
+1 512 555 0147 4111 1111 1111 1111  the last four
"""

import re
from collections.abc import Iterator, Sequence

from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import Rule
from tasks.redaction.surrogates import luhn

_RANGE = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35\d{14}|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17}"
    r"|(?:5018|5019|5020|5038|6304|6759|676[1-3])\d{8,15}"
    r"|1220\d{11}"  # AirPlus, with which business travel is paid
)
_GROUPS = ([4, 4, 4, 4, 3], [4, 4, 4, 4], [4, 6, 5], [4, 6, 4])
_MOST_GROUPS = 5
_DIGITS = re.compile(r"\d+")


def _cards(text: str, start: int, end: int) -> Iterator[Span]:
    """Card numbers in a run of digits: all of it, or groups of it as cards are written.

    The check number, the month and the year, or another number often stand right beside one.
    """
    if is_card(text[start:end]):
        yield Span(start, end, Kind.CARD, "card")
        return
    groups = [match.span() for match in _DIGITS.finditer(text, start, end)]
    at = 0
    while at < len(groups):
        for many in _grouped(groups, at):
            first, last = groups[at][0], groups[at + many - 1][1]
            if is_card(text[first:last]):
                yield Span(first, last, Kind.CARD, "card")
                at += many - 1
                break
        at += 1


def _grouped(groups: Sequence[tuple[int, int]], at: int) -> Iterator[int]:
    """How many groups from this one on have the lengths of a card's, the longest first."""
    sizes = [end - start for start, end in groups[at : at + _MOST_GROUPS]]
    for form in _GROUPS:
        if sizes[: len(form)] == form:
            yield len(form)
    if 13 <= sizes[0] <= 19:
        yield 1


def is_card(value: str) -> bool:
    """Whether an issuer may have given the number, and its check digit holds."""
    digits = re.sub(r"\D", "", value)
    return bool(_RANGE.fullmatch(digits)) and luhn(digits) and len(set(digits)) > 1


RULE = Rule(
    "card",
    Kind.CARD,
    r"\b\d(?:[ .-]?\d){11,}\b",
    expand=_cards,
    gate=r"\d(?:[ .-]?\d){11}",
    unquoted=True,
)
