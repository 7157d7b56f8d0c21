"""What goes over a worker's two pipes.

    row      length 4, number 4, length 4 of what rows share, that, the rest    {"completion": ...}
    answer   length 4, number 4, kind 1, body                VALUE and a double, or a reason

Numbers are little-endian; a length counts what follows its own four bytes. The same number comes
back with the answer, so that an answer that nobody asked for is seen. Rows are written by marshal,
which the interpreter at the other end reads twice as fast as JSON; what it reads is always ours.
Answers hold a number or a short text alone, because what comes back may be anybody's.
"""

import marshal
import struct
from collections.abc import Mapping
from typing import Any

LENGTH = struct.Struct("<I")
ROW = struct.Struct("<II")
ANSWER = struct.Struct("<IIB")
VALUE = struct.Struct("<IIBd")

SCORED, NOTHING, RAISED, UNUSABLE, MEMORY, READY, REFUSED = range(7)
"""Kinds of answer: a number; None; an exception; no number; no memory; and, once each at the
start: the worker is ready, or will never be."""

MAX_BODY = 4096
"""Of an answer: a longer one is no answer of ours."""
SETUP = 0
"""The number of the first row, which is the program itself."""


_WITHOUT_REFERENCES = 2
"""Of marshal's formats: later ones would make one object in the row of two equal ones of ours."""


def shared(part: Mapping[str, Any]) -> bytes:
    """The part of a row that other rows have too, written once.

    Raises:
        ValueError: it is nested too deep, or holds what JSON has not.
    """
    return marshal.dumps(dict(part), _WITHOUT_REFERENCES)


def packed(part: Mapping[str, Any], common: bytes = b"") -> bytes:
    """A row's body, out of its own part and of `shared`.

    Raises:
        ValueError: it is nested too deep, or holds what JSON has not.
    """
    return LENGTH.pack(len(common)) + common + marshal.dumps(dict(part), _WITHOUT_REFERENCES)


def unpacked(body: bytes) -> dict[str, Any]:
    """The row of a body, made of new objects each time."""
    behind = LENGTH.size + LENGTH.unpack_from(body)[0]
    found: dict[str, Any] = marshal.loads(body[LENGTH.size : behind]) if behind > 4 else {}
    found.update(marshal.loads(body[behind:]))
    return found


def row(number: int, body: bytes) -> bytes:
    return ROW.pack(len(body) + 4, number) + body


def answer(number: int, kind: int, body: str) -> bytes:
    text = body.encode(errors="replace")[: MAX_BODY - 64]
    return ANSWER.pack(len(text) + 5, number, kind) + text


def value(number: int, found: float) -> bytes:
    return VALUE.pack(13, number, SCORED, found)
