"""Cuts texts into hashed word 3-grams and marks their values, with array operations only.

    "Cancel order 7731, please"  ->  words cancel order 7731 please
                                     shingles (cancel order 7731) (order 7731 please)
                                     values {7731}: what another customer would have said otherwise

A value is a word with a digit, an `@` or a capital letter that no beginning sentence explains.

A word is a run of letters, digits, `_`, `@`, apostrophes and anything outside ASCII; case does not
count. A text of one or two words is one shingle. Nothing readable is kept: a shingle is 32 bits of
a hash, and so is a value.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]

# Capital letters that say nothing: the word stands at the start of a sentence as often as not.
_COMMON = (
    "a about also am an and any are as at be but by can certainly could dear did do does done each "
    "for from further good goodbye got great has have hello here hey hi how however i i'd i'll i'm "
    "i've if in is it its it's just kindly let like may me my need next now of ok okay on once one "
    "or our perfect please see she he shall should since so sorry sure thank thanks that the their "
    "them then there these they this those to unfortunately understood was we we'll we're welcome "
    "well were what when where which while who why will with would yes you you're your"
)
# Their number is part of the values: "can" and "can't" are different decisions.
_NEGATIONS = (
    "no not never none cannot can't don't won't isn't aren't wasn't doesn't didn't couldn't "
    "shouldn't unable without can’t don’t won’t isn’t aren’t doesn’t didn’t couldn’t"
)
_CHUNK = 24


class Documents(NamedTuple):
    """Hashed content of documents; `shingles[ends[i-1]:ends[i]]` is document i, sorted, unique.

    Two documents tell of different things where one has a value that the other does not name at
    all, neither as a value nor at the start of a sentence, or where their negations differ.
    """

    shingles: U32
    ends: I64
    negations: U64
    """One sum a document; equal sums, equally many of each."""
    names: U32
    """Sorted, distinct: 31 bits of a word's hash, then a bit that is 0 for a value and 1 for a word
    that only opens a sentence, where a capital letter tells nothing."""
    name_ends: I64


class _Words(NamedTuple):
    hashes: U64
    bounds: I64
    """How many words stand before each text, and in all."""
    valued: NDArray[np.bool_]
    opening: NDArray[np.bool_]


def shingle(documents: Sequence[Sequence[str]]) -> Documents:
    """Shingles of documents that each consist of several texts; none spans two texts."""
    texts = list(chain.from_iterable(documents))
    bounds = _bounds(map(len, documents), len(documents))
    words = _words(texts)
    grams, kept = _grams(words)
    shingles, ends = _sets(grams, np.diff(kept[bounds]))
    names, name_ends = _names(words, words.bounds[bounds])
    return Documents(shingles, ends, _negations(words, words.bounds[bounds]), names, name_ends)


def _words(texts: Sequence[str]) -> _Words:
    """All words of all texts, told apart on the joined bytes."""
    text = " ".join(texts)
    joined = text.encode("utf-8", "surrogatepass") + b" " * (_CHUNK + 1)
    sizes = map(len, texts) if len(joined) == len(text) + _CHUNK + 1 else map(_size, texts)
    opens = _bounds(sizes, len(texts)) + np.arange(len(texts) + 1)
    lowered = joined.translate(_LOWER)
    inside = np.frombuffer(b" " + lowered, np.uint8) != 32
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts, ends = edges[::2].copy(), edges[1::2].copy()
    hashes = _hash_words(lowered, starts, ends)
    bounds = np.searchsorted(starts, opens)
    marked = _marked(joined, starts)
    opening = np.zeros(len(starts), np.bool_)
    first = np.zeros(len(starts) + 1, np.bool_)
    first[bounds] = True
    once = np.flatnonzero(marked == 1)
    opening[once] = _opening(joined, starts[once], ends[once], first[once])
    valued = (marked > 0) & ~opening
    value_at = np.flatnonzero(valued)
    valued[value_at[_among(hashes[value_at], _COMMON)]] = False
    return _Words(hashes, bounds, valued, opening)


def _bounds(sizes: Iterable[int], count: int) -> I64:
    """Where each of `count` begins, and where the last one ends."""
    bounds = np.zeros(count + 1, np.int64)
    np.cumsum(np.fromiter(sizes, np.int64, count), out=bounds[1:])
    return bounds


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _marked(joined: bytes, starts: I64) -> NDArray[np.int64]:
    """How many bytes of each word are marks: none, one, or more; of a run of them two count."""
    mark = np.frombuffer(b"  " + joined.translate(_MARKS), np.uint8) == 35
    at = np.flatnonzero(mark[2:] & ~(mark[1:-1] & mark[:-2]))
    return np.bincount(np.searchsorted(starts, at, "right") - 1, minlength=len(starts))


def _opening(joined: bytes, starts: I64, ends: I64, first: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Words that have a capital letter because a sentence begins there.

    A sentence goes on with a small letter; a name that stands alone, as an answer, is none.
    """
    spaced = np.frombuffer(b" " + joined + b"  ", np.uint8)
    begins = first | _IS_END[spaced[starts - 1]] & (spaced[starts] == 32)
    letter, after = spaced[starts + 1], spaced[ends + 2]
    goes_on = (spaced[ends + 1] == 32) & (after >= 97) & (after <= 122)
    opens: NDArray[np.bool_] = begins & (letter >= 65) & (letter <= 90) & goes_on
    return opens


def _hash_words(lowered: bytes, starts: I64, ends: I64) -> U64:
    """Words are read eight bytes at a time; those over `_CHUNK` bytes, which are rare, by crc32."""
    eights = np.ndarray((max(len(lowered) - 7, 0),), "<u8", lowered, strides=(1,))
    length = ends - starts
    hashes = _read(eights, starts, length)
    longer = np.flatnonzero(length > 8)
    for offset in range(8, _CHUNK, 8):
        more = _read(eights, starts[longer] + offset, length[longer] - offset)
        hashes[longer] = _stir(hashes[longer] + more)
        longer = longer[length[longer] > offset + 8]
    for word in longer.tolist():
        hashes[word] = crc32(lowered[starts[word] : ends[word]])
    return hashes


def _read(eights: U64, starts: I64, length: I64) -> U64:
    """Up to eight bytes of each word as one number that no other such bytes give."""
    unused = np.maximum(8 - length, 0).view(np.uint64)
    unused <<= np.uint64(3)
    numbers = eights[starts]
    numbers <<= unused
    numbers += np.uint64(1)
    return _stir(numbers)


def _stir(values: U64) -> U64:
    """Spreads the bits, in place; different values stay different."""
    values *= _FACTORS[0]
    values ^= values >> np.uint64(32)
    return values


def _grams(words: _Words) -> tuple[U32, I64]:
    """3-grams as 32 bits of a hash; how many stand before each text.

    A gram starts at each word but the last two of its text, and at the first of any: words past the
    end of a text count as nothing.
    """
    n, bounds = len(words.hashes), words.bounds
    size = np.diff(bounds)
    last = bounds[1:][size > 0] - 1
    last_but_one = bounds[1:][size > 1] - 2
    grams = words.hashes * _FACTORS[0]
    second = words.hashes[1:] * _FACTORS[1]
    second[last[:-1]] = 0
    grams[: n - 1] += second
    third = words.hashes[2:] * _FACTORS[2]
    third[last[last < n - 2]] = 0
    third[last_but_one[last_but_one < n - 2]] = 0
    grams[: max(0, n - 2)] += third
    starts = np.ones(n, np.bool_)
    starts[last] = starts[last_but_one] = False
    starts[bounds[:-1][size > 0]] = True
    kept = np.cumsum(np.where(size > 2, size - 2, np.minimum(size, 1)))
    return (_mix(grams[starts]) >> np.uint64(32)).astype(np.uint32), np.concatenate([[0], kept])


def _sets(values: U32, counts: I64, flags: int = 0) -> tuple[U32, I64]:
    """Sorted distinct values of each owner, end to end, and where each ends.

    `counts` says how many of the values are each owner's, in their order. Of values that differ in
    their last `flags` bits only the smallest stays.
    """
    ends = np.cumsum(counts)
    sort_each(values, ends)
    words = values >> np.uint32(flags)
    fresh = np.ones(len(values), np.bool_)
    np.not_equal(words[1:], words[:-1], out=fresh[1:])
    fresh[(ends - counts)[counts > 0]] = True
    repeated = np.searchsorted(ends, np.flatnonzero(~fresh), "right")
    return values[fresh], ends - np.cumsum(np.bincount(repeated, minlength=len(ends)))


def sort_each(values: NDArray[Any], ends: I64) -> None:
    """Sort what ends at each of `ends` by itself: far quicker than one sort by owner and value."""
    start = 0
    for end in ends.tolist():
        values[start:end].sort()
        start = end


def _names(words: _Words, bounds: I64) -> tuple[U32, I64]:
    """Values and words that open sentences, of each document; one that is both is a value."""
    at = np.flatnonzero(words.valued | words.opening)
    marks = (_mix(words.hashes[at]) >> np.uint64(33) << np.uint64(1)).astype(np.uint32)
    marks |= ~words.valued[at]
    return _sets(marks, np.diff(np.searchsorted(at, bounds)), flags=1)


def _negations(words: _Words, bounds: I64) -> U64:
    """Sum of the hashes of each negation in a document."""
    sums = np.zeros(len(bounds) - 1, np.uint64)
    negation_at = np.flatnonzero(_among(words.hashes, _NEGATIONS))
    owner = np.searchsorted(bounds, negation_at, "right") - 1
    np.add.at(sums, owner, _mix(~words.hashes[negation_at]))
    return sums


def _among(hashes: U64, words: str) -> NDArray[np.bool_]:
    """Which of the hashes belong to one of the words."""
    word_hashes, ends = _known(words)
    # Most hashes are ruled out by their last 16 bits, at a fraction of what a search costs.
    maybe = np.flatnonzero(ends[hashes & np.uint64(0xFFFF)])
    inside = np.zeros(len(hashes), np.bool_)
    inside[maybe] = word_hashes[np.searchsorted(word_hashes[:-1], hashes[maybe])] == hashes[maybe]
    return inside


@cache
def _known(words: str) -> tuple[U64, NDArray[np.bool_]]:
    """The sorted hashes of words, and which 16 bits one of them ends in."""
    data = words.encode() + b" " * _CHUNK
    inside = np.frombuffer(b" " + data, np.uint8) != 32
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    word_hashes = np.sort(_hash_words(data, edges[::2], edges[1::2]))
    ends = np.zeros(1 << 16, np.bool_)
    ends[word_hashes & np.uint64(0xFFFF)] = True
    return word_hashes, ends


def _mix(values: U64) -> U64:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): every bit depends on every bit."""
    mixed = values >> np.uint64(30)
    mixed ^= values
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _table(classes: dict[bytes, bytes]) -> bytes:
    """A table for `bytes.translate` that makes every byte of no class a space."""
    table = bytearray(b" " * 256)
    for members, images in classes.items():
        for member, image in zip(members, images * len(members), strict=False):
            table[member] = image
    return bytes(table)


_SMALL, _LARGE, _REST = bytes(range(97, 123)), bytes(range(65, 91)), bytes(range(128, 256))
_LOWER = _table({_SMALL + b"0123456789_@'" + _REST: _SMALL + b"0123456789_@'" + _REST,
                 _LARGE: _SMALL})  # fmt: skip
_MARKS = _table({_SMALL + b"'" + _REST: b"a", _LARGE + b"0123456789_@": b"#"})
_IS_END = np.isin(np.arange(256), np.frombuffer(b".!?\n", np.uint8))
_FACTORS = _mix(np.arange(1, 4, dtype=np.uint64)) | np.uint64(1)
