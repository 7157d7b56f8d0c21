"""Proves the training path on real prompts at their real lengths, with a model that knows nothing.

    python -m benchmarks real_prompts ../shared/data/airline > real_prompts.md

Curates the logs as they are, makes a model of random weights whose tokenizer is trained on their
prompts (`tasks.demo.random_model`), and runs the pipeline's own step `train` for two steps of GRPO
with LoRA. Nothing is claimed about learning: the weights are random, and as no reply of such a
model earns anything, the reward is a random number too.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import yaml

from tasks.core.closure import PROJECT
from tasks.evidence.reports import TrainReport

CLAIM = "Nothing is claimed about learning: random weights, random reward, two steps."
STEPS = 2


def main() -> None:
    """Curate, train and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("logs", type=Path, help="folder with log files and feedback.jsonl")
    parser.add_argument("--prompts", type=int, default=4, help="prompts a step")
    parser.add_argument("--generations", type=int, default=4)
    parser.add_argument("--max-prompt-tokens", type=int, default=16384)
    given = parser.parse_args()
    changes = {
        "steps": STEPS,
        "prompts_per_step": given.prompts,
        "generations": given.generations,
        "max_prompt_tokens": given.max_prompt_tokens,
        "learning_rate": 1e-3,
        "micro_batch": 1,
        "validate_every": STEPS,
        "validation_limit": 4,
        "lora": {"rank": 4, "alpha": 8},
        "control": "random_reward",
    }
    print(CLAIM, file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="ratchet-real-prompts-") as name:
        home = Path(name) / "agent"
        curate(home, given.logs.resolve(), changes)
        print(page(*learn(home)))


def curate(home: Path, logs: Path, changes: dict[str, Any]) -> None:
    """Make a workspace on the logs and bring its dataset up to date."""
    from flows import environment
    from tasks.core import workspace

    params = yaml.safe_load((PROJECT / "params.yaml").read_text())
    params["ingest"] |= {
        "sources": [{"uri": str(folder), "format": "auto"} for folder in sorted(folders(logs))],
        "feedback": [str(logs / "feedback.jsonl")],
    }
    params["model"] |= {"path": "random-model", "max_new_tokens": 32, "batch_size": 1}
    params["train"] |= changes
    workspace.create(home, params)
    environment.prepare(home)
    from flows.curate import curate as flow

    flow(str(home))


def folders(logs: Path) -> list[Path]:
    """Those directly below; the feedback lies beside them."""
    return [path for path in logs.iterdir() if path.is_dir()]


def learn(home: Path) -> tuple[TrainReport, list[int], dict[str, float]]:
    """The report of the step, the lengths of its prompts in tokens, and seconds by part."""
    from tasks import train
    from tasks.core import tracking, workspace
    from tasks.core.curation_settings import PARAMS_FILE
    from tasks.core.job import Job
    from tasks.core.settings import load
    from tasks.demo import random_model
    from tasks.evidence import held_out
    from tasks.learning import runtime

    os.chdir(home)
    runtime.settle(1)
    found = workspace.dataset(home)
    examples = held_out.read_split(Path(found.folder), "train")
    random_model.make(home / "random-model", random_model.texts_of(examples))
    job = Job(
        run_id="real-prompts",
        folder=str(home / ".ratchet/runs/real-prompts"),
        workspace=str(home),
        params=load(home / PARAMS_FILE),
        dataset=found,
        tracking=tracking.start_parent(
            tracking.tracking_uri(home), "real-prompts", {"mlflow.note.content": CLAIM}
        ),
    )
    job.save()
    lengths = sorted(prompted.tokens for prompted in train.read(job).train.kept)
    started = time.process_time()
    report = train.run(job)
    seconds = {"train, CPU": time.process_time() - started}
    lines = (Path(job.folder) / "train/curve.jsonl").read_bytes().splitlines()
    rows = [msgspec.json.decode(line) for line in lines]
    seconds |= {f"step {row['step']}, wall": row["step_time"] for row in rows if "step_time" in row}
    return report, lengths, seconds


def page(report: TrainReport, lengths: list[int], seconds: dict[str, float]) -> str:
    """Markdown."""

    def quantile(share: float) -> int:
        return lengths[min(len(lengths) - 1, int(share * len(lengths)))]

    skipped = ", ".join(f"{count} {why}" for why, count in report.skipped["train"].items())
    lines = [
        "# GRPO on real prompts, random weights",
        "",
        CLAIM,
        "",
        "| | |",
        "|---|--:|",
        f"| training prompts | {len(lengths):,} |",
        f"| left out | {skipped or 'none'} |",
        f"| tokens of a prompt, least / median / 95 % / most | {lengths[0]:,} / {quantile(0.5):,} "
        f"/ {quantile(0.95):,} / {lengths[-1]:,} |",
        f"| completions scored | {report.completions} |",
        f"| without a score | {report.unscored} |",
    ]
    lines += [f"| {name} s | {value:.1f} |" for name, value in seconds.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
