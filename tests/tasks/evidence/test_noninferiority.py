"""The score test against published and worked figures, and its level at the margin."""

import math
import random

import pytest

from tasks.core.errors import EvidenceError
from tasks.evidence import noninferiority
from tasks.evidence.noninferiority import design_effect, noninferior, tasks_needed


def tables(ahead, behind, same):
    treated = [1.0] * ahead + [0.0] * behind + [1.0] * same
    control = [0.0] * ahead + [1.0] * behind + [1.0] * same
    return treated, control, [str(number) for number in range(len(treated))]


def test_the_restricted_estimate_solves_its_likelihood_equation():
    # b 4, c 1 of 30 at d = -0.1: the derivative of the log-likelihood is 0 there.
    b, c, n, d = 4.0, 1.0, 30.0, -0.1
    linear = b + c + (b - c - 2 * n) * d
    q = (linear + math.sqrt(linear**2 + 8 * n * c * d * (1 - d))) / (4 * n)
    assert b / (q + d) + c / q - 2 * (n - b - c) / (1 - 2 * q - d) == pytest.approx(0, abs=1e-6)
    score = (b - c - n * d) / math.sqrt(n * (2 * q + d - d * d))
    assert noninferiority._score(b, c, n, d) == pytest.approx(score)


def test_no_difference_at_all_is_no_proof_on_few_tasks():
    assert noninferior(*tables(0, 0, 5), margin=0.1) > 0.2
    assert noninferior(*tables(0, 0, 20), margin=0.1) > 0.05
    assert noninferior(*tables(0, 0, 100), margin=0.1) < 0.01


def test_more_losses_make_it_less_sure():
    chances = [noninferior(*tables(3, behind, 100), margin=0.1) for behind in (0, 3, 8, 20)]
    assert chances == sorted(chances)
    assert chances[0] < 0.001
    assert chances[-1] > 0.5


def test_equal_tasks_of_one_group_count_once():
    treated, control, _ = tables(0, 0, 100)
    few = [str(number // 20) for number in range(100)]
    assert noninferior(treated, control, few, margin=0.1) > 0.2
    assert design_effect([0.0] * 100, few) == 20


def test_the_level_holds_where_a_base_never_errs():
    """The t test passed 37 % of such models at 20 tasks."""
    rng = random.Random(0)
    passed = 0
    for _ in range(400):
        treated = [float(rng.random() >= 0.1) for _ in range(20)]
        groups = [str(number) for number in range(20)]
        passed += noninferior(treated, [1.0] * 20, groups, margin=0.1) <= 0.05
    assert passed <= 0.065 * 400


def test_tasks_needed_grow_with_discordance_and_design():
    needed = tasks_needed(0.25, margin=0.1, alpha=0.05)
    assert needed == 155
    assert tasks_needed(0.25, margin=0.05, alpha=0.05) == 619
    assert tasks_needed(0.25, margin=0.1, alpha=0.05, effect=2.0) == pytest.approx(
        2 * needed, abs=1
    )


@pytest.mark.parametrize(
    ("values", "margin", "why"),
    [
        (([], [], []), 0.1, "no values"),
        (([1.0], [1.0, 1.0], ["a"]), 0.1, "give one of each"),
        (([1.0], [1.0], ["a"]), 0.0, "margin"),
        (([float("nan")], [1.0], ["a"]), 0.1, "no number"),
        (([2.0], [1.0], ["a"]), 0.1, "outside"),
    ],
)
def test_what_is_no_rate_is_refused(values, margin, why):
    with pytest.raises(EvidenceError, match=why):
        noninferior(*values, margin=margin)


def test_where_all_tasks_differ_alike_groups_count_once():
    names = [f"g{i // 2}" for i in range(40)]
    assert design_effect([-1.0] * 40, names) == 2.0
    assert noninferior([0.0] * 40, [1.0] * 40, names, margin=0.1) > 0.99
