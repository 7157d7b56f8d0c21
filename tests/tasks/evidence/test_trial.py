import random

import pytest

from tasks.core.records import encode
from tasks.core.settings import CanarySettings
from tasks.evidence.trial import Session, judge

SETTINGS = CanarySettings(
    share=0.5,
    alpha=0.05,
    margin=0.02,
    min_sessions=60,
    max_sessions=400,
    look_every=20,
    timeout_s=1,
)


def sessions(count, *, champion, challenger, share=0.5, real=None, lost=(0.0, 0.0), seed=7):
    """Sessions whose outcome is drawn at each arm's rate; `lost` of them come without one."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        treated = rng.random() < (real or share)
        missing = rng.random() < lost[treated]
        success = rng.random() < (challenger if treated else champion)
        found.append(
            Session(
                session=f"{number:016x}",
                arm="challenger" if treated else "champion",
                share=share,
                outcome=float(success and not missing),
                missing=missing,
            )
        )
    return found


def test_a_better_challenger_is_promoted_once_it_has_enough_sessions():
    found = judge(sessions(400, champion=0.5, challenger=0.9), SETTINGS)
    assert (found.verdict, found.decision) == ("PASS", "promote")
    last = found.looks[-1]
    assert last.promote >= 20
    assert last.challenger >= 60
    assert last.sessions % 20 == 0
    # The evidence was there before: the number of sessions is what it waited for.
    assert any(look.promote >= 20 and look.challenger < 60 for look in found.looks)
    assert found.low < 0.4 < found.high


def test_a_harmful_challenger_is_rolled_back_early():
    found = judge(sessions(400, champion=0.8, challenger=0.3), SETTINGS)
    assert (found.verdict, found.decision) == ("FAIL", "rollback")
    assert found.looks[-1].sessions <= 100
    assert found.looks[-1].harm >= 20
    assert found.reasons[0].startswith("harm: e-value ")


def test_nothing_to_see_ends_inconclusive_at_the_last_session():
    found = judge(sessions(500, champion=0.6, challenger=0.6), SETTINGS)
    assert (found.verdict, found.decision) == ("INCONCLUSIVE", "keep")
    assert found.looks[-1].sessions == 400
    assert found.reasons[0].startswith("no decision in 400 sessions")


def test_an_empty_arm_is_never_promoted():
    found = judge(sessions(400, champion=0.6, challenger=1.0, share=0.001, real=1e-9), SETTINGS)
    assert found.verdict == "INCONCLUSIVE"


def test_no_sessions_are_inconclusive():
    found = judge([], SETTINGS)
    assert found.verdict == "INCONCLUSIVE"
    assert found.reasons == ("the canary ended after 0 sessions without a decision",)
    assert (found.low, found.high) == (-1.0, 1.0)


def test_a_broken_split_halts_whatever_the_outcomes_say():
    found = judge(sessions(400, champion=0.5, challenger=0.6, real=0.15), SETTINGS)
    assert (found.verdict, found.decision) == ("INCONCLUSIVE", "halt")
    assert found.looks[-1].mismatch >= 1000
    assert "is not the share" in found.reasons[0]


def test_outcomes_lost_on_one_arm_halt_it_instead_of_making_the_other_look_good():
    found = judge(sessions(400, champion=0.7, challenger=0.7, lost=(0.5, 0.0)), SETTINGS)
    assert (found.verdict, found.decision) == ("INCONCLUSIVE", "halt")
    assert found.looks[-1].missing >= 40


def test_the_same_sessions_give_the_same_bytes():
    rows = sessions(300, champion=0.6, challenger=0.65)
    assert encode(judge(rows, SETTINGS)) == encode(judge(rows, SETTINGS))


def test_what_comes_after_a_decision_changes_nothing():
    rows = sessions(400, champion=0.8, challenger=0.3)
    found = judge(rows, SETTINGS)
    upto = found.looks[-1].sessions
    assert judge(rows[:upto], SETTINGS) == found


@pytest.mark.parametrize("seed", range(20))
def test_equal_models_are_neither_promoted_for_gain_nor_rolled_back(seed):
    strict = SETTINGS.model_copy(update={"margin": 0.0})
    found = judge(sessions(400, champion=0.7, challenger=0.7, seed=seed), strict)
    assert found.verdict == "INCONCLUSIVE"
