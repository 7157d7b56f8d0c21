"""Recognises clauses that claim something was done, or that say one is about to do it.

    claims("i have booked the room")            True    claims("your card was charged")      True
    claims("consider it done")                  True    claims("if it was charged")          False
    claims("i was not designed to do that")     False   claims("the month you booked")       False

All take one clause in lower-case English with straight apostrophes. What an agent looked at is no
deed (`looks`): it changes nothing.
"""

import re

_LOOKING = (
    "checked|looked|searched|reviewed|understood|understand|read|noted|considered|tried|received|"
    "seen|found|located|retrieved|examined|verified|gone through|pulled up"
)
_BETWEEN = r"(?:\s+(?:\w+ly|just|now|already|also|since|then|both|all|even|in fact|indeed))*"
_PAST = (
    r"(?:\w{2,}ed|went|let|sent|did|made|put|took|gave|got|bought|sold|paid|told|wrote|set|ran|"
    r"held|"
    r"left|kept|began|chose|drew|built|brought|spent|spoke|stood|withdrew|hit|cut|shut|reset|done|"
    r"gone|taken|given|written|chosen|begun|drawn|broken|spoken)"
)
_DONE = (
    r"(?:booked|done|complete|completed|finished|confirmed|arranged|sorted|settled|paid|cancell?ed|"
    r"sent|approved|scheduled|ordered|reserved|taken care of|handled|dealt with|set|set up|ready|"
    r"in "
    r"place|over|fixed|updated|changed|switched|deleted|removed|processed|submitted|charged|placed|"
    r"active|activated|live|issued|refunded|transferred|created|added|on (?:its|the|their|your|his|"
    r"her) way|filed|shipped|delivered|registered|secured|closed|opened|finali[sz]ed|carried out|"
    r"good to go|through|in the (?:mail|post)|waiting for you|all yours)"
)
_BE = r"(?:is|are|'s|'re|was|were|has been|have been|'ve been|had been|got|gets|will be)"
_I_DID = re.compile(
    # "i've booked", "we have just sent"; not "i have no access", "i have been told not to".
    rf"\b(?:i|we)(?:'ve| have| had){_BETWEEN}\s+"
    r"(?!(?:not|never|no|to|a|an|the|any|only|access|some|several|two|three|several|information|"
    rf"your|his|her|their|our|my|been|{_LOOKING}|had|limited|nothing|none|trouble|"
    rf"difficulty)\b){_PAST}\b"
    # "i cancelled", "we went ahead"; not "i understood", "i was designed".
    rf"|\b(?:i|we){_BETWEEN}\s+(?!(?:{_LOOKING}|need|indeed|speed|noticed|wanted|hoped|"
    rf"wished)\b){_PAST}\b"
    r"(?!\s+not\b)"
    r"|\b(?:i|we)(?:'m|'re| am| are)(?: now| already| currently)*\s+(?:booking|sending|paying|"
    r"cancell?ing|ordering|charging|placing|processing|transferring|deleting|updating|creating|"
    r"submitting|refunding|changing|reserving|scheduling|playing|calling|doing)\b"
)
_IT_WAS = re.compile(
    r"\b(?:has|have|had|'ve)(?: \w+ly| just| now| already| also| since| all)* been"
    r"(?: \w+ly| just| now| already| also| since| all)* (?!(?:unable|told|asked|instructed|"
    r"designed|"
    r"given|granted|trained|built|programmed|trying|limited)\b)"
    rf"(?:{_PAST}|{_DONE}|\w+(?:en|wn|ght|eld|und|ung|unk|old|aid|own|elt|ept|ost|uck))\b"
    rf"|{_BE}(?: now| all| already| also| just| \w+ly)* {_DONE}\b"
    r"|\b(?:was|were|got)(?: now| all| already| also| just| \w+ly)* (?!(?:designed|built|made|"
    r"trained|created|programmed|intended|limited|not|supposed|unable|allowed|"
    r"required)\b)\w{2,}(?:ed|en)\b"
    r"|\b(?:went|gone|go) (?:through|ahead)\b|\bsuccess(?:ful(?:ly)?)?\b|\bvoil[aà]\b"
    r"|\btaken care of\b|\btook care of\b|\ball set\b|\bconsider (?:it|that|this) \w+"
    r"|\b(?:now|already) (?:shows?|reads?|says?|has|holds?|stands? at)\b|\bas (?:you "
    r")?(?:requested|"
    r"wished|asked|ordered)\b|(?:'s|\bis|\bare)(?: now| all)* (?:yours|coming)\b"
    # "the parcel has arrived"; the participles of what agents look at are no deeds.
    rf"|\b(?:has|have)(?: now| just| already| since| \w+ly)* (?!(?:{_LOOKING}|not|never|limited|"
    rf"needed|required|wanted|mentioned|included|asked|requested|provided|specified|stated)\b)"
    rf"(?:\w{{2,}}ed|gone|come|begun|left|started|taken|given|become|made|done|sent|paid)\b"
)
_BARE = re.compile(
    rf"^(?:(?:all|now|already|and|so|ok|okay|great|good news)[ ,!]+)*(?:{_DONE}|success)\b"
    r"|^(?:\w+ ){1,3}(?:received|sent|booked|cancell?ed|confirmed|done|complete|completed|paid|"
    r"approved|processed|deleted|updated|submitted|transferred|refunded|ordered|issued)$"
)
_FILLERS = re.compile(
    r"\b(?:please|kindly|indeed|somehow|as always|of course|for you|finally|actually|really|simply|"
    r"hereby|gladly|happily|in fact|duly|promptly|instantly|immediately|meanwhile|luckily|quickly|"
    r"kind of|sort of|basically|certainly|surely|definitely|obviously|clearly|again|therefore|thus|"
    r"now|just|already|for example)\b"
)
"""Words that say nothing, wherever they stand."""
_PROMISES = re.compile(
    r"\b(?:i|we)(?:'ll| will| shall|'m going to| am going to|'re going to| are going to)\b"
    r"(?! (?:also |then |still |just |only |first )*(?:need|require|have to|be (?:able|unable|"
    r"happy|"
    r"glad|sure|in a position|better)|not\b|never\b|know|ask))"
    r"|\blet me (?!know\b|ask\b)"
)
_CONDITION = re.compile(
    r"\b(?:ensure|make sure|making sure|so|so that|if|whether|once|when|until|unless|after|before|"
    r"as soon as|in case|which|who|that you|where|how)\b"
    r"|\byou(?:'ve| have|'d| had)?\s*$"
)
_SHOWS = re.compile(
    r"\bthere (?:is|are|was|were|'s)\b|\b(?:i|we)(?:'ve| have)? (?:found|see|located|discovered)\b"
    r"|\bhere (?:is|are|'s)\b(?! (?:what|how) i)|\bhere's\b|\b(?:is|are|'s|were|was)(?: all| now| "
    r"still|"
    r" currently| fully| already)* (?:taken|available|free|full|sold out|open|closed|unavailable|"
    r"empty|"
    r"cheap\w*|expensive|on time|late|delayed|out of stock|in stock)\b|\b(?:it|they|that|this) "
    r"(?:costs?|takes?|leaves?|arrives?|opens?|closes?)\b|\bthe (?:results?|answer|price|total|"
    r"weather|balance|status) (?:is|are|shows?|says?)\b"
)
_NEGATED = re.compile(r"n't\b|\b(?:not|never|no|cannot)\b")
_LOOKS = re.compile(
    rf"\b(?:i|we)(?:'ve| have|'m| am| can)?{_BETWEEN} (?:{_LOOKING}|see|find|looking|checking)\b"
)


def claims(clause: str) -> bool:
    """Whether the clause says that something was done, or is as good as done."""
    return any(map(_claims, {clause, " ".join(_FILLERS.sub(" ", clause).split())}))


def _claims(clause: str) -> bool:
    if _BARE.search(clause):
        return True
    for pattern in (_I_DID, _IT_WAS):
        for match in pattern.finditer(clause):
            before = clause[: match.start()]
            if not _CONDITION.search(before) and not _is_negated(clause, match):
                return True
    return False


def shows(clause: str) -> bool:
    """Whether the clause tells what a tool has to say first: what there is, what was found."""
    return bool(_SHOWS.search(clause)) and not _CONDITION.search(clause)


def promises(clause: str) -> bool:
    """Whether the clause says what the agent will do, on no condition."""
    clause = " ".join(_FILLERS.sub(" ", clause).split())
    match = _PROMISES.search(clause)
    return bool(match) and not _CONDITION.search(clause)


def looks(clause: str) -> bool:
    """Whether the clause says what the agent has looked up."""
    return bool(_LOOKS.search(clause))


def _is_negated(clause: str, match: re.Match[str]) -> bool:
    """Whether the deed is denied: "has not been", "nothing was sent"."""
    near = clause[max(0, match.start() - 25) : match.end() + 8]
    return bool(_NEGATED.search(near)) or "nothing" in clause[: match.start()]
