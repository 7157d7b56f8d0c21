"""Finds the offered tool that a user's words ask for.

    "I'd like to change my flight, it is booked for May"    update_reservation_flights
    "Can I cancel it?"                                      cancel_reservation
    "Sure, my user ID is mia_li_3668."                      none: no tool's verb is said

A tool is asked for where its verb is said, or another word that people have for it. Of several the
one that changes something counts first, then the one more of whose other words are said, then the
one said earlier. Where two are said equally well, and where a tool that only reads has nothing but
its verb said ("check again"), none is. Tools are named in one language: a user who writes another
one is not understood, and what the session does has to tell.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from tasks.labelling import side_effects

_ALIKE = """
update change modify edit alter adjust amend upgrade downgrade switch reschedule
cancel cancellation abort
book reserve rebook
create add
delete remove erase
send forward
buy purchase
pay settle
get show fetch retrieve
find search
list enumerate
check verify
export download
"""
"""Verbs that users take for one another, a line each. A word that is as often a noun ("order",
"stop", "mail") is left out: "where is my order" buys nothing."""
_HANDING = frozenset(["transfer", "escalate", "hand", "handoff", "connect", "forward", "route"])
_HANDED_TO = frozenset(["human", "agent", "agents", "person", "representative", "supervisor",
                        "operator", "support"])  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_APART = "".join(chr(c) if chr(c).isalpha() else " " for c in range(128))
LOOKED_AT = 400
"""Characters of a message."""


class _Tool(NamedTuple):
    name: str
    changes: bool
    about: tuple[frozenset[str], ...]
    """The forms of each of its other words."""


class _Fit(NamedTuple):
    """How well a tool is asked for; the greatest is."""

    changes: bool
    said: int
    """How many of its other words."""
    verb: int
    """Where it is said, counted down."""
    first: int
    """Where the first of its other words is said, counted down."""


def spoken(text: str) -> list[str]:
    """The words at the start of a text, in lower case."""
    text = text[:LOOKED_AT].lower()
    return text.translate(_APART).split() if text.isascii() else _WORD.findall(text)


def asked_for(text: str, offered: tuple[str, ...]) -> str:
    """The name of the tool that a message of the user asks for, "" where that is not plain."""
    verbs, by_verb = _by_verb(offered)
    if not verbs.search(text[:LOOKED_AT]):
        return ""
    spoken_words = spoken(text)
    first = {word: -at for at, word in reversed([*enumerate(spoken_words)])}
    fits = [_best(by_verb[word], at, first) for word, at in first.items() if word in by_verb]
    best = [fit for fit in fits if fit]
    return max(best)[1] if best else ""


def hands_over(name: str) -> bool:
    """Whether a tool gives the user to a person: that ends what was asked for, it is not it."""
    words = side_effects.words(name)
    return not _HANDING.isdisjoint(words) and not _HANDED_TO.isdisjoint(words)


def _best(tools: Sequence[_Tool], verb: int, first: dict[str, int]) -> tuple[_Fit, str] | None:
    """Of the tools with one verb the one that is asked for; None where two are alike."""
    fits = []
    for tool in tools:
        places = [first[word] for forms in tool.about for word in forms & first.keys()]
        if places or tool.changes:
            fits.append((_Fit(tool.changes, len(places), verb, max(places, default=-1)), tool.name))
    fits.sort()
    if not fits or (len(fits) > 1 and fits[-1][0] == fits[-2][0]):
        return None
    return fits[-1]


@lru_cache(maxsize=1024)
def _by_verb(offered: tuple[str, ...]) -> tuple[Any, dict[str, list[_Tool]]]:
    """A pattern of all forms of all verbs, and each form to the tools that are asked for by it.

    Most messages name no verb, and the pattern says so in a quarter of the time that it takes to
    tell their words apart.
    """
    import re2

    by_form: dict[str, list[_Tool]] = defaultdict(list)
    for name in dict.fromkeys(offered):
        words = side_effects.words(name)
        if not words or hands_over(name):
            continue
        verb = side_effects.verb(name)
        about = tuple(_forms(word) for word in dict.fromkeys(words) if word != verb)
        tool = _Tool(name, side_effects.changes_something(name), about)
        for form in _said_as(verb):
            by_form[form].append(tool)
    verbs = "|".join(sorted(by_form)) or "[^\\x00-\\x{10FFFF}]"
    return re2.compile(f"(?i)(?:^|[^a-z])(?:{verbs})(?:[^a-z]|$)"), dict(by_form)


@lru_cache(maxsize=1024)
def _said_as(verb: str) -> frozenset[str]:
    """All forms of the verb and of those that users take it for."""
    lines = [line.split() for line in _ALIKE.splitlines()]
    alike = next((line for line in lines if verb in line), [verb])
    return frozenset().union(*map(_forms, alike))


@lru_cache(maxsize=4096)
def _forms(word: str) -> frozenset[str]:
    """The word as users inflect it; some of these are no words, which does no harm."""
    stem = word.removesuffix("s") if len(word) > 3 else word
    bare = stem.removesuffix("e")
    ends = [
        stem + end for end in ("", "s", "es", "d", "ed", "ing", stem[-1] + "ed", stem[-1] + "ing")
    ]
    more = [bare + "ing", bare.removesuffix("y") + "ies", bare.removesuffix("y") + "ied"]
    return frozenset([word, *ends, *more])
