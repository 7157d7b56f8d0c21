"""Phone numbers, by the numbering plans of `phonenumbers`, also right beside other numbers.

seat 12 512-555-0147            the last three groups
+1 512 555 0147 88213           all but the last group
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import Rule

REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
"""Whose national phone numbers are known; Presidio's default."""

_NO_PHONE = re.compile(
    # Dates, and what has the form of a social security number.
    r"(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12]\d|3[01])(?!\d).*"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/. ](?:0?[1-9]|[12]\d|3[01])[-/. ](?:19|20)\d\d(?!\d).*"
    r"|\d{3}-\d{2}-\d{4}"
)
_AMERICAN = re.compile(r"(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}")
_DIGITS = re.compile(r"\d+")
_APART = re.compile(r"[\s/,;]?$")
"""What may stand between a number and another one."""
_MOST_GROUPS = 6


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
    if not _APART.match(text[start - 1 : start]):
        return None
    for _, end in reversed(groups):
        value = text[start:end]
        sure = value[0] == "+" or _AMERICAN.fullmatch(value)
        if sure and _APART.match(text[end : end + 1]) and _is_valid(value, REGIONS[:1]):
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
    if text[start - 1 : start].isalnum() or text[start - 1 : start] in ("$", "€", "£", "_"):
        return None
    if text[end : end + 1].isalnum() or text[end : end + 1] in ("_", "%"):
        return None
    return (start, end) if is_phone(value) else None


@lru_cache(maxsize=50_000)
def is_phone(value: str) -> bool:
    """Whether a numbering plan knows the number, or it is written as Americans write theirs."""
    digits = sum(c.isdigit() for c in value)
    if not 7 <= digits <= 15 or _NO_PHONE.fullmatch(value):
        return False
    if _AMERICAN.fullmatch(value):
        return True
    if value[0] not in "+(0":
        # Without sign, bracket or trunk zero it may as well be an order number.
        return False
    return _is_valid(value, REGIONS)


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


RULES = (
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
        r"(?i)\b(?:phone|mobile|cell(?:phone)?|tel|telephone|whatsapp|fax)\b[^\d+\n(]{0,20}"
        r"(\+?\(?\d[\d ().\-]{5,18}\d)",
        1,
        None,
        0.75,
        gate="(?i)phone|mobile|cell|tel|whatsapp|fax",
    ),
)
