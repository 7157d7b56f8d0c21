"""The folder that a pipeline works in, and the versions of its dataset.

A workspace is a git and DVC repository with `params.yaml`, `dvc.yaml`, `annotations/` and `data/`.
The project's own root is one; `create` makes others, whose stages run this project's code. A
dataset version is a git tag `dataset-vX.Y` on a commit that holds `dvc.lock` and the params it was
made with: X counts changes of params, code or graph, Y changes of the data alone.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tasks.core import dependencies, disk_space, stages
from tasks.core.closure import PROJECT
from tasks.core.curation_settings import PARAMS_FILE
from tasks.core.dependencies import GRAPH
from tasks.core.errors import SettingsError, StageError
from tasks.core.job import DatasetRef
from tasks.core.settings import load

TAG = re.compile(r"dataset-v(\d+)\.(\d+)$")
IGNORED = "/data/\n/.ratchet/\n__pycache__/\n"


class Version(NamedTuple):
    """One tagged dataset, sorted by its numbers."""

    major: int
    minor: int
    tag: str
    lock: dict[str, Any]
    """The dvc.lock of that version."""

    @property
    def md5(self) -> str:
        return split_md5(self.lock)


def create(folder: Path, params: dict[str, Any] | str) -> Path:
    """Make a workspace with these params, or with this text of params.yaml.

    Raises:
        StageError: the folder holds something, a workspace perhaps; nothing was written.
    """
    vacant(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = params if isinstance(params, str) else yaml.safe_dump(params, sort_keys=False)
    (folder / PARAMS_FILE).write_text(text)
    (folder / GRAPH).write_text(dependencies.graph(folder))
    (folder / ".gitignore").write_text(IGNORED)
    _annotations(folder)
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    if not (folder / ".dvc").exists():
        _init_dvc(folder)
    git(folder, "add", "-A")
    _commit(folder, "Workspace")
    return folder


def vacant(folder: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        StageError: it says what, and what to do.
    """
    disk_space.folder_at(folder)
    if (folder / PARAMS_FILE).exists():
        raise StageError(
            f"{folder} is a workspace already; nothing was written. To go on in it, edit "
            f"{folder / PARAMS_FILE} and run `ratchet curate -w {folder}`; for another agent name "
            "a new folder"
        )
    if folder.exists() and any(folder.iterdir()):
        raise StageError(f"{folder} holds other files; name an empty or a new folder")


def check(folder: Path) -> None:
    """Refuse a folder that is no workspace, before anything is written there.

    Raises:
        SettingsError: params.yaml is missing or wrong, the graph or a repository is missing.
        StageError: `data` is a file.
    """
    load(folder / PARAMS_FILE)
    disk_space.folder_at(folder / "data")
    if not (folder / GRAPH).is_file():
        what, cure = "no dvc.yaml", ""
    elif not any(
        (place / ".git").exists() for place in (folder.resolve(), *folder.resolve().parents)
    ):
        what, cure = "no git repository", "; `git init` and a commit bring it back"
    elif not (folder / ".dvc").is_dir():
        what, cure = "no DVC repository", "; `dvc init` brings it back"
    else:
        return
    raise SettingsError(
        f"{folder.resolve()} is no workspace: it has {what}, which a dataset's versions need. Name "
        f"another folder with --workspace, or make one with `ratchet init`{cure}"
    )


def refresh(folder: Path) -> None:
    """Bring the graph of a workspace that `create` made up to date with this project's code."""
    path = folder / GRAPH
    if not path.exists():
        return
    _annotations(folder)
    graph = dependencies.graph(folder)
    if path.read_text() != graph:
        path.write_text(graph)


def dataset(folder: Path) -> DatasetRef:
    """The dataset that stands in the workspace now.

    Raises:
        StageError: none was made yet.
    """
    lock = _read_lock(folder)
    if not split_md5(lock):
        raise StageError(f"{folder / 'dvc.lock'} names no dataset: run `ratchet curate` first")
    tag = next((v.tag for v in versions(folder) if v.md5 == split_md5(lock)), "")
    return DatasetRef(
        version=tag, md5=split_md5(lock), folder=str((folder / "data" / "split").resolve())
    )


def tag_dataset(folder: Path) -> DatasetRef:
    """Commit dvc.lock with its params and tag the commit; a dataset that has a tag keeps it."""
    now = dataset(folder)
    if now.version:
        return now
    lock = _read_lock(folder)
    tagged = versions(folder)
    if not tagged:
        tag = "dataset-v1.0"
    elif _recipe(tagged[-1].lock) == _recipe(lock):
        tag = f"dataset-v{tagged[-1].major}.{tagged[-1].minor + 1}"
    else:
        tag = f"dataset-v{tagged[-1].major + 1}.0"
    _annotations(folder)
    kept = ("dvc.lock", PARAMS_FILE, GRAPH, stages.annotations_of(folder).name)
    git(folder, "add", *kept)
    _commit(folder, f"Dataset {tag.removeprefix('dataset-')}", *kept)
    git(folder, "tag", tag)
    return now.model_copy(update={"version": tag})


def keep(folder: Path, message: str, *paths: str) -> None:
    """Commit some paths of the workspace; nothing where they are as they were."""
    git(folder, "add", *paths)
    _commit(folder, message, *paths)


def versions(folder: Path) -> list[Version]:
    """Every tagged dataset, oldest first."""
    found = []
    for tag in git(folder, "tag", "--list", "dataset-v*").split():
        match = TAG.match(tag)
        if match:
            lock = yaml.safe_load(git(folder, "show", f"{tag}:./dvc.lock"))
            found.append(Version(int(match[1]), int(match[2]), tag, lock))
    return sorted(found, key=lambda version: version[:2])


def revision(folder: Path) -> str:
    """The commit that the workspace stands on."""
    return git(folder, "rev-parse", "HEAD").strip()


def split_md5(lock: dict[str, Any]) -> str:
    """The dataset's md5 in a dvc.lock, or nothing where it has none."""
    outs = lock.get("stages", {}).get("split", {}).get("outs", [{}])
    return str(outs[0].get("md5", ""))


def git(folder: Path, *arguments: str) -> str:
    """Output of a git command in the workspace.

    Raises:
        StageError: with git's own message.
    """
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise StageError(f"git {arguments[0]} in {folder} failed: {done.stderr.strip()}")
    return done.stdout


def _commit(folder: Path, message: str, *paths: str) -> None:
    if not git(folder, "status", "--porcelain", "--untracked-files=no", "--", *paths).strip():
        return
    name = subprocess.run(
        ["git", "config", "user.email"], cwd=folder, capture_output=True, check=False
    )
    # A machine where git knows nobody still gets a dataset version.
    nobody = ["-c", "user.name=Ratchet", "-c", "user.email=ratchet@localhost"]
    who = [] if name.returncode == 0 else nobody
    git(folder, *who, "commit", "-q", "-m", message, *(["--only", "--", *paths] if paths else []))


def _annotations(folder: Path) -> None:
    """The folder that `dedup` depends on; DVC refuses to run a stage whose input is not there."""
    path = stages.annotations_of(folder) / "README.md"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text((PROJECT / stages.ANNOTATIONS / path.name).read_text())


def _init_dvc(folder: Path) -> None:
    for arguments in (
        ["init", "-q"],
        ["config", "core.analytics", "false"],
        ["config", "core.check_update", "false"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "dvc", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StageError(f"dvc {arguments[0]} in {folder} failed: {done.stderr.strip()}")


def _recipe(lock: dict[str, Any]) -> dict[str, Any]:
    """What the dataset was made by: params, commands and code, not data.

    Code by its content alone, so that a workspace may be moved.
    """
    recipe = {}
    for name, stage in lock.get("stages", {}).items():
        deps = stage.get("deps", [])
        code = sorted(dep["md5"] for dep in deps if dependencies.is_code(dep["path"]))
        recipe[name] = {"cmd": stage["cmd"], "code": code, "params": stage.get("params")}
    return recipe


def _read_lock(folder: Path) -> dict[str, Any]:
    path = folder / "dvc.lock"
    found: dict[str, Any] = yaml.safe_load(path.read_text()) if path.exists() else {}
    return found
