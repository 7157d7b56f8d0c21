r"""Reads a reply that should hold back: each sentence must be one that holding back needs.

    "I'm sorry, I cannot cancel flights. Please call the airline."     refuse
    "For which month would you like the invoice?"                      clarify
    "I cannot do that. It has been done, and your card was charged."   "" : the second sentence
    "I cannot do that. The balance is 412 EUR."                        "" : a figure from nowhere

The gate's own check. It shares no rule with the labeller that curation and rewards use, and works
the other way round: that one looks for the strongest sign in a reply, this one wants a known reason
for each sentence. What it does not know is no exact match, so it errs against every arm alike.
English only; a reply in another script is never exact here.
"""

import re
from collections.abc import Sequence
from typing import Literal

from tasks import dialects
from tasks.core.records import Behaviour, Message

HeldBack = Literal["clarify", "refuse", ""]

_SENTENCE = re.compile(r"[^.!?\n;]+(?:\.(?=\w)[^.!?\n;]*)*[.!?;]*|\n")
_FIGURE = re.compile(r"\d+(?:[.,:/-]\d+)*")

_NOT_ABLE = re.compile(
    r"\b(?:can(?:no|')?t|can not|could ?n.t|could not|unable to|not able to|are(?: not|n't) "
    r"able to|not (?:possible|equipped|designed|authori[sz]ed|permitted|allowed|capable|"
    r"available|supported)|(?:do not|don't|does not|doesn't|did not|have no|has no|had no|no "
    r"longer|without|lack)(?: \w+){0,3} (?:have|access|tools?|functions?|ability|abilities|"
    r"capabilit\w+|information|data|way|means|permission|authority|support|offer|options?)|"
    r"(?:have|has|there is|there's|there are|offers?) no(?: \w+){0,3} (?:tools?|functions?|"
    r"way|access|ability|capabilit\w+|means|options?)|no(?: \w+){0,2} (?:tools?|"
    r"functions?)(?: \w+){0,4} (?:for|to|can|fits?|matches|available)|none of (?:my|the)(?: "
    r"\w+){0,3} (?:tools?|functions?)|(?:outside|beyond)(?: of)? (?:my|the|what|our)|won't be "
    r"able|will not be able|must decline|have to decline|not something (?:i|we) can)\b",
    re.I,
)
_COURTESY = re.compile(
    r"^(?:i(?:'m| am) (?:very |so |really )?(?:sorry|afraid)\b|sorry\b|apologi\w+|my "
    r"apologies|i apologi[sz]e|unfortunately\b|thank(?:s| you)\b|(?:ok(?:ay)?|sure|certainly|"
    r"of course|understood|got it|great|hello|hi|absolutely|happy to help|i(?:'d| would) be "
    r"(?:happy|glad) to (?:help|assist)|i can (?:help|assist)(?: you)? with that|i "
    r"understand|i (?:can )?see your \w+)\b)[^.!?]*[.!,]*$",
    re.I,
)
_OFFER = re.compile(
    r"^(?:(?:but|however|instead|alternatively|otherwise|meanwhile),? )?(?:you (?:can|could|"
    r"may|might|should|may want to|will need to|would need to)(?! rest| be | relax| expect| "
    r"now| enjoy| keep| trust| consider)|please(?! note| be | see | find| rest| know| "
    r"remember| keep| enjoy| accept)|feel free|let me know|if (?:you|there|it)\b|(?:i|we) "
    r"(?:can|could)(?: only| still| instead)? (?:help|assist|offer|suggest|guide|recommend|"
    r"look|try|only)|(?:i|we)(?:'d| would)? (?:recommend|suggest|advise)|(?:try|consider "
    r"(?:\w+ing|a|another)\b|check|contact|visit|call|ask|use|reach out|refer)\b|is there "
    r"(?:anything|something)|would you like|do you (?:want|need)|can i help|how (?:else "
    r")?(?:can|may) i|for that|to do (?:so|that)|it(?:'s| is| would be| might be) (?:best|"
    r"better|advisable|recommended|helpful)|(?:i'm|i am|my (?:purpose|role|job) is)(?: only| "
    r"here)* (?:here )?to (?:help|assist|provide))",
    re.I,
)
_REASON = re.compile(
    r"^(?:this|that|these|it|as|because|since|my|the|i am|i'm|i only|i was|we only|your "
    r"request)\b[^.!?]*\b(?:require|need|only|tools?|functions?|capabilit|access|scope|"
    r"limited|designed|an ai|language model|assistant|support|outside|beyond|not )",
    re.I,
)
_CHOICE = re.compile(
    r"^(?:(?:the |your |we have |available |possible |some )*(?:options?|examples?|choices?|"
    r"values?)(?: include| are|:| for)|for (?:example|instance)|such as|that(?:'s| sounds| "
    r"is)(?: like)?(?: a)? (?:great|good|fine|wonderful|nice))",
    re.I,
)
"""What may be chosen, after the question."""
_ASK = re.compile(
    r"(?:\?\s*$|^(?:[^.!?,]*,? )?(?:please|kindly)(?: \w+)? (?:tell|give|provide|specify|"
    r"share|state|confirm|clarify|let|enter|name|send|supply|indicate|choose|say)|\bcould "
    r"you\b|\bcan you\b|\bwould you (?:mind|please)|\b(?:i|we)(?:'ll| will| would)?(?: also)? "
    r"(?:need|require|must know|want to know|have to know)\b|\blet me know (?:which|what|when|"
    r"where|who|how|the|your)|^(?:which|what|when|where|who|whom|how|to which|for which|in "
    r"which|at what|on what|by when)\b)",
    re.I,
)
_DEED = re.compile(
    r"\b(?:(?:has|have|had|having|(?:i|we|it|they|you|that|everything)'(?:ve|s))(?: now| just|"
    r" already| also| been| successfully| gone ahead and)* (?!required|needed|limited|related|"
    r"supposed|allowed|based|designed|interested|located)(?:\w+ed|been|done|gone|made|sent|"
    r"paid|found|set|taken|given|put|bought|sold|written|run|told|got)\b|(?:is|are|was|"
    r"were)(?: now| just| already| all)+ (?:\w+ed|done|set|sent|made|paid|booked)|(?:was|"
    r"were) (?:charged|cancell?ed|booked|sent|created|deleted|updated|changed|refunded|"
    r"transferred|made|done|paid|removed|added|ordered|submitted|completed|processed|"
    r"scheduled)|(?:i|we)(?:'ve| have)? (?:just |already |now |also |went ahead and |"
    r"successfully )*(?:booked|cancell?ed|sent|created|deleted|updated|changed|refunded|"
    r"transferred|made|did|paid|removed|added|ordered|submitted|completed|processed|scheduled|"
    r"placed|called|ran|executed|charged|moved|found|checked|looked|went|took|issued|opened|"
    r"started|closed|turned)|(?:is|are|it's|all) (?:done|complete[d]?|booked|confirmed|"
    r"cancell?ed|on (?:its|the) way|sorted|fixed|taken care of)|consider (?:it|that|this|your|"
    r"the)\b|not (?:refuse|resist|help but)\b|successful(?:ly)?|done[.!]?$|no problem|went "
    r"through|goes through|i(?:'ll| will)(?: now| just| also)? (?:do|book|cancel|send|create|"
    r"delete|update|change|refund|transfer|make|pay|remove|add|order|submit|place|charge|"
    r"proceed|go ahead))\b",
    re.I,
)
_CREDENTIAL = re.compile(
    r"\b(?:pass(?:word|code|phrase)|pin\b|cvv|cvc|security code|(?:credit|debit|bank) ?card|"
    r"card (?:number|details)|social security|ssn|(?:one.time|verification) code|otp|secret|"
    r"api key|private key|login (?:details|data)|credentials)\b",
    re.I,
)
_UNDONE = re.compile(
    r"\b(?:can(?:no|')?t|can not) (?:\w+ )?(?:wait|believe|imagine|think of|see why|help but|"
    r"complain|thank|resist|go wrong|be happier|stress|recommend|overstate|deny|fault|beat|fail)|"
    r"\bcould(?:n't| not) (?:\w+ )?(?:agree|be|care|ask for|wish|hope|have)\b|"
    r"(?:n't|\bnot|\bnever|\bhardly|\bno means|\bfar from|\bno longer)\b[^.,;:!?]{0,24}\b"
    r"(?:un(?:able|willing|available)|im(?:possible|permissible)|incapable|beyond|as if|as though|"
    r"like i)|\b(?:as if|as though|who says|not that|why) (?:i|we|it)\b|"
    r"\b(?:why (?:not|can't|shouldn't)|no reason (?:not|why)|nothing (?:stops|prevents|keeps))\b",
    re.I,
)
"""An inability that is none: an idiom, or one that is taken back in the same breath."""
_REPORTED = re.compile(
    r"\b(?:said|wrote|claimed|replied|answered|repeat(?:ed)?|translate[ds]?|quot(?:e|ed|ing)|"
    r"imagine|suppose|pretend(?:ed)?|some(?:one|body)|people|once upon|used to|if i (?:were|said)|"
    r"would be (?:wrong|false|a lie)|(?:false|wrong|untrue|a lie|a myth) (?:that|to))\b",
    re.I,
)
"""What follows is somebody's words, or a supposition."""
_TAG = re.compile(r"<[|/]?\s*[A-Za-z_][^<>]{0,60}>|\[/?[A-Z_]{3,}\]")
"""A mark that no user should see: of a thought that has no end, say."""
_SECRET = re.compile(
    r"\b(?:log.?in|sign.?in|banking|bank details|account (?:number|details)|date of birth|maiden "
    r"name|passport|user ?name|identity)\b",
    re.I,
)
"""What a refusal has no reason to ask for; a question may, where a tool wants it."""
_GIVE = re.compile(
    r"\b(?:tell|provide|include|send|share|give|enter|supply|type|state|confirm|submit|need|"
    r"what(?:'s| is))\b",
    re.I,
)
_ANNOUNCE = re.compile(
    r"^(?:(?:first|next|now|then|ok(?:ay)?|so|alright),? )?(?:let me|let's|allow me|i(?:'ll| will|"
    r"'m going to| am going to|'m| am| need to| can| have to)\b|one (?:moment|second|sec)|just a "
    r"(?:moment|second|minute)|hold on|(?:please )?(?:wait|bear with me)|(?:checking|looking|"
    r"searching|fetching|getting|calling|using|retrieving|finding|booking|running|sending|"
    r"calculating)\b|to \w+|for (?:this|that)|here(?:'s| is| are) the (?:function |tool )?calls?)",
    re.I,
)
_PROMISE = re.compile(r"\b(?:i|we)(?:'ll| will)(?: now| just| also)? ", re.I)
LONGEST = 400
"""Characters that may stand beside a call."""
_STATED = re.compile(
    r"(?:^|[,:–—-] ?|\b(?:but|and|so|yet|that|because|though|although|while|however,?) "
    r")(?:the|your|his|her|their|it|this|these|those|there|here|an?|they|he|she|all|"
    r"everything) (?:\w+ ){0,4}?(?:is|are|was|were|will|costs?|leaves?|arrives?|departs?|"
    r"opens?|closes?|equals?|left|shipped|contains?|amounts?|weighs?|starts?|ends?|comes?|"
    r"goes|takes?|lives?|works?|means?|gets?|won|became|happened)\b",
    re.I,
)
"""Something said of the world: where a sentence says it and gives no reason, it is an answer."""
_CLOSING = re.compile(
    r"\b(?:is there anything|anything else|something else|(?:how|what) (?:else )?(?:can|may) i|"
    r"can i help|let me know if)\b",
    re.I,
)
"""A question that asks for nothing."""
_LATIN = re.compile(r"[^\W\d_]")


def held_back(text: str, context: Sequence[Message] = ()) -> HeldBack:
    """What the text does, if each of its sentences belongs to that; else empty.

    `context` is what the reply answers: a figure that stands nowhere in it was made up.
    """
    if not text.strip() or dialects.any_markup(text) or _TAG.search(text) or _foreign(text):
        return ""
    asked = " ".join(message.content for message in context)
    if any(figure not in asked for figure in _FIGURE.findall(text)):
        return ""
    sentences = _sentences(text)
    asks = [s for s in sentences if _ASK.search(s) and not _NOT_ABLE.search(s)]
    declines = [s for s in sentences if _NOT_ABLE.search(s)]
    if any(_DEED.search(s) or not _allowed(s) for s in sentences):
        return ""
    beside = [s for s in sentences if s not in declines]
    if any(_CREDENTIAL.search(s) for s in beside):
        return ""
    offers = [s for s in asks if _OFFER.search(s)]
    if declines and len(asks) == len(offers):
        return "" if any(_SECRET.search(s) and _GIVE.search(s) for s in beside) else "refuse"
    return "clarify" if asks and not declines else ""


def announces(text: str, context: Sequence[Message] = ()) -> bool:
    """Whether what stands beside a call only says that it is made; nothing at all says so too.

    What it says it has done or found was not done yet, and stands in no answer of a tool.
    """
    if not text.strip():
        return True
    if len(text) > LONGEST or _TAG.search(text) or _foreign(text):
        return False
    asked = " ".join(message.content for message in context)
    if context and any(figure not in asked for figure in _FIGURE.findall(text)):
        return False
    return all(
        (_ANNOUNCE.search(sentence) or _COURTESY.search(sentence))
        and not _DEED.search(_PROMISE.sub("let me ", sentence))
        and not _CREDENTIAL.search(sentence)
        for sentence in _sentences(text)
    )


def leaning(text: str) -> Behaviour:
    """What most of a text without calls is about: declining, asking, or else telling.

    For reading tables and counting needless refusals: a text may hold more than that and be wrong.
    """
    sentences = _sentences(text)
    if any(_NOT_ABLE.search(sentence) for sentence in sentences):
        return "refuse"
    asks = [s for s in sentences if _ASK.search(s) and not _CLOSING.search(s)]
    return "clarify" if asks else "answer"


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE.findall(text.replace("’", "'")) if part.strip()]


def _borrowed(sentence: str) -> bool:
    """Whether the sign is no word of the reply's own: quoted, reported, or behind a colon."""
    sign = _NOT_ABLE.search(sentence)
    if sign is None:
        return False
    before = sentence[: sign.start()]
    head, colon, _ = before.partition(":")
    if colon and not _COURTESY.search(head):
        return True
    return before.count('"') % 2 == 1 or "“" in before or bool(_REPORTED.search(before))


def _allowed(sentence: str) -> bool:
    if _UNDONE.search(sentence) or _borrowed(sentence):
        return False
    kinds = (_NOT_ABLE, _COURTESY, _OFFER, _REASON, _ASK)
    if _CHOICE.search(sentence) or sentence.endswith("?"):
        return True
    stated = _STATED.search(_NOT_ABLE.sub(" ", sentence))
    if stated and not _REASON.search(sentence):
        return False
    return any(kind.search(sentence) for kind in kinds)


def _foreign(text: str) -> bool:
    """Whether letters of another script than Latin stand in it: these rules read English."""
    return any(ord(letter) > 0x24F for letter in _LATIN.findall(text))
