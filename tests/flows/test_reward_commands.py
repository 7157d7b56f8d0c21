"""`ratchet reward` as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SPEC = "specs/tool_calls.yaml"
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
REFERENCE = {
    "behaviour": "execute",
    "calls": [{"name": "get_weather", "arguments": {"city": "Oslo"}}],
}


def ratchet(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cli", "reward", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def row(name: str, completion: object, **other: object) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Weather in Oslo?"}]
    given = {"id": name, "messages": messages, "tools": [TOOL], "reference": REFERENCE}
    return {**given, "completion": completion, **other}


def said(arguments: object, name: str = "get_weather") -> dict[str, Any]:
    call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


RAW = '<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>'
GOOD = [
    row("text-arguments", said('{"city": "Oslo"}')),
    row("object-arguments", said({"city": "Oslo"})),
    row("raw", RAW),
    row("parts", {"content": [{"type": "text", "text": "I cannot do that."}]}),
    row("broken", said('{"city": ')),
    row("invented", said("{}", name="get_forecast")),
    row(7, "It is sunny.", tools=[TOOL["function"]], note="other columns are left alone"),
]
BAD = [
    (b'{"id": "b1", "messages": [', None, "invalid_variable_error", "line 8: not-json"),
    (
        json.dumps(row("b2", 5)).encode(),
        "b2",
        "sample_parse_error",
        "line 9: $.completion: expected a message, got 5",
    ),
    (
        json.dumps({**row("b3", RAW), "reference": {"behavior": "execute"}}).encode(),
        "b3",
        "invalid_variable_error",
        "$.reference.behavior: no key of a reference; did you mean behaviour?",
    ),
    (
        json.dumps(row("b4", RAW, messages=[{"role": "robot"}])).encode(),
        "b4",
        "invalid_variable_error",
        "$.messages[0].role: expected one of",
    ),
    (
        json.dumps(row("b5", RAW, tools=[{"type": "function"}])).encode(),
        "b5",
        "invalid_variable_error",
        "$.tools[0]",
    ),
    (json.dumps(row("b6", RAW, reference=None)).encode(), "b6", "invalid_variable_error", "no-ref"),
    (b"\xff\xfe", None, "invalid_variable_error", "line 14"),
]


def scored(folder: Path, lines: list[bytes], *options: str) -> tuple[Any, list[dict[str, Any]]]:
    rows, out = folder / "rows.jsonl", folder / "out" / "scores.jsonl"
    rows.write_bytes(b"\n".join(lines) + b"\n")
    done = ratchet("score", SPEC, rows, "--out", out, *options)
    return done, [json.loads(line) for line in out.read_text().splitlines()]


def test_each_row_has_its_answer(tmp_path: Path) -> None:
    done, found = scored(tmp_path, [json.dumps(r).encode() for r in GOOD], "--json")
    assert done.returncode == 0, done.stderr
    keys = {"id", "score", "components", "tier", "exact", "behaviour", "error"}
    assert all(set(answer) == keys for answer in found)
    assert [(a["id"], a["score"], a["tier"]) for a in found] == [
        ("text-arguments", 1.0, "exact"),
        ("object-arguments", 1.0, "exact"),
        ("raw", 1.0, "exact"),
        ("parts", -0.1, "over-refusal"),
        ("broken", 0.0, "malformed"),
        ("invented", 0.0, "invented"),
        (7, 0.0, "no-call"),
    ]
    assert found[0]["components"] == {"tool_call": 1.0}
    summary = json.loads(done.stdout)
    assert (summary["rows"], summary["scored"], summary["unscored"]) == (7, 7, 0)
    assert summary["errors"]["sample_parse_error"] is False


def test_bad_rows_are_named_and_not_dropped(tmp_path: Path) -> None:
    lines = [json.dumps(r).encode() for r in GOOD] + [line for line, *_ in BAD]
    done, found = scored(tmp_path, lines, "--json")
    assert done.returncode == 4
    assert "7 of 14 rows (50.0%) could not be scored" in done.stderr
    assert len(found) == 14
    for answer, (_, name, key, message) in zip(found[7:], BAD, strict=True):
        assert (answer["id"], answer["score"], answer["error"]["type"]) == (name, None, key)
        assert message in answer["error"]["message"]
    summary = json.loads(done.stdout)
    assert summary["errors"]["sample_parse_error"] is True
    assert summary["error_counts"] == {"invalid_variable_error": 6, "sample_parse_error": 1}
    assert len(summary["bad_rows"]) == 6


def test_one_bad_row_in_two_hundred_is_let_through(tmp_path: Path) -> None:
    lines = [json.dumps(GOOD[0]).encode()] * 199 + [b"{"]
    done, found = scored(tmp_path, lines)
    assert (done.returncode, len(found)) == (0, 200)
    assert "bad row: line 200" in done.stderr


@pytest.mark.parametrize(
    ("spec", "rows", "code", "said"),
    [
        ("none.yaml", "rows.jsonl", 2, "no reward spec"),
        (SPEC, "none.jsonl", 3, "is no file"),
        (SPEC, "empty.jsonl", 3, "has no row"),
    ],
)
def test_what_is_not_there_is_named(
    tmp_path: Path, spec: str, rows: str, code: int, said: str
) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    done = ratchet("score", spec, tmp_path / rows, "--out", tmp_path / "out.jsonl")
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (code, True, False)


def test_the_default_spec_survives_the_check() -> None:
    done = ratchet("check", SPEC, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["survived"], found["base"]["from"]) == (0, True, "suite")
    assert not any(found["errors"].values())


def test_rows_of_the_users_own_are_attacked(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("\n".join(json.dumps(r) for r in GOOD) + "\n{\n")
    done = ratchet("check", SPEC, "--rows", rows, "--json")
    found = json.loads(done.stdout)
    # A base whose median reply earns nothing: what earns a little more is a finding.
    assert (done.returncode, found["base"]["from"], found["base"]["median"]) == (5, "rollouts", 0)
    assert "row text-arguments" in found["attacked"]
    assert "clarify" not in found["attacked"]
    assert found["error_counts"] == {"invalid_variable_error": 1}
    assert all("more than the median reply" in f["said"] for f in found["findings"])


def test_a_spec_that_pays_for_attacks_fails_the_check(tmp_path: Path) -> None:
    file = tmp_path / "aws.yaml"
    file.write_text(
        "name: aws\nversion: 1.0.0\ndescription: As published.\nrisks: [none known]\n"
        "components: [{reward: tool_call, weight: 1.0, options: {preset: aws_tiered}}]\n"
    )
    done = ratchet("check", file)
    assert done.returncode == 5
    assert "repeated-call in read" in done.stderr
    assert "did not survive its attack suite, so nothing is trained on it" in done.stderr


def test_the_design_page_is_written(tmp_path: Path) -> None:
    done = ratchet("doc", SPEC, "--out", tmp_path / "page", "--json")
    assert json.loads(done.stdout)["survived"] is True
    assert {path.name for path in (tmp_path / "page").iterdir()} == {
        "reward-design.md",
        "reward-design.html",
    }
