"""The offline verdict, on rows whose answers are laid down task by task."""

import random

import pytest

from tasks.core.records import Tags, encode
from tasks.core.settings import GateSettings
from tasks.evidence.judged import Judged
from tasks.evidence.metrics import Measured
from tasks.evidence.verdict import verdict

SETTINGS = GateSettings(
    alpha=0.05, slice_alpha=0.1, slice_floor=0.08, slice_min=40, over_refusal_margin=0.05
)
TASKS = 200
GROUPS = 100


def row(arm, number, *, exact, mode="greedy", sample=0, **fields):
    expected = fields.pop("expected", "execute" if number % 4 else "clarify")
    return Judged(
        arm=arm,
        mode=mode,
        sample=sample,
        reward=fields.pop("reward", float(exact)),
        tokens=10,
        tags=Tags(tools=(f"tool-{number % 3}",), held_out=number % 2 == 0),
        measured=Measured(
            example=f"task-{number:03d}",
            group=fields.pop("group", f"group-{number % GROUPS:03d}"),
            expected=expected,
            did=expected,
            exact=exact,
            invented=False,
            malformed=False,
            acted_instead=False,
            over_refusal=fields.pop("over_refusal", False),
        ),
    )


def rows(right, sampled=None, **fields):
    """`right` maps an arm to the numbers of the tasks that it gets right."""
    return [
        row(arm, number, exact=number in tasks[arm], mode=mode, sample=sample, **fields)
        for mode, samples, tasks in (("greedy", 1, right), ("sampled", 2, sampled or right))
        for arm in ("base", "better-prompt", "tuned")
        for number in range(TASKS)
        for sample in range(samples)
    ]


def upto(number):
    return set(range(number))


GAIN = {"base": upto(100), "better-prompt": upto(110), "tuned": upto(160)}


def judge(found, reads=1, **fields):
    return verdict(found, SETTINGS, reads, **fields)


def test_a_gain_over_both_arms_passes_with_its_figures():
    found = judge(rows(GAIN))
    assert found.verdict == "PASS"
    assert (found.tasks, found.groups, found.reads) == (200, 100, 1)
    assert found.alpha == pytest.approx(0.0303963, abs=1e-7)
    base, prompt, other, refusal = found.comparisons
    assert base.difference.estimate.mean == pytest.approx(0.3)
    assert prompt.difference.estimate.mean == pytest.approx(0.25)
    assert other.difference.estimate.mean == pytest.approx(0.3)
    assert refusal.difference.estimate.mean == 0.0
    assert found.reasons[0].startswith("tuned beats base on exact match, greedy: +0.300 [")


def test_the_same_rows_in_any_order_give_the_same_bytes():
    ordered = rows(GAIN)
    shuffled = ordered.copy()
    random.Random(0).shuffle(shuffled)
    assert encode(judge(shuffled)) == encode(judge(ordered))


def test_no_gain_fails():
    found = judge(rows({**GAIN, "tuned": upto(100)}))
    assert found.verdict == "FAIL"
    assert any("tuned does not beat base" in reason for reason in found.reasons)


def test_a_gain_that_chance_could_give_is_inconclusive():
    right = {"base": upto(100), "better-prompt": upto(100), "tuned": upto(102)}
    found = judge(rows(right))
    assert found.verdict == "INCONCLUSIVE"
    assert "tuned is not shown to beat base" in found.reasons[0]


def test_a_gain_that_a_prompt_gives_too_is_not_training_s():
    found = judge(rows({**GAIN, "better-prompt": upto(160)}))
    assert found.verdict == "FAIL"
    assert [reason for reason in found.reasons if "a prompt may explain the gain" in reason]


def test_each_read_of_the_test_asks_for_more():
    # 10 tasks won, one lost, each in a group of its own: p is near .003.
    right = {"base": upto(100), "better-prompt": upto(100), "tuned": upto(110) - {0}}
    assert judge(rows(right), reads=1).verdict == "PASS"
    assert judge(rows(right), reads=10).verdict == "INCONCLUSIVE"


def test_better_in_one_mode_and_worse_in_the_other_fails():
    found = judge(rows(GAIN, sampled={**GAIN, "tuned": upto(60)}))
    assert found.verdict == "FAIL"
    assert any("tuned is below base on exact match, sampled" in r for r in found.reasons)


def test_the_mode_of_production_decides():
    sampled = {**GAIN, "tuned": upto(100)}
    assert judge(rows(GAIN, sampled=sampled), mode="greedy").verdict == "PASS"
    assert judge(rows(GAIN, sampled=sampled), mode="sampled").verdict == "FAIL"


def test_a_slice_that_lost_fails_a_model_that_gained():
    # All clarifying tasks (every fourth) among the first hundred are lost.
    tuned = {n for n in range(TASKS) if n % 4} | {100}
    found = judge(rows({**GAIN, "tuned": tuned}))
    assert found.verdict == "FAIL"
    standing = {one.name: one for one in found.slices}
    assert standing["behaviour clarify"].standing == "worse"
    assert standing["behaviour clarify"].difference == pytest.approx(-24 / 50)
    assert standing["behaviour execute"].standing == "ok"


def test_a_slice_below_the_floor_fails_though_chance_could_do_it():
    clarify = [n for n in range(TASKS) if n % 4 == 0]
    lost = set(clarify[:7])  # of those that the base gets right
    won = {n for n in clarify if n >= 100 and n not in clarify[:7]}
    tuned = (upto(160) - lost - won) | set(sorted(won)[:2])
    found = judge(rows({**GAIN, "tuned": tuned}))
    slices = {one.name: one for one in found.slices}
    assert slices["behaviour clarify"].difference == pytest.approx(-5 / 50)
    assert slices["behaviour clarify"].worse > SETTINGS.slice_alpha
    assert slices["behaviour clarify"].standing == "below-floor"
    assert found.verdict == "FAIL"


def test_a_small_slice_cannot_be_judged_and_is_said_so():
    settings = SETTINGS.model_copy(update={"slice_min": 60})
    found = verdict(rows(GAIN), settings, 1)
    standing = {one.name: one.standing for one in found.slices}
    assert standing["behaviour clarify"] == "cannot-judge"
    assert standing["behaviour execute"] == "ok"


def test_needless_refusals_beyond_the_margin_fail():
    found = rows(GAIN)
    refusing = [
        row(r.arm, n, exact=r.measured.exact, mode=r.mode, sample=r.sample, over_refusal=True)
        if r.arm == "tuned" and (n := int(r.measured.example[-3:])) % 4 == 1
        else r
        for r in found
    ]
    verdict_ = judge(refusing)
    assert verdict_.verdict == "FAIL"
    assert any("needless refusals" in r and "is passed" in r for r in verdict_.reasons)


def without(found, arm, number):
    return [r for r in found if (r.arm, r.measured.example) != (arm, f"task-{number:03d}")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: [], "there are no rows"),
        (lambda r: [one for one in r if one.arm != "better-prompt"], "no greedy rows of better"),
        (lambda r: [one for one in r if one.mode != "sampled"], "no sampled rows of base"),
        (lambda r: without(r, "tuned", 7), "tuned lacks 1 of 200 greedy rows"),
        (lambda r: [*r, r[0]], "1 rows stand there twice"),
        (lambda r: [*r, row("base", 3, exact=True, group="elsewhere")], "are in several groups"),
        (
            lambda r: (
                [row("tuned", n, exact=True, reward=None) for n in range(8)]
                + [one for one in r if (one.arm, one.mode) != ("tuned", "greedy")]
                + [row("tuned", n, exact=True) for n in range(8, TASKS)]
            ),
            "could not score 8 of 600 rows of tuned",
        ),
        (
            lambda r: [one for one in r if one.measured.group < "group-009"],
            "9 groups of tasks, 10 needed",
        ),
    ],
)
def test_what_is_missing_is_never_a_pass(change, reason):
    found = judge(change(rows(GAIN)))
    assert found.verdict == "INCONCLUSIVE"
    assert any(reason in one for one in found.reasons), found.reasons


def test_a_test_nobody_wrote_down_to_have_read_decides_nothing():
    found = judge(rows(GAIN), reads=0)
    assert found.verdict == "INCONCLUSIVE"
    assert "no read of this sealed test" in found.reasons[0]
