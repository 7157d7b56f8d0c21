"""The data stages: which folder each reads and writes, and what brings back what is missing."""

from pathlib import Path

FOLDERS = {
    "ingest": "ingested",
    "redact": "redacted",
    "dedup": "deduped",
    "validate": "validated",
    "split": "split",
}
"""Data stage to the folder in data/ that it writes; each reads the one before."""

ANNOTATIONS = "annotations"
"""Folder of a workspace with what people decided about single records; `dedup` reads it."""
FORMER = "registers"
"""The name of that folder in workspaces made by earlier versions; it goes on being read."""

_WRITERS = {folder: stage for stage, folder in FOLDERS.items()}


def annotations_of(workspace: Path) -> Path:
    """The folder with a workspace's annotations, under the name that it has there."""
    former = workspace / FORMER
    return former if former.is_dir() else workspace / ANNOTATIONS


def never_run(folder: Path) -> str:
    """What to do where a stage's folder holds no manifest."""
    stage = _WRITERS.get(folder.name)
    if stage is None:
        return f"run the stage that writes {folder}"
    return (
        f"stage {stage} has not run here; run `ratchet curate`, or that stage alone, in the "
        f"workspace: `python -m tasks.{stage}`"
    )


def lost(folder: Path) -> str:
    """What to do where a part is gone or was changed; what DVC does not keep is made again."""
    if folder.name == FOLDERS["ingest"]:
        return "run `ratchet curate`, which reads the logs again"
    return "bring it back with `dvc checkout`, or run `ratchet curate`, which makes it again"
