"""The first pass over all parts: what each session knows, each part asked once in its life.

known = learn_parts(work, parts)
known.sessions["c3a91c53"]      {"kept":["Austin"],"values":{"NAME":["Li","Mia"]}}
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import Raw

from tasks.core import parts, step, workers
from tasks.core.parts import Part
from tasks.core.records import Feedback
from tasks.core.settings import RedactSettings
from tasks.redaction import learn, learnt
from tasks.redaction.fields import Fields
from tasks.redaction.finders import Finders
from tasks.redaction.learnt import Lesson
from tasks.redaction.lines import Line
from tasks.redaction.sift import Sift
from tasks.redaction.surrogates import Surrogates

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


class Known(NamedTuple):
    """What the first pass found out."""

    sessions: dict[str, Raw]
    """To a `Taught`."""
    requests: dict[str, str]
    """Request id to session."""
    lessons: dict[str, Lesson]
    """By the part's sha256."""

    def session_of(self, row: Feedback) -> str:
        return row.session_id or self.requests.get(row.request_id, row.request_id)

    def touched(self, part: Part) -> dict[str, Raw]:
        """What is known of the sessions that the part is about."""
        lesson = self.lessons[part.sha256]
        names = {*lesson.sessions, *(self.requests.get(r, r) for r in lesson.by_request)}
        return {name: self.sessions[name] for name in sorted(names)}


def learn_parts(work: Work, inputs: Sequence[Part]) -> Known:
    """First pass, over the parts that no earlier run has looked at."""
    with step.progress("learning", len(inputs)) as advance:
        every = []
        for lesson, answers in workers.each(lambda part: _asked(work, part), inputs):
            every.append(lesson)
            work.sift.is_clean.learn(answers)
            advance(1)
    lessons = {part.sha256: lesson for part, lesson in zip(inputs, every, strict=True)}
    learnt.forget(work.private, (_lesson_name(work, part) for part in inputs))
    requests = {request: session for one in every for request, session in one.requests.items()}
    return Known(learnt.combine(every), requests, lessons)


def _asked(work: Work, part: Part) -> tuple[Lesson, dict[bytes, bool]]:
    """The part's lesson; from a worker also which messages were clean, for the second pass."""
    lesson = _lesson(work, part)
    return lesson, work.sift.is_clean.news() if workers.is_worker() else {}


def _lesson_name(work: Work, part: Part) -> str:
    return step.fingerprint(work.about, part.sha256, part.label)


def _lesson(work: Work, part: Part) -> Lesson:
    """What the part teaches; read again only where it is not known from an earlier run."""
    name = _lesson_name(work, part)
    known = learnt.read(work.private, name)
    if known is not None:
        return known
    if part.label == FEEDBACK:
        rows = parts.read_part(work.source, part, Feedback)
        lesson = learn.from_feedback(rows, work.finders, work.fields)
    else:
        lines = parts.read_part(work.source, part, Line)
        lesson = learn.from_lines(lines, work.finders, work.fields, work.sift)
    learnt.keep(work.private, name, lesson)
    return lesson
