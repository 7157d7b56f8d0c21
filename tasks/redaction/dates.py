"""Dates of birth as people and tools write them: read, moved, and written in the same form.

1984-03-09    03/09/1984    9 March 1984    March 9th, 1984    Mar 09, 1984
"""

import re
from datetime import date, timedelta
from typing import NamedTuple

_YEAR = "January February March April May June July August September October November December"
_NAMES = _YEAR.split()
_MONTHS = {name.lower(): number for number, name in enumerate(_NAMES, 1)}
_SHORT = {name[:3].lower(): number for number, name in enumerate(_NAMES, 1)}
_NUMERIC = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})")
_WRITTEN = re.compile(
    r"(?:(?P<m1>[A-Za-z]{3,9})\.? (?P<d1>\d{1,2})(?:st|nd|rd|th)?,?"
    r"|(?P<d2>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<m2>[A-Za-z]{3,9})\.?,?) (?P<y>\d{4})"
)


class Form(NamedTuple):
    """How a date is written."""

    order: str
    """`ymd`, `mdy` or `dmy`; `Mdy` or `dMy` where the month is a word."""
    separator: str = "-"
    padded: bool = True
    short: bool = False
    comma: bool = True


class Read(NamedTuple):
    day: date
    form: Form


FORMS = (
    Form("ymd"),
    Form("ymd", "/"),
    Form("mdy", "/"),
    Form("mdy", "/", padded=False),
    Form("dmy", "/"),
    Form("dmy", "/", padded=False),
    Form("dmy", "."),
    Form("dmy", ".", padded=False),
    Form("mdy"),
    Form("Mdy", padded=False),
    Form("Mdy", padded=False, comma=False),
    Form("Mdy", padded=False, short=True),
    Form("dMy", padded=False, comma=False),
    Form("dMy", padded=False, comma=False, short=True),
)
"""Every form in which a known date is looked for."""


def read(text: str) -> Read | None:
    """The date in `text`, or None. Of 03/04/1984 the first number is taken as the month."""
    text = text.strip()
    numeric = _NUMERIC.fullmatch(text)
    if numeric:
        return _numeric(*numeric.groups())
    written = _WRITTEN.fullmatch(text)
    return _written(written) if written else None


def write(day: date, form: Form) -> str:
    """The date in that form."""
    width = 2 if form.padded else 1
    month = f"{day.month:0{width}}"
    number = f"{day.day:0{width}}"
    if form.order in ("Mdy", "dMy"):
        name = _NAMES[day.month - 1][: 3 if form.short else None]
        comma = "," if form.comma else ""
        if form.order == "Mdy":
            return f"{name} {number}{comma} {day.year:04}"
        return f"{number} {name}{comma} {day.year:04}"
    fields = {"y": f"{day.year:04}", "m": month, "d": number}
    return form.separator.join(fields[letter] for letter in form.order)


def other_day(day: date, number: int) -> date:
    """Another day of the same year, so that age still decides what age decides."""
    start = date(day.year, 1, 1)
    return start + timedelta(days=(day.timetuple().tm_yday + number % 364) % 365)


def _numeric(first: str, separator: str, middle: str, last: str) -> Read | None:
    padded = len(middle) == 2 and min(len(first), len(last)) == 2
    if len(first) == 4:
        return _made(first, middle, last, Form("ymd", separator, padded))
    if len(last) != 4:
        return None
    if separator == "." or int(first) > 12:
        return _made(last, middle, first, Form("dmy", separator, padded))
    return _made(last, first, middle, Form("mdy", separator, padded))


def _written(found: re.Match[str]) -> Read | None:
    month_first = found["m1"] is not None
    word = (found["m1"] or found["m2"]).lower()
    number = found["d1"] or found["d2"]
    month = _MONTHS.get(word) or _SHORT.get(word)
    if month is None:
        return None
    form = Form(
        "Mdy" if month_first else "dMy",
        padded=number.startswith("0"),
        short=word not in _MONTHS,
        comma="," in found[0],
    )
    return _made(found["y"], str(month), number, form)


def _made(year: str, month: str, day: str, form: Form) -> Read | None:
    try:
        return Read(date(int(year), int(month), int(day)), form)
    except ValueError:
        return None
