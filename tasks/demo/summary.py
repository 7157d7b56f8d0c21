"""What one run of the demo comes to, in a form that machines read."""

from typing import Any

from tasks.evidence import arms, reports
from tasks.evidence.judged import ToolCell
from tasks.evidence.metrics import Rate
from tasks.evidence.reports import EvaluationReport

NOT_RUN: dict[str, Any] = {"verdict": "INCONCLUSIVE", "reasons": ["not run: no PASS of the gate"]}
"""Of a canary whose model the gate did not let through."""


def summarise(result: dict[str, Any], seconds: dict[str, float], seed: int) -> dict[str, Any]:
    """What machines get: figures of the held-out test on held-out tools, verdicts, seconds."""
    run, released = result["finetune"], result["release"]
    evaluated = reports.of(EvaluationReport, run["evaluate"])
    figures = {
        mode: {
            arm: _figures(cell)
            for (arm, its), cell in arms.headline(evaluated).items()
            if its == mode
        }
        for mode in ("greedy", "sampled")
    }
    for name, found in result["curate"].items():
        if name != "dataset":
            seconds[name] = found["seconds"]
    for step in ("baseline", "train", "evaluate", "gate"):
        seconds[step] = run[step]["seconds"]
    for step in ("canary", "promote"):
        if step in released:
            seconds[step] = released[step]["seconds"]
    verdicts = {
        step: {key: released.get(step, NOT_RUN)[key] for key in ("verdict", "reasons")}
        for step in ("gate", "canary")
    }
    return {
        "base": figures["greedy"]["base"],
        "tuned": figures["greedy"]["tuned"],
        "sampled": figures["sampled"],
        "lift": run["evaluate"]["lift_held_out"]["base"],
        "seeds": [seed],
        **verdicts,
        "status": released["status"],
        "model_uri": run["train"]["uri"],
        "dataset": result["curate"]["dataset"],
        "seconds": seconds,
    }


def _figures(cell: ToolCell) -> dict[str, Any]:
    """One arm: what it earned and got right on tools that training never saw."""
    overall = cell.overall
    refused = overall.over_refusal
    return {
        "reward": _interval(overall.reward) if overall.reward else None,
        "exact": _interval(overall.exact),
        "n": overall.n,
        "over_refusal": refused.mean if refused else None,
        "exact_by_behaviour": {
            behaviour: {**_interval(rates.exact), "n": rates.n}
            for behaviour, rates in cell.by_behaviour.items()
        },
    }


def _interval(rate: Rate) -> dict[str, float | None]:
    """Mean and 95 % interval."""
    return {"value": rate.mean, "low": rate.low, "high": rate.high}
