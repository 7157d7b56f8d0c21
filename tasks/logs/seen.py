"""Remembers which records an object has already delivered, in bounded memory at any size.

    with closing(Seen(folder)) as seen:
        seen.add(bytes.fromhex("3f0c…"))    # True from the second time on

The first `KEPT` digests are a set. Each time it is full it moves, sorted, into a SQLite table on
disk, where later digests are looked up one by one. The file belongs to this process and run; one
that a killed run has left is collected with that run's parts.
"""

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

KEPT = 1 << 16
"""Digests in memory, 8 MiB of them."""
_CACHE = -4096
"""KiB of the table's pages that SQLite keeps."""


class Seen:
    """A set of digests that may be larger than memory.

    Args:
        folder: of a stage; the table, where one is needed, stands among its parts.
        kept: digests that are held in memory; by default `KEPT`.
    """

    def __init__(self, folder: Path, kept: int = 0) -> None:
        self._path = folder / "parts" / f".{os.getpid()}.seen"
        self._kept = kept or KEPT
        self._recent: set[bytes] = set()
        self._table: sqlite3.Connection | None = None

    def add(self, digest: bytes) -> bool:
        """Whether it was there before.

        Raises:
            OSError: the table cannot be written or read.
        """
        if digest in self._recent or (self._table is not None and self._has(self._table, digest)):
            return True
        self._recent.add(digest)
        if len(self._recent) >= self._kept:
            self._spill()
        return False

    def close(self) -> None:
        """Let go of the table and its file."""
        if self._table is not None:
            self._table.close()
            self._path.unlink()

    def _has(self, table: "sqlite3.Connection", digest: bytes) -> bool:
        import sqlite3

        try:
            return table.execute(_LOOK, (digest,)).fetchone() is not None
        except sqlite3.OperationalError as error:
            raise self._failed(error) from error

    def _spill(self) -> None:
        import sqlite3

        try:
            if self._table is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._path.unlink(missing_ok=True)  # of a killed run with this process's number
                self._table = sqlite3.connect(self._path, isolation_level=None)
                self._table.executescript(_CREATE)
            self._table.execute("BEGIN")
            self._table.executemany(_ADD, ((digest,) for digest in sorted(self._recent)))
            self._table.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise self._failed(error) from error
        self._recent.clear()

    def _failed(self, error: "sqlite3.OperationalError") -> OSError:
        """The same trouble as when a part cannot be written, so that it is told in the same way."""
        import sqlite3

        kind = errno.EIO
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
            kind = errno.ENOSPC
        return OSError(kind, f"{os.strerror(kind)} ({error})", str(self._path))


_CREATE = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = {_CACHE};
CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_ADD = "INSERT INTO seen VALUES (?)"
_LOOK = "SELECT 1 FROM seen WHERE digest = ?"
