"""What one run of the demo comes to, in a form that machines read."""

from typing import Any

from tasks.core import arms


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
        step: {key: released[step][key] for key in ("verdict", "reasons")}
        for step in ("gate", "canary")
        if step in released
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
    rates = {name: found[name] for name in ("reward", "exact")}
    short = {
        name: {"value": rate["mean"], "low": rate["low"], "high": rate["high"]}
        for name, rate in rates.items()
    }
    refused = found.get("over_refusal")
    return {**short, "n": found["n"], "over_refusal": refused["mean"] if refused else None}
