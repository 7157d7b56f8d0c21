import random

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from tasks.core.records import encode
from tasks.core.settings import CanarySettings, GuardrailSettings, RampSettings
from tasks.evidence.guardrails import Served
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


def guarded(*names, **changes):
    asked = tuple(GuardrailSettings(name=name) for name in names)
    return SETTINGS.model_copy(update={"guardrails": asked, "max_sessions": 2000, **changes})


def with_errors(rows, *, champion, challenger, seed=3):
    """The sessions with unreadable calls at each arm's rate."""
    rng = random.Random(seed)
    rates = {"champion": champion, "challenger": challenger}
    return [
        replace(row, served=Served(replies=1, parse_errors=int(rng.random() < rates[row.arm])))
        for row in rows
    ]


def test_a_better_challenger_waits_for_every_guardrail():
    rows = with_errors(sessions(2000, champion=0.5, challenger=0.9), champion=0.0, challenger=0.0)
    settings = guarded("parse_errors")
    found = judge(rows, settings)
    assert (found.verdict, found.decision) == ("PASS", "promote")
    assert found.looks[-1].guardrails["parse_errors"].promote >= 20
    assert found.looks[-1].sessions > judge(rows, SETTINGS).looks[-1].sessions
    assert "parse_errors: no worse by 0.005 or more" in found.reasons[1]


def test_a_guardrail_that_is_broken_rolls_back_what_the_outcome_would_promote():
    rows = with_errors(sessions(2000, champion=0.5, challenger=0.9), champion=0.0, challenger=0.2)
    found = judge(rows, guarded("parse_errors", min_sessions=500))
    assert (found.verdict, found.decision) == ("FAIL", "rollback")
    assert "parse_errors is worse by more than 0.005" in found.reasons[0]


def test_a_guardrail_that_nothing_tells_of_forbids_a_promotion_and_says_so():
    found = judge(sessions(2000, champion=0.5, challenger=0.9), guarded("csat"))
    assert (found.verdict, found.decision) == ("INCONCLUSIVE", "keep")
    assert "csat is not shown to be no worse by 0.02: e-value 1 in 0 sessions" in found.reasons


def test_a_metric_that_one_arm_loses_halts_it():
    rows = [
        replace(row, served=Served(feedback={} if row.arm == "challenger" else {"csat": 3.0}))
        for row in sessions(400, champion=0.7, challenger=0.7)
    ]
    found = judge(rows, guarded("csat"))
    assert (found.verdict, found.decision) == ("INCONCLUSIVE", "halt")
    assert "csat goes missing more often on one arm" in found.reasons[0]


def test_feedback_that_stops_on_both_arms_decides_nothing():
    found = judge(sessions(400, champion=0.9, challenger=0.9, lost=(0.4, 0.4)), SETTINGS)
    assert (found.verdict, found.decision) == ("INCONCLUSIVE", "halt")
    assert "have no outcome, more than canary.max_missing = 0.2" in found.reasons[0]


def timed(rows, *, gap_s, jump_at=None, jump_s=0.0):
    return [
        replace(
            row,
            started=1.8e9 + number * gap_s + (jump_s if jump_at and number >= jump_at else 0.0),
        )
        for number, row in enumerate(rows)
    ]


def test_a_promotion_waits_for_the_hours_that_params_ask_for():
    rows = sessions(400, champion=0.5, challenger=0.9)
    settings = SETTINGS.model_copy(update={"min_hours": 2.0})
    slow = judge(timed(rows, gap_s=60.0), settings)
    assert slow.decision == "promote"
    assert slow.looks[-1].hours >= 2.0
    quick = judge(timed(rows, gap_s=10.0), settings)
    assert (quick.verdict, quick.decision) == ("INCONCLUSIVE", "keep")
    assert "1.1 hours of sessions, 2 needed" in quick.reasons


def test_a_clock_set_a_day_ahead_is_no_day_of_sessions():
    rows = timed(sessions(400, champion=0.5, challenger=0.9), gap_s=1, jump_at=50, jump_s=86400)
    found = judge(rows, SETTINGS.model_copy(update={"min_hours": 24.0}))
    assert found.verdict == "INCONCLUSIVE"
    assert found.looks[-1].hours < 1.2


def test_a_clock_set_a_day_back_halts_it():
    rows = timed(sessions(400, champion=0.5, challenger=0.9), gap_s=1, jump_at=50, jump_s=-86400)
    found = judge(rows, SETTINGS)
    assert (found.verdict, found.decision) == ("INCONCLUSIVE", "halt")
    assert "the gateway's clock went back by 86,3" in found.reasons[0]


def test_a_ramp_raises_the_share_with_the_judged_sessions():
    steps = tuple(
        RampSettings(sessions=n, share=s) for n, s in ((0, 0.05), (1000, 0.25), (3000, 0.5))
    )
    settings = SETTINGS.model_copy(update={"ramp": steps})
    assert [settings.share_after(n) for n in (0, 999, 1000, 3000)] == [0.05, 0.05, 0.25, 0.5]
    assert SETTINGS.share_after(0) == 0.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ramp": [{"sessions": 9, "share": 0.5}, {"sessions": 5, "share": 0.6}]}, "more and more"),
        ({"ramp": [{"sessions": 0, "share": 0.5}, {"sessions": 5, "share": 0.1}]}, "growing"),
        ({"outcome_s": 864000, "max_hours": 72}, "raise max_hours"),
        ({"guardrails": [{"name": "csat"}, {"name": "csat"}]}, "once"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        CanarySettings.model_validate({**SETTINGS.model_dump(), **changes})
