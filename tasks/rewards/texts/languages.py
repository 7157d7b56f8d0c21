"""Says whether the rules for texts cover the language that a text is in: English alone.

is_covered("Which month?")                   True
is_covered("Welchen Monat meinen Sie?")      False
is_covered("Please give get_invoice month")  True: too short for anything else to be told
"""

import re
from functools import lru_cache

from tasks.languages import detection

_WORD = re.compile(r"[^\W\d_]+")
_COMMON = """
a about all am an and any are as at be been but by can could did do does for from had has have
he help her here his how i if in into is it its just know let like may me more my need no not
of on one or our please she should so some that the their them then there these they this to
too unable up us want was we were what when where which who will with would you your sorry
give tell cannot can't don't i'm thanks thank
"""
_ENGLISH = frozenset(_COMMON.split())
_FEW = 4
"""Words from which on the common ones tell."""
_LEAST = 0.15
"""Share of common English words that a text in English has."""


@lru_cache(maxsize=4096)
def is_covered(text: str) -> bool:
    """Whether the text is in English, as far as a few words tell."""
    letters = [letter for letter in text if letter.isalpha()]
    if sum(letter.isascii() for letter in letters) < 0.8 * len(letters):
        return False
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) < _FEW:
        return all(map(str.isascii, letters))
    english = sum(word in _ENGLISH for word in words)
    no_other = detection.detect(text) in ("", detection.UNKNOWN, "en")
    if english < _LEAST * len(words):
        return no_other and english > 0
    return no_other or english >= 2 * _LEAST * len(words)
