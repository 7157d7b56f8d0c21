"""Finds the objects below a source's uri and reads their lines, never more than a line in memory.

A source is a file or a folder of any fsspec file system: a path in the workspace, `s3://bucket/…`,
`memory://…`. Objects are known by a uri that does not depend on the machine: a file in the
workspace by its path from there.

Read are regular files. Below a local folder links, pipes, sockets and devices are refused and
reported, because a file that someone planted could lead out of the folder or never end; the folder
itself may be a link. Names that start with `.` or `_` are no data by convention and passed over.
Gzip is known by its first bytes, not by its name.
"""

import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from tasks.core.errors import SourceError
from tasks.logs.gzip_stream import LIMITS, Broken, Limits, gunzip, is_gzip
from tasks.logs.prefixes import Digest

CHUNK = 1 << 16
BOM = b"\xef\xbb\xbf"


class LogObject(NamedTuple):
    """One file or stored object."""

    uri: str
    etag: str
    """Changes when the content does: the store's ETag, or for a file its size, times and inode."""
    place: str
    """Where the file system finds it."""
    store: Any
    """An fsspec file system; None for a local file."""
    fault: str = ""
    """Why it is not read at all: `symlink` or `not-a-regular-file`."""
    size: int = 0
    """Bytes as they are stored, where the store tells."""
    modified: float = 0.0
    """Seconds since 1970, of a file, which may still grow; 0 in a store that puts objects whole."""

    @property
    def unpacked(self) -> int:
        """Bytes of log, at the least; a gzip file holds three of them in one."""
        return self.size * (3 if self.uri.endswith(".gz") else 1)


class Line(msgspec.Struct, frozen=True):
    number: int
    """Counted from 1."""
    content: bytes
    """Without its newline. Empty where there is a fault."""
    ended: bool = True
    """False for a last line without a newline, and where gzip data ends too early."""
    fault: str = ""
    """Why it cannot be read: `line-too-long`, `torn-gzip` or `gzip-bomb`."""
    detail: str = ""


def canonical(uri: str) -> str:
    """The uri without a local path's prefix, without `.` and `..`, from the workspace if below it.

    Raises:
        SourceError: nothing here can open such a uri.
    """
    store, place = _open_store(uri)
    return _local_uri(place) if store is None else str(store.unstrip_protocol(place)).rstrip("/")


def objects_below(uri: str) -> list[LogObject]:
    """All objects at or below `uri`, in the order of their uris; empty for an empty folder.

    Raises:
        SourceError: there is no such file or folder, or it cannot be listed.
    """
    store, place = _open_store(uri)
    with _explained(uri):
        found = _local_objects(place) if store is None else _stored_objects(store, place)
        return sorted(found, key=lambda found: found.uri)


def read_lines(
    found: LogObject, digest: "Digest | hashlib._Hash", limits: Limits = LIMITS
) -> Iterator[Line]:
    """The lines of an object, blank ones left out; `digest` is fed its bytes as they are stored.

    What cannot be read comes as a line with a fault; after a fault of the gzip there is no more.
    """
    chunks = _digested(_chunks(found), digest)
    head = next(chunks, b"")
    whole = before(head, chunks)
    yield from _lines(gunzip(whole, limits) if is_gzip(head) else whole, limits.line)
    for _ in chunks:  # a torn or refused object is hashed to its end all the same
        pass


def sha256(found: LogObject) -> str:
    """Of the object's bytes as they are stored."""
    digest = hashlib.sha256()
    for _ in _digested(_chunks(found), digest):
        pass
    return digest.hexdigest()


def _lines(chunks: Iterable[bytes], limit: int) -> Iterator[Line]:
    pieces: list[bytes] = []
    size, number = 0, 1
    try:
        for chunk in chunks:
            *complete, rest = chunk.split(b"\n")
            for piece in complete:
                if pieces or size or number == 1 or len(piece) > limit:
                    line = _line(number, [*pieces, piece], size + len(piece), limit)
                    pieces, size = [], 0
                else:  # as most are: whole in this chunk
                    line = Line(number, piece) if piece.strip() else None
                number += 1
                if line is not None:
                    yield line
            size += len(rest)
            # Of a line that is too long its length is enough.
            pieces = [*pieces, rest] if size <= limit else []
    except Broken as broken:
        yield Line(number, b"", not broken.cut, broken.fault, broken.detail)
        return
    line = _line(number, pieces, size, limit)
    if line is not None:
        yield msgspec.structs.replace(line, ended=False)


def _line(number: int, pieces: list[bytes], size: int, limit: int) -> Line | None:
    if size > limit:
        return Line(number, b"", fault="line-too-long", detail=f"expected at most {limit} bytes")
    content = b"".join(pieces)
    if number == 1:
        content = content.removeprefix(BOM)
    return Line(number, content) if content.strip() else None


def located(uri: str) -> LogObject:
    """The object at a uri that is known, without looking whether it is there."""
    store, place = _open_store(uri)
    return LogObject(uri, "", place, store)


def stored(found: LogObject) -> Iterator[bytes]:
    """The object's bytes as they are stored.

    Raises:
        FileNotFoundError: there is none.
        SourceError: it cannot be read.
    """
    with _readable(found.uri), _opened(found) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _chunks(found: LogObject) -> Iterator[bytes]:
    with _explained(found.uri):
        yield from stored(found)


@contextmanager
def _opened(found: LogObject) -> Iterator[IO[bytes]]:
    if found.store is not None:
        with found.store.open(found.place, "rb") as file:
            yield file
        return
    # A file that became a link or a pipe since it was listed is not followed or waited for.
    descriptor = os.open(found.place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SourceError(f"{found.uri} was replaced while it was read; run the stage again")
        yield file


def _digested(chunks: Iterator[bytes], digest: "Digest | hashlib._Hash") -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def before(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks with the one that was taken from them put back."""
    if head:
        yield head
    yield from chunks


def _local_objects(place: str) -> Iterator[LogObject]:
    if not Path(place).is_dir():
        # The user named this one file; a link to it is the user's own.
        yield _local_object(os.path.realpath(place), _local_uri(place))
        return
    for folder, folders, files in os.walk(place, onerror=_raise):
        linked = [name for name in folders if Path(folder, name).is_symlink()]
        folders[:] = [name for name in folders if _is_data(name) and name not in linked]
        for name in filter(_is_data, [*files, *linked]):
            path = str(Path(folder, name))
            yield _local_object(path, _local_uri(path))


def _local_object(path: str, uri: str) -> LogObject:
    status = os.lstat(path)
    fault = "" if stat.S_ISREG(status.st_mode) else "not-a-regular-file"
    if stat.S_ISLNK(status.st_mode):
        fault = "symlink"
    etag = f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"
    # A copied file may bring its time from a clock that runs ahead; ctime is this machine's own.
    modified = min(status.st_mtime, status.st_ctime)
    return LogObject(uri, etag, path, None, fault, status.st_size, modified)


def _stored_objects(store: Any, place: str) -> Iterator[LogObject]:
    store.invalidate_cache()
    root = place.rstrip("/") + "/"
    for path, info in store.find(place, detail=True).items():
        if all(_is_data(name) for name in path.removeprefix(root).split("/")) or path == place:
            etag = info.get("ETag") or hashlib.sha256(repr(sorted(info.items())).encode())
            text = etag.strip('"') if isinstance(etag, str) else etag.hexdigest()
            uri = str(store.unstrip_protocol(path))
            size = int(info.get("size") or 0)
            yield LogObject(uri, text, path, store, "", size, _modified(info))


def _modified(info: dict[str, Any]) -> float:
    """Of a file of a remote file system (`mtime`, as SFTP tells it); 0 for what has an ETag."""
    told = None if info.get("ETag") or info.get("etag") else info.get("mtime")
    return float(told.timestamp() if isinstance(told, datetime) else told or 0)


def _is_data(name: str) -> bool:
    return not name.startswith((".", "_"))


def _local_uri(place: str) -> str:
    path, here = Path(os.path.normpath(place)), Path.cwd()
    known = path.relative_to(here) if path.is_relative_to(here) else path
    # A name that is no UTF-8 could not be written down otherwise.
    return str(known).encode(errors="surrogateescape").decode(errors="backslashreplace")


def _open_store(uri: str) -> tuple[Any, str]:
    """The file system of a uri, None for the local one, and the place in it."""
    if "::" not in uri and "://" not in uri:
        # Without fsspec, which takes 0.1 s to import.
        path = Path(uri).expanduser() if uri.startswith("~/") else Path(uri)
        return None, os.path.normpath(path.absolute())
    from fsspec.core import url_to_fs
    from fsspec.implementations.local import LocalFileSystem

    try:
        store, place = url_to_fs(uri)
    except (ValueError, ImportError) as error:
        raise SourceError(
            f"{uri} cannot be opened ({error}); expected a path or a uri like s3://bucket/prefix "
            "whose fsspec library is installed"
        ) from error
    return (None, place) if isinstance(store, LocalFileSystem) else (store, place)


@contextmanager
def _explained(uri: str) -> Iterator[None]:
    """Errors of the storage as one line with its cure."""
    try:
        with _readable(uri):
            yield
    except FileNotFoundError as error:
        raise SourceError(
            f"no {uri}: expected a file or folder; correct its uri under `ingest` in params.yaml, "
            "or create it (if it went away while it was read, run the stage again)"
        ) from error


@contextmanager
def _readable(uri: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except _storage_errors() as error:
        raise SourceError(
            f"{uri} cannot be read: {' '.join(str(error).split())}; check its permissions, and for "
            "a remote store the network and the credentials in the environment"
        ) from error


def _storage_errors() -> tuple[type[Exception], ...]:
    """OSError and what the S3 client raises beside it, known only once a source made it load."""
    module = sys.modules.get("botocore.exceptions")
    return (OSError, module.BotoCoreError, module.ClientError) if module else (OSError,)


def _raise(error: OSError) -> None:
    raise error
