r"""What a user's next turn says of the reply before it: rephrased, complained, asked for a human.

    "Cancel order 17"  ...  "I said cancel order 17, please!"    rephrased
    "That is wrong."                                             complained
    "Let me talk to a real person."                              handed_over

A weak signal beside feedback: rules for English, which miss what they don't know and say nothing of
other languages.
"""

import re
from collections.abc import Sequence
from typing import Literal

from tasks.core.records import Message

Signal = Literal["rephrased", "complained", "handed_over", ""]

ALIKE = 0.6
"""Share of the words of two requests that are the same, from which on one rephrases the other."""
FEWEST = 3
"""Words of a request; shorter ones ("yes", "May please") are alike by chance."""

_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset(
    _WORD.findall(
        "a an the i me my you your it is are was to of for in on at and or please can could would "
        "do did does not no so just said again want need"
    )
)
_HUMAN = re.compile(
    r"\b(?:(?:talk|speak|connect|transfer|chat|put me through|get)\b[^.!?]{0,30}\b(?:human|person|"
    r"agent|representative|someone|somebody|supervisor|manager|operator|support|staff)|(?:a |real |"
    r"live |actual )(?:human|person|agent|representative|operator)\b)",
    re.I,
)
_COMPLAINT = re.compile(
    r"\b(?:(?:that|this|it|you)(?:'s|'re| is| are| was| were)?(?: still| just| simply| completely|"
    r" totally| all)* (?:wrong|incorrect|not (?:right|correct|true|what i|helpful|working)|useless|"
    r"broken|nonsense)|(?:isn't|wasn't|is not|was not|not) what i (?:asked|wanted|meant|said)|did"
    r"(?:n't| not) (?:work|help|answer)|does(?:n't| not) (?:work|help)|you(?:'re| are)? (?:not "
    r"(?:listening|understanding|helping)|misunderst\w+|did(?:n't| not) (?:understand|listen|"
    r"read))|i (?:already|just) (?:told|said|gave|asked)|i (?:never|didn't|did not) (?:ask|say|"
    r"want)|terrible|ridiculous|unacceptable|frustrat\w+|waste of (?:my )?time|worst)\b",
    re.I,
)


def signal(messages: Sequence[Message]) -> Signal:
    """What the last turn of the user says of the reply before; empty where it says nothing."""
    turns = [m.content for m in messages if m.role == "user"]
    if len(turns) < 2 or not messages or messages[-1].role != "user":
        return ""
    text = turns[-1].replace("’", "'")
    if _HUMAN.search(text):
        return "handed_over"
    if _COMPLAINT.search(text):
        return "complained"
    last, before = _words(text), _words(turns[-2])
    if min(len(last), len(before)) < FEWEST:
        return ""
    return "rephrased" if len(last & before) >= ALIKE * len(last | before) else ""


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold())) - _EMPTY
