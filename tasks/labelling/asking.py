"""The wordings by which a sentence asks, offers, or is only polite.

    asked("could you tell me the month so that i can look?")     -> Asked("the month", sure=True)
    asked("the month is required.")                              -> Asked(..., sure=False)
    asked("is there anything else?")                             -> None
    wants_consent("please confirm if i should go on.")           -> "": a yes, and nothing else

All take one sentence in lower-case English with straight apostrophes.
"""

import re
from typing import NamedTuple

WORDS = (
    *("please", "kindly", "you", "need", "requir", "know", "missing", " me", "give", "tell"),
    *("ask", "have to", "without", "awaiting", "specific", "until", "as soon as", "once i"),
    *(
        "is still",
        "are still",
        "is open",
        "is blank",
        "left is",
        "lack",
        "depends on",
        "start with",
    ),
)
"""One of them, or a question mark, stands in all that asks."""


class Asked(NamedTuple):
    """What a sentence asks for."""

    clause: str
    """The part that says it."""
    sure: bool
    """False where the wording asks only if what it speaks of can be asked for: "X is required"."""


_VERBS = (
    "advise|choose|clarify|confirm|describe|detail|enter|elaborate|explain|give|identify|include|"
    "fill|indicate|list|mention|name|pick|point|provide|quote|reply|rephrase|respond|say|select|send|share|show|specify|"
    "state|submit|supply|tell|type|upload|write"
)
_GIVING = _VERBS.replace("e|", "|")
_NOT = r"(?:doesn't|does not|didn't|did not|haven't|have not|hasn't|has not)"
_LET_KNOW = r"let (?:me|us) know"
# What the sentence asks for stands behind the cue.
_SURE = re.compile(
    rf"\b(?:(?:please|kindly) (?:\w+ly )?(?:{_VERBS}|{_LET_KNOW}|be (?:more|a bit) \w+)"
    rf"|(?:can|could|would|will|may|might) (?:you|i)(?: \w+){{0,2}} "
    rf"(?:{_VERBS}|have|know|ask|trouble you|{_LET_KNOW})"
    r"|(?:i|we)(?:'ll| will| would|'d|'m going to| am going to| are going to)?"
    r"(?: also| still| just| first)? (?:need|require|must know|must ask|have to (?:know|ask))"
    r"|(?:i|we)(?:'m| am|'re| are) (?:still )?(?:missing|going to (?:have to ask|need))"
    rf"|(?:i|we)(?:'d| would) (?:like|love|have) to (?:know|ask)|{_LET_KNOW}"
    r"|(?:i|we)(?: still)? (?:don't|do not)(?: yet)? know(?: yet)? (?:is|what|which|the|your)"
    rf"|(?:if|once|when|after|until) you(?:'ve| have| can| could)? (?:{_VERBS}|given|provided|told)"
    r"|(?:as soon as|once|when|until|unless) (?:i|we) (?:have|know|get|receive|got)"
    rf"|you(?:'d|'ll| would| will)? (?:first )?(?:have|need) to (?:{_VERBS})"
    rf"|(?:your \w+|you) {_NOT} (?:\w+ )?(?:includ\w+|mention\w*|sa(?:y|id)|specif\w+|state\w*"
    r"|given?|told|provided?|contains?)|(?:help|useful|good) to know|without knowing"
    r"|(?:a?wait\w*|waiting) (?:for )?(?=the |your )"
    rf"|mind (?:me )?(?:{_GIVING})ing|care to (?:{_VERBS}))\b"
    r"|(?:^|[;,:] |\band )(?:tell|give|send) (?:me|us)\b"
)
_UNSURE = re.compile(
    r"\b(?:is|are|was|were)(?: still| also)? (?:needed|required|missing|open|unclear|unknown|blank)"
    r"\b|\b(?:left|remaining|outstanding) is\b|\b(?:i|we)(?: still)? lack\b"
    r"|\b(?:appreciate|grateful|great|helpful) (?:it )?if you\b|\bstart with\b"
    r"|\b(?:everything|all)(?: \w+)? (?:but|except)\b|\bwhich (?:i|we) need\b"
)
_PLAIN_ASK = re.compile(_LET_KNOW)
_YOU_OR_I = re.compile(r"\b(?:you|your|i|my|we|us|me)\b")
_QUESTION_WORDS = re.compile(
    r"\b(?:what|which|where|when|who|whom|whose|how (?:many|much|long|often|far|old|large|big))\b"
)
_ADDRESSES = re.compile(
    r"\b(?:do|did|are|were|is|was|should|shall|would|will|could|can|have|has|may|might)\b"
)
_HELP = (
    r"(?:any|some|more|further|other|another|additional|else|help|assistance|question|concern"
    r"|issue|detail|need)s?"
)
# Politeness at the end of an answer.
_COURTESY = re.compile(
    r"\b(?:(?:any\w*|some\w*|what|who)(?: \w+)? else|(?:any|some)thing more|any(?: \w+)? other"
    r" (?:things?|questions?|information|help|requests?|matters?)"
    r"|how (?:can|may|else can) (?:i|we)"
    r"|what (?:else )?(?:can|may) (?:i|we) (?:do|help|assist)|feel free|if there(?:'s| is)"
    r"|(?:assist|help) you (?:further|with (?:anything|something))"
    r"|how does (?:that|this|it) (?:sound|look)|does (?:that|this) (?:help|sound|make sense|answer)"
    r"|(?:do|would) you (?:like|want|need) (?:any |some )?(?:more|further|additional|other|help"
    r"|to know)|(?:hesitate|happy|glad) to (?:ask|help|assist|reach)|i hope (?:that|this|it)"
    r"|(?:have|did|do) i (?:answer|help|cover|miss|forget)\w*)\b"
)
_CONDITION = re.compile(
    rf"\bif you(?:'d| would| do)? ?(?:have|need|require|want|wish|like|prefer|run into|change)\b"
    rf"(?=.{{0,200}}\b{_HELP}\b|.{{0,200}}\b{_LET_KNOW})|\bif you \w+ any\b"
)
_OFFER = re.compile(
    r"\b(?:(?:do|would) you (?:like|want|need) (?:me|us)\b|(?:shall|should|may|can) (?:i|we)\b"
    rf"(?! (?:\w+ )?(?:know|have|ask))|{_LET_KNOW} (?:how|what|whether|if) you(?:'d| would)"
    r"|how (?:would|do) you (?:like|want) (?:me )?to proceed)"
)
# Asks for a yes, not for a value.
_CONSENT = re.compile(
    r"\b(?:please (?:\w+ )?(?:confirm|reply|respond|say|type)|(?:do|would|should|shall|may|can)"
    r" (?:you|i|we)(?: like| want| wish| prefer)?(?: me| us)?(?: to)? (?:now )?"
    r"(?:proceed|go ahead|continue|go on)"
    r"|is (?:that|this|everything|it) (?:correct|right|ok\w*|fine)"
    r"|are you sure|do you (?:agree|confirm|consent))\b"
)
_IF = re.compile(r"^\W*(?:with |by )?(?:if|whether|that|everything|saying|\W*yes)\b|^\W*$")
_AND_ASKS = re.compile(
    rf"\band (?:also |then )?(?:please )?(?:{_VERBS}|{_LET_KNOW})\b(?! (?:if|whether|me if))"
)
_PURPOSE = re.compile(
    r"\b(?:so (?:that )?(?:i|we)|in order to|to (?:proceed|help|assist|continue)|before (?:i|we))\b"
)
# "Could you give it?": what is asked for was named before.
_PRONOUN = re.compile(
    r"\b(?:it|that|this|them|those|these)(?: (?:information|details?|data))?"
    r"(?: (?:is|are|in|again|first|now|please|should be|to me))?(?:\W*$|,| when\b| and\b| so\b)"
)


def asked(sentence: str, *, last: bool = False) -> Asked | None:
    """What the sentence asks for; None where it asks for nothing.

    Args:
        sentence: one sentence.
        last: whether it stands at the end, where a question without a verb ("And the day?") is one
            for sure.
    """
    cue = _SURE.search(sentence)
    is_question = sentence.rstrip("\"') ").endswith("?")
    if not cue and not is_question:
        return Asked(sentence, False) if _UNSURE.search(sentence) else None
    if _is_courtesy(sentence, cue):
        return None
    if cue:
        return Asked(_PURPOSE.split(sentence[cue.end() :])[0] or sentence, True)
    word = _QUESTION_WORDS.search(sentence) or _ADDRESSES.search(sentence)
    if word:
        # "What is it good for? It saves time.": who answers it at once does not ask.
        return Asked(sentence[word.start() :], last or bool(_YOU_OR_I.search(sentence)))
    return Asked(sentence, last)


def wants_consent(sentence: str) -> str | None:
    """For a sentence that asks for a yes, what it asks for besides; None for any other one.

    "please confirm if i should go on and give the day" wants "the day" too.
    """
    consent = _CONSENT.search(sentence)
    if not consent:
        return None
    if consent[0].startswith("please") and not _IF.match(sentence[consent.end() :]):
        return None
    more = _AND_ASKS.search(sentence)
    return sentence[more.end() :] if more else ""


def is_offer(sentence: str) -> bool:
    """Whether it offers to do something: no question, where the wish itself was declined."""
    return bool(_OFFER.search(sentence))


def points_back(clause: str) -> bool:
    """Whether what is asked for was named before: "could you give it?"."""
    return bool(_PRONOUN.search(clause))


def _is_courtesy(sentence: str, cue: re.Match[str] | None) -> bool:
    if _CONSENT.search(sentence):
        return False
    polite = _COURTESY.search(sentence) or _CONDITION.search(sentence)
    if not polite:
        return False
    # "Could you name the director, if you have a preference?" does ask.
    return not cue or bool(_PLAIN_ASK.search(cue[0])) or polite.start() <= cue.start()
