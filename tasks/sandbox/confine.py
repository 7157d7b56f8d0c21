"""Shuts the process it runs in: limits first, then files, then every system call but a few.

    limit(1024)            memory, files, processes; with or without walls
    confine(folders)       walls with a window: modules are read below these folders, no more
    confine()              no window; raises where a wall cannot be put up
    leaks()                () where the walls hold, else what could still be done, as ("open",)

It imports the standard library alone, because it runs in the worker, which has no other.
"""

import os
import resource
import socket
from collections.abc import Callable, Sequence

from tasks.sandbox import landlock, seccomp

_OPEN_FILES = 16


def limit(memory_mb: int) -> None:
    """Limit what even a process without walls may use."""
    for what, wanted in (
        (resource.RLIMIT_AS, memory_mb * 1024 * 1024),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        _, highest = resource.getrlimit(what)
        value = wanted if highest == resource.RLIM_INFINITY else min(wanted, highest)
        resource.setrlimit(what, (value, value))


def confine(readable: Sequence[str] = ()) -> None:
    """Give up ports, processes, nearly all system calls, and files but to read below the folders.

    Raises:
        OSError: this kernel cannot, or does not let this process.
    """
    landlock.restrict(readable)
    seccomp.restrict(importing=bool(readable))


def leaks(*, importing: bool = False) -> tuple[str, ...]:
    """What should be impossible now and is not."""
    tried = {"open": _open, "socket": _socket, "fork": _fork, "signal": _signal}
    if not importing:
        tried["stat"] = _stat
    return tuple(name for name, attempt in tried.items() if not _refused(attempt))


def _refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except PermissionError:
        return True
    return False


def _open() -> None:
    os.close(os.open("/", os.O_RDONLY))


def _stat() -> None:
    os.lstat("/")


def _socket() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)
    os.wait()


def _signal() -> None:
    os.kill(os.getppid() or 1, 0)
