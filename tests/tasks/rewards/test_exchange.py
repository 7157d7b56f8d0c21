"""Round trips: what was imported and exported again is the same, and scores the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.core.errors import SettingsError
from tasks.core.records import Call, Message, Reference, Reply, Tool, ToolCall
from tasks.rewards import Prompt
from tasks.rewards.exchange import imported, openai_export, row_scores
from tasks.rewards.reading import lambda_rows
from tasks.rewards.specification.spec import Spec, load_spec
from tests.tasks.rewards.contracts import (
    AZURE_ENDPOINT,
    BEDROCK_EVENT,
    LAMBDA_ANSWER,
    OPENAI_GRADER,
    SAGEMAKER_EVENT,
    faults,
)
from tests.tasks.rewards.graders import Graders

WANTED = Reference(behaviour="execute", calls=(Call(name="f", arguments={"city": "Oslo"}),))
ASKED = (Message(role="user", content="Which city?"),)
TEXT = Prompt(ASKED, (), Reference(behaviour="answer", text="It is Oslo."), {"answer": "Oslo"})
ACT = Prompt(ASKED, (Tool(name="f"),), WANTED, {"answer": "Oslo"})
ROWS = [
    (TEXT, Reply(content="It is Oslo.")),
    (TEXT, Reply(content="it is oslo")),
    (TEXT, Reply(content="Bergen, I think.")),
    (TEXT, Reply(content="")),
    (ACT, Reply(tool_calls=(ToolCall(name="f", arguments={"city": "Oslo"}),))),
    (ACT, Reply(content="Let me see.", tool_calls=(ToolCall(name="g"),))),
    (ACT, Reply(tool_calls=(ToolCall(name="f", raw_arguments="{"),))),
]
PLACES = {"input": "{{sample.output_text}}", "reference": "{{item.answer}}"}
CHECK = {"type": "string_check", "name": "check", "operation": "ilike", **PLACES}
ALIKE = {"type": "text_similarity", "name": "alike", "evaluation_metric": "rouge_l", **PLACES}
PYTHON = {
    "type": "python",
    "name": "calls",
    "source": "def grade(sample, item):\n    return float(len(sample['output_tools']) > 0)\n",
}
SCORED = {
    "type": "score_model",
    "name": "scored",
    "model": "judge-1",
    "range": [0, 1],
    "input": [{"role": "user", "content": "Grade {{sample.output_text}}."}],
}
LABELLED = {
    "type": "label_model",
    "name": "labelled",
    "model": "judge-1",
    "labels": ["good", "bad"],
    "passing_labels": ["good"],
    "input": [{"role": "user", "content": "Is {{sample.output_text}} good?"}],
}
MULTI = {
    "type": "multi",
    "name": "all",
    "graders": {"check": CHECK, "alike": ALIKE, "calls": PYTHON},
    "calculate_output": "0.5 * check + 0.25 * alike ^ 2 + 0.25 * max(calls, 0)",
}


def brought(tmp_path: Path, given: str | dict[str, Any], **options: Any) -> Spec:
    """Imported from JSON (or what `given` names), written, and loaded."""
    if isinstance(given, dict):
        (tmp_path / "grader.json").write_text(json.dumps(given))
        given = str(tmp_path / "grader.json")
    path = tmp_path / "spec.yaml"
    path.write_text(imported.written(imported.read(given, **options)))
    return load_spec(path)


def spec_of(tmp_path: Path, components: str) -> Spec:
    path = tmp_path / "own.yaml"
    path.write_text(
        "name: own\nversion: 1.0.0\ndescription: d\nrisks: [r]\ncomponents:\n" + components
    )
    return load_spec(path)


def values(spec: Spec) -> list[float | None]:
    return [score.value for score in spec.batch(*map(list, zip(*ROWS, strict=True)))]


@pytest.mark.parametrize(
    "grader", [CHECK, ALIKE, PYTHON, SCORED, LABELLED, MULTI], ids=lambda grader: grader["type"]
)
def test_a_grader_comes_back_as_it_was_and_scores_the_same(
    tmp_path: Path, grader: dict[str, Any], graders: Graders
):
    graders.read = lambda system, user: (
        {"reason": "", "label": "good" if "Oslo" in user else "bad"}
        if "Is {{" in system
        else {"reason": "", "result": round(1 / len(user), 6)}
    )
    assert faults(OPENAI_GRADER, grader) == []
    spec = brought(tmp_path, grader)
    before = values(spec)
    said = openai_export.export(spec)
    assert json.loads(openai_export.written(said.grader)) == grader
    again = brought(tmp_path, said.grader)
    assert values(again) == before
    assert again.sha == spec.sha
    assert len({value for value in before if value is not None}) > 1


def test_a_spec_of_many_parts_is_said_as_one_formula_and_scores_the_same(
    tmp_path: Path, graders: Graders
):
    program = (
        "def score(completion, reference, tools):\n"
        "    if completion['tool_calls'] and reference['calls']:\n"
        "        found, wanted = completion['tool_calls'][0], reference['calls'][0]\n"
        "        return 3.0 if found['name'] == wanted['name'] and tools else -3.0\n"
        "    return 0.5\n"
    )
    (tmp_path / "mine.py").write_text(program)
    spec = spec_of(
        tmp_path,
        f"  - {{reward: python, weight: 0.5, options: {{file: {tmp_path}/mine.py, "
        "range: [-3, 3]}}\n"
        "  - reward: openai_grader\n    weight: 0.25\n    options: {grader: "
        + json.dumps(MULTI)
        + "}\n"
        "  - reward: openai_grader\n    as: again\n    role: gate\n    options: {grader: "
        + json.dumps({**PYTHON, "source": "def grade(sample, item): return 0.75\n"})
        + "}\n"
        "  - reward: openai_grader\n    as: fine\n    role: penalty\n    weight: 0.125\n"
        "    options: {grader: " + json.dumps(CHECK) + "}\n",
    )
    said = openai_export.export(spec)
    assert faults(OPENAI_GRADER, said.grader) == []
    assert values(brought(tmp_path, said.grader)) == pytest.approx(values(spec), abs=1e-12)
    assert len(set(values(spec))) > 3


def test_similarity_and_a_judge_are_said_with_what_means_something_else(tmp_path: Path):
    spec = spec_of(
        tmp_path,
        "  - {reward: similarity, weight: 0.5, options: {metric: rouge_l, ignore_case: false}}\n"
        "  - {reward: judge, weight: 0.5, options: {model: judge-1}}\n",
    )
    said = openai_export.export(spec)
    assert faults(OPENAI_GRADER, said.grader) == []
    assert [grader["type"] for grader in said.grader["graders"].values()] == [
        "text_similarity",
        "score_model",
    ]
    assert said.grader["calculate_output"] == (
        "max(-1, min(1, 0.5 * (c0_similarity) + 0.5 * ((c1_judge - 1) / 4)))"
    )
    assert "a reply that is unscored here scores 0 there" in said.notes
    assert any("block that a reply cannot leave" in note for note in said.notes)


def test_what_cannot_be_said_is_named_and_nothing_is_written():
    with pytest.raises(SettingsError) as refused:
        openai_export.export(load_spec("specs/tool_calls.yaml"))
    for name in ("tool_call", "decision"):
        assert f"{name}: there is no grader that does this" in str(refused.value)


def test_azures_endpoint_comes_back_and_its_address_stands_in_no_spec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    grader = {
        "type": "endpoint",
        "name": "Refunds",
        "url": "https://grader.example.com/score",
        "headers": {"x-key": "secret"},
        "rate_limit": 40,
        "pass_threshold": 8,
    }
    assert faults(AZURE_ENDPOINT, grader) == []
    (tmp_path / "azure.json").write_text(json.dumps(grader))
    found = imported.read(str(tmp_path / "azure.json"), scale=(0, 10))
    text = imported.written(found)
    assert "example.com" not in text and "secret" not in text
    assert "set RATCHET_GRADER_URL=https://grader.example.com/score" in found.notes
    spec = brought(tmp_path, grader, scale=(0, 10))
    assert (spec.name, spec.scorers[0].reward, spec.scorers[0].concurrency) == (
        "refunds",
        "http",
        40,
    )
    with pytest.raises(SettingsError, match="RATCHET_GRADER_URL is not set"):
        openai_export.export(spec)
    monkeypatch.setenv("RATCHET_GRADER_URL", grader["url"])
    said = openai_export.export(spec).grader
    (part,) = said["graders"].values()
    assert faults(AZURE_ENDPOINT, part) == []
    assert said["calculate_output"] == "(c0_http - 0) / 10"


@pytest.mark.parametrize(
    ("form", "schema"), [("bedrock", BEDROCK_EVENT), ("sagemaker", SAGEMAKER_EVENT)]
)
def test_what_a_lambda_is_sent_keeps_its_contract(form: lambda_rows.Form, schema: dict[str, Any]):
    rows = [lambda_rows.write("1", prompt, reply, form) for prompt, reply in ROWS]
    assert faults(schema, rows) == []


def test_what_a_lambda_answers_keeps_its_contract():
    from tasks.rewards.exchange import lambda_handler

    handle = lambda_handler.handler("specs/tool_calls.yaml")
    rows = [lambda_rows.write("1", prompt, reply, "sagemaker") for prompt, reply in ROWS[4:6]]
    assert faults(LAMBDA_ANSWER, handle(rows, None)) == []


@pytest.mark.parametrize(
    ("name", "text", "reward"),
    [
        ("a.py", "def lambda_handler(event, context):\n    return []\n", "lambda_function"),
        ("b.py", "def grade(sample, item):\n    return 1.0\n", "python"),
        ("c.py", "def score(completion):\n    return 1.0\n", "python"),
        ("d.json", json.dumps({"grader": CHECK, "item": {}}), "openai_grader"),
        ("e.json", json.dumps({"type": "endpoint", "url": "http://x/"}), "http"),
    ],
)
def test_the_file_says_what_it_is(tmp_path: Path, name: str, text: str, reward: str):
    (tmp_path / name).write_text(text)
    spec = brought(tmp_path, str(tmp_path / name))
    assert [scorer.reward for scorer in spec.scorers] == [reward]


@pytest.mark.parametrize(
    "given",
    [
        "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-reward",
        "http://127.0.0.1:9000/2015-03-31/functions/function/invocations",
    ],
)
def test_a_deployed_function_is_named_by_the_environment(tmp_path: Path, given: str):
    found = imported.read(given, event="bedrock")
    assert found.notes == (f"set RATCHET_LAMBDA_FUNCTION={given}",)
    assert given not in imported.written(found)
    assert brought(tmp_path, given).scorers[0].reward == "lambda_function"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("[]", "is no OpenAI grader"),
        ('{"type": "gleu"}', "does not match any of the expected tags"),
        (json.dumps({**CHECK, "operation": "regex"}), "string_check.operation: Input should be"),
    ],
)
def test_what_is_no_grader_is_refused_with_its_place(tmp_path: Path, text: str, said: str):
    (tmp_path / "grader.json").write_text(text)
    with pytest.raises(SettingsError) as refused:
        imported.read(str(tmp_path / "grader.json"))
    assert said in str(refused.value) and "grader.json" in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(SettingsError, match="expected a grader's JSON, a Python file, an ARN"):
        imported.read(str(tmp_path / "none.json"))


def test_trl_and_eval_protocol_get_the_specs_own_scores():
    spec = load_spec("specs/tool_calls.yaml")
    wanted = values(spec)[4:6]
    prompts = [[{"role": "user", "content": "Which city?"}]] * 2
    completions = [[{"role": "assistant", "content": said}] for said in _texts()]
    tools = json.dumps([{"type": "function", "function": {"name": "f"}}])
    truth = json.dumps([{"name": "f", "arguments": {"city": "Oslo"}}])
    reward = row_scores.trl("specs/tool_calls.yaml")
    found = reward(
        prompts=prompts, completions=completions, tools=[tools] * 2, ground_truth=[truth] * 2,
        completion_ids=[[1]], trainer_state=None,
    )  # fmt: skip
    assert (reward.__name__, found) == (spec.name, wanted)
    plain = reward(prompts=["Which city?"], completions=_texts()[:1], reference=["null"])
    assert plain == [None]
    score = row_scores.evaluator("specs/tool_calls.yaml")
    row = {
        "messages": [*prompts[0], *completions[0]],
        "tools": json.loads(tools),
        "ground_truth": truth,
    }
    assert score(row)["score"] == wanted[0]
    unknown = score({**row, "ground_truth": None})
    assert (unknown["valid"], unknown["reason"]) == (False, "no-reference")
    assert score({"messages": []})["valid"] is False


def _texts() -> list[str]:
    return [lambda_rows.write("", *row, "bedrock")["messages"][-1]["content"] for row in ROWS[4:6]]
