"""Tells how many bytes a training run will leave on its disks, before anything is loaded.

    Footprint(elements=494_032_768, linear=1_099_776)      of a base with 0.5 billion numbers

Read from the headers of the base's safetensors files. A little too low rather than too high, as in
`room`: what MLflow keeps of the base may be there already, and a checkpoint holds more than the
numbers that are counted here.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlparse

import msgspec

from tasks.core import disk_space
from tasks.core.disk_space import Need
from tasks.core.job import Job
from tasks.core.settings import TrainSettings

FP32, BF16 = 4, 2
STATES = 3
"""Numbers in a checkpoint for each that is trained: itself and the two moments of Adam."""
AT_ONCE = 3
"""Checkpoints while one is written: that one, the one before, the best."""

_NOT_ADAPTED = ("embed", "lm_head", "wte", "wpe", "output")


class Footprint(NamedTuple):
    elements: int
    """Numbers in all weights of the base."""
    linear: int
    """Numbers that a LoRA adapter of rank 1 adds."""


def measure(base: Path) -> Footprint:
    """Count the numbers of a model; zeros where there are no safetensors files to read."""
    shapes = [found for file in sorted(base.glob("*.safetensors")) for found in _shapes(file)]
    return Footprint(
        elements=sum(math.prod(shape) for _, shape in shapes),
        linear=sum(
            sum(shape)
            for name, shape in shapes
            if len(shape) == 2 and not any(part in name for part in _NOT_ADAPTED)
        ),
    )


def look_for_room(job: Job, base: Path, *, bf16: bool) -> None:
    """Refuse a run that will not fit; one that goes on has written some of it before.

    Raises:
        StageError: it says what is needed for what, and how much there is.
    """
    folder = job.step_folder("train")
    if not any(folder.iterdir()):
        settings = job.params.train
        disk_space.together("training", needs(base, settings, folder, job.tracking.uri, bf16=bf16))


def needs(
    base: Path, settings: TrainSettings, folder: Path, tracking: str, *, bf16: bool
) -> list[Need]:
    """What a run writes and where.

    Args:
        base: folder of the base model.
        settings: of the run.
        folder: the run's own, for its checkpoints and its model.
        tracking: uri of the tracking server; only one on this machine takes room here.
        bf16: whether the trained model is stored in half the bytes.
    """
    elements, linear = measure(base)
    trained = settings.lora.rank * linear if settings.lora else elements
    saved = min(AT_ONCE, math.ceil(settings.steps / settings.validate_every))
    model = elements * (BF16 if bf16 else FP32)
    found = [
        Need(folder, saved * trained * STATES * FP32, f"{saved} checkpoints at once"),
        Need(folder, model, "the trained model"),
    ]
    if local := artifacts(tracking):
        found.append(Need(local, model, "MLflow's copy of it"))
    return found


def artifacts(tracking: str) -> Path | None:
    """Where MLflow keeps files on this machine; None where a server does."""
    if tracking.startswith("sqlite:///"):
        return Path(tracking.removeprefix("sqlite:///")).parent / "mlartifacts"
    place = urlparse(tracking)
    return Path(place.path) if place.scheme in ("", "file") and place.path else None


def _shapes(file: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    with file.open("rb") as opened:
        size = int.from_bytes(opened.read(8), "little")
        header = msgspec.json.decode(opened.read(size), type=dict[str, _Tensor])
    yield from ((name, tensor.shape) for name, tensor in header.items())


class _Tensor(msgspec.Struct):
    shape: tuple[int, ...] = (0,)
    """Zero for what is no tensor: the file's own metadata."""
