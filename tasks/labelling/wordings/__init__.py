"""Rules for replies in languages other than English: one file a language, named by its ISO code.

    wordings.available()                     {"de", "es", …}
    wordings.did("de", "Für welchen Tag?")   Act(behaviour="clarify", is_sure=True)

A language's file holds, each a regular expression over one sentence in lower case with straight
apostrophes:

    ASKS      asks the user for something, with or without a question mark
    COURTESY  is only polite: it asks for nothing, though it may end in a question mark
    DECLINES  says that the speaker can't or may not
    FINDS     a negation that is a result: "I found no order"
    OFFERS    offers something in place of what was declined, or sends the user to somebody else
    DOUBTS    may hide a question or an inability that no other pattern knows
    STATES    tells a result: something is done, costs so much, is at such a time

A text is an answer only where it tells a result and nothing in it is in doubt: any negation, regret
or request that no pattern explains leaves it to a person. That sends many answers to review, on
purpose: a refusal in words that nobody thought of must not be learned as an answer.
"""

import importlib
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from tasks.core import closure
from tasks.core.records import Behaviour

# "8. " numbers an item, "1. Mai" is a day: neither ends a sentence.
_END = re.compile(r"(?<=[.!?])(?<!\d\.)\s+|(?<=[。！？!?])|\n+")
_QUESTION = re.compile(r"(?:[?？]|(?:でしょう|です|ます|ません)か。?)[\"'”»)\s]*$")
_CONDITION = re.compile(
    r"\b(?:wenn|falls|sofern|si|caso|qualora|lorsque|(?<!non )(?<!não )(?<!no )se)\b|如果|若|の場合"
)
_INSTRUCTS = re.compile(
    r"\b(?:web\w*|online|en ligne|app|portal\w*|formular\w*|klick\w*|men[uü]s?|clic\w*|sito|sitio"
    r"|site|p[aá]gina|aplica\w*|formul\w*|seite|lien|enlace|einstellungen|ajustes|impostazioni)\b"
    r"|サイト|アプリ|クリック|画面|网站|应用|点击|页面"
)
"""Tells the user how to do it, rather than asking for something."""


class Act(NamedTuple):
    """What a text does, and whether that is sure enough to stand without a person."""

    behaviour: Behaviour
    is_sure: bool
    questions: int = 0


@cache
def available() -> frozenset[str]:
    """Codes of the languages with a file here."""
    return frozenset(closure.plugins(__name__))


def did(code: str, plain: str) -> Act:
    """What a text in one of the `available` languages does; lower case, straight apostrophes."""
    asks, courtesy, declines, finds, offers, doubts, states = _patterns(code)
    sentences = [s.strip() for s in _END.split(plain) if s.strip()]
    spoken = [s for s in sentences if not courtesy.search(s) or declines.search(s)]
    unable = [s for s in spoken if declines.search(s) and not finds.search(s)]
    questions, in_doubt = 0, False
    for place, sentence in enumerate(spoken):
        if unable and offers.search(sentence):
            continue
        requests = asks.search(sentence) is not None
        if _QUESTION.search(sentence):
            # "Why is that? Because …": who goes on after a question may have answered it.
            is_open = requests or place == len(spoken) - 1
            questions, in_doubt = questions + is_open, in_doubt or not is_open
        elif requests and sentence not in unable and not _INSTRUCTS.search(sentence):
            questions += 1
        else:
            in_doubt |= requests
    if questions:
        return Act("clarify", True, questions)
    if unable:
        return Act("refuse", not in_doubt and not any(map(_CONDITION.search, unable)))
    tells = any(map(states.search, spoken))
    is_doubtful = in_doubt or any(doubts.search(finds.sub(" ", s)) for s in spoken)
    return Act("answer", tells and not is_doubtful)


@cache
def _patterns(code: str) -> Sequence[re.Pattern[str]]:
    module: Any = importlib.import_module(f"tasks.labelling.wordings.{code}")
    names = ("ASKS", "COURTESY", "DECLINES", "FINDS", "OFFERS", "DOUBTS", "STATES")
    return tuple(re.compile("|".join(getattr(module, name))) for name in names)
