"""Landlock: a process gives up every file, port and foreign signal, for good.

    abi()                              0 where the kernel has none; 1 since Linux 5.13
    restrict(["/usr/lib/python3.11"])  files are read below this folder alone, and none is written
    restrict()                         no file may be opened, made, moved or removed at all

Each ABI can forbid more than the one before; what the kernel knows is forbidden, all of it: files,
ports, and from ABI 6 on signals to others (`linux/landlock.h`).
"""

import ctypes
import os
import struct
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_READ_FILES_AND_FOLDERS = 0b1100
_ASK_FOR_VERSION = 1
_PR_SET_NO_NEW_PRIVS = 38

_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""ABI to the number of rights on files that it knows, each one bit from the lowest."""
_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


def abi() -> int:
    """The version of Landlock in this kernel; 0 where there is none or it is switched off."""
    libc = ctypes.CDLL(None, use_errno=True)
    found = libc.syscall(ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), _ASK_FOR_VERSION)
    return max(0, int(found))


def restrict(readable: Iterable[str] = ()) -> None:
    """Give up every right that this kernel's Landlock knows, but to read below these folders.

    It holds for good; a second time can only take more away.

    Raises:
        OSError: the kernel has no Landlock, or does not let this process use it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs is refused")
    wanted = _ruleset(abi())
    rules = libc.syscall(ctypes.c_long(_CREATE_RULESET), wanted, ctypes.c_size_t(len(wanted)), 0)
    if rules < 0:
        raise _error()
    for folder in readable:
        _allow(libc, rules, folder)
    if libc.syscall(ctypes.c_long(_RESTRICT_SELF), rules, 0):
        raise _error()
    os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, folder: str) -> None:
    try:
        place = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    below = struct.pack("=Qi", _READ_FILES_AND_FOLDERS, place)
    if libc.syscall(ctypes.c_long(_ADD_RULE), rules, _PATH_BENEATH, below, 0):
        raise _error()
    os.close(place)


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"Landlock: {os.strerror(number)}")


def _ruleset(version: int) -> bytes:
    """`struct landlock_ruleset_attr`, as long as this version of it is."""
    rights = max((count for since, count in _FILE_RIGHTS.items() if since <= version), default=13)
    found = struct.pack("=Q", (1 << rights) - 1)
    if version >= 4:
        found += struct.pack("=Q", _BIND_AND_CONNECT)
    if version >= 6:
        found += struct.pack("=Q", _ABSTRACT_SOCKETS_AND_SIGNALS)
    return found
