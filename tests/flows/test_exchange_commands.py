"""Graders in and out on the command line, and scores in between."""

import json
import subprocess
import sys
from pathlib import Path

GRADER = {
    "type": "multi",
    "name": "City",
    "graders": {
        "same": {
            "type": "string_check",
            "name": "same",
            "operation": "ilike",
            "input": "{{sample.output_text}}",
            "reference": "{{item.answer}}",
        },
        "short": {
            "type": "python",
            "name": "short",
            "source": "def grade(sample, item): return float(len(sample['output_text']) < 9)",
        },
    },
    "calculate_output": "0.75 * same + 0.25 * short",
}
ROWS = [
    {"id": "a", "messages": [], "answer": "Oslo", "completion": "oslo"},
    {"id": "b", "messages": [], "answer": "Oslo", "completion": "It is Oslo, I think."},
    {"id": "c", "messages": [], "completion": "Oslo"},
]


def ratchet(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cli", "reward", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_grader_is_imported_scores_rows_and_goes_out_again(tmp_path: Path) -> None:
    (tmp_path / "grader.json").write_text(json.dumps(GRADER))
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    spec, out, back = (tmp_path / name for name in ("city.yaml", "scores.jsonl", "back.json"))
    done = ratchet("import", tmp_path / "grader.json", "--out", spec, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rewards"] == ["openai_grader"]
    done = ratchet("score", spec, tmp_path / "rows.jsonl", "--out", out, "--max-unscored", "0.5")
    assert done.returncode == 0, done.stderr
    scores = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["score"] for row in scores] == [1.0, 0.75, None]
    assert scores[2]["error"]["type"] == "invalid_variable_error"
    assert ratchet("export", spec, "--to", "openai", "--out", back).returncode == 0
    assert json.loads(back.read_text()) == GRADER
    again = ratchet("import", tmp_path / "grader.json", "--out", spec)
    assert (again.returncode, "is there already" in again.stderr) == (2, True)


def test_a_spec_goes_out_as_a_lambda_and_what_cannot_be_said_is_named(tmp_path: Path) -> None:
    spec = "specs/tool_calls.yaml"
    made = ratchet("export", spec, "--to", "lambda", "--out", tmp_path / "made.zip", "--json")
    found = json.loads(made.stdout)
    assert (tmp_path / "made.zip").stat().st_size > 1_000_000
    assert found["runtime"].startswith("python3.") and "msgspec" in found["packages"]
    refused = ratchet("export", spec, "--to", "openai", "--out", tmp_path / "no.json")
    assert refused.returncode == 2
    assert "tool_call: there is no grader that does this" in refused.stderr
    assert not (tmp_path / "no.json").exists()
