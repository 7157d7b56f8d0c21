"""Pays for citations that point at passages retrieved in the context and say what they say.

    tool    [{"id": "kb-7", "text": "Refunds take 5 days."}, {"id": "kb-9", "text": "We ship ..."}]
    "Refunds take 5 days [kb-7]."            1.0    supported
    "Refunds take 5 days."                   0.0    uncited
    "Refunds take 2 days [kb-7]."           -1.0    unsupported: kb-7 does not say 2
    "Refunds take 5 days [kb-8]."           -1.0    invented: no such passage
    "Refunds take 5 days [kb-7] [kb-8]."    -0.25   one of two holds: 1/2 * 1 - 1.5 * 1/2

    value = precision * recall - penalty * (1 - precision), clipped to [-1, 1]
    precision   citations that hold / citations (a passage counts once in each sentence)
    recall      by `recall`: of the reference's citations, those that hold somewhere;
                of the sentences, those with a citation that holds; or 1 for any that holds

A citation holds where its passage exists and has at least `support` of the words of its sentence,
in the main in the same order, every figure in it, each in front of the word that it has there, and
a denial where the sentence has one. Words of three letters and less are left out of the count, as
are citations themselves. Word overlap is a weak test of meaning: it does not see a clever
paraphrase of the opposite, nor, on rows whose reference names no citations, a quotation of a
passage that answers something else; put a `judge` beside it for that.

What is retrieved is an option: objects in tool results with an id and a text under the given keys,
elements as `<passage id="kb-7">...</passage>`, or both. Where nothing was retrieved and nothing is
cited, and where the reference is a question or a refusal, the reward is not applicable. Citing what
was never retrieved is applicable, and invented. A reply that only calls tools is worth what an
uncited one is where the reference is an answer, and not applicable where there is no reference.
"""

import itertools
import json
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from pydantic import Field, field_validator

from tasks.core.records import Message, Reference, Reply, Score, ToolCall
from tasks.core.section import Section
from tasks.rewards import NOT_APPLICABLE, Case, Prompt
from tasks.rewards.texts.due import only_called
from tasks.rewards.texts.json_text import NotJsonError, read
from tasks.rewards.texts.patterns import Pattern, compiled

REQUIRES = ("google-re2",)

LONGEST = 100_000
"""Characters of a reply that is looked at; a longer one is worth -1."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+|(?<=[。！？])")
_WORD = re.compile(r"\w+(?:[.,:/-]\w+)*")
_TAG = re.compile(r"</?[A-Za-z][\w-]*>")
_SHORT = 3
_IN_ORDER = 0.7
"""Share of the words that a sentence has from its passage that stand there in the same order."""
_DENIALS = frozenset(["no", "not", "never", "none", "neither", "nor", "without", "cannot", "false"])


class Settings(Section):
    passages: Literal["tool_results", "elements", "both"] = "both"
    id_keys: tuple[str, ...] = ("id", "doc_id", "document_id", "passage_id", "source")
    """In tool results: keys under which a passage's name stands; the first there is taken."""
    text_keys: tuple[str, ...] = ("text", "content", "passage", "snippet", "body")
    element: str = Field(default="passage", pattern=r"^[A-Za-z][\w-]*$")
    """Name of the element that holds a passage and names it in its attribute `id`."""
    citation: Pattern = r"\[([\w.:#/-]+)\]"
    """RE2 with one group: the passage's name."""
    recall: Literal["reference", "sentences", "any"] = "reference"
    """`reference` falls back to `any` where the reference names no citations."""
    support: float = Field(default=0.6, ge=0, le=1)
    """Share of a sentence's words that its passage must have; 0 asks for existence alone."""
    penalty: float = Field(default=1.5, ge=0, le=2)
    """How much citations that do not hold cost; above 1, adding one to a good answer never pays."""
    uncited: float = Field(default=0.0, ge=-1, le=0)
    """What a reply without any citation is worth where there are passages."""
    answer_key: str = ""
    """Where replies are JSON objects: the key of the text that is looked at. Another reply is worth
    what an uncited one is."""

    @field_validator("citation")
    @classmethod
    def _one_group(cls, pattern: str) -> str:
        if compiled(pattern).groups != 1:
            raise ValueError(
                f"citation {pattern!r}: expected exactly one group, the passage's name"
            )
        return pattern


class Claim(NamedTuple):
    """A sentence with what it cites."""

    words: frozenset[str]
    cited: frozenset[str]
    text: str
    """In lower case, without citations."""


def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply; see the module for the formula. Values are in [-1, 1]."""
    if not _states(prompt.reference):
        return Score.unscored(NOT_APPLICABLE)
    if (called := only_called(prompt, reply, settings.uncited)) is not None:
        return called
    if len(reply.content) > LONGEST:
        return Score(value=-1.0, tier="too-long")
    text = _answer(reply.content, settings.answer_key)
    known: dict[str, str] = {}
    for name, passage in retrieved(prompt.messages, settings):
        known[name] = f"{known.get(name, '')}\n{passage.casefold()}"
    claims = list(_claims(text, settings))
    citations = sum(len(claim.cited) for claim in claims)
    if not citations:
        bare = Score(value=settings.uncited, tier="uncited")
        return bare if known else Score.unscored(NOT_APPLICABLE)
    held = [{name for name in c.cited if _holds(name, c, known, settings)} for c in claims]
    precision = sum(map(len, held)) / citations
    recall = _recall(held, prompt.reference, settings)
    value = precision * recall - settings.penalty * (1 - precision)
    return Score(
        value=max(-1.0, min(1.0, value)),
        exact=precision == recall == 1,
        tier=_tier(claims, held, known, recall),
        behaviour="answer",
    )


def retrieved(messages: tuple[Message, ...], settings: Settings) -> Iterator[tuple[str, str]]:
    """Name and text of each passage in the context, as they come."""
    element = _element(settings.element)
    for message in messages:
        if settings.passages != "tool_results" and message.role != "assistant":
            for match in compiled(element).finditer(message.content):
                yield match[1], match[2]
        if settings.passages != "elements" and message.role == "tool":
            try:
                value = json.loads(message.content)
            except (ValueError, RecursionError):
                continue
            yield from _objects(value, settings)


def _element(name: str) -> str:
    return rf"(?is)<{name}\s[^>]*?\bid\s*=\s*[\"']([^\"']+)[\"'][^>]*>(.*?)</{name}\s*>"


def _objects(value: Any, settings: Settings) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, settings)
    elif isinstance(value, dict):
        name = next(
            (value[k] for k in settings.id_keys if isinstance(value.get(k), str | int)), None
        )
        text = next((value[k] for k in settings.text_keys if isinstance(value.get(k), str)), None)
        if name is not None and text is not None:
            yield str(name), text
        for item in value.values():
            yield from _objects(item, settings)


def _answer(content: str, key: str) -> str:
    if not key:
        return content
    try:
        found = read(content, fenced=True)
    except NotJsonError:
        return ""
    text = found.get(key) if isinstance(found, dict) else None
    return text if isinstance(text, str) else ""


def _states(reference: Reference | None) -> bool:
    return reference is None or reference.behaviour == "answer"


def _claims(text: str, settings: Settings) -> Iterator[Claim]:
    """Sentences; a citation behind the stop belongs to the sentence in front of it."""
    pattern = compiled(settings.citation)
    words: frozenset[str] = frozenset()
    cited: set[str] = set()
    texts: list[str] = []
    for sentence in _SENTENCE.split(_TAG.sub(" ", text)):
        names = {match[1] for match in pattern.finditer(sentence)}
        bare = pattern.sub(" ", sentence).casefold()
        own = _words(bare)
        if own and (words or cited):
            yield Claim(words, frozenset(cited), " ".join(texts))
            words, cited, texts = frozenset(), set(), []
        words |= own
        cited |= names
        texts.append(bare)
    if words or cited:
        yield Claim(words, frozenset(cited), " ".join(texts))


def _words(text: str) -> frozenset[str]:
    """Words that say something: longer than three letters, or with a digit."""
    found = (word.strip("_") for word in _WORD.findall(text.casefold()))
    return frozenset(w for w in found if len(w) > _SHORT or _has_digit(w))


def _has_digit(word: str) -> bool:
    return any(letter.isdigit() for letter in word)


def _holds(name: str, claim: Claim, known: dict[str, str], settings: Settings) -> bool:
    if name not in known:
        return False
    if not settings.support:
        return True
    if not claim.words:
        return False
    passage = known[name]
    words = _words(passage)
    figures = {word for word in claim.words if _has_digit(word)}
    share = len(claim.words & words) / len(claim.words)
    return share >= settings.support and figures <= words and _says(claim.text, passage)


def _says(claim: str, passage: str) -> bool:
    """Whether a claim has a passage's words in their order, its figures and its denials."""
    said, there = _WORD.findall(claim), _WORD.findall(passage)
    pairs = set(itertools.pairwise(there))
    bound = [pair for pair in itertools.pairwise(said) if _has_digit(pair[0])]
    if any(pair not in pairs and pair[1] in there for pair in bound):
        return False
    nearest = max(_SENTENCE.split(passage), key=lambda part: len(set(said) & _bare(part)))
    if sum(map(_denies, said)) % 2 != sum(map(_denies, _WORD.findall(nearest))) % 2:
        return False
    common = [word for word in said if word in set(there)]
    blocks = SequenceMatcher(None, common, there, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= _IN_ORDER * len(common)


def _bare(text: str) -> set[str]:
    return set(_WORD.findall(text))


def _denies(word: str) -> bool:
    return word in _DENIALS or word == "t"


def _recall(held: list[set[str]], reference: Reference | None, settings: Settings) -> float:
    everywhere = set().union(*held)
    if settings.recall == "sentences":
        return sum(map(bool, held)) / len(held)
    if settings.recall == "reference" and reference and reference.citations:
        wanted = {citation.strip("[]") for citation in reference.citations}
        return len(everywhere & wanted) / len(wanted)
    return float(bool(everywhere))


def _tier(claims: list[Claim], held: list[set[str]], known: dict[str, str], recall: float) -> str:
    cited = set().union(*(claim.cited for claim in claims))
    if not cited <= known.keys():
        return "invented"
    if any(len(h) < len(claim.cited) for claim, h in zip(claims, held, strict=True)):
        return "unsupported"
    return "supported" if recall == 1 else "incomplete"


_FOUND = Message(
    role="tool",
    content='[{"id": "kb-7", "text": "Refunds take 5 days."}, {"id": "kb-9", "text": "We ship."}]',
)
_PROMPT = Prompt(
    (Message(role="user", content="How long do refunds take?"), _FOUND),
    (),
    Reference(behaviour="answer", text="Refunds take 5 days [kb-7].", citations=("[kb-7]",)),
)
_IN_JSON = {"answer_key": "say"}
CASES = (
    Case(_PROMPT, Reply(content="Refunds take 5 days [kb-7]."), 1.0),
    Case(_PROMPT, Reply(content="Refunds take 5 days. [kb-7]"), 1.0),
    Case(_PROMPT, Reply(content="Refunds take 5 days."), 0.0),
    Case(_PROMPT, Reply(content="Refunds take 2 days [kb-7]."), -1.0),
    Case(_PROMPT, Reply(content="Refunds take 5 days [kb-8]."), -1.0),
    Case(_PROMPT, Reply(content="Refunds take 5 days [kb-7] [kb-8]."), -0.25),
    Case(_PROMPT, Reply(content="Bananas [kb-7]."), -1.0),
    Case(_PROMPT, Reply(content="[kb-7]"), -1.0),
    Case(Prompt((), (), None), Reply(content="Refunds take 5 days [kb-7]."), -1.0),
    Case(Prompt((), (), None), Reply(content="Hello."), None),
    Case(_PROMPT, Reply(tool_calls=(ToolCall(name="search"),)), 0.0),
    Case(_PROMPT._replace(reference=None), Reply(tool_calls=(ToolCall(name="search"),)), None),
    Case(_PROMPT, Reply(content="Refunds take 5 days."), -1.0, {"uncited": -1.0}),
    Case(_PROMPT, Reply(content='{"say": "Refunds take 5 days [kb-7]."}'), 1.0, _IN_JSON),
)
