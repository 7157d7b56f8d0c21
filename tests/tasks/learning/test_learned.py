"""Versions of a model in a real registry: what is registered comes back, and changes are seen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.core.errors import EvidenceError
from tasks.learning import learned


def model(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "config.json").write_text("{}")
    return folder


@pytest.fixture
def mlflow(tracking_uri: str) -> Iterator[Any]:
    """The module, with a run active."""
    from tasks.core import tracking

    found = tracking.connect(tracking_uri)
    with found.start_run():
        yield found


def test_what_was_registered_comes_back(mlflow: Any, tmp_path: Path):
    folder = model(tmp_path / "made")
    made = learned.register(mlflow, folder, name="comes-back", tags={"ratchet.run": "r"})
    assert made.uri == "models:/comes-back/1"
    back = learned.download(made.uri, tmp_path / "back")
    assert {path.name: path.read_bytes() for path in back.iterdir()} == {
        "model.safetensors": b"weights",
        "config.json": b"{}",
    }


def test_registering_the_same_again_makes_no_version(mlflow: Any, tmp_path: Path):
    folder = model(tmp_path / "made")
    first, again = (
        learned.register(mlflow, folder, name="once", tags={"ratchet.run": "r"}) for _ in range(2)
    )
    assert first == again
    other = learned.register(mlflow, folder, name="once", tags={"ratchet.run": "s"})
    assert other.version == "2"


def test_the_first_base_is_champion_and_a_later_one_is_not(mlflow: Any, tmp_path: Path):
    first = learned.register_base(mlflow, str(model(tmp_path / "a", b"a")), name="bases")
    second = learned.register_base(mlflow, str(model(tmp_path / "b", b"b")), name="bases")
    assert (first.version, second.version) == ("1", "2")
    assert learned.by_alias(mlflow, "bases", learned.CHAMPION) == first
    assert learned.by_alias(mlflow, "bases", learned.CHALLENGER) is None


def test_the_newest_trained_model_challenges(mlflow: Any, tmp_path: Path):
    base = learned.register_base(mlflow, str(model(tmp_path / "a", b"a")), name="tuned")
    made = learned.register(mlflow, model(tmp_path / "b", b"b"), name="tuned", tags={})
    assert learned.by_alias(mlflow, "tuned", learned.CHAMPION) == base
    assert learned.by_alias(mlflow, "tuned", learned.CHALLENGER) == made
    assert mlflow.active_run().info.run_id == (
        mlflow.tracking.MlflowClient().get_model_version("tuned", made.version).run_id
    )


def test_files_that_were_changed_are_not_handed_out(mlflow: Any, tmp_path: Path):
    made = learned.register(mlflow, model(tmp_path / "a"), name="harmed", tags={})
    (learned.download(made.uri) / "config.json").write_text('{"vocab_size": 1}')
    with pytest.raises(EvidenceError, match="backup"):
        learned.download(made.uri)


def test_a_version_that_is_not_there_is_an_error_that_names_it(mlflow: Any):
    with pytest.raises(EvidenceError, match="models:/nobody/7"):
        learned.download("models:/nobody/7")


def test_an_unknown_model_has_no_alias(mlflow: Any):
    assert learned.by_alias(mlflow, "nobody", learned.CHAMPION) is None
