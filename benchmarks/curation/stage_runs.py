"""Runs data stages in workspaces of their own, each as the process that the pipeline runs.

    run("ingest", workspace)  ->  Cost(stage="ingest", read=20000, cpu_s=1.02, peak_mb=131.0, …)

CPU seconds hold the start of the interpreter and the imports, and those of worker processes.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from tasks.core import parts, step
from tasks.core.closure import PROJECT

KEEPS_HISTORY = "split"
"""An assignment to train or test holds for ever, so this stage alone depends on earlier runs."""
TELLS_DRIFT = ("expectations.html", "expectations.json")
"""Reports that hold a dataset against the version before, so they depend on earlier runs too."""
KEY = ".ratchet/redaction.key"


class Cost(NamedTuple):
    """Of one stage in one run."""

    stage: str
    read: int
    accepted: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    """Of the largest of its processes."""


def workspace(folder: Path, *logs: Path) -> Path:
    """A folder with params and logs, in which stages run."""
    folder.mkdir()
    params = yaml.safe_load((PROJECT / "params.yaml").read_text())
    params["ingest"] |= {"sources": [{"uri": "data/landing"}], "feedback": ["data/feedback"]}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    for found in logs:
        add(found, folder)
    return folder


def add(logs: Path, folder: Path) -> None:
    """Let more logs land in a workspace."""
    for name in ("landing", "feedback"):
        shutil.copytree(
            logs / name, folder / "data" / name, copy_function=os.link, dirs_exist_ok=True
        )


def run(stage: str, folder: Path, cores: int = 1, python: Sequence[str] = ()) -> Cost:
    """One stage in a process of its own, on so many cores; `python` are arguments before `-m`."""
    log = folder / f"{stage}.log"
    command = [sys.executable, *python, "-m", f"tasks.{stage}"]
    launch = [
        sys.executable,
        "-S",
        "-m",
        "benchmarks.curation.launch",
        str(cores),
        str(log),
        *command,
    ]
    environment = os.environ | {"PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(launch, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE)
    told = json.loads(done.stdout)
    if status := told.pop("status"):
        raise SystemExit(f"stage {stage} failed ({status}): {log.read_text()}")
    counts = parts.require_manifest(folder / "data" / step.FOLDERS[stage]).counts
    return Cost(stage, counts.read, counts.accepted, **told)


def share_key(one: Path, other: Path) -> None:
    """Give a workspace the key of another: surrogates depend on it."""
    if (one / KEY).exists():
        (other / KEY).parent.mkdir(exist_ok=True)
        shutil.copyfile(one / KEY, other / KEY)
        (other / KEY).chmod(0o600)


def same(stage: str, one: Path, other: Path, *but: str) -> None:
    """Stop where a stage wrote other bytes in one workspace than in the other, `but` some files."""
    here, there = (_state(found / "data" / step.FOLDERS[stage]) for found in (one, other))
    changed = sorted({name for name, _ in here.items() ^ there.items()}.difference(but))
    if changed:
        raise SystemExit(f"{stage}: {one.name} and {other.name} differ in {', '.join(changed[:5])}")


def _state(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
