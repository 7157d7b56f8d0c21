"""The wordings by which a sentence declines: an inability, a rule that forbids, a hand-over.

    is_unable("i'm afraid i can't do that.")                     -> True
    is_unable("i can't find any seats.")                         -> False: a finding
    is_barred("economy fares cannot be changed.")                -> True
    hands_over("shall i transfer you to a human agent?")         -> True

All take one sentence in lower-case English with straight apostrophes.
"""

import re
from collections.abc import Sequence

NEGATIVE = (
    *("not", "n't", "unable", "decline", "refuse", "lack", "none", "no ", "neither", "nothing"),
    *("beyond", "out", "exceed", "bound", "forbid", "prohibit", "prevent", "limited", "only"),
)
"""One of them stands in all that says an inability; to look for one first is far quicker."""
OTHERS = (
    *("human", "person", "agent", "team", "support", "service", "specialist", "colleague"),
    *("tative", "operator", "supervisor"),
)
"""Likewise for a hand-over."""

_CANT = r"(?:can't|cannot|can not|couldn't|won't|will not|unable|not able|not in a position)"
_NO_DOING = r"(?:does not|doesn't|do not|don't|did not|didn't)"
_MEANS = (
    r"(?:tools?|functions?|functionality|capabilit\w+|abilit\w+|access|means|way|permissions?"
    r"|authority|authori[sz]ation|information|knowledge|data|option|possibilit\w+"
    r"|connection|link)"
)
_SPEAKER = (
    # "i'm sorry, but i can't", "i therefore cannot"; no other subject may stand between.
    rf"\b(?:i|we)\b(?:(?!\b(?:you|it|they|there|this|he|she)\b)[^.;:?!]){{0,60}}?(?:{_CANT}"
    r"|not (?:\w+ly )?(?:allowed|permitted|authori[sz]ed|designed|equipped|capable|made|able|set up"
    r"|built|meant|intended|trained|supposed|connected|qualified|programmed|configured)"
    r"|(?:told|instructed|asked|required) not to|have nothing to"
    r"|(?:must|have to|need to) (?:\w+ly )?(?:decline|refuse)|bound by)\b",
    rf"\b(?:i|we)(?:'ve| have|'m left with)? no (?:\w+ ){{0,2}}?{_MEANS}\b",
    r"\b(?:i|we)(?: \w+ly)? (?:don't|do not|lack|never)(?: (?:\w+ly|yet))?"
    rf"(?: (?:have|possess|support|offer|know how)\b| (?:a |any |the )(?:\w+ )?{_MEANS}\b)",
    r"\b(?:i|we) (?:don't|do not) (?:think|believe) (?:i|we) (?:can|am able|could)\b",
    r"\b(?:i|we) (?:was|were|have|am|'ve)(?: not|n't)(?: been)? (?:given|granted) "
    rf".{{0,200}}\b{_MEANS}\b",
    r"\b(?:i|we)(?:'m| am| are|'re)? (?:can )?only (?:able to )?(?:help|assist|deal|answer)\b",
    r"\bas an? (?:ai|assistant|language model|chat ?bot)\b.{0,200}\b(?:not|n't|cannot|unable|no)\b",
)
_CIRCUMSTANCE = (
    r"\bunable to (?:\w+ly )?\w+",
    r"\b(?:beyond|outside|out of|not within|exceeds?) (?:of )?(?:me\b|(?:my|our) \w|what (?:i|we)\b"
    r"|(?:the )?(?:\w+ )?(?:scope|capabilit|abilit|power|remit|reach\b|hands\b))",
    r"\b(?:my|our|these|this|current|available|provided|the) (?:\w+ )?(?:capabilities|abilities"
    r"|tools?|functions?|assistant|service|knowledge|training)(?: \w+){0,4}? "
    rf"(?:{_NO_DOING}|(?:are|is) limited|ends?\b|{_CANT}|(?:is|are) (?:only|not))",
    r"\b(?:is|are|it's|that's|was)(?: \w+ly)?(?:n't| not) (?:possible|supported|permitted|allowed"
    r"|feasible|available to me|within my|something (?:i|we|my|our|this)|in my power|part of what"
    r"|among (?:the|my))",
    r"\b(?:none|neither|no|not any|without an?y?)(?: of)?(?: \w+){0,4}? (?:tools?|functions?)\b",
    rf"\bthere(?:'s| is| are| {_NO_DOING} (?:seem|appear) to be)(?: not|n't)? (?:no|any|an?) "
    r"(?:\w+ )?(?:tools?|functions?|way|means|option)\b"
    r"(?=.{0,200}\b(?:to|that|can|for|lets?|fits?)\b)",
    r"\bnothing (?:\w+ ){0,4}?(?:can|lets?|allows?|enables?)\b",
    rf"\b(?:tools?|functions?)(?: \w+){{0,4}}? (?:{_CANT}|{_NO_DOING}|not (?:suitable|available))",
    r"\b(?:polic\w+|rules?|terms|guidelines?|regulations?|tools?|functions?)\b.{0,40}\b"
    rf"(?:{_NO_DOING} (?:\w+ )?(?:allow|permit|let|include|cover)|prohibits?|forbids?|prevents?)",
    r"\b(?:request|action|task|this|that) (?:\w+ ){0,2}?(?:can't|cannot|can not) be "
    r"(?:fulfilled|completed|performed|carried out|processed|handled) (?:with|by|using|here)\b",
    r"\b(?:not|n't) (?:\w+ )?(?:allow|let|permit|enable)s? (?:me|us)\b",
    r"\b(?:is|are)(?:n't| not) (?:covered|handled|served|offered|provided) (?:by|here|in) ",
    r"\bno can do\b|\bafraid not\b",
)
_UNABLE = tuple(re.compile("|".join(group)) for group in (_SPEAKER, _CIRCUMSTANCE))
_BARRED = re.compile(
    r"\b(?:can't|cannot|can not|could not|couldn't|may not|must not) be (?:\w+ly )?"
    r"\w+(?:ed|en|ne|de|nt|lt|ld|ut|et)\b"
    r"|\bnot (?:eligible|possible|permitted|allowed|refundable|entitled)\b"
)
_REGRET = re.compile(
    r"\b(?:unfortunately|sorry|regret\w*|apologi\w+|afraid|sadly|however|polic\w+|rules?|therefore)\b"
)
_FINDING = re.compile(
    r"\b(?:(?:can't|cannot|unable to|not able to) (?:find|locate|see|spot) any"
    r"|(?:couldn't|could not|was(?:n't| not)? (?:un)?able to) (?:find|locate|see|spot))\b"
)
_HANDS_OVER = re.compile(
    r"\b(?:transfer|connect|refer|hand|pass|contact\w*|reach out|speak|escalate)\b.{0,40}"
    r"\b(?:human|person|agent|colleague|representative|operator|supervisor|team|support|specialist"
    r"|(?:customer )?service)\b"
)


def has(plain: str, words: Sequence[str]) -> bool:
    """Whether one of the words stands in the text, be it inside another one."""
    return any(map(plain.__contains__, words))


def is_unable(sentence: str) -> bool:
    """Whether the speaker says that they can't."""
    if not any(pattern.search(sentence) for pattern in _UNABLE):
        return False
    return not _FINDING.search(sentence)


def is_barred(sentence: str) -> bool:
    """Whether it says that something can't be done, whoever does it."""
    return bool(_BARRED.search(sentence))


def regrets(text: str) -> bool:
    """Whether a text says that it is sorry, or names a rule."""
    return bool(_REGRET.search(text))


def hands_over(sentence: str) -> bool:
    """Whether it sends the user to somebody else."""
    return bool(_HANDS_OVER.search(sentence))
