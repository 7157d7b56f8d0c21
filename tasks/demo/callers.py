"""Makes up the people who call the demo's agent: plainly synthetic names, e-mails and phones.

    Person(name='Nora K. Testwell', email='nora.k.testwell@example.com', phone='+1 202-555-0143')

Addresses stand under example.com (RFC 2606) and numbers in 555-0100 to 555-0199, which the North
American Numbering Plan keeps for fiction: neither can reach anyone.
"""

import string
from typing import NamedTuple

_FIRST = ("Ada", "Ben", "Cora", "Dan", "Eva", "Finn", "Gina", "Hugo", "Ines", "Jan", "Kira", "Leo")
_LAST = tuple(
    start + end
    for start in ("Sample", "Test", "Mock", "Demo", "Trial", "Proof", "Model", "Probe")
    for end in ("ton", "well", "ford", "man", "berg", "ley", "wood", "field")
)
_AREA_CODES = (
    *(202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219),
    *(301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318),
    *(401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423),
    *(501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513, 515, 516, 517, 518, 520),
)


class Person(NamedTuple):
    name: str
    email: str
    phone: str


def person(number: int) -> Person:
    """The caller of that number, from 0.

    Phones repeat after 6,400 and names after 19,968. Both are even: a caller with an even number
    never shares either with one of an odd number.
    """
    first = _FIRST[number % len(_FIRST)]
    last = _LAST[number // len(_FIRST) % len(_LAST)]
    letter = string.ascii_uppercase[number // (len(_FIRST) * len(_LAST)) % 26]
    area = _AREA_CODES[number // 100 % len(_AREA_CODES)]
    return Person(
        name=f"{first} {letter}. {last}",
        email=f"{first}.{letter}.{last}@example.com".lower(),
        phone=f"+1 {area}-555-{100 + number % 100:04d}",
    )
