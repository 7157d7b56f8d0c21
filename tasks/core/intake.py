"""Turns the lines of one log object into parts; each line is accepted, rejected or a duplicate."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from tasks.core import parts
from tasks.core.json_lines import Malformed
from tasks.core.parts import Counts, Part
from tasks.core.records import Invocation, Record, Rejected, Source, encode
from tasks.core.sources import Line

REDELIVERED = "redelivered"
_CUT = ("not-json", "bad-utf8")

Parse = Callable[[bytes, Source], Sequence[Record]]
"""Records of a line; raises `Malformed` where it cannot be read."""


class _Redelivered(Record, frozen=True):
    """Stands for a record that this object already had."""


def outcomes(lines: Iterable[Line], parse: Parse, uri: str, name: str) -> Iterator[Record]:
    """What became of each record of an object: itself, a `Rejected`, or that it came before.

    `name` is the format's, for the records' source.
    """
    seen: set[bytes] = set()
    for line in lines:
        source = Source(uri=uri, line=line.number, format=name)
        try:
            if line.fault:
                raise Malformed(line.fault, line.detail)
            records = parse(line.content, source)
        except Malformed as error:
            yield rejected(source, _reason(error, line), error.detail)
            continue
        for record in records:
            identity = _identity(record)
            yield _Redelivered() if identity in seen else record
            seen.add(identity)


def rejected(source: Source, reason: str, detail: str) -> Rejected:
    """A reject, named by the place it was read from."""
    place = hashlib.sha256(f"{source.uri}:{source.line}".encode()).hexdigest()
    return Rejected(id=place, reason=reason, source=source, detail=detail)


def write(found: Iterable[Record], folder: Path, size: int, label: str) -> list[Part]:
    """Write the outcomes of an object as parts of at most `size` records; one at the least."""
    found = iter(found)
    made: list[Part] = []
    head = next(found, None)
    while head is not None or not made:
        tally = _Tally()
        ahead = chain([head], found) if head is not None else found
        part = parts.write_part(folder, tally.accepted(ahead, size), label=label)
        made.append(tally.on(part))
        head = next(found, None)
    return made


class _Tally:
    """Counts what passes."""

    def __init__(self) -> None:
        self._accepted = 0
        self._rejects: list[Rejected] = []
        self._duplicates = 0

    def accepted(self, found: Iterable[Record], size: int) -> Iterator[Record]:
        for record in found:
            if isinstance(record, Rejected):
                self._rejects.append(record)
            elif isinstance(record, _Redelivered):
                self._duplicates += 1
            else:
                self._accepted += 1
                yield record
                if self._accepted == size:
                    return

    def on(self, part: Part) -> Part:
        reasons = Counter(reject.reason for reject in self._rejects)
        if self._duplicates:
            reasons[REDELIVERED] = self._duplicates
        counts = Counts(
            read=self._accepted + len(self._rejects) + self._duplicates,
            accepted=self._accepted,
            rejected=len(self._rejects),
            duplicate=self._duplicates,
            reasons=dict(sorted(reasons.items())),
        )
        return msgspec.structs.replace(part, counts=counts, rejects=tuple(self._rejects))


def _reason(error: Malformed, line: Line) -> str:
    """A last line that has no newline and no sense was cut off while it was written."""
    return "torn-line" if not line.ended and error.reason in _CUT else error.reason


def _identity(record: Record) -> bytes:
    if isinstance(record, Invocation):
        return bytes.fromhex(record.id)
    return hashlib.sha256(encode(record)).digest()
