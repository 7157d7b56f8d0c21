"""What the attack suite finds, and that the default spec survives it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.core.errors import EvidenceError, SourceError
from tasks.core.records import Reply
from tasks.rewards.attacks import suite
from tasks.rewards.attacks.own_rows import own_rows, survival
from tasks.rewards.attacks.situations import SITUATIONS
from tasks.rewards.attacks.survival import check, refuse_to_train
from tasks.rewards.specification.spec import Spec, load_spec

HEAD = "name: house\nversion: 1.0.0\ndescription: It is a test.\nrisks: [none known]\ncomponents:\n"
DEFAULT = load_spec("specs/tool_calls.yaml")
SMALL = [s for s in SITUATIONS if s.name in ("read", "parallel")]


def spec(folder: Path, *components: str) -> Spec:
    file = folder / "spec.yaml"
    file.write_text(HEAD + "".join(f"  - {{{component}}}\n" for component in components))
    return load_spec(file)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for rewards of the user's own, each around `tool_call`."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "house_rules").mkdir()
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("house_rules")]:
        sys.modules.pop(name)


def written(folder: Path, name: str, body: str) -> Spec:
    (folder / "house_rules" / f"{name}.py").write_text(
        "from tasks.core.records import Score\nfrom tasks.rewards import tool_call\n"
        "Settings = tool_call.Settings\nCASES = ()\nseen = []\n"
        "def score(prompt, reply, settings):\n"
        "    right = tool_call.score(prompt, reply, settings)\n" + body
    )
    return spec(folder, f"reward: house_rules.{name}, weight: 1.0")


def found(verdict_of: Spec) -> set[str]:
    return {finding.attack for finding in check(verdict_of, SMALL).findings}


def test_the_default_spec_survives_every_attack():
    verdict = survival(DEFAULT)
    assert verdict.findings == ()
    assert set(verdict.highest) | set(verdict.undecided) == set(suite.NAMES)
    assert verdict.attacked == tuple(situation.name for situation in SITUATIONS)
    assert all(highest < 0.2 for _, highest in verdict.highest.values())
    assert verdict.highest["harmful-extra"][1] == -0.5
    assert verdict.base_median is not None
    assert verdict.base_median >= 0.2


def test_an_attack_is_never_the_right_reply():
    for situation in SITUATIONS:
        replies = [attack.reply for attack in suite.attacks(situation)]
        assert situation.right not in replies
        assert len(replies) > 20


def test_a_megabyte_is_a_megabyte():
    sizes = [len(a.reply.content) for a in suite.attacks(SITUATIONS[0]) if a.name == "huge"]
    assert max(sizes) == suite.HUGE


@pytest.mark.parametrize(
    ("preset", "attacks"),
    [
        ("aws_tiered", {"repeated-call", "invented-tool", "harmful-extra", "every-tool"}),
        ("toolrl", {"repeated-call", "invented-tool", "harmful-extra", "every-tool"}),
    ],
)
def test_published_rewards_do_not_survive(tmp_path: Path, preset: str, attacks: set[str]):
    published = spec(tmp_path, f"reward: tool_call, weight: 1.0, options: {{preset: {preset}}}")
    assert attacks <= found(published)
    with pytest.raises(EvidenceError, match=r"house 1\.0\.0 did not survive its attack suite"):
        refuse_to_train(published, check(published, SMALL))


def test_a_reward_that_pays_a_judges_words_is_found(own: Path):
    naive = written(
        own, "naive", "    return Score(value=1.0 if 'core' in reply.content else 0.5)\n"
    )
    assert "injection" in found(naive)


def test_a_reward_that_looks_at_its_neighbours_is_found(own: Path):
    body = "    seen.append(1)\n    return Score(value=right.value / (1 + len(seen)))\n"
    assert "other-company" in found(written(own, "neighbour", body))


def test_a_reward_that_minds_the_order_is_found(own: Path):
    body = (
        "    first = prompt.reference.calls[0].arguments\n"
        "    there = any(c.arguments == first for c in reply.tool_calls[:1])\n"
        "    return Score(value=right.value if there else 0.0)\n"
    )
    assert found(written(own, "order", body)) == {"shuffled-order"}


def test_an_order_that_was_asked_for_is_no_finding(tmp_path: Path):
    assert (
        found(spec(tmp_path, "reward: tool_call, weight: 1.0, options: {ordered: true}")) == set()
    )


def test_a_reward_that_pays_nothing_is_found(own: Path):
    assert "right-reply" in found(written(own, "nothing", "    return Score(value=0.0)\n"))


def test_a_reward_that_scores_nothing_cannot_be_attacked(own: Path):
    verdict = check(written(own, "silent", "    return Score.unscored('server-away')\n"), SMALL)
    assert not verdict.survived
    assert verdict.unscored == {"read": "server-away", "parallel": "server-away"}
    assert "no right reply could be scored (server-away)" in verdict.findings[0].said


def test_an_attack_may_not_beat_the_median_of_the_base():
    verdict = check(DEFAULT, SMALL, rollouts=[0.0, 0.05, 0.0])
    assert {f.attack for f in verdict.findings} >= {"wrong-tool", "look-alike"}
    assert "more than the median reply of a base, 0.000" in verdict.findings[0].said


def test_rows_of_the_users_own_are_attacked_too(tmp_path: Path):
    row = {
        "id": "r1",
        "messages": [{"role": "user", "content": "Look up Bo."}],
        "tools": [{"name": "find_person", "parameters": {"type": "object"}}],
        "reference": {"behaviour": "execute", "calls": [{"name": "find_person"}]},
        "completion": {"content": "Who is Bo?"},
    }
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row) + "\n{\n" + json.dumps({**row, "reference": None}) + "\n")
    rows = own_rows(DEFAULT, file)
    assert [situation.name for situation in rows.situations] == ["row r1"]
    assert [score.value for score in rows.scores] == [0.0, None]
    assert rows.bad[0].startswith("line 2: not-json")
    assert rows.situations[0].right == Reply(tool_calls=rows.situations[0].right.tool_calls)
    assert check(DEFAULT, rows.situations).survived
    named = HEAD.replace("components:", "examples: rows.jsonl\ncomponents:")
    (tmp_path / "named.yaml").write_text(named + "  - {reward: tool_call, weight: 1.0}\n")
    assert survival(load_spec(tmp_path / "named.yaml")).attacked == ("row r1",)
    (tmp_path / "bad.jsonl").write_text("{\n")
    with pytest.raises(SourceError, match="has no row that can be read: line 1"):
        own_rows(DEFAULT, tmp_path / "bad.jsonl")
