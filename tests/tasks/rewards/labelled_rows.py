"""Rows with labels for tests of agreement: the judge of `graders.py` is right on 19 of 20."""

import json
from pathlib import Path
from typing import Any

SPEC = """\
name: helpful
version: 1.0.0
description: Answers that help.
risks: [The judge may be wrong.]
components:
  - {reward: judge, as: helpful, weight: 1.0, options: {wait_s: 0.01}}
"""


def write(folder: Path) -> tuple[Path, Path]:
    """A spec and 80 labelled rows, of which 4 good answers are labelled as bad."""
    spec, labelled = folder / "helpful.yaml", folder / "labelled.jsonl"
    spec.write_text(SPEC)
    labelled.write_text("".join(json.dumps(row(i)) + "\n" for i in range(80)))
    return spec, labelled


def row(i: int) -> dict[str, Any]:
    good = i % 2 == 0
    return {
        "id": f"r{i}",
        "messages": [{"role": "user", "content": f"What of case {i}?"}],
        "reference": {"behaviour": "answer", "text": f"Case {i} is closed today"},
        "completion": f"Case {i} is closed today" if good else "Bananas are blue",
        "label": float(good) if i % 20 else 1 - float(good),
    }


def drifted(system: str, user: str) -> dict[str, Any]:
    """A judge that has come to like one answer in four, whatever it says."""
    number = int(user.partition("case ")[2].partition("?")[0])
    return {"reason": "fine", "score": 1 if number % 4 else 5}
