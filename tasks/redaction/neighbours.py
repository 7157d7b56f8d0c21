"""Numbers that run into each other, told apart by what each of them must be.

    203.0.113.774000001234567899        an IP, a card
    536-22-8714+1 415-555-2671          a social security number, a phone number

A run is parted only where all of it is values, one right behind the other: the fewest that are.
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence

from tasks.redaction.kinds import Kind, Span
from tasks.redaction.numbers import is_card, is_phone
from tasks.redaction.rules import Rule

_LONGEST = 100
"""Characters of a run that is looked at."""
_REACH = 40
_NEAR = 3
_BEHIND = re.compile(r"[0-9A-Za-z+(]|\W{1,2}[\d+(]")
_BEFORE = re.compile(r"(?:[0-9A-Za-z]|\d\W{1,2})$")
_GREEDY = frozenset((Kind.EMAIL, Kind.API_KEY, Kind.JWT, Kind.AWS_KEY, Kind.SECRET))
"""Kinds whose patterns take what follows, or what stands before."""
_REST = re.compile(r"[A-Za-z0-9_.-]{7,}[A-Za-z0-9_]")
_ADDRESS = re.compile(r"[A-Za-z0-9_@.-]{7,}[A-Za-z0-9_]")
_GLUE = re.compile(r"[0-9A-Za-z]")
_GOES_ON = re.compile(r"[ .:/-]?[0-9a-f:(]", re.I)
_TAIL = re.compile(r"(?:\+?\d{1,19}|[0-9a-f]{1,4}|[+(])$", re.I)
_HEAD = re.compile(r"(?:[0-9a-f]{0,4}[\d.-]{0,18}\d)?", re.I)
_GOES_BEFORE = re.compile(r"[0-9a-f .:/)-]", re.I)
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
    glued = start and _GLUE.match(text, start - 1)
    if len(run) > _LONGEST or glued or _GLUE.match(text, end):
        return
    for first, last, kind in _values(run) or ():
        yield Span(start + first, start + last, kind, "neighbours")


def touch(text: str, spans: Sequence[Span]) -> bool:
    """Whether something stands right beside a finding that it may have hidden from a pattern."""
    return any(
        _BEHIND.match(text, span.end)
        or _BEFORE.search(text, max(0, span.start - _NEAR), span.start)
        for span in spans
    )


def run_out(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Findings with what a token or an address behind them has left of the next one.

    `mia@example.comsk-proj-…` is an address of `comsk` to a pattern, and `-proj-…` is left.
    """
    for span in spans:
        if span.kind in _GREEDY:
            rest = (_ADDRESS if span.kind is Kind.EMAIL else _REST).match(text, span.end)
            if rest and ("@" in rest[0] or any(c.isdigit() for c in rest[0])):
                yield span._replace(end=rest.end(), rule="neighbours")


def overrun(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Values into which a finding has run: `ghp_…4000 0012 3456 7899`, `4000 0012 3456 7899m@x.io`.

    A token takes all letters and digits that follow, an address of mail all that stand before.
    """
    for span in spans:
        if span.kind not in _GREEDY:
            continue
        if _GOES_ON.match(text, span.end):
            tail = _TAIL.search(text, max(span.start, span.end - _REACH), span.end)
            for place in range(tail.start() if tail else span.end, span.end):
                yield from _first(text, place, span.end, span.end + _REACH)
        head = _HEAD.match(text, span.start, span.end)
        if head and head[0] and span.start and _GOES_BEFORE.match(text, span.start - 1):
            for place in _starts(text, span.start):
                yield from _first(text, place, span.start, head.end())


def _first(text: str, place: int, behind: int, most: int) -> Iterator[Span]:
    """The longest value that begins at a place and ends behind another."""
    for stop, kind in _at(text[:most], place, behind + 1):
        yield Span(place, stop, kind, "neighbours")
        return


def _starts(text: str, end: int) -> Iterator[int]:
    """Places before `end` where a number may begin."""
    yield max(0, end - _REACH)
    for place in range(max(1, end - _REACH), end):
        if text[place] in "+(" or (text[place].isalnum() and not _GLUE.match(text, place - 1)):
            yield place


def _values(run: str) -> list[tuple[int, int, Kind]] | None:
    """The fewest values, at least two, that cover the run; None where there are none."""
    best: dict[int, list[tuple[int, int, Kind]]] = {0: []}
    for place in range(len(run)):
        if place not in best:
            continue
        for stop, kind in _at(run, place, place):
            found = [*best[place], (place, stop, kind)]
            gap = _BETWEEN.match(run, stop)
            for behind in {stop, gap.end() if gap else stop}:
                if behind not in best or len(found) < len(best[behind]):
                    best[behind] = found
    whole = best.get(len(run))
    return whole if whole is not None and len(whole) > 1 else None


def _at(run: str, place: int, behind: int) -> Iterator[tuple[int, Kind]]:
    """Ends from `behind` on of the values that may begin at a place, and what they are."""
    for pattern, kind, least in _KINDS:
        longest = pattern.match(run, place)
        if longest is None:
            continue
        for stop in range(longest.end(), max(place + least, behind) - 1, -1):
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
    r"[\d+(][0-9a-fA-F.+() /-]{0,60}[0-9a-fA-F]{1,4}:[0-9a-fA-F]{0,4}:[0-9a-fA-F:.+() /-]{2,}"
    r"|(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F:.+() /-]{7,}"
    r"|[+(]?\d(?:[ ().\-+/]{0,3}\d){12,60}|\d{1,3}(?:\.\d{1,6}){4,}",
    expand=parted,
    gate=r"\d(?:[ .\-+()/]{0,3}\d){12}|(?:\.\d{1,6}){4}|:[0-9a-fA-F]{0,4}:",
    unquoted=True,
)
