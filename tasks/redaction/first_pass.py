"""The first pass over all parts: what each session holds, each part read once in its life.

values = collect(work, parts)
values.sessions["c3a91c53"]      {"kept":["Austin"],"values":{"NAME":["Li","Mia"]}}
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Raw

from tasks.core import parts, step, workers
from tasks.core.curation_settings import RedactSettings
from tasks.core.parts import Part
from tasks.core.records import Feedback, Reply
from tasks.redaction import lines as record_lines
from tasks.redaction import people, session_values
from tasks.redaction.decode import Place, Walker
from tasks.redaction.fields import Fields
from tasks.redaction.finders import Finders
from tasks.redaction.kinds import Kind, Span, cut, holds_more
from tasks.redaction.lines import Line, Past
from tasks.redaction.session_values import PartValues
from tasks.redaction.sift import Sift, as_reply
from tasks.redaction.surrogates import Surrogates

FAILURES = (ArithmeticError, LookupError, RuntimeError, ValueError, msgspec.MsgspecError)
"""What a finder, a surrogate's maker, a decoder or a broken text can raise: RecursionError is a
RuntimeError, UnicodeError a ValueError. One record is refused, and the others are not held up."""

_LONGEST_KEPT = 60
_AHEAD = 500
"""Records whose texts a name model reads together."""


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
        return session_values.encode_values(self._values, self._kept)

    def _add(self, kind: Kind, text: str) -> None:
        self._values.setdefault(kind.value, set()).add(text)


def from_lines(lines: Iterable[Line], finders: Finders, fields: Fields, sift: Sift) -> PartValues:
    """What invocations teach. One that cannot be read teaches nothing; redaction refuses it."""
    collectors: dict[str, Collector] = {}
    requests: dict[str, str] = {}
    records = 0
    for line in _looked_ahead(lines, finders, fields) if finders.has_model else lines:
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
    return PartValues(
        sessions={session: one.taught() for session, one in sorted(collectors.items())},
        requests=dict(sorted(requests.items())),
        persons=people.first_look(
            records,
            (key for one in collectors.values() for key in one.named),
            (name for one in collectors.values() for name in one.offered),
        ),
    )


class _Texts:
    """A visitor that changes nothing and keeps the texts that a name model is to read."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def plain(self, text: str, place: Place, start: int) -> str:
        self.texts.append(text)
        return text

    def whole(self, kind: Kind, text: str, place: Place) -> str:
        return text

    def identifier(self, text: str, place: Place) -> str:
        return text

    def person(self, text: str, key: str) -> None:
        """Nothing to do: the value is no text."""

    def keep(self, text: str) -> None:
        """Likewise."""


def _looked_ahead(lines: Iterable[Line], finders: Finders, fields: Fields) -> Iterator[Line]:
    """The same lines, once the name model has read the texts of some of them in batches."""
    seen: set[bytes] = set()
    every = iter(lines)
    while some := list(islice(every, _AHEAD)):
        visitor = _Texts()
        walker = Walker(fields, visitor)
        for line in some:
            try:
                spoken_bytes = [*Past().rest(bytes(line.messages))[1], bytes(line.response)]
                for data in spoken_bytes:
                    if data not in seen:
                        seen.add(data)
                        record_lines.spoken(walker, record_lines.SPOKEN.decode(data))
            except FAILURES:
                continue  # the pass itself refuses it
        finders.look_ahead(visitor.texts)
        yield from some


def from_feedback(rows: Iterable[Feedback], finders: Finders, fields: Fields) -> PartValues:
    """What feedback teaches: a reply that a person wrote names people too."""
    sessions: dict[str, Collector] = {}
    by_request: dict[str, Collector] = {}
    for row in rows:
        place, name = (sessions, row.session_id) if row.session_id else (by_request, row.request_id)
        collector = place.setdefault(name, Collector(finders))
        if not isinstance(row.value, Reply):
            continue
        try:
            record_lines.reply(Walker(fields, collector), row.value, ("value",))
        except FAILURES:
            continue
    return PartValues(
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
            metadata = record_lines.ANY.decode(data)
            collector.offered.update(metadata)
            Walker(fields, collector).value(metadata, ("metadata",))
    data = bytes(line.messages)
    earlier, new = collector.past.rest(data)
    for spoken_bytes in (*new, bytes(line.response)):
        if spoken_bytes in seen:
            continue
        seen.add(spoken_bytes)
        reply, head, _ = as_reply(spoken_bytes)
        if head:
            if reply in seen:
                continue
            seen.add(reply)
        if not sift.is_clean(spoken_bytes):
            spoken = record_lines.SPOKEN.decode(spoken_bytes)
            collector.is_example = spoken.role == "system"
            record_lines.spoken(Walker(fields, collector), spoken)
    collector.past.add(data, earlier + len(new))


FEEDBACK = "feedback"


class Work(NamedTuple):
    """What every part is redacted with."""

    settings: RedactSettings
    source: Path
    target: Path
    private: Path
    finders: Finders
    fields: Fields
    sift: Sift
    surrogates: Surrogates
    about: str
    """Fingerprint of settings, code and key."""


class Collected(NamedTuple):
    """What the first pass found out."""

    sessions: dict[str, Raw]
    """To a `SessionValues`."""
    requests: dict[str, str]
    """Request id to session."""
    lessons: dict[str, PartValues]
    """By the part's sha256."""

    def session_of(self, row: Feedback) -> str:
        return row.session_id or self.requests.get(row.request_id, row.request_id)

    def touched(self, part: Part) -> dict[str, Raw]:
        """What is known of the sessions that the part is about."""
        lesson = self.lessons[part.sha256]
        names = {*lesson.sessions, *(self.requests.get(r, r) for r in lesson.by_request)}
        return {name: self.sessions[name] for name in sorted(names)}


def collect_parts(work: Work, inputs: Sequence[Part]) -> Collected:
    """First pass, over the parts that no earlier run has looked at."""
    with step.progress("collecting", len(inputs)) as advance:
        every = []
        for lesson, answers in workers.each(lambda part: _asked(work, part), inputs):
            every.append(lesson)
            work.sift.is_clean.learn(answers)
            advance(1)
    lessons = {part.sha256: lesson for part, lesson in zip(inputs, every, strict=True)}
    session_values.prune(work.private, (_lesson_name(work, part) for part in inputs))
    requests = {request: session for one in every for request, session in one.requests.items()}
    return Collected(session_values.combine(every), requests, lessons)


def _asked(work: Work, part: Part) -> tuple[PartValues, dict[bytes, bool]]:
    """The part's lesson; from a worker also which messages were clean, for the second pass."""
    lesson = _lesson(work, part)
    return lesson, work.sift.is_clean.news() if workers.is_worker() else {}


def _lesson_name(work: Work, part: Part) -> str:
    return step.fingerprint(work.about, part.sha256, part.label)


def _lesson(work: Work, part: Part) -> PartValues:
    """What the part teaches; read again only where it is not known from an earlier run."""
    name = _lesson_name(work, part)
    earlier = session_values.load(work.private, name)
    if earlier is not None:
        return earlier
    if part.label == FEEDBACK:
        rows = parts.read_part(work.source, part, Feedback)
        lesson = from_feedback(rows, work.finders, work.fields)
    else:
        lines = parts.read_part(work.source, part, Line)
        lesson = from_lines(lines, work.finders, work.fields, work.sift)
    session_values.save(work.private, name, lesson)
    return lesson
