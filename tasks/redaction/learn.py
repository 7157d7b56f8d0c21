"""The first pass over a part: what each of its sessions knows."""

from collections.abc import Iterable

import msgspec

from tasks.core.records import Feedback, Reply
from tasks.redaction import learnt, people, walk
from tasks.redaction.decode import Place, Walker
from tasks.redaction.fields import Fields
from tasks.redaction.finders import Finders
from tasks.redaction.kinds import Kind, Span
from tasks.redaction.learnt import Lesson
from tasks.redaction.lines import Line, Past
from tasks.redaction.mixed import cut, holds_more
from tasks.redaction.sift import Sift, as_reply

FAILURES = (ArithmeticError, LookupError, RuntimeError, ValueError, msgspec.MsgspecError)
"""What a finder, a stand-in's maker, a decoder or a broken text can raise: RecursionError is a
RuntimeError, UnicodeError a ValueError. One record is refused, and the others are not held up."""

_LONGEST_KEPT = 60


class Collector:
    """A visitor that changes nothing and remembers what was found."""

    def __init__(self, finders: Finders) -> None:
        self._find = finders.find
        self._values: dict[str, set[str]] = {}
        self._kept: set[str] = set()
        self.named: set[str] = set()
        """Person keys that had a value, as the settings write them."""
        self.offered: set[str] = set()
        """Names that the metadata has."""
        self.is_example = False
        """Whether what is visited shows an example, which is about nobody."""
        self.seen: set[bytes] = set()
        """Messages that were looked at before."""
        self.past = Past()

    def plain(self, text: str, place: Place, start: int) -> str:
        for span in self._find(text):
            self._add(span.kind, text[span.start : span.end])
        return text

    def whole(self, kind: Kind, text: str, place: Place) -> str:
        if holds_more(kind, text):
            for span in cut(Span(0, len(text), kind, "key"), text, self._find(text)):
                self._add(span.kind, text[span.start : span.end].strip())
        else:
            self._add(kind, text)
        return text

    def identifier(self, text: str, place: Place) -> str:
        return text

    def person(self, text: str, key: str) -> None:
        # The value also comes as a whole.
        if not self.is_example:
            self.named.add(key)

    def keep(self, text: str) -> None:
        if len(text) <= _LONGEST_KEPT:
            self._kept.add(text)

    def taught(self) -> msgspec.Raw:
        return learnt.taught(self._values, self._kept)

    def _add(self, kind: Kind, text: str) -> None:
        self._values.setdefault(kind.value, set()).add(text)


def from_lines(lines: Iterable[Line], finders: Finders, fields: Fields, sift: Sift) -> Lesson:
    """What invocations teach. One that cannot be read teaches nothing; redaction refuses it."""
    collectors: dict[str, Collector] = {}
    requests: dict[str, str] = {}
    records = 0
    for line in lines:
        records += 1
        session = line.session()
        collector = collectors.get(session)
        if collector is None:
            collector = collectors[session] = Collector(finders)
        requests[line.request_id] = session
        try:
            _line(line, collector, fields, sift)
        except FAILURES:
            continue
    return Lesson(
        sessions={session: one.taught() for session, one in sorted(collectors.items())},
        requests=dict(sorted(requests.items())),
        persons=people.told(
            records,
            (key for one in collectors.values() for key in one.named),
            (name for one in collectors.values() for name in one.offered),
        ),
    )


def from_feedback(rows: Iterable[Feedback], finders: Finders, fields: Fields) -> Lesson:
    """What feedback teaches: a reply that a person wrote names people too."""
    sessions: dict[str, Collector] = {}
    by_request: dict[str, Collector] = {}
    for row in rows:
        place, name = (sessions, row.session_id) if row.session_id else (by_request, row.request_id)
        collector = place.setdefault(name, Collector(finders))
        if not isinstance(row.value, Reply):
            continue
        try:
            walk.reply(Walker(fields, collector), row.value, ("value",))
        except FAILURES:
            continue
    return Lesson(
        sessions={name: one.taught() for name, one in sorted(sessions.items())},
        by_request={name: one.taught() for name, one in sorted(by_request.items())},
    )


def _line(line: Line, collector: Collector, fields: Fields, sift: Sift) -> None:
    seen = collector.seen
    collector.is_example = False
    if isinstance(line.metadata, msgspec.Raw):
        data = bytes(line.metadata)
        if data not in seen:
            seen.add(data)
            metadata = walk.ANY.decode(data)
            collector.offered.update(metadata)
            Walker(fields, collector).value(metadata, ("metadata",))
    data = bytes(line.messages)
    known, new = collector.past.rest(data)
    for said in (*new, bytes(line.response)):
        if said in seen:
            continue
        seen.add(said)
        reply, head, _ = as_reply(said)
        if head:
            if reply in seen:
                continue
            seen.add(reply)
        if not sift.is_clean(said):
            spoken = walk.SPOKEN.decode(said)
            collector.is_example = spoken.role == "system"
            walk.spoken(Walker(fields, collector), spoken)
    collector.past.add(data, known + len(new))
