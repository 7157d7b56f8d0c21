"""Finds all pairs of documents whose shingle sets have at least a given Jaccard similarity.

Prefix filtering (Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and Srikant 2007): put the shingles
of every document in one order, rare ones first; two sets of similarity t share one of the first
`n - ceil(t * n) + 1` of each. Candidates are the pairs that do, and every candidate is verified by
its real Jaccard similarity. Unlike minhash this misses nothing, with one exception: where a shingle
stands in the prefix of more than `NEIGHBOURS` documents, each is compared with that many next to it
in size, so that a thousand variants of one text cost a thousand comparisons and not a million.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.labelling.shingles import I64, U32, U64, sort_each

NEIGHBOURS = 64
_BATCH = 1 << 17
"""Members of sets that are worked on at a time."""


def similar_pairs(shingles: U32, ends: I64, threshold: float) -> NDArray[np.int64]:
    """Pairs `(i, j)`, i < j, of documents alike, as an array of shape (n, 2), sorted.

    `shingles[ends[i-1]:ends[i]]` holds the sorted distinct shingles of document i. Of documents
    with equal sets, each is paired with the first alone. A document without shingles is like none.
    """
    sizes = np.diff(ends, prepend=0)
    first = _first_equal(shingles, ends, sizes)
    distinct = first == np.arange(len(ends))
    equal = np.flatnonzero(~distinct & (sizes > 0))
    candidates = _candidates(shingles, ends, sizes, distinct, threshold)
    alike = _verified(shingles, ends, sizes, candidates, threshold)
    pairs = np.concatenate([np.stack([first[equal], equal], axis=1), alike])
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def told_apart(names: U32, ends: I64, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pairs of documents of which one has a value that the other does not name at all.

    `names[ends[i-1]:ends[i]]` holds document i's, as in `Documents`.
    """
    sizes = np.diff(ends, prepend=0)
    flags = [
        _told_apart(names, ends, sizes, batch) for batch in _batches(pairs, sizes) if len(batch)
    ]
    return np.concatenate([np.zeros(0, np.bool_), *flags])


def jaccard(a: U32, b: U32) -> float:
    """Size of the intersection by the size of the union of two sorted sets; 0 for empty ones."""
    shared = len(np.intersect1d(a, b, assume_unique=True))
    union = len(a) + len(b) - shared
    return shared / union if union else 0.0


def components(pairs: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The connected component of each of `count` nodes, named by its smallest node.

    Roots of joined trees are hung under the smaller one, then every path is cut short, until
    nothing moves; scipy does it in one pass, but to load scipy takes longer than all of this.
    """
    names = np.arange(count)
    left, right = pairs[:, 0], pairs[:, 1]
    while True:
        apart = names[left] != names[right]
        left, right = left[apart], right[apart]
        if not len(left):
            return names
        one, other = names[left], names[right]
        np.minimum.at(names, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(above := names[names], names):
            names = above


def among(values: NDArray[Any], pool: NDArray[Any]) -> NDArray[np.bool_]:
    """Which values stand in the pool; `np.isin` hashes as `np.unique` does, with its slowness."""
    if not len(pool):
        return np.zeros(len(values), np.bool_)
    pool = np.sort(pool)
    inside: NDArray[np.bool_] = pool[np.searchsorted(pool[:-1], values)] == values
    return inside


def _first_equal(shingles: U32, ends: I64, sizes: I64) -> I64:
    """For each document the first one with the same set, told by a 64-bit sum and the size."""
    signature = np.zeros(len(ends), np.uint64)
    for piece in _pieces(ends):
        start = int(ends[piece.start] - sizes[piece.start])
        sums = np.zeros(ends[piece.stop - 1] - start + 1, np.uint64)
        spread = sums[1:]
        spread[:] = shingles[start : ends[piece.stop - 1]]
        spread *= np.uint64(0x9E3779B97F4A7C15)
        spread ^= spread >> np.uint64(29)
        spread *= spread
        np.cumsum(spread, out=spread)
        signature[piece] = np.diff(sums[ends[piece] - start], prepend=np.uint64(0))
    order = np.lexsort((np.arange(len(ends)), sizes, signature))
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (signature[order][1:] != signature[order][:-1]) | (
        sizes[order][1:] != sizes[order][:-1]
    )
    first = np.empty(len(order), np.int64)
    first[order] = order[np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))]
    return first


def _candidates(
    shingles: U32, ends: I64, sizes: I64, distinct: NDArray[np.bool_], threshold: float
) -> NDArray[np.int64]:
    """Pairs that share a shingle of both their prefixes and are near enough in size."""
    owner, kept = _prefixes(shingles, ends, sizes, distinct, threshold)
    order = np.lexsort((owner, sizes[owner], kept))
    owner, kept, length = owner[order], kept[order], sizes[owner][order]
    pairs_found = [np.zeros(0, np.uint64)]
    for step in range(1, NEIGHBOURS + 1):
        same = np.flatnonzero(kept[step:] == kept[:-step])
        if not len(same):
            break
        near = same[length[same] >= threshold * length[same + step] - 1e-9]
        low = np.minimum(owner[near], owner[near + step]).astype(np.uint64)
        high = np.maximum(owner[near], owner[near + step]).astype(np.uint64)
        pairs_found.append(_distinct(low << np.uint64(32) | high))
    pairs = _distinct(np.concatenate(pairs_found))
    return np.stack([pairs >> np.uint64(32), pairs & np.uint64(0xFFFFFFFF)], 1).astype(np.int64)


def _prefixes(
    shingles: U32, ends: I64, sizes: I64, distinct: NDArray[np.bool_], threshold: float
) -> tuple[I64, U32]:
    """Owner and shingle of each prefix entry that may occur in more than one document."""
    often = _Often(shingles, ends, sizes, distinct)
    wanted = sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1
    owners, prefixes = [np.zeros(0, np.int64)], [np.zeros(0, np.uint32)]
    for piece in _pieces(ends):
        start = int(ends[piece.start] - sizes[piece.start])
        members, size = shingles[start : ends[piece.stop - 1]], sizes[piece]
        counts = often.of(members)
        alone = counts == 1
        singles = _counted(alone, ends[piece] - start)
        # More shingles of its own than the prefix is long: nothing can be like this document.
        hopeful = distinct[piece] & (singles < wanted[piece])
        inside = np.repeat(hopeful, size) & ~alone
        # One number to sort by: how often (8 bits), shingle (32 bits).
        rarest = counts[inside].astype(np.uint64) << np.uint64(32)
        rarest |= members[inside]
        length = (size - singles)[hopeful]
        sort_each(rarest, np.cumsum(length))
        rank = np.arange(len(rarest)) - np.repeat(np.cumsum(length) - length, length)
        first = rank < np.repeat((wanted[piece] - singles)[hopeful], length)
        owners.append(np.repeat(np.flatnonzero(hopeful) + piece.start, length)[first])
        prefixes.append(rarest[first].astype(np.uint32))
    return np.concatenate(owners), np.concatenate(prefixes)


class _Often:
    """For each shingle, in how many documents it stands, or a few more; at most 255.

    Counted in bins, twice as many as there are shingles: a sort would take several times as long.
    Where two share a bin both look as frequent as they are together, which is an order of shingles
    like any other; one that is alone in its bin is surely alone.
    """

    def __init__(self, shingles: U32, ends: I64, sizes: I64, distinct: NDArray[np.bool_]) -> None:
        bits = max(8, min(31, int(len(shingles) * 2).bit_length()))
        self._shift = np.uint32(32 - bits)
        counts = np.zeros(1 << bits, np.uint32)
        for piece in _pieces(ends):
            start = int(ends[piece.start] - sizes[piece.start])
            members = shingles[start : ends[piece.stop - 1]]
            if not distinct[piece].all():
                members = members[np.repeat(distinct[piece], sizes[piece])]
            np.add.at(counts, self._bins(members), np.uint32(1))
        self._counts = np.minimum(counts, 255, out=counts).astype(np.uint8)

    def of(self, shingles: U32) -> NDArray[np.uint8]:
        often: NDArray[np.uint8] = self._counts.take(self._bins(shingles))
        return often

    def _bins(self, shingles: U32) -> I64:
        return (shingles >> self._shift).astype(np.int64)


def _verified(
    shingles: U32, ends: I64, sizes: I64, pairs: NDArray[np.int64], threshold: float
) -> NDArray[np.int64]:
    """The pairs that are alike indeed; in batches, so that memory does not grow with them."""
    kept = [
        batch[_similarity(shingles, ends, sizes, batch) >= threshold - 1e-9]
        for batch in _batches(pairs, sizes)
        if len(batch)
    ]
    return np.concatenate([np.zeros((0, 2), np.int64), *kept])


def _similarity(
    shingles: U32, ends: I64, sizes: I64, pairs: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Jaccard similarity of each pair: what occurs twice among both sets is shared."""
    members, borders = _members(shingles, ends, sizes, pairs)
    twice = np.zeros(len(members), np.bool_)
    np.equal(members[1:], members[:-1], out=twice[1:])
    twice[borders[:-1]] = False
    shared = _counted(twice, borders[1:])
    similarity: NDArray[np.float64] = shared / (sizes[pairs].sum(axis=1) - shared)
    return similarity


def _told_apart(names: U32, ends: I64, sizes: I64, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """What stands once among both sets and is a value tells them apart."""
    members, borders = _members(names, ends, sizes, pairs)
    words = members >> np.uint32(1)
    fresh = np.ones(len(members) + 1, np.bool_)
    np.not_equal(words[1:], words[:-1], out=fresh[1:-1])
    fresh[borders] = True
    alone = fresh[1:] & fresh[:-1] & ((members & np.uint32(1)) == 0)
    return _counted(alone, borders[1:]) > 0


def _members(
    members: U32, ends: I64, sizes: I64, pairs: NDArray[np.int64]
) -> tuple[U32, NDArray[np.int64]]:
    """The members of both sets of each pair, sorted, and where each pair's begin and end."""
    flat = sizes[pairs].ravel()
    start = np.repeat((ends - sizes)[pairs].ravel() - np.cumsum(flat) + flat, flat)
    start += np.arange(len(start))
    gathered = members[start]
    borders = np.concatenate([[0], np.cumsum(flat)[1::2]])
    sort_each(gathered, borders[1:])
    return gathered, borders


def _counted(flags: NDArray[np.bool_], ends: I64) -> NDArray[np.int64]:
    """How many flags are set up to each end from the one before."""
    sums = np.zeros(len(flags) + 1, np.int64)
    np.cumsum(flags, out=sums[1:])
    return np.diff(sums[ends], prepend=0)


def _batches(pairs: NDArray[np.int64], sizes: I64) -> list[NDArray[np.int64]]:
    work = np.cumsum(sizes[pairs].sum(axis=1))
    return np.split(pairs, np.flatnonzero(np.diff(work // _BATCH)) + 1)


def _pieces(ends: I64) -> Iterator[slice]:
    """Documents that follow each other, few enough for their arrays to stay in the cache."""
    start = 0
    while start < len(ends):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _BATCH, "right")))
        yield slice(start, stop)
        start = stop


def _distinct(values: U64) -> U64:
    """Sorted distinct values; `np.unique` of numpy 2.4 hashes and is far slower than a sort."""
    values = np.sort(values)
    distinct: U64 = values[np.concatenate([[True], values[1:] != values[:-1]])[: len(values)]]
    return distinct
