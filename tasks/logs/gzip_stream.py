"""Unpacks gzip in chunks, and stops where it is torn or was made to fill the disk."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from isal import igzip_lib, isal_zlib

MAGIC = b"\x1f\x8b"
TORN_GZIP = "torn-gzip"
PIECE = 1 << 17
"""Unpacked bytes at a time: what stays in the processor's cache is cut into lines faster."""
GZIP = 31
"""`wbits` of a gzip member with the largest window."""


class Limits(NamedTuple):
    line: int = 64 << 20
    """Bytes of one line."""
    ratio: int = 200
    """Unpacked bytes to packed ones; logs of agents that repeat themselves reach 60."""
    free: int = 64 << 20
    """Unpacked bytes to which no ratio applies: a few equal lines pack better than any bomb."""
    unpacked: int = 16 << 30
    """Unpacked bytes of one object."""


LIMITS = Limits()


class Broken(Exception):
    """`fault` is `torn-gzip` or `gzip-bomb`; what was unpacked before it is sound.

    `cut` says that the data ends too early, so that the rest may still come.
    """

    def __init__(self, fault: str, detail: str, *, cut: bool = False) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault
        self.detail = detail
        self.cut = cut


def is_gzip(head: bytes) -> bool:
    return head.startswith(MAGIC)


def gunzip(chunks: Iterable[bytes], limits: Limits) -> Iterator[bytes]:
    """The unpacked bytes of all members, in pieces of at most `PIECE`.

    Raises:
        Broken: the data ends too early, is damaged, or grows beyond the limits.
    """
    member = isal_zlib.decompressobj(GZIP)
    packed = unpacked = 0
    between = False
    for chunk in chunks:
        packed += len(chunk)
        left = chunk
        while left:
            if between and not (left := left.lstrip(b"\0")):
                break  # zeros after a member are padding
            piece = _unpack(member, left)
            unpacked += len(piece)
            _check(packed, unpacked, limits)
            if piece:
                yield piece
            between = member.eof
            left = member.unused_data if member.eof else member.unconsumed_tail
            if member.eof:
                member = isal_zlib.decompressobj(GZIP)
    if not between:
        where = f"it ends after {unpacked} unpacked bytes, inside a member"
        raise Broken(TORN_GZIP, where, cut=True)


def _unpack(member: Any, chunk: bytes) -> bytes:
    try:
        piece: bytes = member.decompress(chunk, PIECE)
        return piece
    except igzip_lib.IsalError as error:  # type: ignore[misc]  # its stub names an instance
        raise Broken(TORN_GZIP, f"expected gzip data: {error}") from error


def _check(packed: int, unpacked: int, limits: Limits) -> None:
    if unpacked > limits.free and unpacked > packed * limits.ratio:
        raise Broken("gzip-bomb", f"expected at most {limits.ratio} times its packed size")
    if unpacked > limits.unpacked:
        raise Broken("gzip-bomb", f"expected at most {limits.unpacked} unpacked bytes")
