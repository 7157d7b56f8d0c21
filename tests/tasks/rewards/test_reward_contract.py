import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from tasks import rewards
from tasks.core.errors import SettingsError
from tasks.core.records import Score
from tasks.rewards import Case
from tasks.rewards.specification import scoring

pytestmark = pytest.mark.usefixtures("graders")

NAMES = rewards.available()
CASES = [(name, case) for name in NAMES for case in rewards.load(name).CASES]


def valued(name: str, case: Case) -> Score:
    """A case by itself, whichever way the reward is called."""
    scorer = scoring.alone(name, dict(case.options))
    return scoring.column(scorer, [case.prompt], [case.reply])[0]


def test_the_rewards_are_the_files_that_have_cases():
    assert set(NAMES) >= {"decision", "json_schema", "tool_call"}
    assert set(NAMES).isdisjoint({"spec", "scoring", "matching", "card", "registration"})


@pytest.mark.parametrize(("name", "case"), CASES)
def test_each_case_is_worth_what_it_says(name: str, case: Case):
    score = valued(name, case)
    assert score.value == (None if case.value is None else pytest.approx(case.value, abs=1e-12))
    assert bool(score.reason) == (score.value is None)
    assert score.tier or score.value is None


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_same_reply_is_worth_the_same_twice(name: str, case: Case):
    first, second = (valued(name, case) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", NAMES)
def test_values_lie_between_minus_one_and_one(name: str):
    scorer = scoring.alone(name, rewards.load(name).CASES[0].options)
    prompts, replies = [case.prompt for _, case in CASES], [case.reply for _, case in CASES]
    values = [score.value for score in scoring.column(scorer, prompts, replies)]
    assert len(values) == len(CASES)
    assert all(value is None or -1 <= value <= 1 for value in values)


@pytest.mark.parametrize("name", NAMES)
def test_settings_refuse_an_option_that_is_none(name: str):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        rewards.load(name).Settings.model_validate({"no_such_option": 1})


@pytest.mark.parametrize("name", NAMES)
def test_a_reward_shows_what_it_pays(name: str):
    values = {case.value for reward, case in CASES if reward == name}
    assert {None, 0.0, 1.0} <= values


def test_an_unknown_reward_is_refused_with_the_known_ones():
    with pytest.raises(SettingsError, match=r"'tool_cal' is not known; expected one of .*decision"):
        rewards.load("tool_cal")


def test_a_module_of_the_users_own_is_a_reward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "house_rewards").mkdir()
    file = tmp_path / "house_rewards" / "short.py"
    file.write_text(
        "from tasks.core.records import Score\n"
        "from tasks.core.section import Section\n"
        "class Settings(Section):\n    pass\n"
        "def score(prompt, reply, settings):\n"
        "    return Score(value=float(len(reply.content) < 20), tier='length')\n"
        "CASES = ()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert rewards.load("house_rewards.short").CASES == ()
    before = rewards.source_sha("house_rewards.short")
    file.write_text(file.read_text() + "# changed\n")
    assert rewards.source_sha("house_rewards.short") != before
    sys.modules.pop("house_rewards.short")


def test_a_module_that_is_no_reward_is_refused():
    with pytest.raises(SettingsError, match="has no Settings, score, CASES"):
        rewards.load("tasks.core.records")


def test_a_module_that_is_not_there_is_refused():
    with pytest.raises(SettingsError, match="there is no module no_such_package"):
        rewards.load("no_such_package.reward")
