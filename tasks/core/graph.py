"""The data graph of dvc.yaml, run in this process: 0.1 s for a stage that is fresh.

What a stage prints goes to standard error, so that standard output stays a command's own.
"""

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from tasks.core import parts, step
from tasks.core.errors import RatchetError, StageError
from tasks.core.workspace import refresh


class StepFailed(RatchetError):
    """A step's process ended with an error that it has already explained on standard error."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"step {name} stopped with exit code {code}; its reason stands above")
        self.exit_code = code


def reproduce(name: str, workspace: Path) -> dict[str, Any]:
    """Bring one stage up to date and return its counts, seconds and the manifest's `info`.

    Raises:
        StepFailed: the stage's own process failed, after saying why.
        StageError: DVC cannot run it, or another run holds the workspace.
    """
    from dvc.exceptions import DvcException
    from dvc.stage.exceptions import StageCmdFailedError

    started = time.monotonic()
    refresh(workspace)
    with parts.single_writer(workspace.resolve() / ".ratchet" / "graph"), _beside():
        try:
            # In the main thread DVC has Ctrl-C ignored for as long as a stage runs.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(_reproduce, name, workspace).result()
        except DvcException as error:
            cause = error.__cause__
            if isinstance(cause, StageCmdFailedError):
                raise StepFailed(name, _code(cause)) from error
            why = error if cause is None else cause
            raise StageError(f"DVC cannot run stage {name} in {workspace}: {why}") from error
    return found(name, workspace, seconds=time.monotonic() - started)


def _reproduce(name: str, workspace: Path) -> None:
    from dvc.repo import Repo

    with Repo(str(workspace)) as repo:
        repo.reproduce(targets=[_target(name, workspace)], single_item=True)


def found(name: str, workspace: Path, *, seconds: float = 0.0) -> dict[str, Any]:
    """What a stage's manifest says now."""
    manifest = parts.require_manifest(workspace / "data" / step.FOLDERS[name])
    counts = manifest.counts
    return {
        "read": counts.read,
        "accepted": counts.accepted,
        "rejected": counts.rejected,
        "duplicate": counts.duplicate,
        "seconds": round(seconds, 2),
        "info": manifest.info,
    }


def unchanged(workspace: Path) -> dict[str, Any] | None:
    """Each stage's counts where logs, params and code are as they were, else None.

    Looks at the sources through `ingest`, which is quick when its ledger finds nothing new.
    """
    names = list(step.FOLDERS)
    folders = [workspace / "data" / folder for folder in step.FOLDERS.values()]
    if not all((folder / parts.MANIFEST).exists() for folder in folders):
        return None
    with _looking():
        first = reproduce(names[0], workspace)
    if _stale(workspace, names[1:]):
        return None
    return {names[0]: first, **{name: found(name, workspace) for name in names[1:]}}


def _stale(workspace: Path, names: list[str]) -> bool:
    from dvc.repo import Repo

    with _beside(), Repo(str(workspace)) as repo:
        return bool(repo.status(targets=[_target(name, workspace) for name in names]))


@contextmanager
def _looking() -> Iterator[None]:
    os.environ[step.LOOK] = "1"
    try:
        yield
    finally:
        del os.environ[step.LOOK]


def _target(name: str, workspace: Path) -> str:
    """A bare name would be looked up in the current folder's dvc.yaml, not the repository's."""
    return f"{workspace.resolve() / 'dvc.yaml'}:{name}"


def _code(error: Any) -> int:
    """The exit code that DVC keeps in its message alone."""
    last = str(error).rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() and last != "0" else StageError.exit_code


@contextmanager
def _beside() -> Iterator[None]:
    """Send standard output, a child's too, to standard error; DVC's own words to nowhere."""
    import logging

    logging.getLogger("dvc").setLevel(logging.WARNING)
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
