"""Numbers that run into each other, told apart by what each of them must be.

    203.0.113.774000001234567899        an IP, a card
    536-22-8714+1 415-555-2671          a social security number, a phone number

A run is parted only where all of it is values, one right behind the other: the fewest that are.
"""

import ipaddress
import re
from collections.abc import Iterator

from tasks.redaction.kinds import Kind, Span
from tasks.redaction.numbers import is_card, is_phone
from tasks.redaction.rules import Rule

_LONGEST = 100
"""Characters of a run that is looked at."""
_IPV4 = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_SSN = re.compile(r"\d{3}([-. ])\d{2}\1\d{4}")
_CARD = re.compile(r"\d{4}([ .-])\d{4}\1\d{4}\1\d{4}|\d{4}([ .-])\d{6}\2\d{5}|\d{13,19}", re.ASCII)
_PHONE = re.compile(
    r"\+\d[\d ().\-/]{5,18}\d|\(\d{2,5}\) ?\d[\d \-]{4,12}\d|0\d[\d \-/]{6,12}\d"
    r"|\d{3}[-. ]\d{3}[-. ]\d{4}"
)
_IPV6 = re.compile(r"(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}")
_BETWEEN = re.compile(r"[ ,;/|]{0,2}")


def parted(text: str, start: int, end: int) -> Iterator[Span]:
    """The values that a run is made of, where it is made of two or more."""
    run = text[start:end].rstrip(" .-/(+:")
    if len(run) > _LONGEST:
        return
    for first, last, kind in _values(run) or ():
        yield Span(start + first, start + last, kind, "neighbours")


def _values(run: str) -> list[tuple[int, int, Kind]] | None:
    """The fewest values, at least two, that cover the run; None where there are none."""
    best: dict[int, list[tuple[int, int, Kind]]] = {0: []}
    for place in range(len(run)):
        if place not in best:
            continue
        for stop, kind in _at(run, place):
            found = [*best[place], (place, stop, kind)]
            gap = _BETWEEN.match(run, stop)
            for behind in {stop, gap.end() if gap else stop}:
                if behind not in best or len(found) < len(best[behind]):
                    best[behind] = found
    whole = best.get(len(run))
    return whole if whole is not None and len(whole) > 1 else None


def _at(run: str, place: int) -> Iterator[tuple[int, Kind]]:
    """Ends of the values that may begin at this place, and what they are."""
    for pattern, kind, least in _KINDS:
        longest = pattern.match(run, place)
        if longest is None:
            continue
        for stop in range(longest.end(), place + least - 1, -1):
            value = run[place:stop]
            if pattern.fullmatch(value) and _is(kind, value):
                yield stop, kind


def _is(kind: Kind, value: str) -> bool:
    if kind is Kind.CARD:
        return is_card(value)
    if kind is Kind.PHONE:
        return is_phone(value)
    if kind is Kind.IP:
        try:
            return bool(ipaddress.ip_address(value))
        except ValueError:
            return False
    return not value.startswith(("000", "666"))


_KINDS = (
    (_CARD, Kind.CARD, 13),
    (_SSN, Kind.SSN, 11),
    (_PHONE, Kind.PHONE, 9),
    (_IPV4, Kind.IP, 7),
    (_IPV6, Kind.IP, 6),
)

RULE = Rule(
    "neighbours",
    Kind.CARD,
    r"[+(]?\d(?:[ ().\-+/]{0,3}\d){17,60}|(?:\d{1,3}\.){4,}[\d.]{3,}"
    r"|[\d+][0-9a-fA-F.+() -]{0,40}[0-9a-fA-F]{1,4}:[0-9a-fA-F]{0,4}:[0-9a-fA-F:.+() -]{10,}"
    r"|(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F:.+() -]{10,}",
    expand=parted,
    gate=r"\d(?:[ .\-+()/]{0,3}\d){17}|(?:\d{1,3}\.){5}|:[0-9a-fA-F]{0,4}:[0-9a-fA-F:.+() -]{10}",
    unquoted=True,
)
