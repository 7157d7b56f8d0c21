"""How components of every kind run over a batch, and what their roles make of the values."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.core.errors import SettingsError, StageError
from tasks.core.records import Message, Reply, Score
from tasks.rewards import NOT_APPLICABLE, Prompt
from tasks.rewards.specification.scoring import Role, Scorer, combined
from tasks.rewards.specification.spec import Spec, load_spec, trl_reward

HEAD = "name: house\nversion: 1.0.0\ndescription: It is a test.\nrisks: [none known]\ncomponents:\n"
OWN = """
from tasks.core.records import Score
from tasks.core.section import Section
class Settings(Section):
    value: float = 1.0
CASES = ()
"""
REMOTE = """
import asyncio
running, most = 0, 0
async def score(prompt, reply, settings):
    global running, most
    running += 1
    most = max(most, running)
    await asyncio.sleep(5 if reply.content == "slow" else 0.01)
    running -= 1
    return Score(value=settings.value * len(reply.content) / 10, exact=True, tier="remote")
"""
GROUP = """
seen = []
def score_group(prompts, replies, settings):
    seen.append([reply.content for reply in replies])
    assert all(prompt == prompts[0] for prompt in prompts)
    order = sorted({len(reply.content) for reply in replies})
    return [Score(value=order.index(len(r.content)) / 10, tier="rank") for r in replies]
"""
SHORT = "def score_group(prompts, replies, settings):\n    return []\n"
PLAIN = (
    "def score(prompt, reply, settings):\n    return Score(value=settings.value, tier='plain')\n"
)
NOTHING = "def score(prompt, reply, settings):\n    return settings.value\n"


def asked(text: str) -> Prompt:
    return Prompt((Message(role="user", content=text),), (), None)


def said(*texts: str) -> list[Reply]:
    return [Reply(content=text) for text in texts]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "own_rewards"
    folder.mkdir()
    sources = {"remote": REMOTE, "group": GROUP, "short": SHORT, "plain": PLAIN, "bare": NOTHING}
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(OWN + source)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("own_rewards")]:
        sys.modules.pop(name)


def spec(folder: Path, *components: str, head: str = HEAD) -> Spec:
    file = folder / "spec.yaml"
    file.write_text(head + "".join(f"  - {{{component}}}\n" for component in components))
    return load_spec(file)


def test_remote_rewards_run_together_and_bounded(own: Path):
    found = spec(own, "reward: own_rewards.remote, weight: 1.0, concurrency: 3")
    prompts, replies = [asked("a")] * 9, said(*("x" * n for n in range(1, 10)))
    scores = found.batch(prompts, replies)
    assert [score.value for score in scores] == [n / 10 for n in range(1, 10)]
    assert sys.modules["own_rewards.remote"].most == 3


def test_a_remote_reward_that_does_not_answer_leaves_one_reply_unscored(own: Path):
    found = spec(own, "reward: own_rewards.remote, weight: 1.0, timeout_s: 0.5")
    scores = found.batch([asked("a")] * 2, said("slow", "four"))
    assert [(score.value, score.reason) for score in scores] == [(None, "timeout"), (0.4, "")]


def test_a_remote_reward_scores_inside_a_running_loop_too(own: Path):
    found = spec(own, "reward: own_rewards.remote, weight: 1.0")

    async def notebook() -> Score:
        return found.score(asked("a"), Reply(content="four"))

    assert asyncio.run(notebook()).value == 0.4


def test_training_goes_the_same_way(own: Path):
    reward = trl_reward(spec(own, "reward: own_rewards.remote, weight: 1.0"))
    given = {"messages": ["[]"] * 2, "tools": ["[]"] * 2, "reference": ["null"] * 2}
    assert reward(["", ""], ["four", "sixsix"], **given) == [0.4, 0.6]  # type: ignore[arg-type]


def test_what_a_remote_reward_used_up_is_logged(own: Path):
    used = "calls = 3\ndef spent():\n    return {'calls': calls}\n"
    (own / "own_rewards/remote.py").write_text(OWN + REMOTE + used)
    reward = trl_reward(spec(own, "reward: own_rewards.remote, weight: 1.0"))
    logged: dict[str, float] = {}
    given = {"messages": ["[]"], "tools": ["[]"], "reference": ["null"]}
    reward([""], ["four"], **given, log_metric=logged.__setitem__)  # type: ignore[arg-type]
    assert logged["own_rewards.remote/calls"] == 3.0


def test_a_groups_reward_sees_all_replies_to_one_prompt(own: Path):
    found = spec(own, "reward: own_rewards.group, weight: 1.0")
    prompts = [asked("a"), asked("b"), asked("a"), asked("a")]
    scores = found.batch(prompts, said("x", "yy", "zzz", "xx"))
    assert [score.value for score in scores] == [0.0, 0.0, 0.2, 0.1]
    assert sys.modules["own_rewards.group"].seen == [["x", "zzz", "xx"], ["yy"]]


def test_a_reward_that_breaks_the_contract_stops(own: Path):
    with pytest.raises(StageError, match="returned 0 scores for 1 replies"):
        spec(own, "reward: own_rewards.short, weight: 1.0").score(asked("a"), Reply())
    with pytest.raises(StageError, match=r"returned 1\.0; expected a Score"):
        spec(own, "reward: own_rewards.bare, weight: 1.0").score(asked("a"), Reply())


def test_a_reward_of_the_users_own_that_raises_loses_that_reply_alone(own: Path):
    raising = (
        "def score(prompt, reply, settings):\n    return Score(value=1 / len(reply.content))\n"
    )
    (own / "own_rewards/plain.py").write_text(OWN + raising)
    found = spec(own, "reward: own_rewards.plain, weight: 1.0")
    scores = found.batch([asked("a")] * 2, said("", "four"))
    assert [(score.value, score.reason) for score in scores] == [
        (None, "reward-raised-ZeroDivisionError"),
        (0.25, ""),
    ]


@pytest.mark.parametrize("value", ["1000000000.0", ".nan", ".inf", "-1.5"])
def test_a_value_that_is_none_is_unscored(own: Path, value: str):
    found = spec(own, f"reward: own_rewards.plain, weight: 1.0, options: {{value: {value}}}")
    assert found.score(asked("a"), Reply()).reason == "reward-value-not-in-range"


def roles(*parts: tuple[Role, float, float | None]) -> Score:
    scorers = [
        Scorer(f"c{i}", "r", role, weight, None, print)  # type: ignore[arg-type]
        for i, (role, weight, _) in enumerate(parts)
    ]
    scores = [
        Score.unscored(NOT_APPLICABLE) if v is None else Score(value=v, exact=v == 1)
        for _, _, v in parts
    ]
    return combined(scorers, scores, (-1.0, 1.0))


@pytest.mark.parametrize(
    ("parts", "value"),
    [
        ([("sum", 0.5, 1.0), ("sum", 0.25, 1.0)], 0.75),
        ([("sum", 1.0, 1.0), ("gate", 1.0, 0.5), ("gate", 1.0, 0.5)], 0.25),
        ([("sum", 1.0, 1.0), ("gate", 1.0, 0.0)], 0.0),
        ([("sum", 1.0, -0.5), ("gate", 1.0, 0.0)], -0.5),
        ([("sum", 1.0, 1.0), ("gate", 1.0, -1.0)], 0.0),
        ([("sum", 1.0, 1.0), ("penalty", 0.2, 1.0)], 1.0),
        ([("sum", 1.0, 1.0), ("penalty", 0.2, 0.0)], 0.8),
        ([("sum", 1.0, 0.4), ("gate", 1.0, 0.5), ("penalty", 0.2, 0.75)], 0.15),
        ([("sum", 1.0, 0.0), ("penalty", 1.0, 0.0), ("penalty", 1.0, 0.0)], -1.0),
        ([("sum", 1.0, 1.0), ("gate", 1.0, None), ("penalty", 1.0, None)], 1.0),
        ([("sum", 1.0, None), ("gate", 1.0, 1.0)], None),
    ],
)
def test_roles_combine(parts: list[tuple[Role, float, float | None]], value: float | None):
    assert roles(*parts).value == (None if value is None else pytest.approx(value))


def test_exact_needs_open_gates_and_no_penalty():
    assert roles(("sum", 1.0, 1.0), ("gate", 1.0, 1.0), ("penalty", 0.1, 1.0)).exact
    assert not roles(("sum", 1.0, 1.0), ("gate", 1.0, 0.9)).exact
    assert not roles(("sum", 1.0, 1.0), ("penalty", 0.1, 0.9)).exact


def test_a_reward_may_stand_twice_under_two_names(own: Path):
    plain = "reward: own_rewards.plain, weight: 0.5"
    found = spec(own, plain, f"{plain}, as: half, options: {{value: 0.5}}")
    assert found.score(asked("a"), Reply()).components == {"own_rewards.plain": 1.0, "half": 0.5}
    assert found.score(asked("a"), Reply()).value == 0.75


def test_a_spec_may_include_another(own: Path):
    (own / "rules.yaml").write_text(HEAD + "  - {reward: own_rewards.plain, weight: 0.25}\n")
    whole = HEAD.replace("components:", "include: [rules.yaml]\ncomponents:")
    found = spec(own, "reward: own_rewards.plain, as: other, weight: 0.5", head=whole)
    assert [one.name for one in found.scorers] == ["own_rewards.plain", "other"]
    flat = spec(
        own,
        "reward: own_rewards.plain, weight: 0.25",
        "reward: own_rewards.plain, as: other, weight: 0.5",
    )
    assert flat.sha == found.sha


@pytest.mark.parametrize(
    ("include", "components", "said"),
    [
        ("[spec.yaml]", "[]", r":5: include\.0: spec\.yaml includes spec\.yaml; take one of"),
        ("[b.yaml]", "[]", r"b\.yaml:4: include\.0: spec\.yaml includes b\.yaml includes spec\."),
        ("[none.yaml]", "[]", r":5: include\.0: there is no .*none\.yaml; paths are relative"),
        ("[]", "[]", "components is missing; add it"),
        ("[]", "[{reward: decision, role: gate, weight: 1}]", "has no weight; remove it"),
        ("[]", "[{reward: decision, role: gate}]", "add one of role sum"),
        ("[]", "[{reward: decision, role: penalty}]", "weight is missing; add it"),
        ("[]", "[{reward: decision, role: bonus, weight: 1}]", r"components\.0\.role = 'bonus'"),
        (
            "[]",
            "[{reward: decision, weight: 1}, {reward: tool_call, as: decision, weight: 1}]",
            r":6: components\.1: decision stands twice; join the two, or name one of them",
        ),
    ],
)
def test_what_cannot_be_combined_is_refused(
    tmp_path: Path, include: str, components: str, said: str
):
    head = HEAD.replace("components:\n", f"include: {include}\ncomponents: {components}\n")
    (tmp_path / "spec.yaml").write_text(head)
    other = HEAD.replace("risks: [none known]\ncomponents:\n", "").replace("name: house\n", "")
    other = f"name: b\n{other}include: [spec.yaml]\nrisks: [none known]\n"
    (tmp_path / "b.yaml").write_text(other)
    with pytest.raises(SettingsError, match=said):
        load_spec(tmp_path / "spec.yaml")


def test_a_clip_outside_the_range_is_refused(tmp_path: Path):
    text = HEAD + "  - {reward: decision, weight: 1}\nclip: [-2, 1]\n"
    (tmp_path / "spec.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"clip \[-2\.0, 1\.0\]: expected low < high"):
        load_spec(tmp_path / "spec.yaml")
