import numpy as np
import pytest

from tasks.evidence.sequential import FRACTIONS, Effect, Interval, Split

REPLICATIONS = 1000


def canaries(*, effect, share, sessions, base=0.8, margin=0.02, seed=20261122, drift=0.0):
    """First look (every 20 sessions) at which each replication promotes and rolls back, or 0."""
    rng = np.random.default_rng(seed)
    evidence = Effect(margin, shape=(REPLICATIONS,))
    promoted, harmed = np.zeros(REPLICATIONS), np.zeros(REPLICATIONS)
    for number in range(1, sessions + 1):
        now = share(number) if callable(share) else share
        treated = (rng.random(REPLICATIONS) < now).astype(float)
        rate = base + drift * number / sessions + effect * treated
        evidence.add(treated, now, (rng.random(REPLICATIONS) < rate).astype(float))
        if number % 20 == 0:
            promoted = np.where((promoted == 0) & (evidence.promote >= 20), number, promoted)
            harmed = np.where((harmed == 0) & (evidence.harm >= 20), number, harmed)
    return promoted, harmed


def test_the_first_session_by_hand():
    # f0 = f1 = .5, so psi = .5 / .5 = 1, lo = -1, hi = 1.
    evidence = Effect(margin=0.0)
    evidence.add(treated=1.0, share=0.5, outcome=1.0)
    assert evidence.effect == 1.0
    assert evidence.promote == pytest.approx(np.mean([1 + f for f in FRACTIONS]))
    assert evidence.harm == pytest.approx(np.mean([1 - f for f in FRACTIONS]))


def test_the_second_session_by_hand():
    evidence = Effect(margin=0.02)
    evidence.add(treated=1.0, share=0.5, outcome=1.0)
    evidence.add(treated=0.0, share=0.5, outcome=1.0)
    # f1 = 1.5 / 2 = .75, f0 = .5: psi = .25 - .5 / .5, lo = .25 - .75 / .5, hi = .25 + .5 / .5.
    first = [1 + f * 1.02 / 0.98 for f in FRACTIONS]
    second = [1 + f * (-0.75 + 0.02) / (1.25 - 0.02) for f in FRACTIONS]
    assert evidence.promote == pytest.approx(np.mean(np.multiply(first, second)))
    first = [1 - f for f in FRACTIONS]
    second = [1 + f * 0.75 / 1.25 for f in FRACTIONS]
    assert evidence.harm == pytest.approx(np.mean(np.multiply(first, second)))
    assert evidence.effect == pytest.approx((1 - 0.75) / 2)
    assert (evidence.mean(0), evidence.mean(1)) == (1.0, 1.0)


def test_an_array_of_replications_is_each_of_them():
    rng = np.random.default_rng(0)
    rows = [(float(rng.random() < 0.3), 0.3, float(rng.random() < 0.7)) for _ in range(50)]
    alone, many = Effect(0.02), Effect(0.02, shape=(3,))
    for treated, share, outcome in rows:
        alone.add(treated, share, outcome)
        many.add(np.full(3, treated), share, np.full(3, outcome))
    assert list(many.promote) == pytest.approx([alone.promote] * 3)
    assert list(many.harm) == pytest.approx([alone.harm] * 3)


def test_long_and_certain_evidence_stays_a_number():
    evidence = Effect()
    for number in range(4000):
        evidence.add(number % 2, 0.5, number % 2)
    assert evidence.promote == pytest.approx(np.exp(690))


def test_a_challenger_that_is_worse_by_the_margin_is_rarely_promoted():
    promoted, _ = canaries(effect=-0.02, share=0.5, sessions=1000)
    assert 0 < (promoted > 0).mean() <= 0.05


def test_ramp_and_drift_together_fool_nobody():
    # A pooled comparison promotes here nine times in ten: the challenger is seen when all is well.
    promoted, harmed = canaries(
        effect=-0.02, share=lambda n: 0.05 if n < 300 else 0.5, sessions=1000, base=0.7, drift=0.2
    )
    assert (promoted > 0).mean() <= 0.05
    assert (harmed > 0).mean() <= 0.15


def test_an_equal_challenger_is_rarely_rolled_back():
    _, harmed = canaries(effect=0.0, share=0.5, sessions=1000)
    assert (harmed > 0).mean() <= 0.05


def test_a_loss_of_twenty_points_is_stopped_early():
    promoted, harmed = canaries(effect=-0.2, share=0.5, sessions=600)
    assert (harmed > 0).mean() >= 0.99
    assert np.median(harmed) <= 200
    assert promoted.max() == 0


def test_a_gain_of_ten_points_is_promoted():
    promoted, _ = canaries(effect=0.1, share=0.5, sessions=1000)
    assert (promoted > 0).mean() >= 0.95


def test_the_confidence_sequence_closes_around_the_effect():
    rng = np.random.default_rng(1)
    interval = Interval(confidence=0.95)
    assert (interval.low, interval.high) == (-1.0, 1.0)
    for _ in range(1500):
        treated = float(rng.random() < 0.5)
        interval.add(treated, 0.5, float(rng.random() < 0.6 + 0.2 * treated))
    assert interval.low < 0.2 < interval.high
    assert 0.0 < interval.high - interval.low < 0.4


def test_the_first_assignments_by_hand():
    split = Split(concentration=10)
    split.add(1.0, 0.1)  # believed 1/10 of 10: a fair bet
    assert split.mismatch == pytest.approx(1.0)
    split.add(1.0, 0.1)  # believed (1 + 1) / 11
    assert split.mismatch == pytest.approx(2 / 11 / 0.1)
    split.add(0.0, 0.5)  # another share, another bet
    assert split.mismatch == pytest.approx(2 / 11 / 0.1)


def test_a_true_split_is_not_called_wrong_and_a_wrong_one_is():
    rng = np.random.default_rng(2)
    fair, skewed = Split(), Split()
    worst = np.zeros(1000)
    for number in range(2500):
        share = 0.1 if number < 500 else 0.5
        fair.add((rng.random(1000) < share).astype(float), share)
        skewed.add((rng.random(1000) < share * 0.85).astype(float), share)
        worst = np.maximum(worst, fair.mismatch)
    assert (worst >= 1000).mean() <= 0.001
    assert (skewed.mismatch >= 1000).mean() >= 0.95
