"""What the strict readers share: keys that are known, nulls that stand for nothing, JSON in text.

keys({"arguements": {}}, {"name", "arguments"}, "$.calls[0]")
->  ShapeError: $.calls[0].arguements: no key of a call; did you mean arguments?
"""

import difflib
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

SHOWN = 60


class ShapeError(ValueError):
    """What stands at a place is none of the forms that are read; the message says all three."""


def refuse(place: str, problem: str) -> ShapeError:
    """The error about one place."""
    return ShapeError(f"{place}: {problem}")


def keys(value: Mapping[str, Any], known: Collection[str], place: str, what: str) -> None:
    """Refuse a key that nothing reads.

    Raises:
        ShapeError: names the key, and the one that it may be meant for.
    """
    for key in value:
        if key not in known:
            near = difflib.get_close_matches(str(key), list(known), n=1, cutoff=0.6)
            meant = f"did you mean {near[0]}?" if near else f"expected {', '.join(sorted(known))}"
            raise refuse(f"{place}.{key}", f"no key of {what}; {meant}")


def mapping(value: Any, place: str, what: str) -> dict[str, Any]:
    """The value, if it is a JSON object; keys whose value is null are left out.

    Raises:
        ShapeError: it is none.
    """
    if not isinstance(value, dict):
        raise refuse(place, f"expected {what}, got {shown(value)}")
    return {key: item for key, item in value.items() if item is not None}


def text(value: Any, place: str, what: str) -> str:
    """The value, if it is a string that is not empty.

    Raises:
        ShapeError: it is none.
    """
    if not isinstance(value, str) or not value:
        raise refuse(place, f"expected {what}, got {shown(value)}")
    return value


def parsed(value: str, place: str) -> Any:
    """A text as JSON.

    Raises:
        ShapeError: it is none.
    """
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        raise refuse(place, f"expected JSON, got {shown(value)} ({problem})") from problem


def without_nulls(value: Any) -> Any:
    """The value without keys that are null, at every level, as Arrow fills them in.

    `datasets` gives each row the union of all rows' keys. Nulls in lists are values and stay.
    """
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def shown(value: Any) -> str:
    """A value for a message, cut short."""
    written = repr(value)
    return written if len(written) <= SHOWN else f"{written[:SHOWN]}..."
