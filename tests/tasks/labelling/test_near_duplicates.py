import random

import numpy as np
import pytest

from tasks.labelling.near_duplicates import NEIGHBOURS, among, components, jaccard, similar_pairs
from tasks.labelling.shingles import shingle


def sets(*values: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Shingles and ends, as `similar_pairs` takes them."""
    flat = np.array([v for group in values for v in sorted(group)], np.uint32)
    return flat, np.cumsum([len(group) for group in values], dtype=np.int64)


def test_pairs_from_the_threshold_on_are_found() -> None:
    tens = list(range(10))
    shingles, ends = sets(tens, [*tens[:8], 50, 51], [*tens[:9], 60], [90, 91])
    # 9 of 11 are shared by the first and third, 8 of 12 by the first and second.
    assert similar_pairs(shingles, ends, 0.8).tolist() == [[0, 2]]
    assert similar_pairs(shingles, ends, 8 / 12).tolist() == [[0, 1], [0, 2], [1, 2]]


def test_equal_sets_are_paired_with_the_first_of_them() -> None:
    shingles, ends = sets([1, 2, 3], [7], [1, 2, 3], [1, 2, 3], [])
    assert similar_pairs(shingles, ends, 1.0).tolist() == [[0, 2], [0, 3]]


def test_documents_without_shingles_are_like_none() -> None:
    shingles, ends = sets([], [], [])
    assert similar_pairs(shingles, ends, 0.5).tolist() == []


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.65, 0.8, 0.95, 1.0])
def test_nothing_is_missed_or_made_up(threshold: float) -> None:
    chance = random.Random(3)
    words = ["".join(chance.choices("abcdefgh", k=4)) for _ in range(400)]
    texts: list[list[str]] = []
    for _ in range(120):
        text = chance.choices(words, k=chance.randint(0, 60))
        other = [chance.choice(words) if chance.random() < 0.06 else word for word in text]
        texts += [text, other]
    found = shingle([[" ".join(text)] for text in texts])
    starts = [0, *found.ends.tolist()[:-1]]
    documents = [found.shingles[a:b] for a, b in zip(starts, found.ends, strict=True)]
    first = {tuple(d): i for i, d in reversed(list(enumerate(map(np.ndarray.tolist, documents))))}
    expected = [
        [i, j]
        for j, one in enumerate(documents)
        for i in range(j)
        if len(one)
        and jaccard(documents[i], one) >= threshold
        and first[tuple(documents[i].tolist())] == i
        and first[tuple(one.tolist())] in {i, j}
    ]
    assert similar_pairs(found.shingles, found.ends, threshold).tolist() == sorted(expected)


def test_many_variants_of_one_text_stay_one_component() -> None:
    count = 10 * NEIGHBOURS
    shingles, ends = sets(*([*range(100), 1000 + n] for n in range(count)))
    pairs = similar_pairs(shingles, ends, 0.8)
    assert len(pairs) < count * (NEIGHBOURS + 1)
    assert set(components(pairs, count).tolist()) == {0}


def test_components_are_named_by_their_smallest_member() -> None:
    pairs = np.array([[4, 2], [2, 5], [0, 1]])
    assert components(pairs, 6).tolist() == [0, 0, 2, 3, 2, 2]


def test_among_says_which_values_stand_in_the_pool() -> None:
    values = np.array([5, 1, 9], np.uint64)
    assert among(values, np.array([9, 2, 5], np.uint64)).tolist() == [True, False, True]
    assert among(values, np.zeros(0, np.uint64)).tolist() == [False, False, False]


def test_jaccard_of_two_empty_sets_is_none() -> None:
    assert jaccard(np.zeros(0, np.uint32), np.zeros(0, np.uint32)) == 0.0
