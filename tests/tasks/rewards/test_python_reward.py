from pathlib import Path

import pytest
from pydantic import ValidationError

from tasks.core.errors import SettingsError
from tasks.core.records import Call, Message, Reference, Reply, Score, Tool, ToolCall
from tasks.rewards import NOT_APPLICABLE, Prompt, python
from tasks.rewards.registry import registration
from tasks.rewards.specification.spec import load_spec
from tasks.sandbox import backend

PROMPT = Prompt(
    (Message(role="user", content="The weather in Oslo?"),),
    (Tool(name="get_weather", parameters={"required": ["city"]}),),
    Reference(behaviour="execute", calls=(Call(name="get_weather", arguments={"city": "Oslo"}),)),
)
RIGHT = Reply(tool_calls=(ToolCall(name="get_weather", arguments={"city": "Oslo"}),))


def settings(source: str, **options: object) -> python.Settings:
    return python.Settings.model_validate({"source": source, **options})


def test_a_program_sees_records_with_every_key():
    text = (
        "def score(prompt, messages, tools, reference, completion):\n"
        "    call, wanted = completion['tool_calls'][0], reference['calls'][0]\n"
        "    assert messages == prompt and messages[0]['content'] == 'The weather in Oslo?'\n"
        "    assert messages[0]['tool_calls'] == [] and completion['content'] == ''\n"
        "    assert tools[0]['parameters']['required'] == ['city']\n"
        "    return float(all(call[key] == wanted[key] for key in ('name', 'arguments')))\n"
    )
    assert python.score(PROMPT, RIGHT, settings(text)) == Score(value=1.0, exact=True, tier="full")


def test_grade_sees_what_openai_sends():
    text = (
        "import json\n"
        "def grade(sample, item):\n"
        "    call = sample['output_tools'][0]['function']\n"
        "    wanted = json.loads(item['reference_answer'])[0]\n"
        "    assert sample['choices'][0]['message']['tool_calls'] == sample['output_tools']\n"
        "    assert item['messages'][0]['role'] == 'user' and sample['output_json'] is None\n"
        "    assert item['tools'][0]['function']['name'] == call['name']\n"
        "    return 0.5 if json.loads(call['arguments']) == wanted['arguments'] else 0\n"
    )
    found = python.score(PROMPT, RIGHT, settings(text))
    assert found == Score(value=0.5, tier="some")
    json_text = "def grade(sample, item): return sample['output_json']['n']"
    assert python.score(PROMPT, Reply(content='{"n": 1}'), settings(json_text)).value == 1.0


def test_a_batch_equals_one_by_one_whatever_stands_beside():
    text = "def score(completion):\n    return 1 / len(completion['content'])\n"
    replies = [Reply(content="x" * (i % 7)) for i in range(50)]
    batch = python.score_batch([PROMPT] * 50, replies, settings(text))
    assert batch == [python.score(PROMPT, reply, settings(text)) for reply in replies]
    assert batch[0] == Score.unscored("python-raised ZeroDivisionError in line 2")


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        ("None", NOT_APPLICABLE),
        ("1.5", "python-out-of-range"),
        ("1e9", "python-out-of-range"),
        ("float('nan')", "python-not-a-number: not finite"),
        ("'1'", "python-not-a-number: str"),
        ("1 / 0", "python-raised ZeroDivisionError in line 1"),
    ],
)
def test_what_is_no_score_is_unscored_and_never_zero(returned: str, reason: str):
    found = python.score(PROMPT, RIGHT, settings(f"def score(): return {returned}"))
    assert found == Score.unscored(reason)


def test_a_wider_range_is_brought_between_minus_one_and_one():
    found = [
        python.score(PROMPT, RIGHT, settings(f"def score(): return {value}", range=(-3, 1))).value
        for value in (-3, 0, 1)
    ]
    assert found == [-1.0, 0.0, pytest.approx(1 / 3)]


def test_half_a_character_and_a_large_number_arrive_as_they_are():
    strange = Reply(content="\ud800", tool_calls=(ToolCall(name="f", arguments={"n": 10**30}),))
    program = (
        "def score(completion):\n"
        "    return completion['content'] == '\\ud800'"
        " and completion['tool_calls'][0]['arguments']['n'] == 10**30\n"
    )
    assert python.score(PROMPT, strange, settings(program)).value == 1.0


def test_a_reply_that_is_nested_too_deep_is_unscored_and_the_others_are_not():
    deep: dict[str, object] = {}
    for _ in range(5000):
        deep = {"a": deep}
    broken = Reply(tool_calls=(ToolCall(name="f", arguments=deep),))
    ones = settings("def score(completion): return 1")
    found = python.score_batch([PROMPT] * 2, [broken, RIGHT], ones)
    assert [score.value for score in found] == [None, 1.0]
    assert found[0].reason == "python-row-is-no-json"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "give the program as `source`, or as `file`"),
        ({"source": "def scores(): 1"}, "source defines no function"),
        ({"file": "no/such.py"}, "file 'no/such.py' cannot be read"),
        ({"source": "def score(): 1", "range": (1, 1)}, "the first must be less"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, object], said: str):
    with pytest.raises(ValidationError) as refused:
        python.Settings.model_validate(options)
    assert said in str(refused.value)


def test_a_file_stands_beside_its_spec_and_a_changed_one_is_another_spec(tmp_path: Path):
    program = tmp_path / "mine.py"
    program.write_text("def score(): return 1\n")
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "name: mine\nversion: 1.0.0\ndescription: d\nrisks: [r]\ncombine: weighted_sum\n"
        "components:\n  - {reward: python, weight: 1.0, options: {file: mine.py}}\n"
    )
    first = load_spec(spec)
    assert first.score(PROMPT, RIGHT).value == 1.0
    program.write_text("def score(): return 0.5\n")
    second = load_spec(spec)
    (tmp_path / "kept").mkdir()
    assert second.sha != first.sha
    assert (first.score(PROMPT, RIGHT).value, second.score(PROMPT, RIGHT).value) == (1.0, 0.5)
    whole = registration._whole(second, tmp_path / "kept")
    program.write_text("x = 1\n")
    assert load_spec(whole).sha == second.sha
    with pytest.raises(SettingsError, match=r"spec.yaml:7: .*mine.py defines no function"):
        load_spec(spec)
    program.unlink()
    with pytest.raises(SettingsError, match=r"spec.yaml:7: .*file 'mine.py' cannot be read"):
        load_spec(spec)


def test_an_error_in_the_program_names_the_line_of_the_spec(tmp_path: Path):
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "name: mine\nversion: 1.0.0\ndescription: d\nrisks: [r]\ncombine: weighted_sum\n"
        "components:\n  - reward: python\n    weight: 1.0\n    options:\n      source: 'x = 1'\n"
    )
    with pytest.raises(SettingsError, match=r"spec.yaml:\d+: .*source defines no function"):
        load_spec(spec)


def test_no_walls_no_score(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backend, "lacking", lambda name: "not here")
    text = "def score():  # asked for without walls\n    return 1"
    with pytest.raises(SettingsError, match="no working sandbox for python rewards"):
        python.score(PROMPT, RIGHT, settings(text))
    unsafe = settings(text, unsafe_without_sandbox=True)
    assert python.score(PROMPT, RIGHT, unsafe).value == 1.0
