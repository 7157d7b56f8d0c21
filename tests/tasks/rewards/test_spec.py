from pathlib import Path

import pytest

from tasks.core.closure import PROJECT
from tasks.core.errors import SettingsError
from tasks.core.records import Call, Reference, Reply, Tool, ToolCall
from tasks.rewards import Prompt
from tasks.rewards.specification.spec import Spec, load_spec

DEFAULT = "specs/tool_calls.yaml"
TOOL = Tool(
    name="get_invoice",
    parameters={"type": "object", "properties": {"month": {"type": "string"}}},
)
CALL = ToolCall(name="get_invoice", arguments={"month": "may"})
ACT = Prompt(
    (),
    (TOOL,),
    Reference(behaviour="execute", calls=(Call(name="get_invoice", arguments={"month": "may"}),)),
)
ASK = Prompt((), (TOOL,), Reference(behaviour="clarify", missing=("month",)))


def spec(folder: Path, components: str, version: str = "1.0.0", name: str = "house") -> Spec:
    file = folder / "spec.yaml"
    file.write_text(
        f"name: {name}\nversion: {version}\ndescription: Right calls.\nrisks: [none known]\n"
        f"combine: weighted_sum\ncomponents:\n{components}"
    )
    return load_spec(file)


def test_the_default_spec_says_what_it_is_for_and_what_could_go_wrong():
    found = load_spec(DEFAULT)
    assert (found.name, [s.reward for s in found.scorers]) == (
        "tool-calls",
        ["tool_call", "decision"],
    )
    assert len(found.declared.risks) >= 3


def test_each_row_is_scored_by_the_component_that_applies():
    found = load_spec(DEFAULT)
    right, asked = Reply(tool_calls=(CALL,)), Reply(content="Please give month.")
    assert found.score(ACT, right).components == {"tool_call": 1.0}
    assert found.score(ASK, asked).components == {"decision": 1.0}
    assert found.score(ASK, right).components == {"decision": 0.0}
    assert found.score(ACT, asked).components == {"tool_call": 0.0, "decision": 0.0}


def test_the_score_carries_tier_behaviour_and_exactness():
    found = load_spec(DEFAULT).score(ACT, Reply(tool_calls=(CALL,)))
    assert (found.value, found.exact, found.tier, found.behaviour) == (
        1.0,
        True,
        "exact",
        "execute",
    )


def test_values_are_weighted_and_added(tmp_path: Path):
    found = spec(
        tmp_path,
        "  - {reward: tool_call, weight: 0.5}\n"
        "  - {reward: json_schema, weight: 0.25, options: {valid: 0.0, invalid: -1.0}}\n",
    )
    assert found.score(ACT, Reply(tool_calls=(CALL,))).value == 0.5
    wrong = ToolCall(name="get_invoice", arguments={"month": 5})
    assert found.score(ACT, Reply(tool_calls=(wrong,))).value == pytest.approx(0.5 * 0.0 - 0.25)


def test_the_sum_is_clipped(tmp_path: Path):
    found = spec(
        tmp_path, "  - {reward: tool_call, weight: 1}\n  - {reward: json_schema, weight: 1}\n"
    )
    assert found.score(ACT, Reply(tool_calls=(CALL,))).value == 1.0


def test_a_component_that_cannot_score_leaves_the_row_unscored(tmp_path: Path):
    found = spec(
        tmp_path, "  - {reward: tool_call, weight: 1}\n  - {reward: json_schema, weight: 1}\n"
    )
    unusable = Tool(name="get_invoice", parameters={"type": "nothing"})
    score = found.score(ACT._replace(tools=(unusable,)), Reply(tool_calls=(CALL,)))
    assert (score.value, score.reason) == (None, "tool-schema-is-no-schema")


def test_a_row_no_component_applies_to_is_unscored(tmp_path: Path):
    found = spec(tmp_path, "  - {reward: tool_call, weight: 1}\n")
    assert found.score(ASK, Reply(tool_calls=(CALL,))).reason == "not-applicable"


def test_a_batch_is_scored_row_by_row():
    found = load_spec(DEFAULT)
    replies = [Reply(tool_calls=(CALL,)), Reply(content="Please give month.")]
    scores = found.batch([ACT, ASK], replies)
    assert scores == [found.score(ACT, replies[0]), found.score(ASK, replies[1])]
    assert scores[::-1] == found.batch([ASK, ACT], replies[::-1])


def test_a_batch_of_unequal_lengths_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        load_spec(DEFAULT).batch([ACT, ASK], [Reply()])


def test_the_sha_is_of_the_content_and_not_of_the_file(tmp_path: Path):
    first = spec(tmp_path, "  - {reward: tool_call, weight: 1}\n")
    (tmp_path / "other").mkdir()
    again = spec(tmp_path / "other", "  - reward: tool_call\n    weight: 1.0   # all of it\n")
    assert first.sha == again.sha


def test_the_sha_changes_with_all_that_changes_a_score(tmp_path: Path):
    plain = spec(tmp_path, "  - {reward: tool_call, weight: 1}\n").sha
    weighed = spec(tmp_path, "  - {reward: tool_call, weight: 0.5}\n").sha
    options = spec(tmp_path, "  - {reward: tool_call, weight: 1, options: {wrong_tool: 0}}\n").sha
    assert len({plain, weighed, options}) == 3


def test_the_sha_changes_with_a_rewards_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = (PROJECT / "tasks/rewards/tool_call.py").read_text()
    (tmp_path / "mine").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    own = tmp_path / "mine" / "calls.py"
    own.write_text(source)
    before = spec(tmp_path, "  - {reward: mine.calls, weight: 1}\n")
    own.write_text(source + "\n# reviewed\n")
    assert spec(tmp_path, "  - {reward: mine.calls, weight: 1}\n").sha != before.sha
    assert before.score(ACT, Reply(tool_calls=(CALL,))).components == {"mine.calls": 1.0}


def test_a_relative_path_is_looked_for_in_the_project_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert load_spec(DEFAULT).name == "tool-calls"


@pytest.mark.parametrize(
    ("components", "said"),
    [
        ("  - {reward: tool_cal, weight: 1}\n", r":7: components\.0\.reward: reward 'tool_cal' is"),
        ("  - {reward: tool_call, weight: 2}\n", r":7: components\.0\.weight = 2: .* less than or"),
        ("  - {reward: tool_call}\n", r":7: components\.0: weight is missing; add it"),
        (
            "  - reward: tool_call\n    weight: 1\n    options: {tool: 1}\n",
            r":9: components\.0\.options\.tool is no key of it; remove it",
        ),
        (
            "  - reward: tool_call\n    weight: 1\n    options:\n      wrong_tool: 1.5\n",
            r":10: components\.0\.options\.wrong_tool = 1\.5: Input should be less than 1",
        ),
        (
            "  - {reward: decision, weight: 1}\n  - {reward: decision, weight: 1}\n",
            r":8: components\.1: decision stands twice; join the two, or name one",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, components: str, said: str):
    with pytest.raises(SettingsError, match=said):
        spec(tmp_path, components)


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0.0", "01.0.0", "'1'"])
def test_the_version_is_semantic(tmp_path: Path, version: str):
    with pytest.raises(SettingsError, match=r"spec\.yaml:2: version = "):
        spec(tmp_path, "  - {reward: tool_call, weight: 1}\n", version=version)
