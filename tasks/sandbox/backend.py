"""Which walls there are on this machine, and the command that starts a worker behind them.

    choose("auto")         bubblewrap where it works, else kernel
    choose("kernel")       SettingsError where this kernel cannot, with what it lacks and the cure

That `bwrap` is installed proves nothing: a container may forbid the namespaces it needs. So it is
tried once in a process's life.
"""

import functools
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Literal

from tasks.core.errors import SettingsError
from tasks.sandbox import landlock, seccomp

Backend = Literal["bubblewrap", "kernel", "unsafe"]
Wanted = Literal["auto", "bubblewrap", "kernel"]

PROJECT = Path(__file__).parents[2]
_PACKAGE = "tasks/sandbox"
_LIBRARIES = ("/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64")
_TRIAL_SECONDS = 20

ENVIRONMENT = {
    # A set of strings has the same order in each worker: the same row, the same score.
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTHONPATH": str(PROJECT),
    # Libraries that start threads when they are imported would meet the wall against them.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""All that a worker is given, and forgets before the program runs."""


def choose(wanted: Wanted, *, unsafe: bool = False) -> Backend:
    """The backend to use; `unsafe` is taken only where there is no other.

    Raises:
        SettingsError: there are no walls here, and `unsafe` was not said.
    """
    lacks = {}
    for name in ("bubblewrap", "kernel") if wanted == "auto" else (wanted,):
        problem = lacking(name)
        if not problem:
            return name
        lacks[name] = problem
    if unsafe:
        return "unsafe"
    said = "; ".join(f"{name}: {problem}" for name, problem in lacks.items())
    raise SettingsError(
        f"no working sandbox for python rewards ({said}). Install bubblewrap, or use Linux 5.13 "
        "or later with Landlock on; or say `unsafe_without_sandbox: true` in the reward's options: "
        "its code then can do whatever you can do here"
    )


@functools.lru_cache(maxsize=4)
def lacking(name: Wanted) -> str:
    """What this machine lacks for a backend; empty where it works."""
    if sys.platform != "linux":
        return f"{sys.platform} has no seccomp"
    if not seccomp.known():
        return f"no table of system calls for {platform.machine()}"
    if not landlock.abi():
        return "this kernel has no Landlock, or it is switched off"
    if name == "kernel":
        return ""
    if shutil.which("bwrap") is None:
        return "bwrap is not installed"
    tried = subprocess.run(
        [*_namespaces(()), _python(), "-S", "-c", "pass"],
        capture_output=True,
        timeout=_TRIAL_SECONDS,
        check=False,
        env={},
    )
    return "" if tried.returncode == 0 else f"bwrap fails: {tried.stderr.decode().strip()[:200]}"


def command(backend: Backend, places: tuple[str, ...]) -> list[str]:
    """The worker's command line; `places` are folders that its packages lie in."""
    child = [_python(), "-S", "-s", "-P", "-B", "-m", "tasks.sandbox.child"]
    return [*_namespaces(places), *child] if backend == "bubblewrap" else child


def places(packages: tuple[str, ...]) -> tuple[str, ...]:
    """The folders of installed packages; none where the program imports none."""
    if not packages:
        return ()
    return tuple(dict.fromkeys(sysconfig.get_paths()[key] for key in ("purelib", "platlib")))


def libraries() -> tuple[str, ...]:
    """Folders of shared libraries, which modules written in C load."""
    return (*_LIBRARIES, str(Path(_python()).parents[1] / "lib"))


def _namespaces(shown: tuple[str, ...]) -> list[str]:
    """`bwrap` with the interpreter, its libraries and our own child to read, and nothing else."""
    python = Path(_python())
    wanted = [*libraries(), str(python), *shown]
    wanted += [str(PROJECT / part) for part in ("tasks/__init__.py", "tasks/core/__init__.py")]
    wanted.append(str(PROJECT / _PACKAGE))
    found = [str(shutil.which("bwrap")), "--unshare-all", "--clearenv", "--cap-drop", "ALL"]
    for name, value in ENVIRONMENT.items():
        found += ["--setenv", name, value]
    for path in dict.fromkeys(wanted):
        if Path(path).is_symlink() and path in _LIBRARIES:
            found += ["--symlink", str(Path(path).readlink()), path]
        else:
            found += ["--ro-bind-try", path, path]
    return [*found, "--dev-bind", os.devnull, os.devnull, "--remount-ro", "/", "--chdir", "/"]


def _python() -> str:
    """The interpreter itself: a virtual environment's link would need the environment too."""
    return os.path.realpath(sys.executable)
