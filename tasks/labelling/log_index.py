"""The columns of all indexes end to end, as numbers that a whole log is folded by.

gather(indexes)  ->  LogIndex(id=[…], session=[…], chain=[…], turns=[…], leaves=[…], …)
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.labelling.chains import NOTHING
from tasks.labelling.part_index import PartIndex, column
from tasks.labelling.shingles import I64, U32, U64


class LogIndex(NamedTuple):
    """All indexes end to end; rows keep the order of the indexes and of the rows in them."""

    id: U64
    """Hash of the id."""
    age: I64
    """Rank by timestamp, then by id."""
    place: I64
    """Rank by uri, then by line."""
    format: I64
    """Rank of the format's name."""
    session: U64
    request: U64
    decision: U64
    chain: U64
    called: U64
    before: I64
    """How many of `turns` are each row's."""
    language: I64
    """Points into `languages`."""
    languages: tuple[str, ...]
    answered: I64
    """How many earlier turns in each row's context tools answered."""
    turn_row: I64
    """The row whose context each of `turns` stands in."""
    turns: U64
    results: NDArray[np.uint8]
    marks: NDArray[np.uint8]
    """Of each of `turns`: what tools answered, and whether a later turn takes it back."""
    leaves: I64
    shingles: U32
    ends: I64
    values: U64
    names: U32
    name_ends: I64
    intent: I64
    """Of each decision in each leaf's transcript; points into `intents`."""
    intents: tuple[str, ...]
    """Sorted."""


def gather(indexes: Sequence[PartIndex]) -> LogIndex:
    """The indexes' columns, concatenated."""
    uris = sorted({uri for index in indexes for uri in index.uris})
    rank = {uri: at for at, uri in enumerate(uris)}
    ranks = [np.array([rank[uri] for uri in s.uris] or [0])[column(s.uri, "u4")] for s in indexes]
    names = sorted({name for index in indexes for name in index.formats})
    kinds = [
        np.array([names.index(name) for name in s.formats] or [0])[column(s.uri, "u4")]
        for s in indexes
    ]
    spoken = sorted({name for index in indexes for name in index.languages})
    languages = [
        np.array([spoken.index(name) for name in s.languages] or [0])[column(s.language, "u1")]
        for s in indexes
    ]
    wanted = {name: at for at, name in enumerate(sorted({n for s in indexes for n in s.intents}))}
    intents = [
        np.array([wanted[name] for name in s.intents] or [0])[column(s.intent, "u4")]
        for s in indexes
    ]
    starts = np.cumsum([0, *(len(s.ids) for s in indexes)])
    before = _joined([column(s.before, "u4") for s in indexes], np.int64)
    leaves = [column(s.leaves, "u4") + at for s, at in zip(indexes, starts, strict=False)]

    def all_of(name: str, dtype: str) -> NDArray[Any]:
        return _joined([column(getattr(s, name), dtype) for s in indexes], dtype)

    ids = all_of("id", "u8")
    turn_row, results = np.repeat(np.arange(len(before)), before), all_of("results", "u1")
    times = np.array([t.encode() for s in indexes for t in s.timestamps], np.bytes_)
    return LogIndex(
        id=ids,
        age=ranked(np.lexsort((ids, times))),
        place=ranked(np.lexsort((all_of("line", "u4"), _joined(ranks, np.int64)))),
        format=_joined(kinds, np.int64),
        session=all_of("session", "u8"),
        request=all_of("request", "u8"),
        decision=all_of("decision", "u8"),
        chain=all_of("chain", "u8"),
        called=all_of("called", "u8"),
        before=before,
        language=_joined(languages, np.int64),
        languages=tuple(spoken),
        answered=np.bincount(turn_row[results != NOTHING], minlength=len(before)),
        turn_row=turn_row,
        turns=all_of("turns", "u8"),
        results=results,
        marks=all_of("marks", "u1"),
        leaves=_joined(leaves, np.int64),
        shingles=all_of("shingles", "u4"),
        ends=np.cumsum(all_of("sizes", "u4"), dtype=np.int64),
        values=all_of("values", "u8"),
        names=all_of("names", "u4"),
        name_ends=np.cumsum(all_of("name_sizes", "u4"), dtype=np.int64),
        intent=_joined(intents, np.int64),
        intents=tuple(wanted),
    )


def ranked(order: NDArray[np.int64]) -> I64:
    """Place of each row in an order of rows; the inverse of a permutation."""
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return places


def _joined(arrays: Sequence[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *arrays]).astype(dtype)
