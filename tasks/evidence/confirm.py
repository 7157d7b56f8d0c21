"""Makes a verdict again from the rows it was made of, and compares: what an auditor would do first.

    gate.json     verdict and all that went into it, with the sha256 of evaluate/rows.jsonl
    canary.json   likewise, with the sha256 of canary/sessions.jsonl

A verdict that does not follow from its rows, or whose rows were changed, is worth nothing.
"""

from pathlib import Path

import msgspec

from tasks.core.errors import EvidenceError
from tasks.core.records import Record
from tasks.core.settings import CanarySettings, GateSettings
from tasks.evidence import judged, reports, trial
from tasks.evidence.reports import CanaryReport, GateReport
from tasks.evidence.trial import Session, Trial
from tasks.evidence.verdict import Verdict, verdict
from tasks.learning.checkpoints import file_sha256

ROWS = Path("evaluate") / "rows.jsonl"
SESSIONS = Path("canary") / "sessions.jsonl"


def gate(folder: Path) -> GateReport:
    """The gate's report in a run's folder, made again and found the same.

    Raises:
        EvidenceError: no such report, other rows than it was made of, or another verdict.
    """
    path, rows = folder / "gate.json", folder / ROWS
    report = reports.read_file(_there(path), GateReport)
    _unchanged(rows, report.rows_sha256, path)
    settings = GateSettings.model_validate(report.settings)
    again = verdict(
        judged.read(rows),
        settings,
        report.reads,
        mode=report.mode,
        max_unscored=report.max_unscored,
    )
    _same(again, report, Verdict, path=path, rows=rows)
    return report


def canary(folder: Path) -> CanaryReport:
    """The canary's report in a run's folder, made again and found the same.

    Raises:
        EvidenceError: no such report, other rows than it was made of, or another verdict.
    """
    path, rows = folder / "canary.json", folder / SESSIONS
    report = reports.read_file(_there(path), CanaryReport)
    _unchanged(rows, report.rows_sha256, path)
    again = trial.judge(sessions(rows), CanarySettings.model_validate(report.settings))
    _same(again, report, Trial, path=path, rows=rows)
    return report


def sessions(rows: Path) -> list[Session]:
    """The sessions of a canary, in order of their start."""
    return [msgspec.json.decode(line, type=Session) for line in rows.read_bytes().splitlines()]


def _there(path: Path) -> Path:
    if not path.is_file():
        raise EvidenceError(f"{path} is missing: run the step {path.stem} first")
    return path


def _unchanged(rows: Path, sha256: str, path: Path) -> None:
    if not rows.is_file() or file_sha256(rows) != sha256:
        raise EvidenceError(
            f"{rows} is not what {path} was made of (sha256 {sha256}): run it again"
        )


def _same(again: Record, report: Record, kind: type[Record], *, path: Path, rows: Path) -> None:
    names = kind.__struct_fields__
    differing = [name for name in names if getattr(again, name) != getattr(report, name)]
    if differing:
        raise EvidenceError(
            f"{path} does not follow from {rows}: {', '.join(differing)} differ; "
            f"{reports.MADE_BY_ANOTHER}"
        )
