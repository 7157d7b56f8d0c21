"""Only a checkpoint whose seal agrees with its bytes is one to go on from."""

from pathlib import Path

import pytest

from tasks.core.errors import EvidenceError
from tasks.learning import checkpoints


def write(root: Path, step: int, *, sealed: bool = True) -> Path:
    folder = checkpoints.path_of(root, step)
    (folder / "sub").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights of %d" % step)
    (folder / "sub" / "state.json").write_text("{}")
    if sealed:
        checkpoints.seal(folder)
    return folder


def test_the_last_whole_checkpoint_is_found_by_its_number(tmp_path: Path):
    for step in (2, 10, 9):
        write(tmp_path, step)
    write(tmp_path, 11, sealed=False)
    found = checkpoints.last_complete(tmp_path)
    assert found is not None
    assert checkpoints.step_of(found) == 10


def test_without_a_whole_checkpoint_there_is_none(tmp_path: Path):
    write(tmp_path, 2, sealed=False)
    assert checkpoints.last_complete(tmp_path) is None
    assert checkpoints.last_complete(tmp_path / "nowhere") is None


@pytest.mark.parametrize("harm", ["changed", "cut", "lost"])
def test_a_checkpoint_that_was_harmed_is_not_whole(tmp_path: Path, harm: str):
    folder = write(tmp_path, 4)
    assert checkpoints.is_complete(folder)
    weights = folder / "model.safetensors"
    if harm == "changed":
        weights.write_bytes(b"weights of 5")
    elif harm == "cut":
        weights.write_bytes(b"weights")
    else:
        (folder / "sub" / "state.json").unlink()
    assert not checkpoints.is_complete(folder)


def test_torn_checkpoints_are_discarded_and_named(tmp_path: Path):
    write(tmp_path, 2)
    write(tmp_path, 4, sealed=False)
    assert checkpoints.discard_torn(tmp_path) == [4]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-2"]


def test_only_the_steps_asked_for_are_kept(tmp_path: Path):
    for step in (2, 4, 6):
        write(tmp_path, step)
    checkpoints.keep(tmp_path, {2, 6})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-2", "checkpoint-6"]


def test_the_hash_of_weights_knows_names_and_bytes(tmp_path: Path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, name in ((one, "a.safetensors"), (other, "b.safetensors")):
        folder.mkdir()
        (folder / name).write_bytes(b"weights")
    assert checkpoints.weights_sha256(one) != checkpoints.weights_sha256(other)
    before = checkpoints.weights_sha256(one), checkpoints.folder_sha256(one)
    (one / "config.json").write_text("{}")
    assert checkpoints.weights_sha256(one) == before[0]
    assert checkpoints.folder_sha256(one) != before[1]


def test_a_folder_without_safetensors_has_no_weights(tmp_path: Path):
    with pytest.raises(EvidenceError, match="safetensors"):
        checkpoints.weights_sha256(tmp_path)
