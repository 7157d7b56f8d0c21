"""Tells what a reply does: calls a tool, asks, declines or answers. Rules only, in English.

    Reply(content="Please give month.")      ->  clarify, missing ("month",)
    Reply(content="No tool can do this.")    ->  refuse
    Reply(content="Is there anything else?") ->  answer: a courtesy asks for nothing
    Reply(content='<tool_call>{"name": "get')  ->  execute, doubtful: a call that nobody carries out

The rules look at one sentence at a time. A question beats an inability ("I can't see it without
your reservation number. Could you give it?"), except where it only offers something else ("Would
you like me to transfer you?"). In another language only the question mark is understood, and the
confidence says so.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from tasks.core.behaviour import parameters, written_calls
from tasks.core.records import Behaviour, Reply, Tool

_VERBS = (
    "advise|choose|clarify|confirm|describe|detail|enter|elaborate|explain|give|identify|include|"
    "indicate|list|mention|name|pick|provide|reply|rephrase|say|select|send|share|show|specify|"
    "state|submit|supply|tell|type|upload"
)
# What the sentence asks for stands behind the cue.
_ASKS = re.compile(
    rf"\b(?:(?:please|kindly)\s+(?:\w+ly\s+)?(?:{_VERBS}|let (?:me|us) know)"
    rf"|(?:can|could|would|will|may) (?:you|i)(?: \w+){{0,2}} "
    rf"(?:{_VERBS}|have|know|ask|let (?:me|us) know)"
    r"|(?:i|we)(?:'ll| will| would|'d)?(?: also| still| just| first)? (?:need|require|must know)"
    r"|(?:i|we)(?:'d| would) (?:like|love) to know|let (?:me|us) know"
    r"|(?:is|are) (?:needed|required|missing))\b"
)
_QUESTION_WORDS = re.compile(
    r"\b(?:what|which|where|when|who|whom|whose|how (?:many|much|long|often|far|old|large|big))\b"
)
_ADDRESSES = re.compile(
    r"\b(?:do|did|are|were|is|was|should|shall|would|will|could|can|have|has|may|might)\b"
)
# Politeness at the end of an answer, or an offer to do something else.
_COURTESY = re.compile(
    r"\b(?:(?:anything|something|any(?:one| other)?\s*\w*) else|how (?:can|may|else can) (?:i|we)"
    r"|what (?:else )?(?:can|may) (?:i|we) (?:do|help|assist)"
    r"|if you (?:have|need|want|would|wish|'d|like|\w+ any)|if there(?:'s| is)|feel free"
    r"|(?:assist|help) you (?:further|with (?:anything|something)))\b"
    r"|\b(?:do|would) you (?:like|want|need) (?:any |some )?"
    r"(?:more|further|additional|help|to know)\b"
)
_OFFER = re.compile(
    r"\b(?:(?:do|would) you (?:like|want|need) (?:me|us)\b"
    r"|(?:shall|should|may|can) (?:i|we)\b(?! (?:\w+ )?(?:know|have|ask)))"
)
# "Could you give it?": what is asked for was named before.
_PRONOUN = re.compile(r"\s*(?:me |us )?(?:with )?(?:it|that|this|them|those|these)\b")
_CONSENT = re.compile(r"\bplease confirm\b")
_PURPOSE = re.compile(
    r"\b(?:so (?:that )?(?:i|we)|in order to|to (?:proceed|help|assist|continue))\b"
)
_UNABLE = re.compile(
    r"\b(?:(?:i|we)(?:'m|'re| am| are)?(?: (?:\w+ly|sorry|afraid|but|that|also|just|still)){0,3},? "
    r"(?:(?:i'm |i am |i |we )?(?:can't|cannot|can not|won't|will not|shouldn't|may not"
    r"|must decline|have to decline|unable|not able|not allowed|not permitted|not authori[sz]ed"
    r"|not designed|not equipped|not capable|not in a position|"
    r"(?:don't|do not|lack) (?:currently |actually |directly )?(?:have|support|the (?:ability|tool"
    r"|capabilit|access|means|function))))"
    r"|unable to (?:\w+ly )?\w+|(?:beyond|outside|out of|not within|exceeds) (?:of )?"
    r"(?:my|our|the) (?:\w+ )?(?:scope|capabilit\w+|abilit\w+|power|remit|reach)"
    r"|my (?:capabilities|abilities|tools|functions) (?:do not|don't|are limited)"
    r"|(?:is|are|it's) not (?:possible|supported|permitted|allowed|something (?:i|we))"
    r"|(?:none of|no|not any) (?:\w+ ){0,4}?(?:tools?|functions?)\b"
    r"|(?:tools?|functions?)(?: \w+){0,4} (?:can't|cannot|can not|do not|don't|does not|doesn't"
    r"|not (?:suitable|able|available)))"
)
# One of them stands in all that _ASKS or _UNABLE matches; to look for one first is far quicker.
_ASK_WORDS = ("please", "kindly", "you", "need", "requir", "know", "missing", " i ")
_UNABLE_WORDS = (
    "not",
    "n't",
    "unable",
    "decline",
    "lack",
    "none",
    "no ",
    "beyond",
    "out",
    "exceed",
)
_FOUND_NOTHING = re.compile(r"\b(?:can't|cannot|unable to|not able to) (?:find|locate|see) any\b")
_ENDS = (". ", "! ", "? ", "？", "。")


class Label(NamedTuple):
    """What a reply does, how sure that is, and by which rule."""

    behaviour: Behaviour
    confidence: float
    """In [0, 1], set by rule and not fitted: 1 leaves no doubt, 0 means nothing was said."""
    missing: tuple[str, ...]
    """For `clarify`: parameters of the offered tools that are asked for, as they come up."""
    rule: str
    questions: int = 0
    """For `clarify`: sentences that ask for something."""


def classify(reply: Reply, tools: Sequence[Tool]) -> Label:
    """Label a reply to a context in which `tools` were offered. Never raises."""
    if reply.tool_calls:
        broken = any(call.raw_arguments for call in reply.tool_calls)
        return Label("execute", 0.5 if broken else 1.0, (), "tool-call")
    if not reply.content.strip():
        return Label("answer", 0.0, (), "empty")
    if written_calls.is_call(reply.content, tools):
        return Label("execute", 0.5, (), "call-as-text")
    return _of_text(reply.content, tools)


def _of_text(content: str, tools: Sequence[Tool]) -> Label:
    plain = content.replace("’", "'").replace("*", "").lower()
    sentences = _sentences(plain)
    unable = _has(plain, _UNABLE_WORDS) and any(map(_unable, sentences))
    asking = [s for s in sentences if not (unable and _OFFER.search(s))]
    asks = "?" in plain or _has(plain, _ASK_WORDS)
    asked = [clause for clause in map(_asked, asking) if clause] if asks else []
    if asked:
        missing = parameters.named(asked, tools)
        if not missing and any(_PRONOUN.match(clause) for clause in asked):
            missing = parameters.named(sentences, tools)
        sure = 0.95 if missing and not unable else 0.8
        rule = "asks-parameter" if missing else "asks"
        return Label("clarify", sure, missing, rule, len(asked))
    if unable:
        return Label("refuse", 0.9, (), "unable")
    if any("?" in s or "？" in s for s in sentences) and not _is_english(content):
        return Label("clarify", 0.5, (), "question-mark")
    return Label("answer", 0.8 if _is_english(content) else 0.5, (), "states")


def _sentences(plain: str) -> list[str]:
    for end in _ENDS:
        plain = plain.replace(end, f"{end.rstrip()}\n")
    return [s.strip() for s in plain.split("\n") if s.strip()]


def _has(plain: str, words: Sequence[str]) -> bool:
    return any(word in plain for word in words)


def _unable(sentence: str) -> bool:
    return bool(_UNABLE.search(sentence)) and not _FOUND_NOTHING.search(sentence)


def _asked(sentence: str) -> str:
    """The part of the sentence that says what is wanted; "" where nothing is asked for."""
    cue = _ASKS.search(sentence)
    if not cue and not sentence.rstrip("\"')").endswith("?"):
        return ""
    if _COURTESY.search(sentence) and not _CONSENT.search(sentence):
        return ""
    if cue:
        return _PURPOSE.split(sentence[cue.end() :])[0] or sentence
    word = _QUESTION_WORDS.search(sentence) or _ADDRESSES.search(sentence)
    return sentence[word.start() :] if word else ""


def _is_english(text: str) -> bool:
    """As far as a few words tell; text in plain ASCII is taken for it."""
    if text.isascii():
        return parameters.WORDS.search(text.lower()) is not None
    common = {"the", "to", "i", "you", "is", "a", "of", "and", "it", "your", "for", "this", "on"}
    return not common.isdisjoint(parameters.WORDS.findall(text.lower()))
