"""Checks of this machine that run the real thing: what `ratchet doctor` prints."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import requires, version
from pathlib import Path
from typing import NamedTuple

from flows.schedules import prove
from tasks.core.errors import RatchetError, StageError


class Check(NamedTuple):
    name: str
    well: bool
    detail: str


def check_all() -> Iterator[Check]:
    """Run every check; each yields its result when it has ended."""
    checks: tuple[tuple[str, Callable[[Path], str]], ...] = (
        ("Python", _python),
        ("installed versions", _versions),
        ("git and DVC", _dvc),
        ("MLflow", _mlflow),
        ("sandbox of python rewards", _sandbox),
        ("Prefect's schedules", prove),
    )
    with tempfile.TemporaryDirectory(prefix="ratchet-doctor-") as folder:
        for name, check in checks:
            try:
                yield Check(name, True, check(Path(folder)))
            except (RatchetError, OSError, subprocess.SubprocessError, TimeoutError) as error:
                yield Check(name, False, str(error))


def _python(_: Path) -> str:
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        raise StageError(f"{sys.version.split()[0]}: expected 3.11 or 3.12; make .venv with it")
    return sys.version.split()[0]


def _versions(_: Path) -> str:
    """Every library within the bounds that pyproject.toml states."""
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in requires("ratchet-rft") or ()]
    plain = [line for line in wanted if line.marker is None]
    wrong = [
        f"{line.name} {version(line.name)} (expected {line.specifier})"
        for line in plain
        if not line.specifier.contains(version(line.name), prereleases=True)
    ]
    if wrong:
        raise StageError(f"{', '.join(wrong)}: install again with constraints.txt (`make setup`)")
    return f"{len(plain)} libraries within their bounds"


def _dvc(folder: Path) -> str:
    """A stage that runs once, then is fresh."""
    import logging

    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    from tasks.core import workspace

    logging.getLogger("dvc").setLevel(logging.WARNING)
    home = folder / "dvc"
    home.mkdir()
    workspace.git(home, "init", "-q")
    graph = home / "dvc.yaml"
    graph.write_text("stages: {a: {cmd: echo 1 > out, outs: [out]}}\n")
    # A bare name would be looked up in the current folder, which may have a graph of its own.
    target = f"{graph.resolve()}:a"
    try:
        Repo.init(str(home)).close()
        with Repo(str(home)) as repo:
            first, second = (len(repo.reproduce(targets=[target])) for _ in range(2))
    except DvcException as error:
        raise StageError(f"DVC cannot run a stage: {error}") from error
    if (first, second) != (1, 0):
        raise StageError(f"a stage ran {first} then {second} times: expected 1 then 0")
    return f"dvc {version('dvc')}: a stage ran, and was fresh the second time"


def _mlflow(folder: Path) -> str:
    from tasks.core import tracking

    mlflow = tracking.connect(tracking.tracking_uri(folder), "doctor")
    with mlflow.start_run() as run:
        mlflow.log_metric("one", 1)
    if mlflow.get_run(run.info.run_id).data.metrics != {"one": 1.0}:
        raise StageError("MLflow does not give back the metric that was written")
    return f"mlflow {version('mlflow')}: a run was written and read"


def _sandbox(_: Path) -> str:
    """A program behind each kind of walls; that there are none is no fault of a machine."""
    from tasks.sandbox import backend, frames, source
    from tasks.sandbox.limits import Limits
    from tasks.sandbox.worker import Worker

    said: list[str] = []
    names: tuple[backend.Wanted, ...] = ("bubblewrap", "kernel")
    for name in names:
        if problem := backend.lacking(name):
            said.append(f"{name}: {problem}")
            continue
        worker = Worker(source.read("def score(): return 1"), Limits(), backend.choose(name))
        (outcome,) = worker.run([frames.packed({})])
        worker.close()
        said.append(f"{name}: {'holds' if outcome.value == 1 else outcome.reason}")
    return "; ".join(said)
