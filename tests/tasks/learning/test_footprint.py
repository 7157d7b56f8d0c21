"""What a training run will write is known before it starts, and refused where it will not fit."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks import train
from tasks.core import disk_space
from tasks.core.disk_space import Need
from tasks.core.errors import StageError
from tasks.core.job import Job
from tasks.learning import footprint

MakeJob = Callable[..., Job]
Trained = tuple[Job, dict[str, Any]]


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_model_s_numbers_are_counted_from_its_files(tiny_model: Path, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(tiny_model)
    found = footprint.measure(tiny_model)
    assert found.elements == sum(parameter.numel() for parameter in model.parameters())
    config = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")
    adapted = get_peft_model(model, config)
    trained = sum(p.numel() for p in adapted.parameters() if p.requires_grad)
    assert found.linear * 4 == trained
    assert footprint.measure(tmp_path) == (0, 0)


def test_what_is_asked_for_is_about_what_is_written(trained: Trained) -> None:
    job, _ = trained
    folder, base = Path(job.folder, "train"), Path(job.params.model.path)
    uri = f"sqlite:///{folder}/mlflow.db"
    checkpoints, model, copy = footprint.needs(base, job.params.train, folder, uri, bf16=False)
    assert copy == Need(folder / "mlartifacts", model.size, "MLflow's copy of it")
    # Two steps are saved in this run, and both are kept.
    assert checkpoints.what == "2 checkpoints at once"
    assert (
        0.7 * size(folder / "checkpoints") < checkpoints.size < 1.1 * size(folder / "checkpoints")
    )
    assert 0.7 * size(folder / "model") < model.size <= size(folder / "model")


@pytest.mark.parametrize(
    ("tracking", "place"),
    [
        ("sqlite:////w/.ratchet/mlflow.db", Path("/w/.ratchet/mlartifacts")),
        ("file:///w/mlruns", Path("/w/mlruns")),
        ("/w/mlruns", Path("/w/mlruns")),
        ("http://127.0.0.1:5000", None),
        ("postgresql://u@h/db", None),
    ],
)
def test_only_a_store_on_this_machine_takes_room_here(tracking: str, place: Path | None) -> None:
    assert footprint.artifacts(tracking) == place


def test_training_is_refused_before_it_starts_where_its_files_will_not_fit(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job("crowded")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 0, 5000))
    with pytest.raises(
        StageError,
        match=r"training needs about \d+\.\d [kM]B on the disk of .*train \(\d+\.\d [kM]B for 2 "
        r"checkpoints at once, \d+\.\d [kM]B for the trained model, \d+\.\d [kM]B for MLflow's "
        r"copy of it\), and 5\.0 kB are free: make room for \d+\.\d [kM]B more, or put the "
        r"workspace on a larger disk; nothing was written",
    ):
        train.run(job)
    assert list(Path(job.folder, "train").iterdir()) == []


def test_each_disk_is_asked_for_what_goes_to_it(tmp_path: Path) -> None:
    other = Path("/dev/shm")  # a file system of its own on Linux
    if other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("/dev/shm is no file system of its own here")
    free = shutil.disk_usage(other).free
    there, here = Need(other / "new" / "folder", free, "one"), Need(tmp_path, 1, "another")
    disk_space.together("it", [here, there])
    with pytest.raises(StageError, match=r"it needs about .* on the disk of /dev/shm/new/folder"):
        disk_space.together("it", [here, there, Need(other, 1 << 30, "a third")])
