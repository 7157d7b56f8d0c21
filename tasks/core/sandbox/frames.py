"""What goes over a worker's two pipes.

    row      length 4, number 4, JSON                        {"completion": {...}}
    answer   length 4, number 4, kind 1, body                VALUE and a double, or a reason

Numbers are little-endian; a length counts what follows its own four bytes. The same number comes
back with the answer, so that an answer that nobody asked for is seen.
"""

import struct

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


def row(number: int, body: bytes) -> bytes:
    return ROW.pack(len(body) + 4, number) + body


def answer(number: int, kind: int, body: str) -> bytes:
    text = body.encode(errors="replace")[: MAX_BODY - 64]
    return ANSWER.pack(len(text) + 5, number, kind) + text


def value(number: int, found: float) -> bytes:
    return VALUE.pack(13, number, SCORED, found)
