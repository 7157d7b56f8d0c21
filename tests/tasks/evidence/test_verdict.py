"""The offline verdict, on rows whose answers are laid down task by task."""

import random

import msgspec
import pytest

from tasks.core.records import Tags, encode
from tasks.core.settings import GateSettings
from tasks.evidence.judged import Judged
from tasks.evidence.metrics import Measured
from tasks.evidence.slices import by_slice
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
    base, prompt, calls, other, refusal = found.comparisons
    assert calls.difference.estimate.mean == pytest.approx(0.3)
    assert base.difference.estimate.mean == pytest.approx(0.3)
    assert prompt.difference.estimate.mean == pytest.approx(0.25)
    assert other.difference.estimate.mean == pytest.approx(0.3)
    assert refusal.difference.estimate.mean == 0.0
    assert found.reasons[0].startswith("tuned beats base on exact match, greedy: +0.300 [")
    assert (found.proved, found.by_rules) == (("execute",), ("clarify",))
    assert found.reasons[-1] == (
        "execute is proved by schemas and references alone; clarify read by the gate's rules for "
        "English text, by no judge"
    )


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


def test_a_critical_slice_that_may_have_lost_is_never_passed():
    clarify = [n for n in range(TASKS) if n % 4 == 0]
    lost = set(clarify[:7])  # of those that the base gets right
    won = {n for n in clarify if n >= 100 and n not in clarify[:7]}
    tuned = (upto(160) - lost - won) | set(sorted(won)[:2])
    found = judge(rows({**GAIN, "tuned": tuned}))
    slices = {one.name: one for one in found.slices}
    assert slices["behaviour clarify"].difference == pytest.approx(-5 / 50)
    assert slices["behaviour clarify"].worse > SETTINGS.slice_alpha
    assert slices["behaviour clarify"].standing == "unproven"
    assert slices["behaviour clarify"].missing > 0
    assert found.verdict == "INCONCLUSIVE"
    assert any("more tasks are needed" in reason for reason in found.reasons)


def test_a_small_slice_cannot_be_judged_and_is_said_so():
    settings = SETTINGS.model_copy(update={"slice_min": 100})
    found = verdict(rows(GAIN), settings, 1)
    standing = {one.name: one.standing for one in found.slices}
    assert standing["tool tool-0"] == "cannot-judge"
    assert standing["behaviour clarify"] == standing["behaviour execute"] == "ok"


def test_all_of_a_small_behaviour_lost_is_a_loss_at_any_size():
    # Nine clarifying tasks, all lost; slice_min is 40.
    tuned = {n for n in range(TASKS) if not clarifying(n)}
    right = {"base": upto(120), "better-prompt": upto(120), "tuned": tuned}
    found = judge([as_few(r) for r in rows(right)])
    clarify = next(one for one in found.slices if one.name == "behaviour clarify")
    assert (clarify.n, clarify.difference) == (9, -1.0)
    assert clarify.standing == "worse"
    assert found.verdict == "FAIL"


def test_too_few_tasks_of_a_behaviour_are_never_passed_and_the_number_missing_is_said():
    right = {"base": upto(100), "better-prompt": upto(100), "tuned": upto(170)}
    found = judge([as_few(r) for r in rows(right)])
    clarify = next(one for one in found.slices if one.name == "behaviour clarify")
    assert (clarify.n, clarify.difference) == (9, 0.0)
    assert clarify.standing == "unproven"
    assert clarify.missing > 20
    assert found.verdict == "INCONCLUSIVE"
    assert any(f"about {clarify.missing} more tasks" in reason for reason in found.reasons)


def test_a_critical_tool_without_tasks_is_never_passed():
    settings = SETTINGS.model_copy(update={"critical": ("tool-0", "wire_money")})
    found = verdict(rows(GAIN), settings, 1)
    absent = next(one for one in found.slices if one.name == "tool wire_money")
    assert (absent.n, absent.standing) == (0, "unproven")
    assert found.verdict == "INCONCLUSIVE"
    assert (
        verdict(rows(GAIN), settings.model_copy(update={"critical": ("tool-0",)}), 1).verdict
        == "PASS"
    )


def test_an_arm_with_the_answers_of_the_base_decides_nothing():
    right = {"base": upto(100), "better-prompt": upto(100), "tuned": upto(160)}
    found = judge(rows(right))
    assert found.verdict == "PASS"
    assert found.comparisons[1].outcome == "NOT APPLICABLE"
    assert any("gave the very answers of base" in reason for reason in found.reasons)


def test_models_that_got_better_in_each_of_ten_slices_are_hardly_ever_refused_for_one():
    rng, refused = random.Random(0), 0
    for _ in range(60):
        made = []
        for place in range(10):
            for number in range(40):
                base, tuned = (rng.random() < rate for rate in (0.5, 0.55))
                if rng.random() < 0.5:
                    tuned = base or rng.random() < 0.1
                for arm, exact in (("base", base), ("tuned", tuned)):
                    one = row(arm, number, exact=exact, expected="execute")
                    name = f"{place}-{number}"
                    measured = msgspec.structs.replace(one.measured, example=name, group=name)
                    tags = Tags(tools=(f"tool-{place}",))
                    made.append(msgspec.structs.replace(one, tags=tags, measured=measured))
        refused += any(one.lost for one in by_slice(made, SETTINGS))
    assert refused <= 3


def clarifying(number):
    return number % 4 == 0 and number < 36


def as_few(one):
    """The same row, with the clarifying tasks behind the ninth made into calls."""
    number = int(one.measured.example[-3:])
    expected = "clarify" if clarifying(number) else "execute"
    measured = msgspec.structs.replace(one.measured, expected=expected, did=expected)
    return msgspec.structs.replace(one, measured=measured)


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
    assert "no read of this held-out test" in found.reasons[0]


def better_on_ten_tools(rng, tasks, gains):
    """Greedy rows of base and tuned on ten tools; half of the tasks both find equally hard."""
    for tool, gain in enumerate(gains):
        for number in range(tasks):
            hard = rng.random()
            other = hard if rng.random() < 0.5 else rng.random()
            name = f"{tool}-{number}"
            for arm, right in (("base", hard < 0.6), ("tuned", other < 0.6 + gain)):
                made = row(arm, 1, exact=right, group=name, expected="execute")
                yield msgspec.structs.replace(
                    made,
                    tags=Tags(tools=(f"tool-{tool}",)),
                    measured=msgspec.structs.replace(made.measured, example=name),
                )


def failed(tasks, gains, models=60):
    return sum(
        any(one.lost for one in by_slice(list(better_on_ten_tools(rng, tasks, gains)), SETTINGS))
        for rng in map(random.Random, range(models))
    )


def test_the_floor_fails_hardly_any_model_that_is_better_everywhere():
    assert failed(40, [0.05] * 10) <= 3
    assert failed(100, [0.05] * 10) <= 3


def test_a_tool_that_lost_much_among_nine_that_gained_is_seen():
    assert failed(100, [0.05] * 9 + [-0.3]) >= 55


def test_two_of_five_tasks_lost_are_too_few_to_judge():
    lost = {0, 3, 6, 9, 12}
    right = {"base": upto(100), "better-prompt": upto(110), "tuned": upto(160) - {0, 3}}
    judged = [
        msgspec.structs.replace(one, tags=Tags(tools=("rare",)))
        if one.measured.example in {f"task-{number:03d}" for number in lost}
        else one
        for one in rows(right)
    ]
    found = judge(judged)
    assert found.verdict == "PASS"
    (rare,) = [one for one in found.slices if one.name == "tool rare"]
    assert (rare.n, rare.difference, rare.standing) == (5, -0.4, "cannot-judge")
