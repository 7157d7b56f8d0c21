"""Opens what is written inside a text, lets it be rewritten there, and closes it the same way.

    {"body": "{\\"email\\": \\"mia@example.com\\"}", "url": "https://x.example/?q=mia%40example.com"}

holds the same e-mail twice, in JSON within JSON and URL-encoded. Only the characters of a value
that changed are touched: spaces, number formats, key order and doubled keys stay as they were.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, unquote_to_bytes

from tasks.core.redaction.fields import PLAIN, Field, Fields, whole
from tasks.core.redaction.kinds import Kind

MAX_DEPTH = 12
"""Encodings within encodings; deeper ones are made to break something."""

Path = tuple[str, ...]


class Visitor(Protocol):
    """What is done with the texts that are found inside."""

    def plain(self, text: str, path: Path, start: int) -> str:
        """Running text that begins at `start` of what `path` names; returns what replaces it."""

    def whole(self, kind: Kind, text: str, path: Path) -> str:
        """A text that its key gives away; returns what replaces it."""

    def person(self, text: str) -> None:
        """A value under a person key."""

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

    def value(self, value: Any, path: Path, field: Field = PLAIN, depth: int = 0) -> Any:
        """A JSON value of any shape, with every text and key in it visited."""
        if isinstance(value, Number):
            return Number(self._digits(value, path, field))
        if isinstance(value, str):
            return self._text_under(value, path, field, depth)
        if isinstance(value, dict):
            return dict(self._pairs(list(value.items()), path, depth))
        if isinstance(value, Pairs):
            return Pairs(self._pairs(value, path, depth))
        if isinstance(value, list):
            return [
                self.value(item, (*path, str(place)), field, depth)
                for place, item in enumerate(value)
            ]
        if isinstance(value, int) and not isinstance(value, bool):
            return int(self._digits(str(value), path, field))
        return value

    def text(self, text: str, path: Path, depth: int = 0) -> str:
        """A text without a key."""
        changes = _none if len(text) < 8 else self._inside(text, path, depth)
        if changes is _none:
            return self._visitor.plain(text, path, 0)
        made: list[str] = []
        at = 0
        for change in changes:
            if change.start > at:
                made.append(self._visitor.plain(text[at : change.start], path, at))
            made.append(change.text)
            at = change.end
        if at < len(text):
            made.append(self._visitor.plain(text[at:], path, at))
        return "".join(made)

    def _pairs(
        self, pairs: list[tuple[str, Any]], path: Path, depth: int
    ) -> Iterator[tuple[str, Any]]:
        keys = [key for key, _ in pairs]
        for key, value in pairs:
            shown = self._visitor.plain(key, path, 0)
            field = self._fields.of(key, keys)
            yield shown, self.value(value, (*path, shown), field, depth)

    def _text_under(self, text: str, path: Path, field: Field, depth: int) -> str:
        if field is PLAIN:
            return self.text(text, path, depth)
        if field.kept:
            self._visitor.keep(text)
        kind = whole(field, text)
        if kind is None:
            return self.text(text, path, depth)
        if field.person:
            self._visitor.person(text)
        return self._visitor.whole(kind, text, path)

    def _digits(self, number: str, path: Path, field: Field) -> str:
        """A number: replaced only where it is nothing but digits, so that it stays one."""
        if not number.isdigit():
            return number
        kind = whole(field, number)
        if kind is None:
            return self._visitor.plain(number, path, 0) if len(number) >= 5 else number
        if field.person:
            self._visitor.person(number)
        return self._visitor.whole(kind if kind in _NUMERIC else Kind.PIN, number, path)

    def _inside(self, text: str, path: Path, depth: int) -> list[_Change]:
        """What was opened and is done with, in order, without overlap."""
        if depth > MAX_DEPTH:
            raise ValueError(f"encodings lie deeper than {MAX_DEPTH}")
        found = self._json(text, path, depth) if "{" in text or "[" in text else []
        for mark, name, opened in _LAYERS:
            if mark is None or mark in text:
                for start, end, inner, close in opened(text):
                    if any(c.start < end and start < c.end for c in found):
                        continue
                    changed = self.text(inner, (*path, name), depth + 1)
                    if changed != inner:
                        found.append(_Change(start, end, close(changed)))
        return sorted(found) if found else _none

    def _json(self, text: str, path: Path, depth: int) -> list[_Change]:
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
            inner = path if (begin.start(), end) == (0, len(text)) else (*path, "{json}")
            changed = self.value(value, inner, depth=depth + 1)
            source = text[begin.start() : end]
            found.append(_Change(begin.start(), end, _respell(source, value, changed)))
            at = end
        return found


_NUMERIC = frozenset(
    (Kind.PHONE, Kind.CARD, Kind.NATIONAL_ID, Kind.POSTCODE, Kind.PERSON_ID, Kind.PIN)
)
"""Kinds whose stand-in of digits is digits, without a zero in front."""

_MAX_TRIES = 200
_none: list[_Change] = []

_JSON_START = re.compile(r"\{\s*[\"}]|\[\s*[\"{\[\d\]]")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?', re.S)
_PERCENT = re.compile(r"[^\s\"'<>&=?;,]*%[0-9A-Fa-f]{2}[^\s\"'<>&=?;,]*")
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{16,}={0,2}(?![\w+/=-])")
_ESCAPED = re.compile(r'(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))+')

_decoder = json.JSONDecoder(
    object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, strict=False
)


def _respell(source: str, value: Any, changed: Any) -> str:
    """The JSON text with the tokens replaced that differ, and nothing else."""
    before, after = list(_leaves(value)), list(_leaves(changed))
    if before == after:
        return source
    place = iter(zip(before, after, strict=True))

    def token(match: re.Match[str]) -> str:
        old, new = next(place)
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


_Opened = tuple[int, int, str, Callable[[str], str]]


def _escaped(text: str) -> Iterator[_Opened]:
    """Runs of text with JSON's escapes in them, as a log of a log has: `{\\"email\\": …}`."""
    for run in _ESCAPED.finditer(text):
        if "\\" not in run[0]:
            continue
        ascii_only = run[0].isascii()
        inner = json.loads(f'"{run[0]}"', strict=False)
        yield (
            run.start(),
            run.end(),
            inner,
            lambda new, ascii_only=ascii_only: json.dumps(new, ensure_ascii=ascii_only)[1:-1],
        )


def _percent(text: str) -> Iterator[_Opened]:
    """URL-encoded words (RFC 3986)."""
    for run in _PERCENT.finditer(text):
        try:
            inner = unquote_to_bytes(run[0]).decode()
        except UnicodeDecodeError:
            continue
        safe = "".join(sorted({c for c in run[0] if not c.isalnum() and c != "%"}))
        yield run.start(), run.end(), inner, lambda new, safe=safe: quote(new, safe=safe)


def _base64(text: str) -> Iterator[_Opened]:
    """Words that are base64 (RFC 4648, both alphabets) of readable text."""
    for run in _BASE64.finditer(text):
        inner = _from_base64(run[0])
        if inner is not None:
            yield run.start(), run.end(), inner, lambda new, old=run[0]: _to_base64(new, old)


def _from_base64(word: str) -> str | None:
    bare = word.rstrip("=")
    standard = bare.replace("-", "+").replace("_", "/")
    try:
        text = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if all(c.isprintable() or c.isspace() for c in text) else None


def _to_base64(text: str, old: str) -> str:
    made = base64.b64encode(text.encode()).decode()
    if "-" in old or "_" in old:
        made = made.replace("+", "-").replace("/", "_")
    return made if old.endswith("=") or len(old) % 4 == 0 else made.rstrip("=")


_LAYERS: tuple[tuple[str | None, str, Callable[[str], Iterator[_Opened]]], ...] = (
    ("\\", "{escapes}", _escaped),
    ("%", "{percent}", _percent),
    (None, "{base64}", _base64),
)
