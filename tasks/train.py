"""Trains the base on its own attempts at logged tasks, each scored by the reward (GRPO).

    python -m tasks.train --job .ratchet/runs/20261122T014105-9f3a/job.json

    train/model/          the trained model by itself, safetensors and tokenizer
    train/adapter/        the LoRA adapter, where one was trained
    train/curve.jsonl     one line a step; curve.png is its picture
    train/checkpoints/    the best; while it runs the last too, from which a killed run goes on

The checkpoint is chosen on validation. The sealed test is not read here.
Source: Shao et al., "DeepSeekMath" (arXiv 2402.03300), as TRL's GRPOTrainer implements it, with
its token-level loss ("dapo").
"""

import random
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tasks.core import checkpoints, curve, dataset, dialects, job, judged, learned, lineage
from tasks.core import metrics, prompts, sampling, weights
from tasks.core.curve import Curve, Row
from tasks.core.errors import SettingsError
from tasks.core.job import Job
from tasks.core.observer import CHOOSES, Observer
from tasks.core.prompts import Prompted
from tasks.core.records import Example, Reply, Score
from tasks.core.settings import TrainSettings
from tasks.rewards import Prompt, registration
from tasks.rewards.spec import Spec, columns, load_spec, trl_reward

EAGER_TOKENS = 1024
"""On a CPU the backward pass of fused attention is slow in bf16 and eager attention quick, but
eager attention's memory grows with the square of the prompt: longer prompts take the fused one."""

PROBES = 4
"""Prompts on which the saved model is compared with the trained one."""


def run(job: Job) -> dict[str, Any]:
    """Train, choose the best checkpoint, save it as a model and register it.

    Raises:
        StageError: no prompt can be used, the reward scores too little, or the loss is lost.
        EvidenceError: the saved model is not the trained one, or is still the base.
    """
    import torch

    torch.set_num_threads(job.params.compute.threads)
    started = time.monotonic()
    spec = load_spec(job.resolve(job.params.reward.spec))
    work = _Work(job, spec)
    with lineage.child_run(job, "train") as mlflow:
        reward = registration.register(spec, mlflow=mlflow)
        registration.link(mlflow, reward)
        lineage.log_dataset(mlflow, job.dataset, "training")
        base = learned.register_base(mlflow, Path(work.base), name=job.params.model.name)
        learned.log_input(mlflow, base)
        mlflow.log_params({"base": base.uri, **_flat(job.params.train)})
        work.train(_publisher(mlflow))
        best, digest = work.export()
        mlflow.log_artifacts(str(work.folder), ...)
        made = learned.register(mlflow, work.folder / "model", name=..., tags={...})
    return {...}
