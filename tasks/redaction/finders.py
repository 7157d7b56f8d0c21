"""All that can be found in one text by itself, searched once for each distinct text.

    remembered = Remembered(is_clean)
    remembered(message)     asked
    remembered(message)     answered from memory

Both passes look at the same messages. Kept as they are these would fill the memory long before the
first pass is over; a digest and its place take 150 bytes whatever the text. It is 128 bits of
BLAKE2b (RFC 7693): nobody can make two texts that share one, so that an answer "nothing in it" is
never that of another text.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import Generic, TypeVar

from tasks.core.curation_settings import RedactSettings
from tasks.redaction import names, neighbours, personal, recognizers, secrets
from tasks.redaction.encodings import base64_in
from tasks.redaction.fields import Fields, is_placeholder, whole
from tasks.redaction.isolation import Isolated
from tasks.redaction.kinds import INVISIBLE, Kind, Span, settle, usual
from tasks.redaction.rules import Doubts, FinderFailed, Rule, RuleSet

T = TypeVar("T")
MOST = 2_000_000
"""Answers that are kept; of more texts the rest is asked for each time."""


class Remembered(Generic[T]):
    """A question about bytes whose answers are remembered; what it raises is not."""

    def __init__(self, ask: Callable[[bytes], T], most: int = MOST) -> None:
        self._ask = ask
        self._most = most
        self._answers: dict[bytes, T] = {}
        self._told = 0

    def __call__(self, data: bytes) -> T:
        digest = blake2b(data, digest_size=16).digest()
        answers = self._answers
        if digest in answers:
            return answers[digest]
        answer = self._ask(data)
        if len(answers) < self._most:
            answers[digest] = answer
        return answer

    def news(self) -> dict[bytes, T]:
        """Answers since this was last called, for another process to `learn`."""
        fresh = dict(islice(self._answers.items(), self._told, None))
        self._told = len(self._answers)
        return fresh

    def learn(self, answers: Mapping[bytes, T]) -> None:
        """Take over what was asked elsewhere."""
        if len(self._answers) + len(answers) <= self._most:
            self._answers.update(answers)


_ASSIGNED = (
    r"[\"']?([A-Za-z_][\w-]{1,40})[\"']?\s{0,2}[:=]\s{0,2}(?:\"[^\"\n]{1,200}\"|'[^'\n]{1,200}')"
)
"""A quoted value behind a key in text that is no JSON: `{'email': 'a@b.c'}`, `f(email="a@b.c")`."""

_ELEMENT = r"<([A-Za-z_][\w.:-]{1,60})(?:\s[^<>]{0,200})?>([^<>]{1,200})</"
"""A value within an element of XML: `<firstName>Mia</firstName>`."""

_LABELS = (
    "(?:key|k|name|field|label|attr(?:ibute)?|prop(?:erty)?|param(?:eter)?|var(?:iable)?|id|header)"
)
_VALUES = "(?:value|val|v|string)"
_PAIR = (
    rf"(?i)\b{_LABELS}\b[\"']?\s*[:=>]\s*[\"']?([\p{{L}}_][\p{{L}}\p{{N}}_.-]{{1,60}})[\"']?"
    rf"(?:</{_LABELS}>\s*<|[,;]?\s{{1,20}}(?:-\s)?|[,;])[\"']?{_VALUES}[\"']?\s*[:=>]\s*"
    r"(?:\"([^\"\n]{1,200})\"|'([^'\n]{1,200})'|([^\s\"'<>,;}]{1,200}))"
)
"""A pair in text that is no JSON: YAML, XML, attributes, Python: `name: DB_PASSWORD, value: …`."""
_PAIR_GATE = rf"(?i){_VALUES}[\"']?\s*[:=>]"

_ASSIGNED_GATE = r"[\w\"'-]\s*[:=]\s*[\"']"
_MARKS = {
    "percent": "%[0-9A-Fa-f]{2}",
    "base64": "[A-Za-z0-9+/_-]{16}",
    # What of an assignment can stand in a text that is JSON, whose own quotes follow a colon.
    "quote": r"[:=]\s*'|=\s*\"",
}
"""What makes a message worth to be taken isolated, beside what rules find."""

_WITHIN = re.compile(_ELEMENT)
_QUOTED = re.compile(r"[\"']?([\w-]+)[\"']?\s*[:=]\s*([\"'])(.*)\2$", re.S)
_RESULTS_KEPT = 50_000
_SHORTEST = 4
_MASK = "\0"
_TOGETHER = 64
"""Texts that the name model is given at a time."""
_ROUNDS = 3
_LONGEST_TWICE = 20_000
"""Characters of a text that is searched again where something was found in it."""
_SHORTEST_SAID = 13
"""Letters alone are nothing without words in front: `my name is Mia`."""


class Finders:
    """The patterns, Presidio and the name model as one, with what they found remembered."""

    def __init__(self, settings: RedactSettings) -> None:
        self._fields = Fields(settings.person_keys)
        isolated = Isolated(settings.timeout_s)
        rules = [
            # Of findings of the same range the first counts: a word in front says more than a form.
            recognizers.document_rule(settings.min_confidence),
            *secrets.RULES,
            *personal.RULES,
            *_person_rules(settings.person_keys),
            *recognizers.rules(settings.recognizers, settings.min_confidence, isolated),
            Rule("element", Kind.NAME, _ELEMENT, expand=self._element, gate=r">[^<>]{1,3}[^<>]*</"),
            Rule("pair", Kind.NAME, _PAIR, expand=self._pair, gate=_PAIR_GATE),
            Rule("assigned", Kind.NAME, _ASSIGNED, expand=self._assigned, gate=_ASSIGNED_GATE),
        ]
        used = [rule for rule in rules if rule.score >= settings.min_confidence]
        self._rules = RuleSet(used)
        self._doubts = Doubts([r for r in used if r.name != "assigned"], _MARKS)
        model = names.load(settings.ner_model) if settings.ner_model else None
        self._names = isolated.add_all(model.find_all) if model is not None else None
        self._named: dict[str, list[Span]] = {}
        self._found = Remembered(lambda data: self._find(data.decode()))
        self.find: Callable[[str], tuple[Span, ...]] = lru_cache(_RESULTS_KEPT)(self._known)
        """Findings of every finder, in order, without overlap."""

    def nothing_in(self, data: bytes) -> bool:
        """Whether nothing can be found or is encoded in any text of a message.

        Args:
            data: JSON whose strings hold no quote, or texts with a quote between two.
        """
        if self._names is not None:
            return False
        if not data.isascii() and INVISIBLE.search(data.decode()):
            return False
        doubts = self._doubts.about(data)
        return all(doubt == "base64" and not base64_in(data.decode()) for doubt in doubts)

    def _known(self, text: str) -> tuple[Span, ...]:
        if len(text) < _SHORTEST:
            return ()
        if self._names is None and len(text) < _SHORTEST_SAID and text.isascii() and text.isalpha():
            return ()
        return self._found(text.encode())

    def _find(self, text: str) -> tuple[Span, ...]:
        """Every finding; what is beside one is looked at again as if it stood alone.

        A pattern takes the longest run it can, and one value may run into the next.
        """
        spans = list(self._rules.find(text))
        if INVISIBLE.search(text):
            spans += self._beneath(text)
        fresh, rest = spans, text
        for _ in range(_ROUNDS):
            if not neighbours.touch(text, fresh) or len(text) > _LONGEST_TWICE:
                break
            rest = _masked(rest, fresh)
            fresh = [s for s in self._rules.find(rest) if _MASK not in rest[s.start : s.end]]
            spans += fresh
        if spans:
            spans += neighbours.overrun(usual(text), tuple(spans))
            spans += neighbours.run_out(text, tuple(spans))
        if self._names is not None:
            spans += self._people_in(text)
        return tuple(settle(spans)) if spans else ()

    @property
    def has_model(self) -> bool:
        """Whether a name model reads the texts."""
        return self._names is not None

    def look_ahead(self, texts: Iterable[str]) -> None:
        """Ask the name model about many texts at a time; what fails is asked again by itself."""
        if self._names is None:
            return
        waiting = [t for t in texts if len(t) >= _SHORTEST and names.is_looked_at(t)]
        waiting = [text for text in dict.fromkeys(waiting) if text not in self._named]
        waiting.sort(key=len)
        for first in range(0, len(waiting), _TOGETHER):
            several = waiting[first : first + _TOGETHER]
            try:
                self._named.update(zip(several, self._names(several), strict=True))
            except FinderFailed:
                continue

    def _people_in(self, text: str) -> list[Span]:
        if self._names is None or not names.is_looked_at(text):
            return []
        spans = self._named.pop(text, None)
        return self._names([text])[0] if spans is None else spans

    def _beneath(self, text: str) -> Iterator[Span]:
        """What is found once characters of no width are out of the way."""
        places = [place for place, char in enumerate(text) if not INVISIBLE.match(char)]
        bare = "".join(text[place] for place in places)
        for span in self._rules.find(bare):
            yield span._replace(start=places[span.start], end=places[span.end - 1] + 1)

    def _element(self, text: str, start: int, end: int) -> Iterator[Span]:
        found = _WITHIN.match(text, start, end)
        if found is None:
            return
        kind = whole(self._fields.of(found[1].rpartition(":")[2]), found[2])
        if kind:
            yield Span(*found.span(2), kind, "element")

    def _pair(self, text: str, start: int, end: int) -> Iterator[Span]:
        match = _PAIRED.match(text, start, end)
        if match is None:
            return
        group = next(number for number in (2, 3, 4) if match[number] is not None)
        kind = whole(self._fields.of(match[1]), match[group])
        if kind:
            yield Span(*match.span(group), kind, "pair")

    def _assigned(self, text: str, start: int, end: int) -> Iterator[Span]:
        parts = _QUOTED.match(text[start:end])
        kind = whole(self._fields.of(parts[1]), parts[3]) if parts else None
        if parts and kind:
            yield Span(start + parts.start(3), start + parts.end(3), kind, "assigned")


_PAIRED = re.compile(_PAIR.replace(r"[\p{L}\p{N}_.-]", r"[\w.-]").replace(r"[\p{L}_]", r"[^\W\d]"))


def _masked(text: str, spans: Iterable[Span]) -> str:
    """The text with a sign that is in no value over what was found."""
    chars = list(text)
    for span in spans:
        chars[span.start : span.end] = _MASK * (span.end - span.start)
    return "".join(chars)


def _person_rules(keys: Iterable[str]) -> list[Rule]:
    """`My user ID is mia_li_3668`, for the key `user_id`."""
    words = sorted({"[ _-]?".join(re.findall(r"[A-Za-z0-9]+", key)) for key in keys})
    words = [word for word in words if "id" in word.lower() or "number" in word.lower()]
    if not words:
        return []
    return [
        Rule(
            "person-id-said",
            Kind.PERSON_ID,
            rf"(?i)\b(?:{'|'.join(words)})\b[^\w\n]{{0,6}}(?:(?:is|it's|its|which is|it is)\b)?"
            r"[^\w\n]{0,4}([\p{L}\p{N}][\p{L}\p{N}_.@-]{2,60}[\p{L}\p{N}])",
            1,
            _is_id,
            gate=rf"(?i){'|'.join(words)}",
        )
    ]


def _is_id(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Keep what is no word: it has a digit or joins words by an underscore."""
    value = text[start:end]
    if is_placeholder(value) or not (any(c.isdigit() for c in value) or "_" in value):
        return None
    return start, end
