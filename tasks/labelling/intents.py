"""Says what the user wants at each decision of a session: a tool's name, `closing` or `other`.

    user       I want to change my flight.
    assistant  Which one?                       update_reservation_flights   by the user's words
    user       Number 7.
    assistant  get_reservation_details(…)       update_reservation_flights   nothing else was asked
    user       Yes.
    assistant  update_reservation_flights(…)    update_reservation_flights   by the call
    assistant  Done.                            update_reservation_flights
    user       Thank you!
    assistant  You're welcome.                  closing

A stretch is what the agent does between one message of the user and the next. A decision's intent
is the first of these that there is; `side_effects` tells which tools change something:

1. such a tool that is called in its stretch, the next one or else the last one
2. such a tool that the user's words ask for (`user_requests`), in its stretch or before, back to
   the stretch in which one was called
3. such a tool that is called later in the session
4. `closing`, where the user only thanks or takes leave and nothing is called
5. another tool that is called in its stretch, that is asked for, a changing one called before, and
   another one called later, in this order
6. `other`

A tool that hands the user over to a person counts in 1 alone, and one that only thinks nowhere.
Nothing but the session itself is looked at, so no other data can change an intent.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tasks.core.records import CLOSING, OTHER
from tasks.labelling import side_effects, user_requests

_FAREWELL = re.compile(
    r"\b(?:thank|thanks|thx|bye|goodbye|cheers|merci|au revoir|danke|tschüss|gracias|adiós"
    r"|obrigad[oa]|grazie|dank|terima kasih|спасибо)\b|ありがとう|谢谢|謝謝|감사",
    re.IGNORECASE,
)
_SHORT = 150
"""Characters of a message that does no more than take leave."""
_THINKING = ("think",)


class _Acts(NamedTuple):
    """What a decision calls, each "" where it calls nothing of the kind."""

    changing: str = ""
    lasting: str = ""
    """The changing tool, where it does not hand over."""
    reading: str = ""


_NOTHING = _Acts()


def intents(
    said: Sequence[tuple[int, str]], calls: Sequence[tuple[str, ...]], offered: tuple[str, ...]
) -> list[str]:
    """The intent of each decision of a session, in order.

    Args:
        said: what the user said, each after how many decisions; in order.
        calls: names that each decision calls.
        offered: names of the tools that could be called.
    """
    acts = [_acts(names) if names else _NOTHING for names in calls]
    changing = [act.changing for act in acts]
    changes = any(changing)
    intents_of: list[str] = []
    asked = done = ""
    heard = start = 0
    while start < len(acts):
        first, at = heard, start
        while heard < len(said) and said[heard][0] <= at:
            heard += 1
        start = said[heard][0] if heard < len(said) else len(acts)
        if changes and any(changing[at:start]):
            intents_of += _nearest(changing[at:start])
            asked = ""
            for act in acts[at:start]:
                done = act.lasting or done
            continue
        for _, text in said[first:heard]:
            asked = user_requests.asked_for(text, offered) or asked
        name = asked if asked and _acts((asked,)).changing else ""
        if changes and not name:
            name = next((act.lasting for act in acts[start:] if act.lasting), "")
        if not name:
            reads = [act.reading for act in acts[at:start]]
            if any(reads):
                intents_of += _nearest(reads)
                continue
            if heard > first and _takes_leave(said[heard - 1][1]):
                name = CLOSING
        name = name or asked or done
        name = name or next((act.reading for act in acts[start:] if act.reading), OTHER)
        intents_of += [name] * (start - at)
    return intents_of


def _nearest(names: list[str]) -> list[str]:
    """Each empty name by the next one, the empty ones at the end by the last one."""
    if all(names):
        return names
    filled = []
    name = next(name for name in reversed(names) if name)
    for own in reversed(names):
        name = own or name
        filled.append(name)
    return filled[::-1]


@lru_cache(maxsize=4096)
def _acts(names: tuple[str, ...]) -> _Acts:
    changing = [name for name in names if side_effects.changes_something(name)]
    lasting = [name for name in changing if not user_requests.hands_over(name)]
    others = [name for name in names if name and name not in changing]
    reading = [name for name in others if side_effects.words(name)[:1] != _THINKING]
    return _Acts(*(next(iter(found), "") for found in (changing, lasting, reading)))


def _takes_leave(text: str) -> bool:
    return len(text) <= _SHORT and _FAREWELL.search(text) is not None
