"""What each model step found, as one frozen struct a step; the only code that writes or reads them.

    .ratchet/runs/20261122T014105-9f3a/gate.json
    {"report": "gate/1", "verdict": "PASS", "uri": "models:/agent/3", ...}

`report` names the struct and its version. A file with another one, or with a field that the struct
does not have, is refused: a report that was half understood would be a wrong one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tasks.core import job as jobs
from tasks.core import parts
from tasks.core.errors import EvidenceError
from tasks.core.job import Job
from tasks.core.records import Record, encode
from tasks.evidence.arms import Compared
from tasks.evidence.judged import Cell
from tasks.evidence.trial import Trial
from tasks.evidence.verdict import Verdict

Settings = dict[str, object]
"""A section of params as it stood then: later versions of the program may have other fields."""

MADE_BY_ANOTHER = "it was changed, or made by another version of this program: run the step again"


class BaseFigures(Record, frozen=True, kw_only=True):
    """The base on validation prompts."""

    path: str
    prompts: int
    skipped: dict[str, int]
    """Prompts that were left out, by reason."""
    greedy: Cell
    sampled: Cell
    with_variance: float
    """Share of prompts whose samples do not all earn the same."""


class BaselineReport(Record, frozen=True, kw_only=True, tag_field="report", tag="baseline/1"):
    reward_uri: str
    reward_sha: str
    card: dict[str, Any]
    """The report card of logged replies, as `tasks.rewards.specification.card` makes it."""
    model: BaseFigures | None
    """None: there is no model at hand."""
    verdict: str
    """`train`, `nothing to gain`, `no signal` or `card only`."""
    reason: str
    seconds: float = 0.0
    """Of the step's process, put there by whoever started it."""


class Change(Record, frozen=True, kw_only=True):
    """A figure of the base and of the best checkpoint; None where it was not measured."""

    before: float | None
    after: float


class TrainReport(Record, frozen=True, kw_only=True, tag_field="report", tag="train/1"):
    steps: int
    best_step: int
    validation: dict[str, Change]
    prompts: dict[str, int]
    """By split."""
    skipped: dict[str, dict[str, int]]
    """By split and reason."""
    completions: int
    unscored: int
    step_seconds: float
    model: str
    """Folder of the trained model."""
    weights_sha256: str
    version: str
    """In the model registry."""
    uri: str
    model_id: str
    """Of MLflow's logged model."""
    control: str
    engine: str
    precision: str
    seconds: float = 0.0


class EvaluationReport(Compared, frozen=True, kw_only=True, tag_field="report", tag="evaluate/1"):
    prompt_seen: bool
    """False where the chat template leaves the better prompt out."""
    skipped: dict[str, int]
    """Prompts that were left out, by reason."""
    reads: int
    """Of this held-out test, this one included."""
    rows: str
    """Path of the judged rows."""
    rows_sha256: str
    weights_sha256: str
    champion: str = ""
    """Uri of the champion that answered as an arm of its own; empty where it is the base."""
    seconds_per_reply: dict[str, float] = {}
    """By `arm, mode`, on this machine."""
    seconds: float = 0.0


class GateReport(Verdict, frozen=True, kw_only=True, tag_field="report", tag="gate/1"):
    settings: Settings
    max_unscored: float
    rows_sha256: str
    uri: str
    weights_sha256: str
    seconds: float = 0.0


class CanaryReport(Trial, frozen=True, kw_only=True, tag_field="report", tag="canary/1"):
    settings: Settings
    rows_sha256: str
    sessions: int
    sessions_challenger: int
    failures: int
    champion: str
    uri: str
    weights_sha256: str
    seconds: float = 0.0


class ApprovalReport(Record, frozen=True, kw_only=True, tag_field="report", tag="approval/1"):
    """What a person decided."""

    who: str
    why: str


class PromotionReport(Record, frozen=True, kw_only=True, tag_field="report", tag="promote/1"):
    """The ledger's line, and whether it is new."""

    model: str
    version: str
    changed: bool
    number: int = 0
    """0: champion from the beginning, by no line of the ledger."""
    action: str = ""
    previous: str = ""
    weights_sha256: str = ""
    who: str = ""
    why: str = ""
    before: str = ""
    forced: bool = False
    at: str = ""
    seconds: float = 0.0


Report = (
    BaselineReport
    | TrainReport
    | EvaluationReport
    | GateReport
    | CanaryReport
    | ApprovalReport
    | PromotionReport
)
Kind = TypeVar("Kind", bound=Record)

STEPS: dict[str, type[Record]] = {
    "baseline": BaselineReport,
    "train": TrainReport,
    "evaluate": EvaluationReport,
    "gate": GateReport,
    "canary": CanaryReport,
    "approval": ApprovalReport,
    "promote": PromotionReport,
}


def main(step: str, work: Callable[[Job], Record]) -> None:
    """Run a model step as `python -m tasks.<step> --job FILE`; its report is written last."""
    jobs.main(step, lambda job: write(job, work(job)))


def write(job: Job, report: Record) -> None:
    """Write what a step found; its presence says that the step is done."""
    content = msgspec.json.format(encode(report), indent=1)
    parts.replace(_path(job, type(report)), content + b"\n")


def read(job: Job, kind: type[Kind]) -> Kind | None:
    """What a step found, or None where it has not ended."""
    path = _path(job, kind)
    return read_file(path, kind) if path.exists() else None


def require(job: Job, kind: type[Kind]) -> Kind:
    """As `read`, where the step must have ended.

    Raises:
        EvidenceError: it has not.
    """
    report = read(job, kind)
    if report is None:
        path = _path(job, kind)
        raise EvidenceError(f"{path} is missing: run the step {path.stem} first")
    return report


def read_file(path: Path, kind: type[Kind]) -> Kind:
    """A report at a path.

    Raises:
        EvidenceError: it is of another version, or holds something else.
    """
    content = path.read_bytes()
    try:
        if msgspec.json.decode(content, type=_Tag).report != _tag(kind):
            raise msgspec.ValidationError(f"it is no {_tag(kind)}")
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise EvidenceError(f"{path}: {error}; {MADE_BY_ANOTHER}") from error


def verdict_at(path: Path) -> str:
    """The verdict that a report gives, of any version; `-` where there is none."""
    return msgspec.json.decode(path.read_bytes(), type=_Tag).verdict if path.exists() else "-"


def plain(report: Record) -> dict[str, Any]:
    """A report as JSON has it: for Prefect's results and for `--json`."""
    content: dict[str, Any] = msgspec.json.decode(encode(report))
    return content


def of(kind: type[Kind], content: dict[str, Any]) -> Kind:
    """A report from what `plain` gave."""
    return msgspec.convert(content, kind)


class _Tag(msgspec.Struct):
    report: str = ""
    verdict: str = "-"


def _tag(kind: type[Record]) -> str:
    return str(kind.__struct_config__.tag)


def _path(job: Job, kind: type[Record]) -> Path:
    return Path(job.folder) / f"{_tag(kind).partition('/')[0]}.json"
