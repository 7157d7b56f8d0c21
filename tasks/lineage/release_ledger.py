"""The ledger of what production served: who changed it, when and why. Lines are only appended.

    .ratchet/releases.jsonl
    {"action":"promote","at":"2026-11-22T02:41:05Z","forced":false,"model":"agent","number":2,
     "previous":"1","version":"3","weights_sha256":"9152…","who":"ratchet","why":"both PASS"}

The line is written before the alias moves and says what must become so: where a process dies
between the two, the next call finds the line and moves the alias.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from tasks.core.errors import EvidenceError
from tasks.core.records import Record, encode

LEDGER = Path(".ratchet") / "releases.jsonl"
"""In the workspace."""


class Release(Record, frozen=True, kw_only=True):
    """One change of the champion."""

    number: int
    """Counted from 1."""
    action: Literal["promote", "rollback"]
    model: str
    version: str
    """Champion from then on."""
    previous: str
    """Champion before, and what a rollback goes back to; empty where there was none."""
    weights_sha256: str
    who: str
    why: str
    forced: bool = False
    """Promoted without two PASS verdicts."""
    at: str
    """ISO 8601, UTC."""
    before: str = ""
    """sha256 of the line before, which this one seals; lines of earlier versions have none."""

    @property
    def mark(self) -> str:
        """What the registered model carries once the aliases have followed this line."""
        return f"{self.number}@{self.at}"


class Ledger:
    """The ledger of one workspace, held by this process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows = _read(path)

    def standing(self, model: str) -> Release | None:
        """The last change of a model: what its aliases have to say."""
        return next((row for row in reversed(self._rows) if row.model == model), None)

    def append(
        self,
        action: Literal["promote", "rollback"],
        *,
        model: str,
        version: str,
        previous: str,
        weights_sha256: str,
        who: str,
        why: str,
        forced: bool = False,
    ) -> Release:
        """Write a change down; it has reached the disk when this returns."""
        row = Release(
            number=len(self._rows) + 1,
            action=action,
            model=model,
            version=version,
            previous=previous,
            weights_sha256=weights_sha256,
            who=who,
            why=why,
            forced=forced,
            at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            before=_sha256(self._rows[-1]) if self._rows else "",
        )
        with self._path.open("ab") as file:
            file.write(encode(row) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._rows.append(row)
        return row


@contextmanager
def held(workspace: Path) -> Iterator[Ledger]:
    """The workspace's ledger; another process that wants it waits until the block ends."""
    path = workspace / LEDGER
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Ledger(path)


def history(workspace: Path, model: str) -> list[Release]:
    """All changes of a model, oldest first."""
    return [row for row in _read(workspace / LEDGER) if row.model == model]


def verified(workspace: Path) -> list[Release]:
    """All changes of all models, oldest first, where no line was changed, taken out or put in.

    Raises:
        EvidenceError: it names the first line that does not fit the one before.
    """
    rows = _read(workspace / LEDGER)
    for place, row in enumerate(rows):
        chained = any(earlier.before for earlier in rows[: place + 1])
        expected = _sha256(rows[place - 1]) if place else ""
        if row.number != place + 1 or (chained and row.before != expected):
            raise EvidenceError(
                f"{workspace / LEDGER}:{place + 1} ({row.action} of {row.model} version "
                f"{row.version}) does not follow from the line before: a line was changed, taken "
                "out or put in; bring the file back from a backup"
            )
    return rows


def _sha256(row: Release) -> str:
    return hashlib.sha256(encode(row)).hexdigest()


def _read(path: Path) -> list[Release]:
    """All whole lines; one torn by a dying process was never acted on, and is taken off."""
    if not path.exists():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(path, len(whole))
    try:
        return [msgspec.json.decode(line, type=Release) for line in whole.splitlines()]
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise EvidenceError(
            f"{path} cannot be read ({error}): it says what production serves and why; bring it "
            "back from a backup"
        ) from error
