"""Tells what a reply does: calls a tool, asks, declines or answers. Rules only.

    Reply(content="Please give month.")      ->  clarify, missing ("month",)
    Reply(content="No tool can do this.")    ->  refuse
    Reply(content="Is there anything else?") ->  answer: a courtesy asks for nothing
    Reply(content='<tool_call>{"name": "get')  ->  execute, doubtful: a call that nobody carries out
    Reply(content="Für welchen Tag?")        ->  clarify, by the rules of `wordings/de.py`
    Reply(content="Voor welke dag?")         ->  clarify, doubtful: no rule knows Dutch

The rules look at one sentence at a time. A question beats an inability ("I can't see it without
your reservation number. Could you give it?"), except where it only offers something else ("Would
you like me to transfer you?"). Which parameters a question asks for is found in English alone; the
languages of `wordings` have the label without them. In any other language only the question mark is
understood, and the confidence says so: no such reply is an answer because nothing else was seen.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tasks.core.records import Behaviour, Reply, Tool
from tasks.labelling import asking, declining, parameters, wordings, written_calls
from tasks.languages import detection

CONSENT = "asks-consent"
"""The rule by which a question wants a yes and no value."""

_UNSURE = 0.5
"""Below any `review_below` that asks for review at all."""
_LONG = 10_000
"""Characters at either end of a reply that are looked at; what it does is said there."""
_ITEM = re.compile(r"(?:[-•–]|\d+[.)])(?:\s+|$)")
_NUMBERED = re.compile(r"(?m)^(\s*\d+)\. ")
VERSION = "rules-2"
"""Goes up with every change of a label: a dataset says which labeller made it."""
UNKNOWN_LANGUAGE = "unknown-language"
"""The rule of a reply that nothing was understood of."""
QUESTION_MARK = "question-mark"
"""The rule of a reply of which nothing else was."""
_ENDS = tuple((end, f"{end.rstrip()}\n") for end in (". ", "! ", "? ", "？", "。"))


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
    language: str = ""
    """ISO 639-1 code of the reply's text; "" where it has none."""


def classify(reply: Reply, tools: Sequence[Tool], around: str = "") -> Label:
    """Label a reply to a context in which `tools` were offered. Never raises.

    Args:
        reply: what the assistant answered.
        tools: what it could call.
        around: language of the conversation, for replies of a word or two.
    """
    if reply.tool_calls:
        broken = any(call.raw_arguments for call in reply.tool_calls)
        return Label("execute", 0.5 if broken else 1.0, (), "tool-call")
    if not reply.content.strip():
        return Label("answer", 0.0, (), "empty")
    if written_calls.is_call(reply.content, tools):
        return Label("execute", 0.5, (), "call-as-text")
    return _of_text(reply.content, tools, around)


def _of_text(content: str, tools: Sequence[Tool], around: str) -> Label:
    language = detection.detect(content, around) or around
    if len(content) > 2 * _LONG:
        content = f"{content[:_LONG]}\n{content[-_LONG:]}"
    plain = content.replace("’", "'").replace("*", "").lower()
    if language in ("", "en"):
        label = _in_english(plain, tools)
        # A word or two of which nothing is known: right as far as English goes.
        sure = label.confidence if language else min(label.confidence, _UNSURE)
        return label._replace(confidence=sure, language=language)
    if language in wordings.available():
        act = wordings.did(language, plain)
        sure = _UNSURE if not act.is_sure else 0.7 if act.behaviour == "answer" else 0.8
        return Label(act.behaviour, sure, (), f"wordings-{language}", act.questions, language)
    if "?" in plain or "？" in plain or "؟" in plain:
        return Label("clarify", _UNSURE, (), QUESTION_MARK, 1, language)
    return Label("answer", 0.0, (), UNKNOWN_LANGUAGE, 0, language)


def _in_english(plain: str, tools: Sequence[Tool]) -> Label:
    sentences = _sentences(plain)
    declines = _declines(plain, sentences)
    asking_for = _questions(sentences, tools, bool(declines)) if _may_ask(plain) else []
    if asking_for:
        wanted = [clause for clause, _ in asking_for if clause]
        missing = parameters.named(wanted, tools) if wanted else ()
        if wanted and not missing:
            missing = parameters.named([s for clause, s in asking_for if clause], tools)
        if not missing and any(map(asking.points_back, wanted)):
            missing = parameters.named(sentences, tools)
        rule = "asks-parameter" if missing else "asks" if wanted else CONSENT
        sure = 0.95 if missing and not declines else 0.8
        return Label("clarify", sure, missing, rule, len(asking_for))
    if declines:
        return Label("refuse", 0.9 if declines == "unable" else 0.7, (), declines)
    return Label("answer", 0.8, (), "states")


def _questions(
    sentences: Sequence[str], tools: Sequence[Tool], declines: bool
) -> list[tuple[str, str]]:
    """Each sentence that asks, behind what it asks for: "" for a yes."""
    questions = []
    for place, sentence in enumerate(sentences):
        asked = _asked(sentence, place == len(sentences) - 1)
        if not asked or (declines and declining.hands_over(sentence)):
            continue
        besides = asking.wants_consent(sentence)
        if besides is not None:
            questions.append((besides, sentence))
        elif declines and (not asked.sure or asking.is_offer(sentence)):
            continue
        elif asked.sure or parameters.named([sentence], tools):
            questions.append((asked.clause, sentence))
    return questions


@lru_cache(maxsize=4096)
def _asked(sentence: str, last: bool) -> asking.Asked | None:
    """Cached: much of what an agent says it says with nearly every reply."""
    return asking.asked(sentence, last=last) if _may_ask(sentence) else None


def _declines(plain: str, sentences: Sequence[str]) -> str:
    """By which rule the text declines; "" where it does not."""
    negative: list[str] = []
    if declining.has(plain, declining.NEGATIVE):
        negative = [s for s in sentences if declining.has(s, declining.NEGATIVE)]
    if any(map(declining.is_unable, negative)):
        return "unable"
    over: list[str] = []
    if declining.has(plain, declining.OTHERS):
        over = [s for s in sentences if declining.hands_over(s)]
    if any(map(declining.is_barred, negative)) and (over or declining.regrets(plain)):
        return "barred"
    return "hands-over" if any(map(_offers, over)) else ""


def _offers(sentence: str) -> bool:
    return asking.is_offer(sentence) or ("i can " in sentence and "if " not in sentence)


def _may_ask(plain: str) -> bool:
    return "?" in plain or declining.has(plain, asking.WORDS)


def _sentences(plain: str) -> list[str]:
    """Sentences; the items of a list belong to the one that ends in a colon in front of them."""
    if "\n" in plain:
        plain = _NUMBERED.sub(r"\1) ", plain)
    for end, broken in _ENDS:
        plain = plain.replace(end, broken)
    if ":" not in plain:
        return [s.rstrip(",") for line in plain.split("\n") if (s := line.strip())]
    sentences: list[str] = []
    listing = False
    for line in plain.split("\n"):
        sentence = line.strip()
        if not sentence:
            continue
        if sentences and (sentences[-1].endswith(":") or (listing and _ITEM.match(sentence))):
            listing = True
            sentences[-1] = f"{sentences[-1]} {_ITEM.sub('', sentence)},"
        else:
            listing = False
            sentences.append(sentence)
    return [s.rstrip(",") for s in sentences]
