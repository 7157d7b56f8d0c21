"""Turns the lines of one log object into parts: accepted, rejected or duplicate, each record."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from tasks.core import parts
from tasks.core.parts import Counts, Part
from tasks.core.records import Feedback, Invocation, Record, Rejected, Source, encode
from tasks.logs.endings import Ending
from tasks.logs.json_lines import NOT_A_CHAT, Malformed
from tasks.logs.sealed import Sealed
from tasks.logs.seen import Seen
from tasks.logs.sources import Line

FEEDBACK = "feedback"
REDELIVERED = "redelivered"
FILTERED = "filtered"
COUNTED = (FILTERED, NOT_A_CHAT)
"""Rejected by choice: counted by reason, but not listed one by one; they are no fault."""
JUNK = 20_000
"""Lines of an object that cannot be read, from which on it is none unless more of it can."""
_REST_IS_JUNK = (
    "too-many-rejects",
    f"{JUNK} lines could not be read, more than could; from here on the object was not read",
)
CALLS = (Sealed, Invocation)

Parse = Callable[[bytes, Source], Sequence[Record | Malformed]]
"""Records of a line, or why one of several cannot be read; raises `Malformed` where all cannot."""
Keep = Callable[[Invocation | Sealed], bool]
Outcome = Record | str
"""A record that is accepted, a `Rejected`, or the reason for which it is only counted."""


def outcomes(
    lines: Iterable[Line],
    parse: Parse,
    place: Source,
    seen: Seen,
    ending: Ending,
    *,
    keep: Keep | None = None,
) -> Iterator[Outcome]:
    """What became of each record of an object.

    `place` is the source of its records without their lines; `seen` is what it has delivered;
    `ending` holds back a last line that is still being written, and is told of it; `keep` says
    which calls are wanted, and what a line tells beside a call that is not wanted goes with it.

    An object that is mostly no log is not read to its end: each reject is remembered and listed, so
    that a small packed file of junk could otherwise fill memory and disk.
    """
    uri, name = place.uri, place.format
    refused = read = 0
    lines = iter(lines)
    for line in lines:
        if refused >= JUNK and refused > read:
            yield rejected(Source(uri=uri, line=line.number, format=name), *_REST_IS_JUNK)
            break
        source = Source(uri=uri, line=line.number, format=name)
        try:
            if line.fault:
                raise Malformed(line.fault, line.detail)
            records = parse(line.content, source)
        except Malformed as error:
            if reason := ending.reason(line, error):
                refused += reason not in COUNTED
                yield _refused(source, reason, error.detail, 0)
            continue
        read += 1
        wanted = True
        for number, record in enumerate(records):
            if isinstance(record, Malformed):
                yield _refused(source, record.reason, record.detail, number)
                continue
            if isinstance(record, CALLS):
                wanted = keep is None or keep(record)
                if not wanted:
                    yield FILTERED
            if wanted:
                yield REDELIVERED if seen.add(_identity(record)) else record
    for _ in lines:  # what is not read is hashed all the same
        pass


def rejected(source: Source, reason: str, detail: str, number: int = 0) -> Rejected:
    """A reject, named by the place it was read from; `number` is its place in the line."""
    place = f"{source.uri}:{source.line}" + (f":{number}" if number else "")
    name = hashlib.sha256(place.encode()).hexdigest()
    return Rejected(id=name, reason=reason, source=source, detail=detail)


def write(found: Iterable[Outcome], folder: Path, size: int, label: str) -> list[Part]:
    """Write the outcomes of an object as parts of at most `size` records; one at the least.

    Feedback that stands among calls gets parts of its own, labelled so.
    """
    found = iter(found)
    made: list[Part] = []
    head = next(found, None)
    while head is not None or not made:
        tally = _Tally(aside=label != FEEDBACK)
        ahead = chain([head], found) if head is not None else found
        part = parts.write_part(folder, tally.accepted(ahead, size), label=label)
        made.append(tally.on(part))
        if tally.beside:
            made.append(_beside(folder, tally.beside))
        head = next(found, None)
    return made


def _beside(folder: Path, found: Sequence[Feedback]) -> Part:
    counts = Counts(read=len(found), accepted=len(found))
    return parts.write_part(folder, found, label=FEEDBACK, counts=counts)


class _Tally:
    """Counts what passes."""

    def __init__(self, *, aside: bool) -> None:
        self.beside: list[Feedback] = []
        """Feedback that is kept out of what passes, if it is to be kept `aside`."""
        self._aside = aside
        self._accepted = 0
        self._rejects: list[Rejected] = []
        self._counted: Counter[str] = Counter()

    def accepted(self, found: Iterable[Outcome], size: int) -> Iterator[Record]:
        for outcome in found:
            if isinstance(outcome, str):
                self._counted[outcome] += 1
            elif isinstance(outcome, Rejected):
                self._rejects.append(outcome)
            elif self._aside and isinstance(outcome, Feedback):
                self.beside.append(outcome)
                if len(self.beside) == size:
                    return
            else:
                self._accepted += 1
                yield outcome
                if self._accepted == size:
                    return

    def on(self, part: Part) -> Part:
        reasons = Counter(reject.reason for reject in self._rejects) + self._counted
        duplicate = self._counted[REDELIVERED]
        refused = len(self._rejects) + self._counted.total() - duplicate
        counts = Counts(
            read=self._accepted + refused + duplicate,
            accepted=self._accepted,
            rejected=refused,
            duplicate=duplicate,
            reasons=dict(sorted(reasons.items())),
        )
        return msgspec.structs.replace(part, counts=counts, rejects=tuple(self._rejects))


def _refused(source: Source, reason: str, detail: str, number: int) -> Outcome:
    return reason if reason in COUNTED else rejected(source, reason, detail, number)


def _identity(record: Record) -> bytes:
    if isinstance(record, CALLS):
        return bytes.fromhex(record.id)
    return hashlib.sha256(encode(record)).digest()
