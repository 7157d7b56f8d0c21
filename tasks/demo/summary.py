"""What one run of the demo comes to, in a form that machines read."""

from typing import Any

from tasks.evidence import arms

NOT_RUN: dict[str, Any] = {"verdict": "INCONCLUSIVE", "reasons": ["not run: no PASS of the gate"]}
"""Of a canary whose model the gate did not let through."""


def summarise(result: dict[str, Any], seconds: dict[str, float], seed: int) -> dict[str, Any]:
    """What machines get: figures of the sealed test on held-out tools, verdicts, seconds."""
    run, released = result["finetune"], result["release"]
    figures = {
        mode: {
            arm: _figures(found)
            for (arm, its), found in arms.headline(run["evaluate"]).items()
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


def _figures(found: dict[str, Any]) -> dict[str, Any]:
    """One arm: what it earned and got right on tools that training never saw."""
    refused = found.get("over_refusal")
    return {
        **{name: _interval(found[name]) for name in ("reward", "exact")},
        "n": found["n"],
        "over_refusal": refused["mean"] if refused else None,
        "exact_by_behaviour": {
            behaviour: {**_interval(its["exact"]), "n": its["n"]}
            for behaviour, its in found["by_behaviour"].items()
        },
    }


def _interval(rate: dict[str, float]) -> dict[str, float]:
    """Mean and 95 % interval."""
    return {"value": rate["mean"], "low": rate["low"], "high": rate["high"]}
