"""Proves of what was written that no transcript has a near-duplicate on the other side of a wall.

    train s-12  ~ 0.83 ~  test s-40      a leak, whatever the clusters say

The rows of each part are read again as they lie there and cut into shingles, and all transcripts of
train, validation and test are held against each other by their real Jaccard similarity. So it does
not rest on what `dedup` found, nor on the groups that were made of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from tasks.core import parts, step
from tasks.core.parts import Part
from tasks.core.records import Message, Record, Reply
from tasks.dataset.proof import PARTITIONS, Crossing, hashed
from tasks.labelling.chains import meaning
from tasks.labelling.near_duplicates import similar_pairs
from tasks.labelling.part_index import column, shingled
from tasks.labelling.raw_records import View

LABEL = "neighbours"


class Transcripts(Record, frozen=True, kw_only=True):
    """The longest transcript of each session in one part."""

    partition: str
    sessions: tuple[str, ...]
    sizes: bytes
    """Distinct shingles of each."""
    shingles: bytes


class _Row(View, frozen=True, kw_only=True):
    session_id: str
    messages: tuple[Message, ...]
    reply: Reply


def gather(made: Iterable[Part], target: Path, code: str) -> Iterator[Part]:
    """A part of transcripts for each part of examples that is in a partition."""

    def work(part: Part, key: str) -> Part:
        found = _transcripts(part.label, parts.read_part(target, part, _Row))
        return parts.write_part(target, [found], key=key, label=LABEL)

    inputs = [part for part in made if part.label in PARTITIONS]
    return step.each_part(
        inputs,
        target,
        lambda part: step.fingerprint(code, LABEL, part.label, part.sha256),
        work,
        "looking for neighbours",
    )


def crossings(made: Sequence[Part], target: Path, similarity: float) -> list[Crossing]:
    """Sessions that have a near neighbour in another partition: none, where the split is sound."""
    found = [row for part in made for row in parts.read_part(target, part, Transcripts)]
    sessions = [name for row in found for name in row.sessions]
    where = np.repeat(
        [PARTITIONS.index(row.partition) for row in found] or [0],
        [len(row.sessions) for row in found] or [0],
    )
    sizes = [column(row.sizes, "u4") for row in found]
    ends = np.cumsum(np.concatenate([np.zeros(0, np.int64), *sizes]), dtype=np.int64)
    shingles = np.concatenate([np.zeros(0, "<u4"), *(column(r.shingles, "u4") for r in found)])
    pairs = similar_pairs(shingles, ends, similarity)
    torn: dict[tuple[str, str], set[int | str]] = {}
    for one, other in pairs[where[pairs[:, 0]] != where[pairs[:, 1]]].tolist():
        left, right = sorted((where[one], where[other]))
        names = torn.setdefault((PARTITIONS[left], PARTITIONS[right]), set())
        names |= {hashed(sessions[one]), hashed(sessions[other])}
    return [
        Crossing("near neighbours", between, tuple(sorted(names, key=str)))
        for between, names in sorted(torn.items())
    ]


def _transcripts(partition: str, rows: Iterable[_Row]) -> Transcripts:
    longest: dict[str, _Row] = {}
    for row in rows:
        known = longest.get(row.session_id)
        if known is None or len(row.messages) > len(known.messages):
            longest[row.session_id] = row
    # An empty text at the end: the last one of a document is not cut into shingles.
    found = shingled([[*_texts(row), ""] for row in longest.values()])
    return Transcripts(
        partition=partition,
        sessions=tuple(longest),
        sizes=np.diff(found.ends, prepend=0).astype("<u4").tobytes(),
        shingles=found.shingles.astype("<u4").tobytes(),
    )


def _texts(row: _Row) -> Iterator[str]:
    said = [(m.content, m.tool_calls) for m in row.messages if m.role != "system"]
    for content, calls in (*said, (row.reply.content, row.reply.tool_calls)):
        yield from (text for text in (content, calls and meaning(calls).decode()) if text)
