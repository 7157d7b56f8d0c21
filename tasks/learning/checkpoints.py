"""Knows which of a trainer's checkpoints are whole, so that a killed run goes on from the last one.

    checkpoints/checkpoint-16/
        model.safetensors  optimizer.pt  rng_state.pth  trainer_state.json ...
        complete.json      {"model.safetensors": "4f0c…", ...}, written last

transformers writes straight into `checkpoint-N` and takes the highest N for the newest, torn or
not. Here a checkpoint counts only where `complete.json` names its files and their bytes agree.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Collection
from pathlib import Path

import msgspec

from tasks.core import parts
from tasks.core.errors import EvidenceError

SEAL = "complete.json"

_NAME = re.compile(r"checkpoint-(\d+)$")


def seal(checkpoint: Path) -> None:
    """Bring every file of a written checkpoint to the disk, then mark it as whole."""
    hashes = {}
    for path in _files(checkpoint):
        with path.open("rb") as file:
            os.fsync(file.fileno())
        hashes[str(path.relative_to(checkpoint))] = file_sha256(path)
    parts.replace(checkpoint / SEAL, msgspec.json.encode(hashes, order="sorted") + b"\n")


def is_complete(checkpoint: Path) -> bool:
    """Whether the checkpoint was sealed and holds the very bytes that were sealed."""
    path = checkpoint / SEAL
    if not path.is_file():
        return False
    hashes = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    return all(
        (checkpoint / name).is_file() and file_sha256(checkpoint / name) == digest
        for name, digest in hashes.items()
    )


def last_complete(root: Path) -> Path | None:
    """The whole checkpoint of the highest step under `root`, or None."""
    return next((path for path in reversed(_checkpoints(root)) if is_complete(path)), None)


def step_of(checkpoint: Path) -> int:
    """The step that a checkpoint's folder is named after."""
    match = _NAME.match(checkpoint.name)
    if match is None:
        raise ValueError(f"{checkpoint} is not named checkpoint-N")
    return int(match[1])


def path_of(root: Path, step: int) -> Path:
    return root / f"checkpoint-{step}"


def discard_torn(root: Path) -> list[int]:
    """Delete every checkpoint that is not whole; returns their steps."""
    torn = [path for path in _checkpoints(root) if not is_complete(path)]
    for path in torn:
        shutil.rmtree(path)
    return [step_of(path) for path in torn]


def keep(root: Path, steps: Collection[int]) -> None:
    """Delete all checkpoints but those of the given steps."""
    for path in _checkpoints(root):
        if step_of(path) not in steps:
            # The seal goes first: a deletion that is broken off must not look whole.
            (path / SEAL).unlink(missing_ok=True)
            shutil.rmtree(path)


def file_sha256(path: Path) -> str:
    """Of a file's bytes, as hex, in constant memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_sha256(folder: Path) -> str:
    """Of a saved model's safetensors files: their names and bytes.

    Raises:
        EvidenceError: there are none, and nothing would tell this model from another.
    """
    found = sorted(folder.glob("*.safetensors"))
    if not found:
        raise EvidenceError(f"{folder} holds no .safetensors file: save the model as safetensors")
    return _digest(folder, found)


def folder_sha256(folder: Path) -> str:
    """Of all files of a saved model: their names and bytes."""
    return _digest(folder, sorted(path for path in folder.rglob("*") if path.is_file()))


def _digest(folder: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(folder)}:{file_sha256(path)}\n".encode())
    return digest.hexdigest()


def _checkpoints(root: Path) -> list[Path]:
    """By step, lowest first."""
    found = [path for path in root.glob("checkpoint-*") if _NAME.match(path.name)]
    return sorted(found, key=step_of)


def _files(checkpoint: Path) -> list[Path]:
    return sorted(path for path in checkpoint.rglob("*") if path.is_file() and path.name != SEAL)
