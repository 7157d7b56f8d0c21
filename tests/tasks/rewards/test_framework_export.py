import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core.closure import PROJECT
from tasks.core.errors import SettingsError
from tasks.rewards.exchange import framework_export
from tasks.rewards.specification.spec import load_spec

TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
TRUTH = json.dumps([{"name": "f", "arguments": {"a": 1}}])
CALL = '<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>'
USE_TRL = """
import json, sys
sys.path.insert(0, sys.argv[1])
from reward import reward
import tasks
print(json.dumps([reward.__name__, tasks.__file__, reward(
    prompts=["go", "go"], completions=[sys.argv[2], "hm"], tools=[sys.argv[3]] * 2,
    ground_truth=[sys.argv[4], None],
)]))
"""
USE_EVAL_PROTOCOL = """
import json, sys
sys.path.insert(0, sys.argv[1])
from test_reward import evaluate
from eval_protocol.models import EvaluationRow
for line in open(sys.argv[1] + "/rows.jsonl"):
    found = evaluate(EvaluationRow(**json.loads(line))).evaluation_result
    print(json.dumps([found.score, found.is_score_valid, found.reason]))
"""


def run(program: str, *arguments: str) -> str:
    """In an interpreter that stands outside of the project."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments],
        capture_output=True, text=True, check=False, cwd="/", env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_trl_imports_the_reward_from_a_folder_of_its_own(tmp_path: Path):
    target = tmp_path / "made"
    written = framework_export.export(load_spec("specs/tool_calls.yaml"), target, "trl")
    assert (written.path, written.path.is_file()) == (target / "reward.py", True)
    assert "msgspec>=" in (target / "requirements.txt").read_text()
    name, place, values = json.loads(run(USE_TRL, str(target), CALL, json.dumps(TOOLS), TRUTH))
    assert (name, values) == ("tool-calls", [1.0, None])
    assert Path(place).is_relative_to(target) and not Path(place).is_relative_to(PROJECT)
    with pytest.raises(SettingsError, match="is there already"):
        framework_export.export(load_spec("specs/tool_calls.yaml"), target, "trl")


def test_eval_protocol_evaluates_rows(tmp_path: Path):
    if importlib.util.find_spec("eval_protocol") is None:
        pytest.skip("eval-protocol is not installed")
    target = tmp_path / "made"
    framework_export.export(load_spec("specs/tool_calls.yaml"), target, "eval-protocol")
    rows = [
        {"messages": [{"role": "assistant", "content": said}], "tools": TOOLS, "ground_truth": t}
        for said, t in ((CALL, TRUTH), ("hm", None))
    ]
    (target / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = [json.loads(line) for line in run(USE_EVAL_PROTOCOL, str(target)).splitlines()]
    assert lines == [[1.0, True, "exact"], [0.0, False, "no-reference"]]


def test_the_evaluator_is_python_and_says_how_it_is_used(tmp_path: Path):
    written = framework_export.export(
        load_spec("specs/tool_calls.yaml"), tmp_path / "made", "eval-protocol"
    )
    text = written.path.read_text()
    compile(text, str(written.path), "exec")
    assert "pytest test_reward.py" in text and written.sha in text
