"""IBANs (ISO 13616): by length and form of their country and by mod 97, also beside each other.

GB82 WEST 1234 5698 7654 32 AND more              the first six groups; what follows is a word
DE89370400440532013000 AT611904300234573201       two
4111111111111111DE89370400440532013000            behind a digit only in the form of its country
"""

import re
from collections.abc import Iterator

from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import Rule

_FORMS = (
    "AD:8n12c AE:19n AL:8n16c AT:16n AZ:4a20c BA:16n BE:12n BG:4a6n8c BH:4a14c BI:23n BR:23n1a1c "
    "BY:4c4n16c CH:5n12c CR:18n CY:8n16c CZ:20n DE:18n DJ:23n DK:14n DO:4c20n EE:16n EG:25n ES:20n "
    "FI:14n FK:2a12n FO:14n FR:10n11c2n GB:4a14n GE:2a16n GI:4a15c GL:14n GR:7n16c GT:24c HN:4a20n "
    "HR:17n HU:24n IE:4a14n IL:19n IQ:4a15n IS:22n IT:1a10n12c JO:4a4n18c KW:4a22c KZ:3n13c "
    "LB:4n20c LC:4a24c LI:5n12c LT:16n LU:3n13c LV:4a13c LY:21n MC:10n11c2n MD:20c ME:18n "
    "MK:3n10c2n MN:16n MR:23n MT:4a5n18c MU:4a19n3a NI:4a20n NL:4a10n NO:11n OM:3n16c PK:4a16c "
    "PL:24n PS:4a21c PT:21n QA:4a21c RO:4a16c RS:18n RU:14n15c SA:2n18c SC:4a20n3a SE:20n SI:15n "
    "SK:20n SM:1a10n12c SO:19n ST:21n SV:4a20n TL:19n TN:20n TR:5n17c UA:6n19c VA:18n VG:4a16n "
    "XK:16n YE:4a4n18c"
)
"""Country to the form of what stands behind its check digits: n digits, a letters, c both."""
_CLASSES = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}
_PIECE = re.compile(r"(\d+)([nac])")


def _form(code: str) -> tuple[int, re.Pattern[str]]:
    pieces = _PIECE.findall(code)
    pattern = "".join(f"{_CLASSES[letters]}{{{count}}}" for count, letters in pieces)
    return 4 + sum(int(count) for count, _ in pieces), re.compile(pattern)


_COUNTRIES = {country: _form(code) for country, code in (one.split(":") for one in _FORMS.split())}
_START = re.compile(r"[A-Z]{2}\d{2}", re.I)
_LONGEST = 34


def ibans(text: str, start: int, end: int) -> Iterator[Span]:
    """Every IBAN in a run of letters, digits and single blanks or dashes."""
    at = start
    while begin := _START.search(text, at, end):
        stop = _end(text, begin.start(), end)
        if stop is None:
            at = begin.start() + 1
        else:
            yield Span(begin.start(), stop, Kind.IBAN, "iban")
            at = stop


def _end(text: str, start: int, end: int) -> int | None:
    """Where the IBAN ends that begins here, or None where there is none."""
    country = _COUNTRIES.get(text[start : start + 2].upper())
    if country is None:
        return None
    length, form = country
    glued = text[start - 1 : start].isascii() and text[start - 1 : start].isalnum()
    chars: list[str] = []
    for place in range(start, end):
        if text[place].isalnum():
            chars.append(text[place].upper())
        if len(chars) == length:
            compact = "".join(chars)
            if mod97(compact) and (not glued or form.fullmatch(compact[4:])):
                return place + 1
            break
    return None if glued else _whole(text, start, end)


def _whole(text: str, start: int, end: int) -> int | None:
    """A word that is one by its check digits alone, of whatever length: countries change theirs."""
    stop = start
    while stop < end and text[stop].isalnum():
        stop += 1
    value = text[start:stop].upper()
    runs_on = text[stop : stop + 1] in ("_", "-")
    return stop if 15 <= len(value) <= _LONGEST and not runs_on and mod97(value) else None


def mod97(compact: str) -> bool:
    """Whether the check digits hold (ISO 7064)."""
    if compact[2:4] in ("00", "01", "99"):
        return False  # never given out: surrogates have them
    return int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1


RULE = Rule(
    "iban",
    Kind.IBAN,
    r"(?i)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,}",
    expand=ibans,
    gate=r"(?i)[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]){11}",
    unquoted=True,
)
