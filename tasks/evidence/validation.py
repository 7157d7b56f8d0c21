"""Measures the base and each checkpoint by its greedy replies to the validation prompts.

    measure(checkpoint)  ->  {"validation/reward": 0.87, "validation/exact": 0.83, ...}

What is measured is what was written: the checkpoint is loaded from its files, as a server would.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.core.settings import ModelSettings
from tasks.evidence import judged
from tasks.learning import sampling
from tasks.learning.curve import REWARD, Row
from tasks.learning.prompts import Prompted

_RATES = ("exact", "invented", "right_behaviour", "over_refusal", "acted_instead")


@dataclass(frozen=True)
class Validation:
    """What every checkpoint of a run is measured with."""

    base: str
    """Folder of the model that is trained."""
    adapters: bool
    """Checkpoints are LoRA adapters on the base."""
    prompted: Sequence[Prompted]
    score: judged.Scorer
    model: ModelSettings

    def measure(self, checkpoint: Path | None) -> Row:
        """Figures of a checkpoint; None measures the base."""
        import torch

        started = time.monotonic()
        adapter = str(checkpoint) if checkpoint and self.adapters else ""
        whole = str(checkpoint) if checkpoint and not adapter else self.base
        # Loading a model may draw from the generator that training goes on with.
        with torch.random.fork_rng():
            # Never vLLM: the trainer's own engine holds its share of the GPU.
            sampler = sampling.load(whole, batch_size=self.model.batch_size, adapter=adapter)
            rows = judged.complete(
                sampler,
                self.prompted,
                self.score,
                arm="tuned" if checkpoint else "base",
                samples=1,
                temperature=0,
                max_new_tokens=self.model.max_new_tokens,
                seed=0,
            )
        return {**figures(rows), "validation/seconds": round(time.monotonic() - started, 2)}


def figures(rows: Sequence[judged.Judged]) -> Row:
    """Means of judged rows, by the names that the curve and MLflow know them by."""
    cell = judged.summarise(rows)
    rates = cell.overall.rates()
    means = {f"validation/{name}": rates[name].mean for name in _RATES if name in rates}
    if "reward" in rates:
        means[REWARD] = rates["reward"].mean
    return {**means, "validation/unscored": cell.unscored, "validation/tokens": cell.tokens}
