"""Makes a verdict again from the rows it was made of, and compares: what an auditor would do first.

    gate.json     verdict and all that went into it, with the sha256 of evaluate/rows.jsonl
    canary.json   likewise, with the sha256 of canary/sessions.jsonl

A verdict that does not follow from its rows, or whose rows were changed, is worth nothing.
"""

from pathlib import Path
from typing import Any

import msgspec

from tasks.core.errors import EvidenceError
from tasks.core.records import encode
from tasks.core.settings import CanarySettings, GateSettings
from tasks.evidence import judged, trial
from tasks.evidence.trial import Session
from tasks.evidence.verdict import verdict
from tasks.learning.checkpoints import file_sha256

ROWS = Path("evaluate") / "rows.jsonl"
SESSIONS = Path("canary") / "sessions.jsonl"


def confirm(step: str, folder: Path) -> dict[str, Any]:
    """The report of `gate` or `canary` in a run's folder, made again and found the same.

    Raises:
        EvidenceError: no such report, other rows than it was made of, or another verdict.
    """
    path = folder / f"{step}.json"
    if not path.is_file():
        raise EvidenceError(f"{path} is missing: run the step {step} first")
    report: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    rows = folder / (ROWS if step == "gate" else SESSIONS)
    sha256 = report.get("rows_sha256")
    if not rows.is_file() or file_sha256(rows) != sha256:
        raise EvidenceError(
            f"{rows} is not what {path} was made of (sha256 {sha256}): run it again"
        )
    again = gate_report(rows, report) if step == "gate" else canary_report(rows, report)
    differing = [key for key, value in again.items() if report.get(key) != value]
    if differing:
        raise EvidenceError(
            f"{path} does not follow from {rows}: {', '.join(differing)} differ; it was changed, "
            "or made by another version of this program: run the step again"
        )
    return report


def gate_report(rows: Path, given: dict[str, Any]) -> dict[str, Any]:
    """What the gate concludes from rows, under the settings that stand in `given`."""
    found = verdict(
        judged.read(rows),
        GateSettings.model_validate(given["settings"]),
        given["reads"],
        mode=given["mode"],
        max_unscored=given["max_unscored"],
    )
    return _plain(encode(found))


def canary_report(rows: Path, given: dict[str, Any]) -> dict[str, Any]:
    """What the canary concludes from its sessions, under the settings that stand in `given`."""
    lines = rows.read_bytes().splitlines()
    sessions = [msgspec.json.decode(line, type=Session) for line in lines]
    settings = CanarySettings.model_validate(given["settings"])
    return _plain(encode(trial.judge(sessions, settings)))


def _plain(content: bytes) -> dict[str, Any]:
    """As a report holds it: through JSON, where an infinite bound is null."""
    found: dict[str, Any] = msgspec.json.decode(content)
    return found
