"""What is live in a workspace: its dataset, its newest runs, and where the aliases point."""

from pathlib import Path
from typing import Any

import msgspec

from tasks.core import workspace
from tasks.core.curation_settings import PARAMS_FILE
from tasks.core.errors import StageError
from tasks.core.settings import load
from tasks.evidence import reports
from tasks.lineage.model_registry import Registry

NEWEST = 10


def overview(folder: Path) -> dict[str, Any]:
    """`dataset` (version), `runs` (newest first, with verdicts) and `aliases` (alias to uri)."""
    try:
        dataset = workspace.dataset(folder).version
    except StageError:  # a workspace that has not curated yet is no error to look at
        dataset = ""
    jobs = sorted((folder / ".ratchet" / "runs").glob("*/job.json"), reverse=True)
    return {
        "dataset": dataset,
        "runs": [_run(job) for job in jobs[:NEWEST]],
        "aliases": _aliases(folder),
    }


def _run(job: Path) -> dict[str, str]:
    written = msgspec.json.decode(job.read_bytes())
    return {
        "run": job.parent.name,
        "dataset": written["dataset"]["version"],
        "gate": reports.verdict_at(job.with_name("gate.json")),
        "canary": reports.verdict_at(job.with_name("canary.json")),
    }


def _aliases(folder: Path) -> dict[str, str]:
    name = load(folder / PARAMS_FILE).model.name
    aliases = Registry(folder).aliases(name)
    return {alias: f"models:/{name}/{version}" for alias, version in aliases.items()}
