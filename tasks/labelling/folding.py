"""Folds a log to its distinct decisions: redelivered, retried and near-duplicate ones go.

Each call of a session repeats all earlier turns. A session is therefore read as a tree of chains:
its leaves are the complete transcripts, every other call is a prefix of one. A call that was made
twice (same session, context and reply) is one decision; two replies to one context are two.

Two records under one request id that say different things contradict each other: neither is kept,
as nothing says which of them is true. Within a format any two distinct ones do, as a service logs a
call once. Of two formats each may tell a call in its own way (one cuts long texts, another leaves
reasoning out), but what was called is the same in all: there only different calls (names and
arguments) contradict, and then all that is said of the request is doubtful.

Transcripts of different sessions are compared whole. Alike ones share a cluster. They are one task
told twice, and all but one go, only where every value said and every call made is the same;
otherwise ("cancel order 7731", "cancel order 9120") they are different decisions and stay.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.labelling.chains import FAILED, NO_CALLS, RAN, hashed
from tasks.labelling.credit import REPEATED, UNDONE
from tasks.labelling.log_index import LogIndex, ranked
from tasks.labelling.near_duplicates import among, components, similar_pairs, told_apart
from tasks.labelling.shingles import I64, U64

Bools = NDArray[np.bool_]

KEPT, REDELIVERED, RETRIED, NEAR_DUPLICATE, ERASED, CONFLICTING = 0, 1, 2, 3, 4, 5
UNPROVED = 9
REASONS = {REDELIVERED: "redelivered", RETRIED: "retried", NEAR_DUPLICATE: "near-duplicate"}
REFUSED = {ERASED: "erased", CONFLICTING: "conflicting-request"}
"""Fates that are rejects, not duplicates."""
REASONS |= REFUSED
_NAMELESS = hashed("")
"""The request id of records that have none."""


class Folded(NamedTuple):
    """What became of each row."""

    fate: NDArray[np.int8]
    into: I64
    """The row that stands for it: another one where redelivered or retried, else itself."""
    cluster: I64
    """Row of the earliest decision of its near-duplicate cluster; -1 where the row is not kept."""
    failed: Bools
    """A tool answered the decision with an error."""
    repeated: Bools
    """It was called again with other arguments, after a complaint (`credit`)."""
    undone: Bools
    """What it did was taken back, or done anew."""
    ran: Bools
    """Tools answered the decision, and none with an error."""
    last: Bools
    """The last decision of its session."""
    intent: I64
    """Points into `LogIndex.intents`; 0 where the row is not kept."""


def fold(
    columns: LogIndex,
    similarity: float,
    truth: Mapping[int, int],
    erased: Sequence[int] = (),
) -> Folded:
    """Decide on every row.

    Args:
        columns: of all rows.
        similarity: from which two transcripts are alike.
        truth: ranks sessions by their hash, 0 for the best proved.
        erased: rows of erased persons; their whole sessions go, and stand for no one else's.
    """
    rows = np.arange(len(columns.id))
    fate, into = _fates(columns, erased)
    leaf = _open_leaves(columns, fate)
    pairs = _alike(columns, leaf, similarity)
    dropped = _told_twice(columns, leaf, pairs, truth)
    row, of_leaf = _members(columns, fate, leaf)
    rescued = np.zeros(len(rows), np.bool_)
    rescued[row[~dropped[of_leaf]]] = True
    fate[(fate == KEPT) & ~rescued] = NEAR_DUPLICATE
    return Folded(
        fate=fate,
        into=into,
        cluster=_clusters(columns, fate, components(pairs, len(leaf)), row, of_leaf),
        failed=among(columns.chain, columns.turns[columns.results == FAILED]),
        repeated=among(columns.chain, columns.turns[columns.marks & REPEATED > 0]),
        undone=among(columns.chain, columns.turns[columns.marks & UNDONE > 0]),
        ran=among(columns.chain, columns.turns[columns.results == RAN]),
        last=_last(columns, fate),
        intent=_intents(columns, fate, leaf),
    )


def transcripts(columns: LogIndex) -> I64:
    """Rows that end a complete transcript, each told once; all others are prefixes or repeats."""
    return columns.leaves[_open_leaves(columns, _fates(columns, ())[0])]


def _fates(columns: LogIndex, erased: Sequence[int]) -> tuple[NDArray[np.int8], I64]:
    """What becomes of each row before near-duplicates are looked for, and what stands for it."""
    fate = np.zeros(len(columns.id), np.int8)
    into = np.arange(len(fate))
    fate[among(columns.session, columns.session[np.array(erased, np.int64)])] = ERASED
    kept = np.flatnonzero(fate == KEPT)
    again, first = _repeats(columns.id[kept], columns.place[kept])
    fate[kept[again]], into[kept[again]] = REDELIVERED, kept[first]
    kept = np.flatnonzero(fate == KEPT)
    claims = columns.request[kept], columns.format[kept], columns.called[kept]
    fate[kept[_contradictory(*claims)]] = CONFLICTING
    kept = np.flatnonzero(fate == KEPT)
    again, first = _repeats(columns.decision[kept], columns.age[kept])
    fate[kept[again]], into[kept[again]] = RETRIED, kept[first]
    return fate, into[into]


def _contradictory(request: U64, kind: I64, calls: U64) -> I64:
    """Rows that contradict another one of the same request.

    Args:
        request: hash of each row's request id; a row without an id claims none.
        kind: a number for each row's format.
        calls: what each row's reply called, as `chains.called` gives it.
    """
    order = np.lexsort((kind, request))
    same = _next_is_equal(request[order]) & _next_is_equal(kind[order])
    clash = np.zeros(len(request), np.bool_)
    clash[order] = same | np.roll(same, 1)
    calling = np.flatnonzero(calls != NO_CALLS)
    calling = calling[np.lexsort((calls[calling], request[calling]))]
    differ = _next_is_equal(request[calling]) & ~_next_is_equal(calls[calling])
    clash |= among(request, request[calling[differ]])
    return np.flatnonzero(clash & (request != _NAMELESS))


def _next_is_equal(values: U64 | I64) -> NDArray[np.bool_]:
    """Whether the value behind each is the same; False for the last."""
    return np.append(values[1:] == values[:-1], False)[: len(values)]


def _repeats(value: U64, order: I64) -> tuple[I64, I64]:
    """Where a value stands again, and where it stood first by `order`."""
    ranked = np.lexsort((order, value))
    again = np.concatenate([[False], value[ranked][1:] == value[ranked][:-1]])[: len(ranked)]
    first = np.maximum.accumulate(np.where(again, 0, np.arange(len(ranked))))
    return ranked[again], ranked[first[again]]


def _open_leaves(columns: LogIndex, fate: NDArray[np.int8]) -> I64:
    """Indices into `leaves`: kept rows that no kept row's context continues."""
    turns = columns.turns[fate[columns.turn_row] == KEPT]
    continued = among(columns.chain[columns.leaves], turns)
    return np.flatnonzero((fate[columns.leaves] == KEPT) & ~continued)


def _alike(columns: LogIndex, leaf: I64, similarity: float) -> NDArray[np.int64]:
    """Pairs of leaves (positions in `leaf`) whose transcripts are alike."""
    sizes = np.diff(columns.ends, prepend=0)
    wanted = np.zeros(len(sizes), np.bool_)
    wanted[leaf] = True
    shingles = columns.shingles[np.repeat(wanted, sizes)]
    return similar_pairs(shingles, np.cumsum(sizes[leaf], dtype=np.int64), similarity)


def _told_twice(
    columns: LogIndex, leaf: I64, pairs: NDArray[np.int64], truth: Mapping[int, int]
) -> Bools:
    """Which leaves another session's leaf stands for: same values, same calls, and better proved.

    The best is the one with the best truth, then the longest, then the earliest, so that a log
    that grows changes what was kept before as little as it can.
    """
    session, values = columns.session[columns.leaves[leaf]], columns.values[leaf]
    same = (values[pairs[:, 0]] == values[pairs[:, 1]]) & (
        session[pairs[:, 0]] != session[pairs[:, 1]]
    )
    pairs = pairs[same]
    same = ~told_apart(columns.names, columns.name_ends, leaf[pairs])
    group = components(pairs[same], len(leaf))
    rank = np.array([truth.get(s, UNPROVED) for s in session.tolist()], np.int64)
    size = np.diff(columns.ends, prepend=0)[leaf]
    row = columns.leaves[leaf]
    order = np.lexsort((columns.age[row], -size, rank, group))
    opens = np.concatenate([[True], group[order][1:] != group[order][:-1]])[: len(order)]
    best = np.empty(len(leaf), np.int64)
    best[order] = order[np.maximum.accumulate(np.where(opens, np.arange(len(order)), 0))]
    dropped: Bools = session != session[best]
    return dropped


def _members(columns: LogIndex, fate: NDArray[np.int8], leaf: I64) -> tuple[I64, I64]:
    """Kept rows and the leaves (positions in `leaf`) whose transcripts they stand in."""
    kept = np.flatnonzero(fate == KEPT)
    row_of = columns.leaves[leaf]
    position = np.full(len(fate), -1, np.int64)
    position[row_of] = np.arange(len(leaf))
    inside = position[columns.turn_row] >= 0
    chains = np.concatenate([columns.chain[row_of], columns.turns[inside]])
    leaves = np.concatenate([np.arange(len(leaf)), position[columns.turn_row[inside]]])
    order = np.argsort(chains, kind="stable")
    chains, leaves = chains[order], leaves[order]
    low = np.searchsorted(chains, columns.chain[kept], "left")
    count = np.searchsorted(chains, columns.chain[kept], "right") - low
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(kept, count), leaves[np.repeat(low, count) + offset]


def _clusters(
    columns: LogIndex, fate: NDArray[np.int8], component: I64, row: I64, of_leaf: I64
) -> I64:
    """For each kept row the earliest kept row of its cluster."""
    kept = fate[row] == KEPT
    row, name = row[kept], component[of_leaf[kept]]
    earliest = np.full(len(component), len(fate), np.int64)
    np.minimum.at(earliest, name, columns.age[row])
    place = np.full(len(fate), len(fate), np.int64)
    np.minimum.at(place, row, earliest[name])
    by_age = np.append(ranked(columns.age), -1)
    earliest_row: I64 = by_age[place]
    return earliest_row


def _intents(columns: LogIndex, fate: NDArray[np.int8], leaf: I64) -> I64:
    """Of each kept row; where several complete transcripts go through it, the earliest tells."""
    sizes = columns.before[columns.leaves] + 1
    own = np.cumsum(sizes) - 1
    chains = np.insert(
        columns.turns[among(columns.turn_row, columns.leaves)],
        own - np.arange(len(own)),
        columns.chain[columns.leaves],
    )
    whole = np.zeros(len(sizes), np.bool_)
    whole[leaf] = True
    wanted = np.flatnonzero(np.repeat(whole, sizes))
    age = np.repeat(columns.age[columns.leaves], sizes)
    order = wanted[np.lexsort((age[wanted], chains[wanted]))]
    intent = np.zeros(len(fate), np.int64)
    kept = np.flatnonzero(fate == KEPT)
    intent[kept] = columns.intent[order[np.searchsorted(chains[order], columns.chain[kept])]]
    return intent


def _last(columns: LogIndex, fate: NDArray[np.int8]) -> Bools:
    """The kept row of each session with the longest context; of several, the latest."""
    order = np.lexsort((columns.age, columns.before, fate == KEPT, columns.session))
    ends = np.concatenate([columns.session[order][1:] != columns.session[order][:-1], [True]])
    last = np.zeros(len(fate), np.bool_)
    last[order[ends[: len(order)]]] = True
    kept_last: Bools = last & (fate == KEPT)
    return kept_last
