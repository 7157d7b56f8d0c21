r"""Encodings of a run of characters within a text: opened, and closed again the same way.

{\"email\": \"mia@example.com\"}      JSON's escapes, without the quotes around
https://x.example/?q=mia%40example.com   URL encoding
bWlhQGV4YW1wbGUuY29tCg==                 base64
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

SHORTEST_BASE64 = 16

_PERCENT = re.compile(r"[^\s\"'<>&=?;,]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_ESCAPE = re.compile(r"\\(?:u[0-9a-f]{4}|.)", re.S)
_SIGNS = "+/_-"
_APART = bytes(c if chr(c).isalnum() or chr(c) in _SIGNS else 32 for c in range(128)).ljust(256)
_ESCAPED = re.compile(r'(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))+')


class Opened(NamedTuple):
    """What a run of a text says once it is decoded, and how to encode it again."""

    start: int
    end: int
    inner: str
    close: Callable[[str], str]


def _escaped(text: str) -> Iterator[Opened]:
    r"""Runs of text with JSON's escapes in them, as a log of a log has: `{\"email\": …}`."""
    for run in _ESCAPED.finditer(text):
        if "\\" in run[0]:
            inner = json.loads(f'"{run[0]}"', strict=False)
            yield Opened(run.start(), run.end(), inner, partial(_escape, run[0]))


def _escape(old: str, new: str) -> str:
    encoded = json.dumps(new, ensure_ascii=old.isascii())[1:-1]
    bare = {json.dumps(char)[1:-1]: char for char in set(old) if char < " "}
    # What stood without an escape, against JSON's rules, stays without.
    return _ESCAPE.sub(lambda escape: bare.get(escape[0], escape[0]), encoded) if bare else encoded


def _percent(text: str) -> Iterator[Opened]:
    """URL-encoded words (RFC 3986), in UTF-8 or, where they are none, in Latin-1."""
    for run in _PERCENT.finditer(text):
        if "%" not in run[0]:
            continue
        data, code = unquote_to_bytes(run[0]), "utf-8"
        try:
            inner = data.decode()
        except UnicodeDecodeError:
            inner, code = data.decode("latin-1"), "latin-1"
        if inner != run[0]:
            yield Opened(run.start(), run.end(), inner, partial(_to_percent, run[0], code))


def _to_percent(old: str, code: str, new: str) -> str:
    """Signs that stood bare stay bare."""
    safe = "".join(sorted({c for c in old if not c.isalnum() and c != "%"}))
    return quote(new, safe=safe, encoding=code, errors="replace")


def _base64(text: str) -> Iterator[Opened]:
    """Words that are base64 (RFC 4648, both alphabets) of readable text."""
    for run in _BASE64.finditer(text):
        inner = _from_base64(run[0])
        if inner is not None:
            yield Opened(run.start(), run.end(), inner, partial(_to_base64, run[0]))


def may_be_base64(text: str) -> bool:
    """False for a text that has no base64 for sure, and quickly so."""
    words: Iterable[str | bytes] = (
        text.encode().translate(_APART).split() if text.isascii() else _BASE64.findall(text)
    )
    long = [word for word in words if len(word) >= SHORTEST_BASE64]
    return any(not word.islower() and not word.isdigit() for word in long)


def base64_in(text: str) -> list[str]:
    """What the words of the text say that are base64 of readable text."""
    if not may_be_base64(text):
        return []
    decoded = (_from_base64(run[0]) for run in _BASE64.finditer(text))
    return [inner for inner in decoded if inner is not None]


def _from_base64(word: str) -> str | None:
    if word.islower() or word.isdigit():
        # Text in base64 has capitals: `user_id_1234` has the alphabet but is none.
        return None
    standard = word.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        text = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if all(c.isprintable() or c.isspace() for c in text) else None


def _to_base64(old: str, new: str) -> str:
    encoded = base64.b64encode(new.encode()).decode()
    if "-" in old or "_" in old:
        encoded = encoded.replace("+", "-").replace("/", "_")
    return encoded if old.endswith("=") or len(old) % 4 == 0 else encoded.rstrip("=")


ENCODINGS: tuple[tuple[str, str, Callable[[str], Iterator[Opened]]], ...] = (
    ("\\", "{escapes}", _escaped),
    ("%", "{percent}", _percent),
    ("", "{base64}", _base64),
)
"""Character without which a text has no such encoding, name of the step, and what opens it."""
