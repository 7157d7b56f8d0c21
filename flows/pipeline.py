"""The whole path: what a schedule starts and `ratchet run` runs."""

from typing import Any

from prefect import flow

from flows.curate import curate
from flows.finetune import STEPS, finetune
from flows.release import release


@flow(name="pipeline")
def pipeline(folder: str = ".", until: str = "gate") -> dict[str, Any]:
    """Curate, fine-tune and judge, and release where `until` is `promote`.

    `until` names the last step: `split`, `baseline`, `train`, `evaluate`, `gate` or `promote`.
    """
    data = curate(folder)
    if until == "split":
        return {"curate": data}
    model = finetune(folder, until=until if until in STEPS else "gate")
    if until != "promote":
        return {"curate": data, "finetune": model}
    return {"curate": data, "finetune": model, "release": release(folder, model["run_id"])}
