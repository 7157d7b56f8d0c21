"""A stage's folder: content-addressed parts that only a manifest makes visible.

    data/redacted/
        parts/4f0c….jsonl      records, one JSON object a line, named by the sha256 of their bytes
        rejected.jsonl         id, reason and source of each refused record; never its content
        manifest.json          the one commit point, written last

A reader sees what the manifest names and nothing else. A stage that dies before the manifest's
rename has changed nothing; parts without a manifest are collected by the next run. Nothing in the
folder holds a time or a host, so the same input, params and code give the same bytes.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from tasks.core import stages
from tasks.core.batches import batches
from tasks.core.errors import StageError
from tasks.core.records import Record, Rejected, encode

MANIFEST = "manifest.json"
REJECTED = "rejected.jsonl"

T = TypeVar("T", bound=msgspec.Struct)

_BLOCK = 2**20


class Counts(Record, frozen=True, kw_only=True):
    """read = accepted + rejected + duplicate, always."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicate: int = 0
    reasons: dict[str, int] = {}
    """Rejects and duplicates by reason."""

    def __add__(self, other: "Counts") -> "Counts":
        names = sorted({*self.reasons, *other.reasons})
        return Counts(
            read=self.read + other.read,
            accepted=self.accepted + other.accepted,
            rejected=self.rejected + other.rejected,
            duplicate=self.duplicate + other.duplicate,
            reasons={n: self.reasons.get(n, 0) + other.reasons.get(n, 0) for n in names},
        )

    def check(self, place: str) -> None:
        """Raise StageError unless every record read is accounted for."""
        if self.read != self.accepted + self.rejected + self.duplicate:
            raise StageError(
                f"{place} read {self.read} records but accounts for {self.accepted} accepted + "
                f"{self.rejected} rejected + {self.duplicate} duplicate: this is a fault of the "
                "stage; nothing was committed"
            )


class Part(Record, frozen=True, kw_only=True):
    sha256: str
    """Of the part's bytes; its file name."""
    rows: int
    key: str = ""
    """Hash of all that the part was made from: input, settings, code. Equal key, equal part."""
    label: str = ""
    """What the part holds, where a stage writes several kinds (`train`, `test`, `feedback`)."""
    counts: Counts = Counts()
    rejects: tuple[Rejected, ...] = ()
    info: dict[str, Any] = {}
    """Facts of the stage's own about this part (a source's ETag, what was redacted by type)."""


class Manifest(Record, frozen=True, kw_only=True):
    stage: str
    parts: tuple[Part, ...] = ()
    counts: Counts = Counts()
    info: dict[str, Any] = {}

    def labelled(self, label: str) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.label == label)

    def by_key(self) -> dict[str, Part]:
        """Parts that a later run may keep, by what they were made from."""
        return {part.key: part for part in self.parts if part.key}


def read_manifest(folder: Path) -> Manifest | None:
    """The committed state of a stage's folder, or None where nothing was ever committed.

    Raises:
        StageError: the manifest is there but cannot be read.
    """
    path = folder / MANIFEST
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise StageError(
            f"{path} is no manifest of this version ({error}); delete the folder {folder} and run "
            "the stage again"
        ) from error


def require_manifest(folder: Path) -> Manifest:
    """As `read_manifest`, where the stage before must have run."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise StageError(f"{folder / MANIFEST} is missing: {stages.never_run(folder)}")
    return manifest


def read_part(folder: Path, part: Part, kind: type[T]) -> Iterator[T]:
    """The records of one part, streamed, checked against the type and the part's name.

    Raises:
        StageError: the file is gone, was changed, or holds something else.
    """
    for _, records in _read(folder, part, kind):
        yield from records


def read_lines(folder: Path, part: Part, kind: type[T]) -> Iterator[tuple[bytes, T]]:
    """As `read_part`, with the bytes that each record was read from, without their newline."""
    for block, records in _read(folder, part, kind):
        yield from zip(block.split(b"\n"), records, strict=False)


def read_parts(folder: Path, kind: type[T], label: str = "") -> Iterator[T]:
    """All records that the folder's manifest names, in its order."""
    manifest = require_manifest(folder)
    for part in manifest.labelled(label):
        yield from read_part(folder, part, kind)


def part_path(folder: Path, part: Part) -> Path:
    return folder / "parts" / f"{part.sha256}.jsonl"


def write_part(folder: Path, records: Iterable[msgspec.Struct], **fields: Any) -> Part:
    """Write records to `parts/` under the hash of their bytes; `fields` go into the `Part`.

    Streams: memory does not grow with the number of records.
    """
    return write_lines(folder, map(encode, records), **fields)


def write_lines(folder: Path, lines: Iterable[bytes], **fields: Any) -> Part:
    """As `write_part`, of records that are encoded already, without their newlines."""
    parts = folder / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    rows = 0
    temporary = parts / f".{os.getpid()}.tmp"
    with temporary.open("wb") as file:
        for batch in batches(lines):
            rows += len(batch)
            batch.append(b"")  # the last line's newline, without a copy of the block
            block = b"\n".join(batch)
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(parts / f"{digest.hexdigest()}.jsonl")
    return Part(sha256=digest.hexdigest(), rows=rows, **fields)


def copy_part(source: Path, part: Part, folder: Path, **fields: Any) -> Part:
    """As `write_lines`, of all lines of a part in another folder, which were read and are sound.

    The kernel copies: the bytes are not hashed a second time, their name says what they are.
    """
    parts = folder / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    temporary = parts / f".{os.getpid()}.tmp"
    shutil.copyfile(part_path(source, part), temporary)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.rename(part_path(folder, part))
    return Part(sha256=part.sha256, rows=part.rows, **fields)


def commit(folder: Path, manifest: Manifest) -> None:
    """Make a new state visible: rejects, then the manifest by rename, then old parts go."""
    manifest.counts.check(f"stage {manifest.stage}")
    _sync_folder(folder / "parts")
    rejects = [reject for part in manifest.parts for reject in part.rejects]
    replace(folder / REJECTED, b"".join(encode(reject) + b"\n" for reject in rejects))
    replace(folder / MANIFEST, msgspec.json.format(encode(manifest), indent=1) + b"\n")
    collect(folder, manifest)


def collect(folder: Path, manifest: Manifest) -> None:
    """Remove parts that the manifest does not name, and what a run that was killed left half."""
    kept = {f"{part.sha256}.jsonl" for part in manifest.parts}
    for path in (folder / "parts").glob("*"):
        if path.name not in kept:
            path.unlink()
    for path in folder.glob(".*.tmp"):
        path.unlink()


def replace(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new content, whole, even after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_bytes() == content:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    _sync_folder(path.parent)


@contextmanager
def single_writer(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; the kernel lets go of it when the process dies.

    Raises:
        StageError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder.parent / f".{folder.name}.lock"
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StageError(f"another run is writing {folder}; wait for it to end") from error
        yield


def _sync_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(folder: Path, part: Part, kind: type[T]) -> Iterator[tuple[bytes, list[T]]]:
    """Whole lines and the records in them, a piece of the part after the other."""
    path = part_path(folder, part)
    decoder = msgspec.json.Decoder(kind)
    digest = hashlib.sha256()
    number = 0
    try:
        with path.open("rb") as file:
            for block in _blocks(file):
                digest.update(block)
                records = decoder.decode_lines(block)
                number += len(records)
                yield block, records
    except FileNotFoundError as error:
        why = f"{path} is named by the manifest but missing: {stages.lost(folder)}"
        raise StageError(why) from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        found = number + _broken(block, decoder)
        raise StageError(f"{path}:{found} is no {kind.__name__}: {error}") from error
    if digest.hexdigest() != part.sha256:
        raise StageError(f"{path} was changed after it was written: {stages.lost(folder)}")


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The file in pieces that end with a line: one call for a piece is quicker than one a line."""
    rest = b""
    while read := file.read(_BLOCK):
        whole, newline, after = read.rpartition(b"\n")
        if newline:
            yield rest + whole + newline
            rest = after
        else:
            rest += read
    if rest:
        yield rest


def _broken(block: bytes, decoder: msgspec.json.Decoder[Any]) -> int:
    """Which line of a block the decoder refuses, counted from 1."""
    for number, line in enumerate(block.split(b"\n"), 1):
        try:
            decoder.decode(line)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return number
    return 0
