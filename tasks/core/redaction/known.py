"""What a session knows, found wherever it appears again.

A profile that says `{"first_name": "Mia", "last_name": "Li", "user_id": "mia_li_3668"}` makes `Mia`
and the id personal data in every message, argument and result of that session, whatever stands
around them. Text is looked up word by word, so the cost does not grow with what is known.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from tasks.core.redaction import dates
from tasks.core.redaction.kinds import Kind, Span, searchable
from tasks.core.redaction.surrogates import Surrogates, is_surrogate
from tasks.core.redaction.words import CAPITAL, ORDINARY

WORD = re.compile(r"[^\W_]+")

_ADDRESSED = re.compile(
    r"(?:\b(?:mr|mrs|ms|miss|mx|dr|prof|hi|hello|hey|dear|thanks|thank you|welcome|sorry|"
    r"my name is|i'm|i am|this is)[.,]?|[Nn]ame:)\**\s{1,2}\**$",
    re.I,
)
_BESIDE = (" ", "-", "\u00a0", ", ")


class Known(NamedTuple):
    """A value that is looked for as a whole."""

    lower: str
    kind: Kind
    replacement: str | None


class Index:
    """Values of one session (or of one part), by their first word.

    Args:
        values: (kind, text) of what was found.
        kept: texts under keys such as `city` and `date`; a name or date equal to one of them is
            replaced only where its own place gives it away.
        surrogates: for known dates, whose stand-in must be written in the form that is found.
    """

    def __init__(
        self, values: Iterable[tuple[Kind, str]], kept: Iterable[str], surrogates: Surrogates
    ) -> None:
        self._kept = frozenset(word for text in kept for word in _words(text))
        kept_whole = frozenset(text.lower() for text in kept)
        self._names: dict[str, str] = {}
        self._values: dict[str, list[Known]] = {}
        self._loose: list[Known] = []
        for kind, text in sorted(set(values)):
            if is_surrogate(kind, text):
                continue
            if kind is Kind.NAME:
                self._add_name(text)
            elif searchable(kind, text) and text.lower() not in kept_whole:
                self._add_value(kind, text, surrogates)
        for found in self._values.values():
            found.sort(key=lambda known: (-len(known.lower), known))
        self._starts = frozenset(self._values) | frozenset(self._names)

    def __len__(self) -> int:
        return len(self._starts) + len(self._loose)

    def find(self, text: str, tokens: frozenset[str], sure: bool = False) -> list[Span]:
        """Every known value in the text, whose lower-case words are `tokens`.

        Args:
            text: the text.
            tokens: see `tokens_of`; most texts share none with what is known and end here.
            sure: leave out names that are words too and so may rightly stand here.
        """
        if not self._loose and self._starts.isdisjoint(tokens):
            return []
        lower = same_length_lower(text)
        found = list(self._written_together(lower))
        words = list(WORD.finditer(text))
        for number, word in enumerate(words):
            key = lower[word.start() : word.end()]
            if key not in self._starts:
                continue
            found += self._at(lower, word.start(), key)
            if key in self._names and self._is_name(text, lower, words, number, sure):
                found.append(Span(word.start(), word.end(), Kind.NAME, "known"))
        return found

    def _add_name(self, text: str) -> None:
        for word in _split_name(text):
            if _is_joined_script(word):
                self._loose += [Known(word, Kind.NAME, None)] if len(word) > 1 else []
            else:
                self._names.setdefault(word.lower(), word)

    def _add_value(self, kind: Kind, text: str, surrogates: Surrogates) -> None:
        for spelling, replacement in _spellings(kind, text, surrogates):
            lower = same_length_lower(spelling).strip()
            first = WORD.search(lower)
            if first is None:
                continue
            entry = Known(lower[first.start() :], kind, replacement)
            known = self._values.setdefault(first[0], [])
            if entry not in known:
                known.append(entry)

    def _written_together(self, lower: str) -> Iterable[Span]:
        """Names of scripts that put no space between words."""
        for known in self._loose:
            for match in re.finditer(re.escape(known.lower), lower):
                yield Span(match.start(), match.end(), known.kind, "known")

    def _at(self, lower: str, start: int, word: str) -> list[Span]:
        """The longest known value that begins with this word."""
        for known in self._values.get(word, ()):
            end = start + len(known.lower)
            if lower.startswith(known.lower, start) and not _runs_on(lower, end):
                signed = known.kind is Kind.PHONE and lower[start - 1 : start] in ("+", "(")
                return [Span(start - signed, end, known.kind, "known", known.replacement)]
        return []

    def _is_name(
        self, text: str, lower: str, words: list[re.Match[str]], number: int, sure: bool
    ) -> bool:
        word = words[number][0]
        if self._alone(word):
            return True
        if sure or not (word[0].isupper() or word == self._names[word.lower()]):
            return False
        return self._beside(text, lower, words, number) or bool(
            _ADDRESSED.search(text[max(0, words[number].start() - 16) : words[number].start()])
        )

    def _alone(self, word: str) -> bool:
        """Whether the word is a name wherever it stands."""
        lower = word.lower()
        if len(word) < 3 or lower in ORDINARY or lower in self._kept:
            return False
        if lower in CAPITAL:
            return word[0].isupper()
        # Three capitals are an airport, a currency or a unit.
        return len(word) > 3 or not word.isupper() or self._names[lower].isupper()

    def _beside(self, text: str, lower: str, words: list[re.Match[str]], number: int) -> bool:
        """Whether the word before or behind is another name of the session."""
        here = words[number]
        for other in (*words[max(0, number - 1) : number], *words[number + 1 : number + 2]):
            left, right = sorted((here, other), key=lambda match: match.start())
            name = lower[other.start() : other.end()]
            if (
                text[left.end() : right.start()] in _BESIDE
                and name in self._names
                and (other[0][0].isupper() or other[0] == self._names[name])
            ):
                return True
        return False


@lru_cache(maxsize=50_000)
def tokens_of(text: str) -> frozenset[str]:
    """The lower-case words of a text, for `Index.find`."""
    return frozenset(WORD.findall(same_length_lower(text)))


def same_length_lower(text: str) -> str:
    """Lower case with every character at its place (`İ` would become two)."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def merge(known: Iterable[Mapping[str, Iterable[str]]]) -> list[tuple[Kind, str]]:
    """(kind, text) of several mappings of kind to texts, sorted, each once."""
    return sorted({(Kind(kind), text) for one in known for kind in one for text in one[kind]})


def _spellings(
    kind: Kind, text: str, surrogates: Surrogates
) -> Iterable[tuple[str, str | None]]:
    yield text, None
    if kind in (Kind.PHONE, Kind.CARD, Kind.SSN, Kind.IBAN):
        compact = re.sub(r"[\W_]", "", text)
        if len(compact) >= 9:
            yield compact, None
    read = dates.read(text) if kind is Kind.BIRTH_DATE else None
    if read is not None:
        other = dates.read(surrogates.of(kind, text))
        for form in dates.FORMS if other else ():
            yield dates.write(read.day, form), dates.write(other.day, form) if other else None


def _split_name(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 1]


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def _runs_on(text: str, end: int) -> bool:
    return text[end : end + 1].isalnum() and text[end - 1].isalnum()


def _is_joined_script(word: str) -> bool:
    """Chinese, Japanese, Korean, Thai and their like."""
    return any(ord(c) >= 0x2E80 or 0x0E00 <= ord(c) <= 0x0EFF for c in word)


