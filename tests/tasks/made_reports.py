"""Reports as earlier steps leave them, for steps that read no more than a field or two of them."""

from typing import Any

from msgspec.structs import replace

from tasks.evidence.reports import EvaluationReport, TrainReport

TRAINED = TrainReport(
    steps=1,
    best_step=1,
    validation={},
    prompts={"train": 1, "validation": 1},
    skipped={"train": {}, "validation": {}},
    completions=4,
    unscored=0,
    step_seconds=0.1,
    model="model",
    weights_sha256="0" * 64,
    version="1",
    uri="models:/agent/1",
    model_id="m-0",
    control="none",
    engine="transformers",
    precision="fp32",
)
EVALUATED = EvaluationReport(
    tasks=0,
    groups=0,
    arms={},
    lift={},
    lift_held_out={},
    prompt_seen=True,
    skipped={},
    reads=1,
    rows="rows.jsonl",
    rows_sha256="0" * 64,
    weights_sha256="0" * 64,
)


def trained(**changes: Any) -> TrainReport:
    """What training leaves."""
    return replace(TRAINED, **changes)


def evaluated(**changes: Any) -> EvaluationReport:
    """What the evaluation leaves."""
    return replace(EVALUATED, **changes)
