"""Tells by a tool's name whether it changes something, or only reads.

get_invoice      False
cancel_booking   True      its first known verb counts
weather          False     no verb known
"""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

_CHANGING = """
accept activate add allocate append approve archive assign authorize block book buy cancel change
charge clear close commit copy create deactivate delete deploy disable dispatch drop edit enable
execute exchange grant insert install issue kill lock make merge modify move notify open order
overwrite patch pay place post publish purchase push put refund register reject remove rename reply
replace reserve reset restart return revoke run save schedule sell send set share shutdown start
stop submit subscribe suspend sync terminate transfer trigger unblock undo uninstall unlock
unsubscribe update upgrade upload void withdraw write
"""
_READING = """
analyze calculate check classify compare compute convert count describe detect estimate explain
export fetch filter find get inspect is list look lookup predict preview query read recommend
retrieve scan search show summarize think translate validate verify view
"""
CHANGING = frozenset(_CHANGING.split())
READING = frozenset(_READING.split())

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def changes_something(name: str, changing: Sequence[str] = (), reading: Sequence[str] = ()) -> bool:
    """Whether calling the tool may have side effects.

    `changing` and `reading` are names or patterns (`pay_*`) for which the verb does not decide.
    """
    if any(fnmatchcase(name, pattern) for pattern in changing):
        return True
    if any(fnmatchcase(name, pattern) for pattern in reading):
        return False
    return _first_verb_changes(name)


def words(name: str) -> tuple[str, ...]:
    """The words of a tool's name, in lower case: `getUserDetails` and `get_user_details` alike."""
    return tuple(word.lower() for word in _WORDS.findall(name))


def verb(name: str) -> str:
    """The first known verb in a tool's name, else its first word; "" where it has none."""
    parts = words(name)
    return next((word for word in parts if word in CHANGING or word in READING), *parts[:1] or [""])


@lru_cache(maxsize=4096)
def _first_verb_changes(name: str) -> bool:
    for word in words(name):
        if word in READING:
            return False
        if word in CHANGING:
            return True
    return False
