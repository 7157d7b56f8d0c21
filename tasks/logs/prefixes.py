"""The sha256 of an object's bytes, and of its first so many, in one pass."""

import hashlib
from collections.abc import Iterable


class Digest:
    """Fed chunk by chunk.

    Args:
        sizes: numbers of bytes after which the hash so far is wanted as well.
    """

    def __init__(self, sizes: Iterable[int] = ()) -> None:
        self.size = 0
        """Bytes that have passed."""
        self.prefixes: dict[int, str] = {}
        """Of `sizes` those that were reached, with the hash of so many bytes."""
        self._digest = hashlib.sha256()
        self._wanted = sorted(set(sizes), reverse=True)
        self._mark()

    def update(self, chunk: bytes) -> None:
        """Take the next bytes."""
        while self._wanted and self._wanted[-1] - self.size <= len(chunk):
            until = self._wanted[-1] - self.size
            self._take(chunk[:until])
            self._mark()
            chunk = chunk[until:]
        self._take(chunk)

    def hexdigest(self) -> str:
        """Of all bytes that have passed."""
        return self._digest.hexdigest()

    def _take(self, piece: bytes) -> None:
        self._digest.update(piece)
        self.size += len(piece)

    def _mark(self) -> None:
        if self._wanted and self._wanted[-1] == self.size:
            self.prefixes[self._wanted.pop()] = self._digest.hexdigest()
