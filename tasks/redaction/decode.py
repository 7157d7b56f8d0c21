r"""Opens what is written inside a text, lets it be rewritten there, and closes it the same way.

    {"body": "{\"email\": \"mia@example.com\"}", "url": "https://x.example/?q=mia%40example.com"}

holds the same e-mail twice, in JSON within JSON and URL-encoded. Only the characters of a value
that changed are touched: spaces, number formats, key order and doubled keys stay as they were.
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from tasks.redaction.encodings import ENCODINGS, SHORTEST_BASE64, may_be_base64
from tasks.redaction.fields import PLAIN, Field, Fields, is_value_key, whole
from tasks.redaction.kinds import SECRETS, Kind

MAX_DEPTH = 12
"""Encodings within encodings; deeper ones are made to break something."""

Place = tuple[str, ...]
"""Keys and numbers that lead to a text; a step into an encoding is in braces."""


class Visitor(Protocol):
    """What is done with the texts that are found inside."""

    def plain(self, text: str, place: Place, start: int) -> str:
        """Running text that begins at `start` of what `place` names; returns what replaces it."""

    def whole(self, kind: Kind, text: str, place: Place) -> str:
        """A text that its key gives away; returns what replaces it."""

    def identifier(self, text: str, place: Place) -> str:
        """A name that a machine gave, with no text in it; returns what replaces it."""

    def person(self, text: str, key: str) -> None:
        """A value under a person key, and that key as the settings write it."""

    def keep(self, text: str) -> None:
        """A value under a key of places or dates."""


class Pairs(list[tuple[str, Any]]):
    """A JSON object with its keys in order, doubled ones included."""


class Number(str):
    """A JSON number with its digits as they were written."""


class _Change(NamedTuple):
    start: int
    end: int
    text: str


class Walker:
    """Takes a visitor through a value, into every text and every encoding in it.

    Raises:
        ValueError: encodings lie deeper than MAX_DEPTH.
        RecursionError: objects lie deeper than Python goes.
        UnicodeError: a text holds half of a surrogate pair.
    """

    def __init__(self, fields: Fields, visitor: Visitor) -> None:
        self._fields = fields
        self._visitor = visitor

    def value(self, value: Any, place: Place, field: Field = PLAIN, depth: int = 0) -> Any:
        """A JSON value of any shape, with every text and key in it visited."""
        if isinstance(value, str):
            if isinstance(value, Number):
                # A visitor may write down what it is given, as the text that it is.
                return Number(self._digits(str(value), place, field))
            return self._text_under(value, place, field, depth)
        if isinstance(value, dict | list):
            return self._inner(value, place, field, depth)
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = str(value)
            shown = self._digits(number, place, field)
            return value if shown == number else type(value)(shown)
        return value

    def text(self, text: str, place: Place, depth: int = 0) -> str:
        """A text without a key."""
        changes = self._inside(text, place, depth) if _may_be_encoded(text) else []
        if not changes:
            return self._visitor.plain(text, place, 0)
        made: list[str] = []
        at = 0
        for change in changes:
            if change.start > at:
                made.append(self._visitor.plain(text[at : change.start], place, at))
            made.append(change.text)
            at = change.end
        if at < len(text):
            made.append(self._visitor.plain(text[at:], place, at))
        return "".join(made)

    def identifier(self, text: str, place: Place) -> str:
        """An id of a call, a request or a session: looked up, and searched if it is none."""
        if not text:
            return text
        plain = _IDENTIFIER.fullmatch(text)
        return self._visitor.identifier(text, place) if plain else self.text(text, place)

    def _inner(
        self, value: dict[str, Any] | list[Any], place: Place, field: Field, depth: int
    ) -> Any:
        if isinstance(value, dict):
            return dict(self._pairs(list(value.items()), place, field, depth))
        if isinstance(value, Pairs):
            return Pairs(self._pairs(value, place, field, depth))
        return list(self._items(value, place, field, depth))

    def _items(self, items: list[Any], place: Place, field: Field, depth: int) -> Iterator[Any]:
        """Each item; behind a text that names a secret (`--password`, a header) stands one."""
        named = PLAIN
        for number, item in enumerate(items):
            under = field if field is not PLAIN else named
            yield self.value(item, (*place, str(number)), under, depth)
            named = PLAIN
            if isinstance(item, str) and not isinstance(item, Number) and len(item) <= _LONGEST_KEY:
                named = self._named(item, len(items))

    def _named(self, item: str, count: int) -> Field:
        field = self._fields.of(item.lstrip("-"))
        option = item.startswith("-") or count % 2 == 0
        return field if option and field.kind in SECRETS else PLAIN

    def _pairs(
        self, pairs: list[tuple[str, Any]], place: Place, above: Field, depth: int
    ) -> Iterator[tuple[str, Any]]:
        keys = [key for key, _ in pairs]
        pair = above
        if pair is PLAIN and any(map(is_value_key, keys)):
            pair = self._label(pairs)
        for key, value in pairs:
            shown = self._visitor.plain(key, place, 0)
            field = self._fields.of(key, keys)
            if field is PLAIN and pair is not PLAIN and is_value_key(key):
                field = pair
            yield shown, self.value(value, (*place, shown), field, depth)

    def _label(self, pairs: list[tuple[str, Any]]) -> Field:
        """What the object says of its value where it is a pair of a label and a value."""
        for key, label in pairs:
            if isinstance(label, str) and not isinstance(label, Number):
                field = self._fields.of_pair(key, label)
                if field is not PLAIN:
                    return field
        return PLAIN

    def _text_under(self, text: str, place: Place, field: Field, depth: int) -> str:
        if field is PLAIN:
            return self.text(text, place, depth)
        if field.kept:
            self._visitor.keep(text)
        kind = whole(field, text)
        if kind is None:
            return self.text(text, place, depth)
        bare = text.strip(_QUOTES)
        if len(bare) < len(text) and bare:
            at = text.index(bare)
            shown = self._text_under(bare, (*place, "{quotes}"), field, depth)
            return text[:at] + shown + text[at + len(bare) :]
        if ("%" in text or "\\" in text) and kind not in SECRETS:
            shown = self._encoded_under(text, place, field, depth)
            if shown != text:
                return shown
        if field.person:
            self._visitor.person(text, field.person)
        return self._visitor.whole(kind, text, place)

    def _encoded_under(self, text: str, place: Place, field: Field, depth: int) -> str:
        """`Mia%20Li` is the name that it says; the text itself where it is not encoded as one."""
        if depth > MAX_DEPTH:
            raise ValueError(f"encodings lie deeper than {MAX_DEPTH}")
        for mark, name, opened in ENCODINGS:
            # A name may look like base64, and is one all the same.
            for start, end, inner, close in opened(text) if mark and mark in text else ():
                if (start, end) == (0, len(text)):
                    shown = self._text_under(inner, (*place, name), field, depth + 1)
                    if shown != inner:
                        return close(shown)
        return text

    def _digits(self, number: str, place: Place, field: Field) -> str:
        """A number, whose surrogate is one too; patterns are for whole numbers alone."""
        if number.endswith(".0") and number[:-2].isdigit():
            # A table with a gap in its column was read, and its numbers became fractions.
            return self._digits(number[:-2], place, field) + ".0"
        if not number.isdigit():
            return self._visitor.identifier(number, place) if len(number) >= 5 else number
        kind = whole(field, number)
        if kind is None:
            shown = self._visitor.plain(number, place, 0) if len(number) >= 5 else number
            if shown.isdigit() and (shown[0] != "0" or shown == number):
                return shown
            kind = Kind.PIN
        if field.person:
            self._visitor.person(number, field.person)
        return self._visitor.whole(kind if kind in _NUMERIC else Kind.PIN, number, place)

    def _inside(self, text: str, place: Place, depth: int) -> list[_Change]:
        """What was opened and is done with, in order, without overlap."""
        if depth > MAX_DEPTH:
            raise ValueError(f"encodings lie deeper than {MAX_DEPTH}")
        found = self._json(text, place, depth) if "{" in text or "[" in text else []
        for mark, name, opened in ENCODINGS:
            if mark in text:
                # JSON may stand in the middle of what is escaped: both sides of it are opened.
                for at, piece in list(_between(text, found)):
                    for start, end, inner, close in opened(piece):
                        changed = self.text(inner, (*place, name), depth + 1)
                        if changed != inner:
                            found.append(_Change(at + start, at + end, close(changed)))
                found.sort()
        return found

    def _json(self, text: str, place: Place, depth: int) -> list[_Change]:
        """Every JSON object or array in the text."""
        found: list[_Change] = []
        at = 0
        for _ in range(_MAX_TRIES):
            begin = _JSON_START.search(text, at)
            if begin is None:
                break
            try:
                value, end = _decoder.raw_decode(text, begin.start())
            except json.JSONDecodeError:
                at = begin.start() + 1
                continue
            inner = place if (begin.start(), end) == (0, len(text)) else (*place, "{json}")
            changed = self.value(value, inner, depth=depth + 1)
            source = text[begin.start() : end]
            found.append(_Change(begin.start(), end, _respell(source, value, changed)))
            at = end
        return found


_NUMERIC = frozenset(
    (Kind.PHONE, Kind.CARD, Kind.NATIONAL_ID, Kind.POSTCODE, Kind.PERSON_ID, Kind.PIN)
)
"""Kinds whose surrogate of digits is digits, without a zero in front."""

_QUOTES = "\"'"
"""Around a value they are none of it: a zip code that was logged as `"\\"78750\\""`."""
_MAX_TRIES = 200
_LONGEST_KEY = 60
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,128}")

_JSON_START = re.compile(r"\{\s*[\"}]|\[\s*[\"{\[\d\]]")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?', re.S)

_decoder = json.JSONDecoder(
    object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, strict=False
)


def _between(text: str, changes: Sequence[_Change]) -> Iterator[tuple[int, str]]:
    """What stands around the changes, and where."""
    at = 0
    for change in changes:
        yield at, text[at : change.start]
        at = change.end
    yield at, text[at:]


@lru_cache(maxsize=20_000)
def _may_be_encoded(text: str) -> bool:
    """False for a text that no encoding can be in; most are such."""
    if "{" in text or "[" in text or "\\" in text or "%" in text:
        return True
    return len(text) >= SHORTEST_BASE64 and may_be_base64(text)


def _respell(source: str, value: Any, changed: Any) -> str:
    """The JSON text with the tokens replaced that differ, and nothing else."""
    if value == changed:
        return source
    pairs = iter(zip(_leaves(value), _leaves(changed), strict=True))

    def token(match: re.Match[str]) -> str:
        old, new = next(pairs)
        if old == new:
            return match[0]
        return new if isinstance(new, Number) else json.dumps(new, ensure_ascii=match[0].isascii())

    return _JSON_TOKEN.sub(token, source)


def _leaves(value: Any) -> Iterator[str]:
    """Keys, texts and numbers in the order in which they are written."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Pairs):
        for key, item in value:
            yield key
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
