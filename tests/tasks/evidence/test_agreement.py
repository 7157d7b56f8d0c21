import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from tasks.core.errors import EvidenceError
from tasks.evidence.agreement import cohens_kappa, has_fallen

RATINGS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=4, max_size=40)


def test_a_table_worked_by_hand():
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: agreement 0.7, by chance 0.5.
    first = [1] * 25 + [0] * 25
    second = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    found = cohens_kappa(first, second, 2)
    assert found.value == pytest.approx(0.4)
    assert found.agreement == 0.7
    assert found.table == ((15, 10), (5, 20))
    assert (found.classes[1].rows, found.classes[1].precision) == (30, 0.8)
    assert found.classes[1].recall == pytest.approx(2 / 3)
    assert found.low < 0.4 < found.high


@settings(max_examples=60, deadline=None)
@given(RATINGS, st.sampled_from(["none", "linear", "quadratic"]))
def test_it_is_the_kappa_that_others_compute(ratings, weights: str):
    first, second = zip(*ratings, strict=True)
    if len(set(second)) < 2:
        return
    known = cohen_kappa_score(
        first, second, labels=range(4), weights=None if weights == "none" else weights
    )
    found = cohens_kappa(first, second, 4, weights=weights)
    assert found.value == pytest.approx(known)
    assert found.low <= found.value <= found.high


def test_full_agreement_on_a_few_rows_proves_little():
    few = cohens_kappa([0, 1] * 5, [0, 1] * 5, 2)
    many = cohens_kappa([0, 1] * 200, [0, 1] * 200, 2)
    assert (few.value, few.high) == (1.0, 1.0)
    assert few.low < 0.8
    assert many.low > 0.97


@pytest.mark.parametrize("truth", [0.2, 0.7, 0.9])
def test_the_interval_covers_what_is_true_as_often_as_it_says(truth: float):
    # Two balanced classes that agree with a chance of (1 + kappa) / 2 have that kappa.
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        second = rng.integers(0, 2, 150)
        same = rng.random(150) < (1 + truth) / 2
        found = cohens_kappa(np.where(same, second, 1 - second).tolist(), second.tolist(), 2)
        covered += found.low <= truth <= found.high
    # 190 are expected; fewer than 180 come by chance once in a thousand times.
    assert covered >= 180


def test_the_same_rows_give_the_same_floats():
    rows = [0, 1, 1, 0, 1, 0], [0, 1, 0, 0, 1, 1]
    assert cohens_kappa(*rows, 2) == cohens_kappa(*rows, 2)


def test_a_fall_is_an_alarm_where_the_interval_leaves_no_doubt():
    first = [1] * 160 + [0] * 40 + [1] * 40 + [0] * 160
    second = [1] * 200 + [0] * 200
    now = cohens_kappa(first, second, 2)
    assert now.value == pytest.approx(0.6)
    assert has_fallen(now, 0.8)
    assert not has_fallen(now, 0.69)
    few = cohens_kappa([1, 1, 1, 1, 0, 1, 0, 0, 0, 0], [1] * 5 + [0] * 5, 2)
    assert few.value == pytest.approx(0.6)
    assert not has_fallen(few, 0.8)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [([], [], "0 and 0 ratings"), ([1], [1, 0], "1 and 2 ratings"), ([0, 1], [1, 1], "one class")],
)
def test_what_cannot_be_compared_is_refused(first, second, message: str):
    with pytest.raises(EvidenceError, match=message):
        cohens_kappa(first, second, 2)
