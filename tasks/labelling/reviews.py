"""Writes the decisions whose label is not sure enough, for a person to label.

    data/deduped/review.jsonl
    {"id": "9f3a…", "label": "", "guess": "clarify", "confidence": 0.5, "reply": {…},
     "context": [{"role": "user", "content": "…"}], "offered": ["get_order"], "source": {…}}

A person copies lines into `annotations/`, fills in `label`, and the next run reads them. Texts are
redacted, as everything after `redact` is.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from tasks.core import parts
from tasks.core.parts import Part
from tasks.core.records import Behaviour
from tasks.labelling import raw_records
from tasks.labelling.raw_records import RawExample

LABEL = "review"
FILE = "review.jsonl"
CONTEXT = 8
"""Messages that are shown, the last ones; system prompts are not."""


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """One decision to be labelled; no field is left out, least of all the empty one."""

    id: str
    label: str = ""
    guess: Behaviour | Literal[""]
    """Empty where no rule understood the reply."""
    confidence: float
    reply: msgspec.Raw
    context: tuple[msgspec.Raw, ...]
    offered: tuple[str, ...]
    """Names of tools."""
    source: msgspec.Raw


def of(rows: Iterable[RawExample], below: float) -> Iterator[Review]:
    """What of a part is to be looked at."""
    return (review(row) for row in rows if row.confidence < below)


def review(row: RawExample) -> Review:
    """The example, as a person is asked about it."""
    messages = msgspec.json.decode(row.messages, type=list[msgspec.Raw])
    spoken = [
        text
        for text, turn in zip(messages, raw_records.turns(row.messages), strict=True)
        if turn.role != "system"
    ]
    return Review(
        id=row.id,
        guess=row.behaviour if row.confidence else "",
        confidence=row.confidence,
        reply=row.reply,
        context=tuple(spoken[-CONTEXT:]),
        offered=raw_records.offer(row.tools).names,
        source=row.sources[0],
    )


def write(folder: Path, made: Iterable[Part]) -> None:
    """Bring the file up to date with the parts of reviews in the folder."""
    content = b"".join(parts.part_path(folder, part).read_bytes() for part in made if part.rows)
    parts.replace(folder / FILE, content)
