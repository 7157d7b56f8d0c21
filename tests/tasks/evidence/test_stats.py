import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from tasks.core.errors import EvidenceError
from tasks.evidence import power, stats

SMALL_CASE = ([1.0, 0.5, 0.0], ["a", "a", "b"])


def test_clustered_mean_of_a_small_case_is_what_the_formula_gives_by_hand():
    # deviations .5, 0 | -.5; sums .5, -.5; sqrt(2/1 * (.25 + .25)) / 3
    found = stats.clustered_mean(*SMALL_CASE)
    assert (found.mean, found.n, found.clusters) == (0.5, 3, 2)
    assert found.se == pytest.approx(1 / 3, abs=1e-15)
    reach = scipy_stats.t.ppf(0.975, df=1) / 3
    assert (found.low, found.high) == pytest.approx((0.5 - reach, 0.5 + reach), abs=1e-12)


def test_clustered_mean_of_singletons_is_the_ordinary_t_interval():
    values = [0.2, 0.9, 0.4, 0.4, 0.7]
    found = stats.clustered_mean(values, list("abcde"), confidence=0.9)
    low, high = scipy_stats.t.interval(
        0.9, df=4, loc=np.mean(values), scale=scipy_stats.sem(values)
    )
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


def test_one_cluster_cannot_tell():
    found = stats.clustered_mean([0.0, 1.0], ["a", "a"])
    assert (found.mean, found.se, found.low, found.high) == (0.5, None, None, None)


def test_no_values_are_no_evidence():
    with pytest.raises(EvidenceError, match="at least one task"):
        stats.clustered_mean([], [])


def test_a_cluster_for_each_value():
    with pytest.raises(EvidenceError, match="2 values but 1 clusters"):
        stats.clustered_mean([1.0, 2.0], ["a"])


def test_paired_difference_from_forty_clusters_on_is_the_paired_t_test():
    rng = np.random.default_rng(1)
    control = rng.normal(size=60)
    treated = control + rng.normal(0.1, 0.5, size=60)
    found = stats.paired_difference(list(treated), list(control), [f"group-{i}" for i in range(60)])
    wanted = scipy_stats.ttest_rel(treated, control, alternative="greater").pvalue
    assert found.method == "t"
    assert (found.better, found.worse) == pytest.approx((wanted, 1 - wanted), abs=1e-12)


def test_few_clusters_are_flipped_in_every_way():
    # 3 clusters, all one better: 1 of 8 sign patterns is as extreme.
    found = stats.paired_difference([1.0, 1.0, 1.0], [0.0, 0.0, 0.0], ["a", "b", "c"])
    assert found.method == "sign-flip"
    assert (found.better, found.worse) == (0.125, 1.0)


def test_sign_flip_agrees_with_scipys_permutation_of_the_t_score():
    values = [0.4, -0.1, 0.3, 0.2, 0.5, -0.2, 0.1, 0.6]

    def score(x, axis=-1):
        return scipy_stats.ttest_1samp(x, 0, axis=axis).statistic

    wanted = scipy_stats.permutation_test(
        (np.array(values),), score, permutation_type="samples", alternative="greater",
        n_resamples=np.inf,
    ).pvalue  # fmt: skip
    assert stats.sign_flip(values, list("abcdefgh"))[0] == pytest.approx(wanted, abs=1e-12)


def test_random_flips_repeat_with_their_seed_and_never_reach_zero():
    values = [1.0] * 20
    clusters = [str(i) for i in range(20)]
    first = stats.sign_flip(values, clusters, flips=999, seed=3)
    assert first == stats.sign_flip(values, clusters, flips=999, seed=3)
    assert first[0] == 1 / 1000


def test_the_order_of_rows_changes_nothing():
    values, clusters = [0.1, 0.9, 0.3, 0.4], ["b", "a", "b", "a"]
    turned = stats.clustered_mean(values[::-1], clusters[::-1])
    assert turned == stats.clustered_mean(values, clusters)


def test_relative_lift_of_constant_arms_is_exact():
    found = stats.ratio_interval([0.9, 0.9, 0.9], [0.6, 0.6, 0.6], ["a", "b", "c"])
    assert found.mean == pytest.approx(0.5)
    assert found.se == pytest.approx(0.0, abs=1e-12)


def test_relative_lift_by_hand():
    # R = 1, residuals .5 and -.5: sqrt(2 / 1 * (.25 + .25)) / 2, over the control's mean .75
    found = stats.ratio_interval([1.0, 0.5], [0.5, 1.0], ["a", "b"])
    assert found.mean == pytest.approx(0.0)
    assert found.se == pytest.approx(math.sqrt(2 * (0.25 + 0.25)) / 2 / 0.75)


def test_no_relative_lift_over_nothing():
    with pytest.raises(EvidenceError, match="report the difference"):
        stats.ratio_interval([0.5, 0.5], [-0.2, 0.1], ["a", "b"])


def test_holm_by_hand():
    assert stats.holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert stats.holm([0.9, 0.8]) == [1.0, 1.0]
    assert stats.holm([]) == []


def test_alpha_spent_over_all_reads_sums_to_alpha():
    assert stats.alpha_of_read(0.05, 1) == pytest.approx(0.0303963, abs=1e-7)
    assert stats.alpha_of_read(0.05, 4) == pytest.approx(0.0018998, abs=1e-7)
    spent = sum(stats.alpha_of_read(0.05, read) for read in range(1, 20_000))
    assert 0.0499 < spent < 0.05


def test_reads_are_counted_from_one():
    with pytest.raises(EvidenceError, match="counted from 1"):
        stats.alpha_of_read(0.05, 0)


def test_design_effect_of_equal_members_is_the_size_of_a_cluster():
    values = [0.0] * 4 + [1.0] * 4
    found = stats.design_effect(values, ["a"] * 2 + ["b"] * 2 + ["c"] * 2 + ["d"] * 2)
    # clustered: sqrt(4/3 * 4) / 8; naive: 2 / (8 * 7)
    assert found == pytest.approx((4 / 3 * 4 / 64) / (2 / 56))
    assert stats.design_effect([1.0, 1.0], ["a", "b"]) == 1.0


@pytest.mark.parametrize(
    ("effect", "discordance", "tasks"),
    [(0.03, 0.1, 681), (0.05, 0.2, 489), (0.1, 0.3, 180)],
)
def test_tasks_needed_and_what_they_can_see_are_inverse(effect, discordance, tasks):
    assert power.tasks_needed(effect, discordance, alpha=0.05) == tasks
    seen = power.minimum_detectable_effect(tasks, discordance, alpha=0.05)
    assert seen == pytest.approx(effect, rel=0.01)
    doubled = power.tasks_needed(effect, discordance, alpha=0.05, effect_of_design=2)
    assert doubled in (2 * tasks - 1, 2 * tasks)


def test_an_effect_larger_than_the_discordance_cannot_be():
    with pytest.raises(EvidenceError, match=r"effect 0\.2"):
        power.tasks_needed(0.2, 0.1, alpha=0.05)


@pytest.mark.parametrize(("clusters", "size", "repeats"), [(15, 20, 300), (60, 10, 1500)])
def test_type_one_error_holds_where_tasks_of_a_cluster_move_together(clusters, size, repeats):
    rng = np.random.default_rng(20261122)
    names = [str(i) for i in range(clusters) for _ in range(size)]
    false = 0
    for _ in range(repeats):
        shared = np.repeat(rng.normal(0, 0.3, clusters), size)
        difference = np.sign(shared + rng.normal(size=len(shared)))
        zeros = [0.0] * len(names)
        found = stats.paired_difference(list(difference), zeros, names, flips=199)
        false += found.better <= 0.05
    # 5 % nominal; a test that takes tasks as independent is above 11 % here.
    assert 0.02 < false / repeats < 0.08
