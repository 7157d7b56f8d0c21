import numpy as np
import pytest

from tasks.labelling.near_duplicates import told_apart
from tasks.labelling.shingles import shingle


def apart(one: str, other: str) -> bool:
    """Whether two texts tell of different things."""
    found = shingle([[one], [other]])
    pair = np.array([[0, 1]])
    (told,) = told_apart(found.names, found.name_ends, pair).tolist()
    return bool(told) or found.negations[0] != found.negations[1]


def test_a_text_has_one_shingle_for_each_word_but_two() -> None:
    found = shingle([["one two three four five"], ["one two"], [""], []])
    assert found.ends.tolist() == [3, 4, 4, 4]
    assert found.shingles.dtype == np.uint32


def test_case_and_punctuation_do_not_count() -> None:
    found = shingle([["Cancel order 7731, please!"], ["cancel ORDER (7731) please"]])
    assert found.ends.tolist() == [2, 4]
    assert found.shingles[:2].tolist() == found.shingles[2:].tolist()


def test_no_shingle_spans_two_texts() -> None:
    apart = shingle([["one two three", "four five six"]])
    together = shingle([["one two three four five six"]])
    assert (apart.ends.tolist(), together.ends.tolist()) == ([2], [4])
    assert set(apart.shingles.tolist()) < set(together.shingles.tolist())


def test_a_repeated_shingle_counts_once() -> None:
    assert shingle([["a b c a b c a b c"]]).ends.tolist() == [3]


def test_long_words_differ_in_their_last_letter() -> None:
    found = shingle([["x" * 100 + "a"], ["x" * 100 + "b"], ["x" * 100 + "a"]])
    one, other, again = found.shingles.tolist()
    assert one == again != other


def test_words_outside_ascii_are_words() -> None:
    found = shingle([["Grüße aus Köln"], ["gruße aus Köln"], ["日本語 です ね"]])
    assert found.ends.tolist() == [1, 2, 3]
    assert len(set(found.shingles.tolist())) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order 7731", "order 9120"),
        ("to Oslo", "to Bergen"),
        ("mail ann@shop", "mail bob@shop"),
        ("I can do it", "I can't do it"),
        ("there is no seat and no meal", "there is no seat and a meal"),
        ("Oslo", "Bergen"),
        ("Paris is where I go, that is Paris", "Lyon is where I go, that is Lyon"),
    ],
)
def test_another_value_tells_of_something_else(one: str, other: str) -> None:
    assert apart(one, other) and apart(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello, order 7731", "Hi, order 7731"),
        ("Please go to Oslo", "go to Oslo, thanks"),
        ("7731 and 9120", "9120 and 7731, 7731"),
        ("That is late. Trains are.", "That is late. Buses are."),
        ("Oslo is cold", "the cold Oslo is"),
    ],
)
def test_courtesy_order_and_repetition_are_no_values(one: str, other: str) -> None:
    assert not apart(one, other) and not apart(other, one)
