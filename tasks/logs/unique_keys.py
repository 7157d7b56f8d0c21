r"""Finds a JSON key that stands twice in one object: parsers differ on which of the two counts.

    {"name": "refund", "arguments": "{\"amount\": 10, \"amount\": 1000}"}    # duplicate-key

A second parse of the line with Python's own scanner, which alone shows every pair. Each object
goes to a list as it ends, so no Python code is called on the way. Arguments of a call that are
JSON in a text are looked into as well.
"""

from json import JSONDecoder
from json.scanner import c_make_scanner  # type: ignore[attr-defined]  # not in the stubs
from typing import Any

from tasks.logs.json_lines import Malformed

DUPLICATE_KEY = "duplicate-key"
ARGUMENTS = "arguments"
"""Key of a call's arguments, which some formats write as a text."""

_pairs: list[list[tuple[str, Any]]] = []
"""Of each object of the line that is looked at, in the order in which they end."""
_scan = c_make_scanner(JSONDecoder(object_pairs_hook=_pairs.append))


def check(line: bytes) -> None:
    """Refuse a line in which an object names one of its keys twice.

    A line that is no JSON passes: what reads it says what is wrong with it.

    Raises:
        Malformed: duplicate-key.
    """
    if _doubled(line.decode(errors="replace").lstrip()):
        raise Malformed(DUPLICATE_KEY, "an object that names one of its keys twice")


def _doubled(text: str) -> bool:
    try:
        _scan(text, 0)
        if sum(map(len, map(dict, _pairs))) < sum(map(len, _pairs)):
            return True
        inner: list[Any] = []
        if _NAMED in text or _ESCAPED in text:
            inner = [value for found in _pairs for key, value in found if key == ARGUMENTS]
    except (ValueError, RecursionError, StopIteration):
        return False
    finally:
        _pairs.clear()
    return any(_doubled(text.lstrip()) for text in inner if isinstance(text, str))


_NAMED = f'"{ARGUMENTS}"'
_ESCAPED = "\\u00"
"""A key may be written with escapes."""
