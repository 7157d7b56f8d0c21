"""Reads data/split for the model steps, and keeps the ledger of who read the held-out test.

    .ratchet/held-out-reads.jsonl
    {"md5":"4c0f….dir","reader":"evaluate","run_id":"20261122T014105-9f3a","sealed":"b1e2…"}

Train and validation may be read as often as a run likes. Each read of the held-out test spends some
of its evidence, so it is written down before a row is given out, and the gate counts the reads.
"""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from tasks.core import parts
from tasks.core.errors import EvidenceError, StageError
from tasks.core.records import Example, Record

LEDGER = Path(".ratchet") / "held-out-reads.jsonl"
"""In the workspace."""

_EARLIER = "sealed-reads.jsonl"

TEST = "test"

Open = Literal["train", "validation"]


class Read(Record, frozen=True, kw_only=True):
    """One run's reading of the held-out test."""

    md5: str
    """Of the dataset version, from dvc.lock."""
    rows: str = msgspec.field(name="sealed")
    """sha256 over the held-out rows alone: new training data does not make an old test unread."""
    reader: str
    run_id: str


def read_split(folder: Path, name: Open) -> list[Example]:
    """The examples of one open split, in the dataset's order.

    Raises:
        EvidenceError: the held-out test was asked for.
        StageError: `split` has not run, or left nothing in this split.
    """
    if name == TEST:
        raise EvidenceError(
            f"the held-out test of {folder} is read by evaluate alone, through read_test; use "
            "validation to choose between models"
        )
    return _rows(folder, name)


def read_test(folder: Path, *, reader: str, run_id: str, ledger: Path, md5: str) -> list[Example]:
    """The held-out test's examples, after the read was written to `ledger` and reached the disk.

    One run and reader count once, so a run that was broken off and goes on spends nothing more.
    """
    read = Read(md5=md5, rows=_digest(folder), reader=reader, run_id=run_id)
    with _locked(ledger):
        entries = _read_ledger(ledger)
        if read not in entries:
            content = b"".join(msgspec.json.encode(row) + b"\n" for row in [*entries, read])
            parts.replace(ledger, content)
    return _rows(folder, TEST)


def reads(ledger: Path, md5: str) -> int:
    """How often the held-out test of this dataset version was read, this run included.

    Reads under another version of the dataset count too where its held-out rows were the same.
    """
    entries = _read_ledger(ledger)
    tests = {row.rows for row in entries if row.md5 == md5}
    return sum(row.rows in tests for row in entries)


def _digest(folder: Path) -> str:
    """sha256 over the names of the held-out parts, which are the hashes of their bytes."""
    hashes = sorted(part.sha256 for part in parts.require_manifest(folder).labelled(TEST))
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _rows(folder: Path, name: str) -> list[Example]:
    rows = list(parts.read_parts(folder, Example, name))
    if not rows:
        raise StageError(
            f"{folder} has no {name} examples: bring more logs, or give {name} a larger "
            "share under split in params.yaml"
        )
    return rows


def _read_ledger(ledger: Path) -> list[Read]:
    """The entries, or those of a workspace that knew the ledger by its earlier name."""
    if not ledger.exists():
        ledger = ledger.with_name(_EARLIER)
    if not ledger.exists():
        return []
    try:
        return [msgspec.json.decode(line, type=Read) for line in ledger.read_bytes().splitlines()]
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise EvidenceError(
            f"{ledger} cannot be read ({error}): without it nobody knows how often the held-out "
            "test was used; bring the file back from a backup"
        ) from error


@contextmanager
def _locked(ledger: Path) -> Iterator[None]:
    """Runs that end at the same time write one after the other; the kernel frees a dead one's."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with ledger.with_name(f".{ledger.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
