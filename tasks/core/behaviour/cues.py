"""The wordings by which a sentence asks, declines, offers or is only polite. In English.

    asked("could you tell me the month so that i can look?")   -> "the month"
    asked("is there anything else?")                           -> ""
    is_unable("i'm afraid i can't do that.")                   -> True

All take one sentence in lower case with straight apostrophes.
"""

import re

_VERBS = (
    "advise|choose|clarify|confirm|describe|detail|enter|elaborate|explain|give|identify|include|"
    "indicate|list|mention|name|pick|provide|reply|rephrase|say|select|send|share|show|specify|"
    "state|submit|supply|tell|type|upload"
)
# What the sentence asks for stands behind the cue.
_ASKS = re.compile(
    rf"\b(?:(?:please|kindly) (?:\w+ly )?(?:{_VERBS}|let (?:me|us) know)"
    rf"|(?:can|could|would|will|may) (?:you|i)(?: \w+){{0,2}} "
    rf"(?:{_VERBS}|have|know|ask|let (?:me|us) know)"
    r"|(?:i|we)(?:'ll| will| would|'d|'m going to| am going to| are going to)?"
    r"(?: also| still| just| first)? (?:need|require|must know)"
    r"|(?:i|we)(?:'m| am|'re| are) (?:still )?missing"
    r"|(?:i|we)(?:'d| would) (?:like|love) to know|let (?:me|us) know"
    r"|(?:is|are) (?:needed|required|missing)"
    rf"|(?:if|once|when|after|until) you(?:'ve| have| can| could)? (?:{_VERBS}|given|provided|told)"
    rf"|mind (?:me )?(?:{_VERBS.replace('e|', '|')})ing)\b"
    r"|(?:^|[;,:] |\band )(?:tell|give|send) (?:me|us)\b"
)
_PLAIN_ASK = re.compile(r"\blet (?:me|us) know|\b(?:if|once|when|after|until) you\b")
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
    r"\b(?:(?:anything|something|any(?:one| other)?\s*\w*) else|how (?:can|may|else can) (?:i|we)"
    r"|what (?:else )?(?:can|may) (?:i|we) (?:do|help|assist)|feel free|if there(?:'s| is)"
    r"|(?:assist|help) you (?:further|with (?:anything|something))"
    r"|how does (?:that|this|it) (?:sound|look)|does (?:that|this) (?:help|sound|make sense|answer)"
    r"|(?:do|would) you (?:like|want|need) (?:any |some )?(?:more|further|additional|help|to know)"
    r"|(?:hesitate|happy|glad) to (?:ask|help|assist))\b"
)
_CONDITION = re.compile(
    rf"\bif you(?:'d| would| do)? ?(?:have|need|require|want|wish|like|prefer|run into|change)\b"
    rf"(?=.*\b{_HELP}\b|.*\blet (?:me|us) know)|\bif you \w+ any\b"
)
_OFFER = re.compile(
    r"\b(?:(?:do|would) you (?:like|want|need) (?:me|us)\b|(?:shall|should|may|can) (?:i|we)\b"
    r"(?! (?:\w+ )?(?:know|have|ask))|let (?:me|us) know (?:how|what|whether|if) you(?:'d| would)"
    r"|how (?:would|do) you (?:like|want) (?:me )?to proceed)"
)
_HANDS_OVER = re.compile(
    r"\b(?:transfer|connect|refer|hand|pass|contact\w*|reach out|speak|escalate)\b.{0,40}"
    r"\b(?:human|person|agent|colleague|representative|operator|supervisor|team|support|specialist"
    r"|(?:customer )?service)\b"
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
    rf"\band (?:also |then )?(?:please )?(?:{_VERBS}|let (?:me|us) know)\b(?! (?:if|whether|me if))"
)
_PURPOSE = re.compile(
    r"\b(?:so (?:that )?(?:i|we)|in order to|to (?:proceed|help|assist|continue)|before (?:i|we))\b"
)
# "Could you give it?": what is asked for was named before.
PRONOUN = re.compile(
    r"\b(?:it|that|this|them|those|these)(?: (?:information|details?|data))?"
    r"(?: (?:is|are|in|again|first|now|please|should be|to me))?(?:\W*$|,| when\b| and\b| so\b)"
)

_NOT = r"(?:can't|cannot|can not|won't|will not)"
_UNABLE = re.compile(
    r"\b(?:(?:i|we)(?:'m|'re| am| are)?(?: (?:\w+ly|sorry|afraid|but|that|also|just|still)){0,3},? "
    rf"(?:(?:i'm |i am |i |we )?(?:{_NOT}|shouldn't|may not"
    r"|(?:must|have to|need to|will have to|would have to) decline|unable|not able|not allowed"
    r"|not permitted|not authori[sz]ed|not designed|not equipped|not capable|not in a position"
    r"|bound by|have no (?:way|means|access|abilit\w+|option|possibilit\w+|information|knowledge"
    r"|data)"
    r"|(?:don't|do not|lack) (?:currently |actually |directly |yet )?(?:have|support|offer|know how"
    r"|the (?:\w+ )?(?:ability|tools?|capabilit\w+|access|means|functions?))))"
    rf"|(?:i|we)\b[^.;:]{{0,70}}\b(?:and|but|so) (?:i |we |therefore |thus )*(?:{_NOT}|am unable"
    r"|am not able)"
    r"|unable to (?:\w+ly )?\w+|(?:beyond|outside|out of|not within|exceeds?) (?:of )?"
    r"(?:(?:my|our|the|what) (?:\w+ )?(?:scope|capabilit\w+|abilit\w+|powers?|remit|reach)"
    r"|what (?:i|we)(?:'m| am|'re| are)? (?:can|able|allowed))"
    r"|(?:my|our|the|these|this|current|available|provided) (?:\w+ )?"
    r"(?:capabilities|abilities|tools?|functions?|assistant|service|knowledge|training)"
    r"(?: \w+){0,3}? (?:do not|don't|does not|doesn't|(?:are|is) limited|ends?\b|can't|cannot"
    r"|can not)"
    r"|(?:is|are|it's|that's|this is)(?: \w+ly)?(?:n't| not) (?:possible|supported|permitted"
    r"|allowed|available to me|within my|something (?:i|we)|in my power)"
    r"|(?:none of|no|not any) (?:\w+ ){0,4}?(?:tools?|functions?)\b"
    r"|nothing (?:i|here|that i)\b.*\bcan\b"
    r"|(?:tools?|functions?)(?: \w+){0,4} (?:can't|cannot|can not|do not|don't|does not|doesn't"
    r"|not (?:suitable|able|available))"
    r"|(?:polic\w+|rules?|terms|guidelines?|regulations?)\b.{0,40}\b(?:do not|don't|does not"
    r"|doesn't|prohibits?|forbids?|prevents?)(?: \w+)? ?(?:allow|permit|let|me|us|this)?)\b"
)
_BARRED = re.compile(
    r"\b(?:can't|cannot|can not|could not|couldn't|may not|must not) be (?:\w+ly )?"
    r"\w+(?:ed|en|ne|de|nt|lt|ld|ut|et)\b"
    r"|\bnot (?:eligible|possible|permitted|allowed|refundable|entitled)\b"
)
_REGRET = re.compile(
    r"\b(?:unfortunately|sorry|regret\w*|apologi\w+|afraid|sadly|however|polic\w+|rules?|therefore)\b"
)
_FOUND_NOTHING = re.compile(r"\b(?:can't|cannot|unable to|not able to) (?:find|locate|see) any\b")


def asked(sentence: str, *, last: bool = False) -> str:
    """The part of the sentence that says what is wanted; "" where nothing is asked for.

    Args:
        sentence: one sentence.
        last: whether it stands at the end, where a question may do without a verb ("And the day?").
    """
    cue = _ASKS.search(sentence)
    is_question = sentence.rstrip("\"') ").endswith("?")
    if not cue and not is_question:
        return ""
    if _is_courtesy(sentence, cue):
        return ""
    if cue:
        return _PURPOSE.split(sentence[cue.end() :])[0] or sentence
    word = _QUESTION_WORDS.search(sentence) or _ADDRESSES.search(sentence)
    return sentence[word.start() :] if word else sentence if last else ""


def wants_consent(sentence: str) -> str | None:
    """For a sentence that asks for a yes, what it asks for besides; None for any other one.

    "please confirm if i should go on and give the day" wants "give the day" too.
    """
    found = _CONSENT.search(sentence)
    if not found:
        return None
    if found[0].startswith("please") and not _IF.match(sentence[found.end() :]):
        return None
    more = _AND_ASKS.search(sentence)
    return sentence[more.end() :] if more else ""


def is_unable(sentence: str) -> bool:
    """Whether the speaker says that they can't."""
    return bool(_UNABLE.search(sentence)) and not _FOUND_NOTHING.search(sentence)


def is_barred(sentence: str) -> bool:
    """Whether it says, with regret or a rule, that something can't be done."""
    return bool(_BARRED.search(sentence))


def regrets(text: str) -> bool:
    """Whether a text says that it is sorry, or names a rule."""
    return bool(_REGRET.search(text))


def is_offer(sentence: str) -> bool:
    """Whether it offers to do something: no question, where the wish itself was declined."""
    return bool(_OFFER.search(sentence))


def hands_over(sentence: str) -> bool:
    """Whether it sends the user to somebody else."""
    return bool(_HANDS_OVER.search(sentence))


def _is_courtesy(sentence: str, cue: re.Match[str] | None) -> bool:
    if _CONSENT.search(sentence):
        return False
    if _COURTESY.search(sentence):
        return True
    condition = _CONDITION.search(sentence)
    if not condition:
        return False
    # "Could you name the director, if you have a preference?" does ask.
    strong = cue and not _PLAIN_ASK.match(cue[0])
    return not (strong and cue and cue.start() < condition.start())
