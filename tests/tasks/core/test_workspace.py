"""Dataset versions, on a real git and DVC repository."""

from pathlib import Path

import pytest
import yaml

from tasks.core import workspace
from tasks.core.closure import PROJECT
from tasks.core.errors import StageError

PARAMS = yaml.safe_load((PROJECT / "params.yaml").read_text())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace.create(tmp_path_factory.mktemp("made") / "agent", PARAMS)


def lock(md5: str, similarity: float = 0.8) -> str:
    stages = {
        "dedup": {"cmd": "python -m tasks.dedup", "params": {"similarity": similarity}},
        "split": {"cmd": "python -m tasks.split", "outs": [{"path": "data/split", "md5": md5}]},
    }
    return yaml.safe_dump({"stages": stages})


def test_a_new_workspace_is_committed_and_clean(made: Path) -> None:
    assert workspace.git(made, "status", "--porcelain") == ""
    assert workspace.git(made, "log", "--format=%s").split("\n")[0] == "Workspace"


def test_its_stages_depend_on_this_projects_code(made: Path) -> None:
    graph = yaml.safe_load((made / "dvc.yaml").read_text())
    deps = graph["stages"]["redact"]["deps"]
    assert deps[0] == "data/ingested"
    assert all((made / dep).resolve().is_file() for dep in deps[1:])
    assert any((made / dep).resolve() == PROJECT / "tasks/core/records.py" for dep in deps[1:])


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(StageError, match="holds other files"):
        workspace.create(tmp_path, PARAMS)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_versions_count_recipe_and_data(made: Path) -> None:
    given = []
    for content in (lock("a.dir"), lock("a.dir"), lock("b.dir"), lock("c.dir", 0.9)):
        (made / "dvc.lock").write_text(content)
        given.append(workspace.tag_dataset(made).version)
    assert given == ["dataset-v1.0", "dataset-v1.0", "dataset-v1.1", "dataset-v2.0"]
    assert [version.md5 for version in workspace.versions(made)] == ["a.dir", "b.dir", "c.dir"]


def test_a_tag_leaves_other_changes_of_the_user_alone(made: Path) -> None:
    (made / "notes.md").write_text("mine")
    workspace.git(made, "add", "notes.md")
    (made / "dvc.lock").write_text(lock("d.dir"))
    workspace.tag_dataset(made)
    assert workspace.git(made, "status", "--porcelain").split() == ["A", "notes.md"]


def test_no_dataset_yet_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="run `ratchet curate` first"):
        workspace.dataset(tmp_path)


def test_a_workspace_that_moves_keeps_its_recipe(tmp_path: Path) -> None:
    """Code counts by content; what a stage reads is no code, under its former name too."""
    home = workspace.create(tmp_path / "agent", PARAMS)
    given = []
    for place, md5, read in (
        ("../project/tasks", "1", "registers"),
        ("../../ratchet/tasks", "1", "annotations"),
        ("../../ratchet/tasks", "2", "annotations"),
    ):
        deps = [{"path": f"{place}/dedup.py", "md5": md5}, {"path": read, "md5": f"{read}.dir"}]
        stages = yaml.safe_load(lock(f"{place}{md5}.dir"))["stages"]
        stages["dedup"]["deps"] = [*deps, {"path": "data/redacted", "md5": f"{md5}{place}"}]
        (home / "dvc.lock").write_text(yaml.safe_dump({"stages": stages}))
        given.append(workspace.tag_dataset(home).version)
    assert given == ["dataset-v1.0", "dataset-v1.1", "dataset-v2.0"]
