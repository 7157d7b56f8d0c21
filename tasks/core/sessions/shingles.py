"""Cuts texts into hashed word 3-grams and marks their values, with array operations only.

    "Cancel order 7731, please"  ->  words cancel order 7731 please
                                     shingles (cancel order 7731) (order 7731 please)
                                     values {7731}: what another customer would have said otherwise

A value is a word with a digit, an `@` or a capital letter that no beginning sentence explains.

A word is a run of letters, digits, `_`, `@`, apostrophes and anything outside ASCII; case does not
count. A text of one or two words is one shingle. Nothing readable is kept: a shingle is 32 bits of
a hash, and so is a value.
"""

from collections.abc import Sequence
from typing import NamedTuple
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
_ENDS = np.frombuffer(b".!?\n", np.uint8)
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
    text: I64
    valued: NDArray[np.bool_]
    opening: NDArray[np.bool_]


def shingle(documents: Sequence[Sequence[str]]) -> Documents:
    """Shingles of documents that each consist of several texts; none spans two texts."""
    counts = np.fromiter((len(texts) for texts in documents), np.int64, len(documents))
    owner = np.repeat(np.arange(len(documents)), counts)
    words = _words([text for texts in documents for text in texts])
    of_word = owner[words.text]
    grams, at = _grams(words)
    shingles, ends = _sets(_mix(grams) >> np.uint64(32), of_word[at], len(documents))
    names, name_ends = _names(words, of_word, len(documents))
    negations = _negations(words, of_word, len(documents))
    return Documents(shingles.astype(np.uint32), ends, negations, names, name_ends)


def _words(texts: Sequence[str]) -> _Words:
    """All words of all texts, told apart on the joined bytes."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    joined = b" ".join([*encoded, b" " * _CHUNK])
    lowered = joined.translate(_LOWER)
    inside = (np.frombuffer(lowered, np.uint8) != 32).view(np.int8)
    edges = np.diff(inside, prepend=np.int8(0))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    hashes = _hash_words(lowered, starts, ends)
    marks = np.flatnonzero(np.frombuffer(joined.translate(_MARKS), np.uint8) == 35)
    opens = np.cumsum([0, *(len(text) + 1 for text in encoded)])
    text = np.searchsorted(opens, starts, "right") - 1
    marked = np.bincount(np.searchsorted(starts, marks, "right") - 1, minlength=len(starts))
    opening = np.zeros(len(starts), np.bool_)
    once = np.flatnonzero(marked == 1)
    first = np.concatenate([[True], text[1:] != text[:-1]])[: len(text)]
    opening[once] = _opening(joined, starts[once], ends[once], first[once])
    valued = (marked > 0) & ~opening
    valued[valued] = ~_among(hashes[valued], _COMMON)
    return _Words(hashes, text, valued, opening)


def _opening(joined: bytes, starts: I64, ends: I64, first: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Words that have a capital letter because a sentence begins there.

    A sentence goes on with a small letter; a name that stands alone, as an answer, is none.
    """
    spaced = np.frombuffer(b" " + joined + b"  ", np.uint8)
    begins = first | np.isin(spaced[starts - 1], _ENDS) & (spaced[starts] == 32)
    letter, after = spaced[starts + 1], spaced[ends + 2]
    goes_on = (spaced[ends + 1] == 32) & (after >= 97) & (after <= 122)
    found: NDArray[np.bool_] = begins & (letter >= 65) & (letter <= 90) & goes_on
    return found


def _hash_words(lowered: bytes, starts: I64, ends: I64) -> U64:
    """Words are read eight bytes at a time; those over `_CHUNK` bytes, which are rare, by crc32."""
    eights = np.ndarray((max(len(lowered) - 7, 0),), "<u8", lowered, strides=(1,))
    length = ends - starts
    hashes = np.zeros(len(starts), np.uint64)
    for offset in range(0, _CHUNK, 8):
        longer = np.flatnonzero(length > offset)
        if not len(longer):
            break
        unused = np.clip(8 - (length[longer] - offset), 0, 7).astype(np.uint64) * np.uint64(8)
        read = eights[starts[longer] + offset] << unused
        hashes[longer] = _mix(hashes[longer] + read + np.uint64(offset + 1))
    for word in np.flatnonzero(length > _CHUNK):
        hashes[word] = crc32(lowered[starts[word] : ends[word]])
    return hashes


def _grams(words: _Words) -> tuple[U64, I64]:
    """3-grams and the word each starts at; words past the end of a text count as nothing."""
    n = len(words.hashes)
    text = np.concatenate([words.text, [-1, -1]])
    hashes = np.concatenate([words.hashes, np.zeros(2, np.uint64)])
    second = np.where(text[1 : n + 1] == text[:n], hashes[1 : n + 1], 0)
    third = np.where(text[2 : n + 2] == text[:n], hashes[2 : n + 2], 0)
    opens = np.concatenate([[True], text[1:n] != text[: n - 1]])[:n]
    at = np.flatnonzero((third != 0) | opens)
    grams = hashes[at] * _FACTORS[0] + second[at] * _FACTORS[1] + third[at] * _FACTORS[2]
    return grams, at


def _sets(values: U64, owner: I64, count: int) -> tuple[U64, I64]:
    """Sorted distinct values (below 2**32) of each owner, end to end, and where each ends."""
    keys = np.sort((owner.astype(np.uint64) << np.uint64(32)) | values)
    keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)]]
    ends = np.cumsum(np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=count))
    return keys & np.uint64(0xFFFFFFFF), ends.astype(np.int64)


def _names(words: _Words, owner: I64, count: int) -> tuple[U32, I64]:
    """Values and words that open sentences, of each document; one that is both is a value."""
    at = np.flatnonzero(words.valued | words.opening)
    marks = _mix(words.hashes[at]) >> np.uint64(33) << np.uint64(1)
    marks |= (~words.valued[at]).astype(np.uint64)
    found, ends = _sets(marks, owner[at], count)
    number = np.repeat(np.arange(count), np.diff(ends, prepend=0))
    keys = (number.astype(np.uint64) << np.uint64(31)) | (found >> np.uint64(1))
    fresh = np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)]
    ends = np.cumsum(np.bincount(number[fresh], minlength=count)).astype(np.int64)
    return found[fresh].astype(np.uint32), ends


def _negations(words: _Words, owner: I64, count: int) -> U64:
    """Sum of the hashes of each negation in a document."""
    sums = np.zeros(count, np.uint64)
    found = np.flatnonzero(_among(words.hashes, _NEGATIONS))
    np.add.at(sums, owner[found], _mix(~words.hashes[found]))
    return sums


def _among(hashes: U64, words: str) -> NDArray[np.bool_]:
    """Which of the hashes belong to one of the words."""
    data = words.encode() + b" " * _CHUNK
    inside = np.frombuffer(data, np.uint8) != 32
    edges = np.diff(inside.view(np.int8), prepend=np.int8(0))
    known = np.sort(_hash_words(data, np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)))
    # Most hashes are ruled out by their last 16 bits, at a fraction of what a search costs.
    ends = np.zeros(1 << 16, np.bool_)
    ends[known & np.uint64(0xFFFF)] = True
    maybe = np.flatnonzero(ends[hashes & np.uint64(0xFFFF)])
    found = np.zeros(len(hashes), np.bool_)
    found[maybe] = known[np.searchsorted(known[:-1], hashes[maybe])] == hashes[maybe]
    return found


def _mix(values: U64) -> U64:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): every bit depends on every bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


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
_FACTORS = _mix(np.arange(1, 4, dtype=np.uint64))
