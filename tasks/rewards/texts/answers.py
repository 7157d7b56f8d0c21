"""Tells whether an answer says what the reference says, as far as rules can.

    reference  "Your invoice of May is 30 euros."
    reply      "The invoice of May is 30 euros. Anything else?"    same
    reply      "Your invoice of May is 31 euros."                  other: a figure from nowhere
    reply      "Your invoice of May is not 30 euros."              other: it is denied
    reply      "30 euros is what you owe for May."                 unsure: a judge has to say

Only the same words in the same order are the same; articles, courtesy, case, marks and the way in
which a number is written aside. Which figure belongs to which noun is told by order alone, so other
words and another order are nothing that rules can judge.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from tasks.rewards import Prompt
from tasks.rewards.texts import beside, clauses, unsaid

Comparison = Literal["same", "other", "unsure"]

_TOKEN = re.compile(r"[$€£¥%]|\w+(?:[.,:/-]\w+)*")
_DROPPED = frozenset(["the", "a", "an", "your", "our", "please"])
_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_DIGITS = {word: str(number) for number, word in enumerate(_NUMBERS.split())}
_SIGNS = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "%": "percent"}
_NOT = frozenset(
    [
        "not",
        "no",
        "never",
        "none",
        "nothing",
        "nobody",
        "neither",
        "nor",
        "without",
        "cannot",
        "hardly",
        "false",
        "wrong",
        "untrue",
        "incorrect",
        "longer",
        "opposite",
        "isn't",
        "wasn't",
        "aren't",
        "weren't",
    ]
)
_CONTRACTIONS = (
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bcan't\b|\bcannot\b"), "can not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(it|that|there|here|what|he|she)'s\b"), r"\1 is"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"\bi'm\b"), "i am"),
)
_ALIKE = 0.8
"""Share of common words from which a reply is about the same thing, affirmed or denied."""


def compare(text: str, wanted: str, prompt: Prompt) -> Comparison:
    """Hold a reply's text against that of the reference; neither is empty."""
    reply, right = words(text), words(wanted)
    if reply == right and right:
        return "same"
    figures, due = _figures(reply), _figures(right)
    if any(figure not in due and not unsaid.stands(figure, prompt) for figure in figures):
        return "other"
    if due and not due & figures:
        return "other"
    common = set(reply) & set(right) - _NOT
    union = (set(reply) | set(right)) - _NOT
    denied = _denials(reply) % 2 != _denials(right) % 2
    return "other" if denied and len(common) >= _ALIKE * len(union) else "unsure"


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """What a text says, word by word: without `the`, courtesy, case and marks."""
    said: list[str] = []
    for sentence in clauses.sentences(unicodedata.normalize("NFKC", text)):
        lower = sentence.lower()
        if not _is_courtesy(lower):
            said += _words(lower)
    return tuple(said) or tuple(_words(clauses.plain(text).lower()))


def _is_courtesy(sentence: str) -> bool:
    if any(map(str.isdigit, sentence)) or not _NOT.isdisjoint(_TOKEN.findall(sentence)):
        return False
    return beside.is_polite(sentence)


def _words(text: str) -> list[str]:
    for pattern, full in _CONTRACTIONS:
        text = pattern.sub(full, text)
    tokens = (_number(token) for token in _TOKEN.findall(text))
    return [token for token in tokens if token not in _DROPPED]


def _number(token: str) -> str:
    if token in _DIGITS:
        return _DIGITS[token]
    if token in _SIGNS:
        return _SIGNS[token]
    plain = (
        token.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", token) else token
    )
    if re.fullmatch(r"\d+\.\d*0+", plain):
        plain = plain.rstrip("0").rstrip(".")
    return plain.removesuffix("s") if plain in ("dollars", "euros", "pounds", "percents") else plain


def _figures(tokens: Sequence[str]) -> set[str]:
    return {token for token in tokens if any(map(str.isdigit, token))}


def _denials(tokens: Sequence[str]) -> int:
    return sum(token in _NOT for token in tokens)
