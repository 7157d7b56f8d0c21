r"""Tells a value that only looks like the right one: other letters, or signs that nobody sees.

    "Oslo" with a Cyrillic first letter     a look-alike of "Oslo"
    "Os\u200blo", a space of no width inside   a look-alike too
    "Bergen"                                another value, and no look-alike

Letters are compared after NFKC, without marks and invisible signs, and with the Cyrillic and Greek
letters that share their shape with a Latin one put in its place. Texts that Unicode itself calls
the same (NFC) are none.
"""

import unicodedata
from typing import Any

_PAIRS = (
    "аa вb сc еe нh іi јj кk мm оo рp ѕs тt уy хx ԁd ԛq ԝw ɡg ӏl "
    "αa βb εe ηn ικ ιi κk μu νv οo ρp τt υu χx ωw ϲc ϳj"
)
_SHAPES = {ord(pair[0]): pair[1] for pair in _PAIRS.split() if pair[1].isascii()}
_UNSEEN = ("Cf", "Cc", "Mn", "Me")


def is_lookalike(given: Any, wanted: Any) -> bool:
    """Whether a string, here or within, differs from the wanted one, but not in what one sees."""
    if isinstance(given, list) and isinstance(wanted, list):
        return any(map(is_lookalike, given, wanted))
    if isinstance(given, dict) and isinstance(wanted, dict):
        return any(is_lookalike(given[name], wanted[name]) for name in given.keys() & wanted.keys())
    if not isinstance(given, str) or not isinstance(wanted, str) or given.isascii():
        return False
    if unicodedata.normalize("NFC", given) == unicodedata.normalize("NFC", wanted):
        return False
    return seen(given) == seen(wanted)


def is_plain(value: Any) -> bool:
    """Whether all strings in a value are ASCII, so that none can be a look-alike."""
    if isinstance(value, str):
        return value.isascii()
    if isinstance(value, list):
        return all(map(is_plain, value))
    return not isinstance(value, dict) or all(map(is_plain, value.values()))


def seen(text: str) -> str:
    """What a reader sees of a text, in small letters."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    shown = "".join(c for c in letters if unicodedata.category(c) not in _UNSEEN)
    return shown.translate(_SHAPES)
