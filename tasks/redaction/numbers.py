"""Numbers of cards and phones, told by their arithmetic and plans, also right beside other numbers.

4111 1111 1111 1111 12 28 123        the first four groups; the rest is month, year and check
+1 512 555 0147 4111 1111 1111 1111  the last four
seat 12 512-555-0147                 the last three groups
+1 512 555 0147 88213                all but the last group

Cards by Luhn, by what issuers give out, and by the groups in which they are written; phone numbers
by the numbering plans of `phonenumbers`.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import Rule
from tasks.redaction.surrogates import luhn
from tasks.redaction.vocabulary import PHONE_CUES

_RANGE = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35\d{14}|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17}"
    r"|(?:5018|5019|5020|5038|6304|6759|676[1-3])\d{8,15}"
    r"|1220\d{11}"  # AirPlus, with which business travel is paid
)
_GROUPS = ([4, 4, 4, 4, 3], [4, 4, 4, 4], [4, 6, 5], [4, 6, 4])
_MOST_GROUPS = 6
"""Of digits, in one number."""
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


CARD_RULE = Rule(
    "card",
    Kind.CARD,
    r"\b\d(?:[ .-]?\d){11,}\b",
    expand=_cards,
    gate=r"\d(?:[ .-]?\d){11}",
    unquoted=True,
)

REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
"""Whose national phone numbers are known; Presidio's default."""
_MORE_REGIONS = ("JP", "KR", "CN", "ES", "IT", "NL", "AU", "TR")
"""And whose are where there are ten digits or more."""

_NO_PHONE = re.compile(
    # Dates, and what has the form of a social security number.
    r"(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12]\d|3[01])(?!\d).*"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/. ](?:0?[1-9]|[12]\d|3[01])[-/. ](?:19|20)\d\d(?!\d).*"
    r"|\d{3}-\d{2}-\d{4}"
)
_AMERICAN = re.compile(r"(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}")
_NEIGHBOURS = re.compile(r"[A-Za-z0-9_$€£%#=@]")
"""What may not stand right beside a number that is told by its form."""
_BEFORE_GROUPS = re.compile(r"[A-Za-z0-9_$€£%#=@.:\-]")
_BEHIND_GROUPS = re.compile(r"[A-Za-z0-9_%\-]|[.:]\d")
"""Nor beside some groups of a row of numbers."""
_LEAST_DIGITS = 7


def _phones(text: str, start: int, end: int) -> Iterator[Span]:
    """The phone number that a run of digits and signs is, or those among its groups."""
    whole = _phone(text, start, end)
    if whole is not None:
        yield Span(*whole, Kind.PHONE, "phone")
        return
    groups = [match.span() for match in _DIGITS.finditer(text, start, end)]
    if text[end : end + 1].isdecimal():
        groups.pop()  # the pattern has cut it off
    at = 0
    while at < len(groups):
        found = _within(text, groups[at : at + _MOST_GROUPS])
        if found is None:
            at += 1
            continue
        yield Span(*found, Kind.PHONE, "phone")
        while at < len(groups) and groups[at][0] < found[1]:
            at += 1


def _within(text: str, groups: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """The longest number that begins with the first group; only where its form leaves no doubt."""
    start = groups[0][0]
    while start and text[start - 1] in "(+":
        start -= 1
    if start and text[start] != "+" and _BEFORE_GROUPS.match(text, start - 1):
        return None
    for _, end in reversed(groups):
        value = text[start:end]
        sure = value[0] == "+" or _AMERICAN.fullmatch(value)
        if sure and not _BEHIND_GROUPS.match(text, end) and _is_valid(value, REGIONS[:1]):
            return start, end
    return None


def _phone(text: str, start: int, end: int) -> tuple[int, int] | None:
    value = text[start:end].rstrip(" (.-/")
    if value[0] == "(" and value.find(")") in (-1, len(value) - 1):
        # A bracket around all of the number, or more.
        start, value = start + 1, value[1:]
    if "(" not in value:
        value = value.rstrip(")")
    end = start + len(value)
    before = text[start - 1] if start else ""
    if _NEIGHBOURS.match(before) and before not in "=#@%" and text[start] != "+":
        return None
    if before == "." and text[start - 2 : start - 1].isdigit():
        return None
    if _NEIGHBOURS.match(text, end) and text[end] not in "=#@$€£":
        return None
    return (start, end) if is_phone(value) else None


@lru_cache(maxsize=50_000)
def is_phone(value: str) -> bool:
    """Whether a numbering plan knows the number, or it is written as Americans write theirs."""
    digits = sum(c.isdigit() for c in value)
    if not 7 <= digits <= 15 or _NO_PHONE.fullmatch(value):
        return False
    if re.sub(r"\D", "", value).startswith("000"):
        return False  # no plan has such: surrogates of the form of a number
    if _AMERICAN.fullmatch(value):
        return True
    if value[0] not in "+(0":
        # Without sign, bracket or trunk zero it may as well be an order number.
        return False
    return _is_valid(value, REGIONS) or (digits >= 10 and _is_valid(value, _MORE_REGIONS))


def _is_valid(value: str, regions: Sequence[str]) -> bool:
    """Whether a numbering plan has such a number; without a sign one of the regions' plans."""
    import phonenumbers

    for region in (None,) if value.startswith("+") else regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(value, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def is_date(value: str) -> bool:
    """Whether the digits are a day's, or have the form of a social security number."""
    return bool(_NO_PHONE.fullmatch(value))


def _said(text: str, start: int, end: int) -> tuple[int, int] | None:
    """A number behind a word that says so; not a date, and no shorter than numbers are."""
    value = text[start:end]
    if _NO_PHONE.fullmatch(value) or sum(c.isdigit() for c in value) < _LEAST_DIGITS:
        return None
    return start, end


PHONE_RULES = (
    Rule(
        "phone",
        Kind.PHONE,
        r"\+\d{1,4}(?:[ .\-/()]{0,3}\d){6,13}"
        r"|(?:\+|\(|\b)\d{1,4}(?:\)|\)?[ .\-/]{1,2}\(?)\d{2,8}\)?"
        r"(?:[ .\-/]{1,2}\(?\d{2,8}\)?){1,4}"
        r"|(?:\(|\b)0\d{1,4}(?:\) ?|[ \-/])\d{5,8}",
        score=0.4,
        expand=_phones,
        unquoted=True,
        gate=r"\d\)?[ .\-/]{1,2}\(?\d{2,8}\)?[ .\-/]{1,2}\(?\d{2}|\+\d{1,4}[ .\-/()]{0,3}\d"
        r"|\d\)\d\d|0\d{1,4}[) \-/]{1,2}\d{5}",
    ),
    Rule(
        "phone-said",
        Kind.PHONE,
        rf"(?i)(?:^|[^\p{{L}}\p{{N}}]|[\p{{Han}}\p{{Hiragana}}])"
        rf"{PHONE_CUES}(?:[^\p{{L}}\p{{N}}\n][^\d+\n(]{{0,20}}?"
        r"|[\p{Han}\p{Hiragana}\p{Hangul} ]{0,8})"
        r"(\+?\(?\d[\d ().\-]{5,18}\d)",
        1,
        _said,
        0.75,
        gate=f"(?i){PHONE_CUES}",
    ),
)
