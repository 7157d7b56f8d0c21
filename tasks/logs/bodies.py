"""Reads a body that a log keeps in an object of its own beside it.

    log   s3://bucket/AWSLogs/…/2026/11/03/14/20261103T1400_ab.json.gz
    body  s3://bucket/AWSLogs/…/2026/11/03/14/data/7c9e…_input.json.gz

What a record names is not trusted: read is only what lies in the log's own bucket, and beside a log
that was copied to a local folder only the body that was copied with it, so that no planted record
opens another file.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tasks.logs import sources
from tasks.logs.gzip_stream import LIMITS, Broken, Limits, gunzip, is_gzip
from tasks.logs.json_lines import Malformed
from tasks.logs.sources import LogObject

MISSING = "body-missing"
"""A body that may still come: a log with such a reject is read again by the next run."""


def read(log: str, body: str, limits: Limits = LIMITS) -> bytes:
    """The body's bytes, unpacked.

    Args:
        log: uri of the object that the record stands in.
        body: uri of the body as the record has it.
        limits: of its size.

    Raises:
        Malformed: body-missing, body-out-of-reach, body-too-long, torn-gzip or gzip-bomb.
        SourceError: the store cannot be read.
    """
    found = _located(log, body)
    pieces: list[bytes] = []
    size = 0
    try:
        for piece in _unpacked(found, limits):
            size += len(piece)
            if size > limits.line:
                raise Malformed("body-too-long", f"expected at most {limits.line} bytes")
            pieces.append(piece)
    except FileNotFoundError as error:
        raise Malformed(MISSING, "no object at the path that the record gives") from error
    except Broken as broken:
        raise Malformed(broken.fault, f"its body: {broken.detail}") from broken
    return b"".join(pieces)


def _unpacked(found: LogObject, limits: Limits) -> Iterator[bytes]:
    chunks = sources.stored(found)
    head = next(chunks, b"")
    whole = sources.before(head, chunks)
    yield from gunzip(whole, limits) if is_gzip(head) else whole


def _located(log: str, body: str) -> LogObject:
    scheme, _, place = body.partition("://")
    parts = PurePosixPath(place).parts
    if not place or len(parts) < 2 or ".." in parts:
        raise Malformed("body-out-of-reach", "expected a uri as s3://bucket/key")
    if "://" not in log:
        beside = Path(log).parent.joinpath(*parts[-2:])
        if beside.is_symlink() or beside.parent.is_symlink():
            raise Malformed("body-out-of-reach", "expected a file beside the log, not a link")
        return sources.located(str(beside))
    own_scheme, _, own = log.partition("://")
    if (scheme, parts[0]) != (own_scheme, PurePosixPath(own.lstrip("/")).parts[0]):
        raise Malformed("body-out-of-reach", "expected it in the bucket of its log")
    return sources.located(body)
