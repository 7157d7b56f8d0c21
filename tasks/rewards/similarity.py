"""Pays for likeness to the reference's text, by the metrics of OpenAI's `text_similarity` grader.

    {metric: rouge_l}    reference  Your invoice of May is 12 euros.
    Your invoice of May is 12 euros.    1.0    exact
    The invoice is 12 euros.            0.67   partial
    No idea.                            0.0

    fuzzy_match    rapidfuzz `fuzz.ratio` / 100: 1 - indel distance / both lengths
    bleu           sacrebleu `sentence_bleu` / 100, effective order
    gleu           nltk `sentence_gleu`: the smaller of n-gram precision and recall, n 1 to 4
    meteor         nltk, exact words and Porter stems; see below
    rouge_1 … 5    rouge-score, F1 of n-grams
    rouge_l        F1 of the longest common subsequence of words, by rapidfuzz; as rouge-score's

Each lies in [0, 1]. Two things OpenAI does are not done here. `cosine` compares embeddings of a
model that only OpenAI serves: the reward `cosine` asks an endpoint of yours for embeddings. METEOR
also counts synonyms, by WordNet, which no Python package carries and nltk would download: a value
that depends on what a machine has downloaded is none, so synonyms are never counted. OpenAI does
not say how it cuts words or which of rapidfuzz's ratios it takes, so its values may differ from
these in the second digit.

Letters are made small first where `ignore_case` is set. METEOR takes quadratic time, so a text
longer than 20,000 characters, or than eight references and 1,000 characters, is worth 0 whatever
stands in it, and a row with a longer reference is unscored.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

from pydantic import Field, field_validator

from tasks.core.records import Reference, Reply, Score, ToolCall
from tasks.core.section import Section
from tasks.rewards import NOT_APPLICABLE, Case, Prompt
from tasks.rewards.texts.due import only_called

REQUIRES = ("nltk", "rapidfuzz", "rouge-score", "sacrebleu")

Metric = Literal[
    "fuzzy_match",
    "bleu",
    "gleu",
    "meteor",
    "rouge_1",
    "rouge_2",
    "rouge_3",
    "rouge_4",
    "rouge_5",
    "rouge_l",
]

_WORDS = re.compile(r"\w+|[^\w\s]")
_TIMES_LONGER = 8
_ALWAYS_COMPARED = 1000
_LONGEST = 20_000


class Settings(Section):
    metric: Metric = "fuzzy_match"
    ignore_case: bool = True
    pass_from: float = Field(default=1.0, gt=0, le=1)
    """From here on the text counts as exact, and is worth 1."""

    @field_validator("metric", mode="before")
    @classmethod
    def _offline(cls, metric: Any) -> Any:
        if metric == "cosine":
            raise ValueError(
                "cosine needs a model for embeddings: use the reward `cosine`, which asks the "
                "endpoint at RATCHET_EMBEDDINGS_URL"
            )
        return metric


def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply; see the module for the metrics. Values are in [0, 1]."""
    wanted = wanted_text(prompt.reference)
    if isinstance(wanted, Score):
        return wanted
    if len(wanted) > _LONGEST:
        return Score.unscored("reference-too-long")
    given = reply.content.strip()
    if not given:
        return only_called(prompt, reply) or Score(value=0.0, tier="empty")
    if len(given) > min(_LONGEST, _TIMES_LONGER * len(wanted) + _ALWAYS_COMPARED):
        return Score(value=0.0, tier="too-long")
    value = similarity(given, wanted, settings.metric, ignore_case=settings.ignore_case)
    passed = value >= settings.pass_from
    tier = "exact" if passed else "partial" if value else "none"
    return Score(value=1.0 if passed else value, exact=passed, tier=tier)


def wanted_text(reference: Reference | None) -> str | Score:
    """The text a reply is compared with, or why there is none."""
    if reference is None:
        return Score.unscored("no-reference")
    if reference.text.strip():
        return reference.text.strip()
    executes = reference.behaviour == "execute"
    return Score.unscored(NOT_APPLICABLE if executes else "reference-without-text")


def similarity(given: str, wanted: str, metric: Metric, *, ignore_case: bool) -> float:
    """How alike two texts are by the metric, in [0, 1]; equal texts are 1 by every one."""
    if ignore_case:
        given, wanted = given.lower(), wanted.lower()
    if given.split() == wanted.split():
        return 1.0
    # The same text but for spaces is 1 above, also where METEOR or a short BLEU would say less.
    measure = _METRICS.get(metric) or _rouge(metric)
    return max(0.0, min(1.0, measure(given, wanted)))


def _fuzzy(given: str, wanted: str) -> float:
    from rapidfuzz import fuzz

    return float(fuzz.ratio(given, wanted)) / 100


def _bleu(given: str, wanted: str) -> float:
    import sacrebleu

    return float(sacrebleu.sentence_bleu(given, [wanted], use_effective_order=True).score) / 100


def _gleu(given: str, wanted: str) -> float:
    from nltk.translate.gleu_score import sentence_gleu

    return float(sentence_gleu([_WORDS.findall(wanted)], _WORDS.findall(given)))


def _meteor(given: str, wanted: str) -> float:
    from nltk.translate.meteor_score import single_meteor_score

    words = _WORDS.findall(wanted), _WORDS.findall(given)
    return float(single_meteor_score(*words, preprocess=str, wordnet=_NoSynonyms()))


class _NoSynonyms:
    """In place of WordNet."""

    def synsets(self, word: str) -> list[Any]:
        return []


def _rouge_l(given: str, wanted: str) -> float:
    """By rapidfuzz, a thousand times as fast on long texts as a table filled in by Python."""
    from rapidfuzz.distance import LCSseq

    words = _Words().tokenize(given), _Words().tokenize(wanted)
    total = len(words[0]) + len(words[1])
    return 2 * LCSseq.similarity(*words) / total if total else 0.0


def _rouge(metric: str) -> Callable[[str, str], float]:
    kind = metric.replace("_", "")
    scorer = _rouge_scorer(kind)
    return lambda given, wanted: float(scorer.score(wanted, given)[kind].fmeasure)


@lru_cache
def _rouge_scorer(kind: str) -> Any:
    from rouge_score import rouge_scorer

    return rouge_scorer.RougeScorer([kind], tokenizer=_Words())


class _Words:
    """The package's own tokenizer drops every letter outside of ASCII."""

    def tokenize(self, text: str) -> list[str]:
        return [word for word in _WORDS.findall(text) if word[0].isalnum()]


_METRICS: dict[str, Callable[[str, str], float]] = {
    "fuzzy_match": _fuzzy,
    "bleu": _bleu,
    "gleu": _gleu,
    "meteor": _meteor,
    "rouge_l": _rouge_l,
}

_ANSWER = Prompt((), (), Reference(behaviour="answer", text="It is 12 euros."))
CASES = (
    Case(_ANSWER, Reply(content="It is 12 euros."), 1.0),
    Case(_ANSWER, Reply(content="it is  12 euros. "), 1.0),
    # 30 letters in all, and four to take out or put in to make one of the other.
    Case(_ANSWER, Reply(content="It was 12 euro."), 1 - 4 / 30),
    Case(_ANSWER, Reply(content="?"), 0.0),
    Case(_ANSWER, Reply(content=""), 0.0),
    Case(_ANSWER, Reply(content="It is 12 euros. " * 100), 0.0),
    Case(_ANSWER, Reply(tool_calls=(ToolCall(name="get_invoice"),)), 0.0),
    Case(_ANSWER._replace(reference=None), Reply(content="It is 12 euros."), None),
    # Three words of four in common, and two pairs of three.
    Case(_ANSWER, Reply(content="It is 13 euros."), 0.75, {"metric": "rouge_1"}),
    Case(_ANSWER, Reply(content="It is 13 euros."), 1 / 3, {"metric": "rouge_2"}),
    Case(_ANSWER, Reply(content="It is 13 euros."), 0.75, {"metric": "rouge_l"}),
)
