"""What a session knows, found wherever it appears again.

A profile that says `{"first_name": "Mia", "last_name": "Li", "user_id": "mia_li_3668"}` makes `Mia`
and the id personal data in every message, argument and result of that session, whatever stands
around them. Text is looked up word by word, so the cost does not grow with what is known.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from tasks.redaction import dates
from tasks.redaction.kinds import Kind, Span, searchable
from tasks.redaction.surrogates import Surrogates, is_surrogate
from tasks.redaction.words import CAPITAL, ORDINARY

WORD = re.compile(r"[^\W_]+")

_ADDRESSED = re.compile(
    r"(?:\b(?:mr|mrs|ms|miss|mx|dr|prof|hi|hello|hey|dear|thanks|thank you|welcome|sorry|"
    r"my name is|i'm|i am|this is)[.,]?|[Nn]ame:)\**\s{1,2}\**$",
    re.I,
)
_SPACED = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)).ljust(
    256
)
"""Of bytes, in one step: of text the same table is looked up a character at a time."""
_BESIDE = (" ", "-", "\u00a0")


class Known(NamedTuple):
    """A value that is looked for as a whole."""

    lower: str
    anchor: int
    """Where in it the word stands under which it is filed."""
    kind: Kind
    written: dates.Form | None = None
    """For a date: the form of this spelling of it."""
    day: str = ""


_Shapes = dict[tuple[int, int], dict[str, Known]]
"""Values filed under one word, by length (negative, so that the longest comes first) and anchor.

A look-up for each shape, and not one for each value: a thousand phone numbers may end alike.
"""
_NOTHING: _Shapes = {}


class Index:
    """Values of one session (or of one part), each filed under its most telling word.

    Args:
        values: (kind, text) of what was found, each once and sorted.
        kept: texts under keys such as `city` and `date`; a name or date equal to one of them is
            replaced only where its own place gives it away.
        surrogates: for known dates, whose surrogate must be written in the form that is found.
    """

    def __init__(
        self,
        values: Iterable[tuple[Kind, str]],
        kept: Iterable[str],
        surrogates: Surrogates,
    ) -> None:
        self._surrogates = surrogates
        self._kept_texts = tuple(kept)
        kept_whole = frozenset(text.lower() for text in self._kept_texts)
        self._names: dict[str, str] = {}
        self._values: dict[str, _Shapes] = {}
        self._loose: list[Known] = []
        for kind, text in values:
            if kind is Kind.NAME:
                for lower, word in _names(text):
                    if word:
                        self._names.setdefault(lower, word)
                    else:
                        self._loose.append(Known(lower, 0, Kind.NAME))
            elif not kept_whole or text.lower() not in kept_whole:
                for word, entry in _entries(kind, text):
                    shape = (-len(entry.lower), entry.anchor)
                    shapes = self._values.setdefault(word, {})
                    shapes.setdefault(shape, {}).setdefault(entry.lower, entry)
        for word, shapes in self._values.items():
            if len(shapes) > 1:
                self._values[word] = dict(sorted(shapes.items()))
        self._shared: Index | None = None
        self._words = self._values.keys() | self._names.keys()
        self._kept_words: frozenset[str] | None = None

    def beside(self, shared: "Index") -> "Index":
        """This index, with what all sessions share looked for as well."""
        # A look in two sets: their union, one a session, would grow with the square of the part.
        both = Index.__new__(Index)
        both.__dict__.update(self.__dict__)
        both._shared = shared
        return both

    def may_hold(self, tokens: Iterable[str]) -> bool:
        """Whether a text of these words (see `tokens_in`) is worth a look; few are."""
        if self._loose or not self._words.isdisjoint(tokens):
            return True
        return self._shared is not None and not self._shared._words.isdisjoint(tokens)

    def find(self, text: str, sure: bool = False) -> list[Span]:
        """Every known value in the text.

        Args:
            text: the text.
            sure: leave out names that are words too and so may rightly stand here.
        """
        lower = same_length_lower(text)
        spans = list(self._written_together(lower))
        tokens = tokens_in(text)
        words = self._words.intersection(tokens)
        if self._shared is not None:
            words |= self._shared._words.intersection(tokens)
        for start, key in sorted((at, word) for word in words for at in _places(lower, word)):
            spans += self._at(lower, start, key)
            if self._shared is not None:
                spans += self._shared._at(lower, start, key)
            if key in self._names and self._is_name(text, lower, start, key, sure):
                spans.append(Span(start, start + len(key), Kind.NAME, "known"))
        return spans

    def _written_together(self, lower: str) -> Iterable[Span]:
        """Names of scripts that put no space between words."""
        for entry in self._loose:
            for match in re.finditer(re.escape(entry.lower), lower):
                yield Span(match.start(), match.end(), entry.kind, "known")

    def _at(self, lower: str, place: int, word: str) -> list[Span]:
        """The longest known value that has this word at this place."""
        for (length, anchor), values in self._values.get(word, _NOTHING).items():
            start = place - anchor
            end = start - length
            entry = values.get(lower[start:end]) if start >= 0 else None
            if entry is None:
                continue
            if not _runs_on(lower, end) and not (start and lower[start - 1].isalnum()):
                signed = entry.kind is Kind.PHONE and lower[start - 1 : start] in ("+", "(")
                return [Span(start - signed, end, entry.kind, "known", self._date(entry))]
        return []

    def _date(self, entry: Known) -> str | None:
        """The surrogate of a date, in the form in which it stands."""
        if entry.written is None:
            return None
        other = dates.read(self._surrogates.of(entry.kind, entry.day))
        return dates.write(other.day, entry.written) if other else None

    def _is_name(self, text: str, lower: str, start: int, key: str, sure: bool) -> bool:
        word = text[start : start + len(key)]
        if self._alone(word):
            return True
        if sure or not (word[0].isupper() or word == self._names[key]):
            return False
        return self._beside(text, lower, start, start + len(key)) or bool(
            _ADDRESSED.search(text[max(0, start - 16) : start])
        )

    def _kept(self) -> frozenset[str]:
        """Words of places and dates; few sessions have a name that is looked up in them."""
        if self._kept_words is None:
            self._kept_words = frozenset(word for text in self._kept_texts for word in _words(text))
        return self._kept_words

    def _alone(self, word: str) -> bool:
        """Whether the word is a name wherever it stands."""
        lower = word.lower()
        if len(word) < 3 or lower in ORDINARY or lower in self._kept():
            return False
        if lower in CAPITAL:
            return word[0].isupper()
        # Three capitals are an airport, a currency or a unit.
        return len(word) > 3 or not word.isupper() or self._names[lower].isupper()

    def _beside(self, text: str, lower: str, start: int, end: int) -> bool:
        """Whether the word before or behind is another name of the session."""
        capital = text[start].isupper()
        for between in (*_BESIDE, ", ") if capital else _BESIDE:
            if text.endswith(between, 0, start):
                last = start - len(between)
                first = last
                while first and text[first - 1].isalnum():
                    first -= 1
                if self._names_with_capital(text, lower, first, last):
                    return True
            if text.startswith(between, end):
                first = last = end + len(between)
                while text[last : last + 1].isalnum():
                    last += 1
                if self._names_with_capital(text, lower, first, last):
                    return True
        return False

    def _names_with_capital(self, text: str, lower: str, start: int, end: int) -> bool:
        return start < end and text[start].isupper() and lower[start:end] in self._names


def _places(lower: str, word: str) -> Iterator[int]:
    """Where the word stands as a whole word."""
    start = lower.find(word)
    while start >= 0:
        end = start + len(word)
        if not lower[end : end + 1].isalnum() and not (start and lower[start - 1].isalnum()):
            yield start
        start = lower.find(word, end)


@lru_cache(maxsize=5_000)
def tokens_of(text: str) -> frozenset[str]:
    """As `tokens_in`, remembered: for keys, and what is the same in many sessions."""
    return frozenset(tokens_in(text))


def tokens_in(text: str) -> list[str]:
    """The lower-case words of a text, for `Index.may_hold`."""
    if text.isascii():
        return text.encode().translate(_SPACED).decode().split()
    return WORD.findall(same_length_lower(text))


def same_length_lower(text: str) -> str:
    """Lower case with every character at its place (`İ` would become two)."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


@lru_cache(maxsize=50_000)
def _entries(kind: Kind, text: str) -> tuple[tuple[str, Known], ...]:
    """Each spelling in which the value is looked for, and the word to file it under."""
    if is_surrogate(kind, text) or not searchable(kind, text):
        return ()
    spans = []
    for spelling, form in _spellings(kind, text):
        lower = same_length_lower(spelling).strip()
        words = list(WORD.finditer(lower))
        if words:
            anchor = max(words, key=lambda word: (_telling(word[0]), -word.start()))
            begin = words[0].start()
            entry = Known(lower[begin:], anchor.start() - begin, kind, form, text if form else "")
            spans.append((anchor[0], entry))
    return tuple(spans)


def _spellings(kind: Kind, text: str) -> Iterator[tuple[str, dates.Form | None]]:
    yield text, None
    if kind in (Kind.PHONE, Kind.CARD, Kind.SSN, Kind.IBAN):
        compact = re.sub(r"[\W_]", "", text)
        if len(compact) >= 9:
            yield compact, None
    date_read = dates.read(text) if kind is Kind.BIRTH_DATE else None
    if date_read is not None:
        yield from ((dates.write(date_read.day, form), form) for form in dates.FORMS)


@lru_cache(maxsize=50_000)
def _names(text: str) -> tuple[tuple[str, str], ...]:
    """Each word of a name in lower case and as written; not so in scripts without spaces."""
    if is_surrogate(Kind.NAME, text):
        return ()
    words = (word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 1)
    return tuple((word.lower(), "" if _is_joined_script(word) else word) for word in words)


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def _telling(word: str) -> tuple[bool, int]:
    """The fewer texts have the word, the greater."""
    return len(word) >= 4 and word.isdigit(), len(word)


def _runs_on(text: str, end: int) -> bool:
    return text[end : end + 1].isalnum() and text[end - 1].isalnum()


def _is_joined_script(word: str) -> bool:
    """Chinese, Japanese, Korean, Thai and their like."""
    return any(ord(c) >= 0x2E80 or 0x0E00 <= ord(c) <= 0x0EFF for c in word)
