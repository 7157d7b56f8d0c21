"""A seccomp filter that leaves a process nothing but memory, time and the pipes it has already.

    x86_64, read(2)        allowed
    x86_64, openat(2)      EPERM     and so is every other call that is not on the list
    another architecture   the process is ended

It is written as classic BPF (`man 2 seccomp`, `linux/filter.h`) and put on with ctypes, because
no package that does so is at home on every distribution. Numbers are from the kernel's tables
`arch/x86/entry/syscalls/syscall_64.tbl` and `include/uapi/asm-generic/unistd.h`.
"""

import ctypes
import os
import platform
import struct
from typing import NamedTuple


class _Architecture(NamedTuple):
    audit: int
    """`AUDIT_ARCH_*` of linux/audit.h."""
    seccomp: int
    """The number of seccomp(2) itself."""
    allowed: tuple[int, ...]
    importing: tuple[int, ...]
    """Beside these, while modules are imported: reading files, and putting up the next walls."""


# The same calls in the same order, a row each:
#   read write close fstat lseek mmap mprotect munmap brk mremap madvise futex
#   rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall
#   clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday times getrusage getitimer
#   setitimer
#   getrandom getpid gettid getuid geteuid getgid getegid uname sched_yield sched_getaffinity
#   exit exit_group set_robust_list rseq
# Not fcntl, whose F_SETOWN sends signals; not prlimit64, with which root raises a limit.
_X86_64: tuple[int, ...] = (
    *(0, 1, 3, 5, 8, 9, 10, 11, 12, 25, 28, 202),
    *(13, 14, 15, 131, 219),
    *(228, 229, 230, 35, 96, 100, 98, 36, 38),
    *(318, 39, 186, 102, 107, 104, 108, 63, 24, 204),
    *(60, 231, 273, 334),
)
_AARCH64: tuple[int, ...] = (
    *(63, 64, 57, 80, 62, 222, 226, 215, 214, 216, 233, 98),
    *(134, 135, 139, 132, 128),
    *(113, 114, 115, 101, 169, 153, 165, 102, 103),
    *(278, 172, 178, 174, 175, 176, 177, 160, 124, 123),
    *(93, 94, 99, 293),
)


# open stat lstat access readlink (x86_64 alone), then
#   openat newfstatat statx getdents64 faccessat faccessat2 readlinkat getcwd pread64 fcntl
#   prctl seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self prlimit64
_X86_64_IMPORTING: tuple[int, ...] = (
    *(2, 4, 6, 21, 89),
    *(257, 262, 332, 217, 269, 439, 267, 79, 17, 72),
    *(157, 317, 444, 445, 446, 302),
)
_AARCH64_IMPORTING: tuple[int, ...] = (
    *(56, 79, 291, 61, 48, 439, 78, 17, 67, 25),
    *(167, 277, 444, 445, 446, 261),
)

_ARCHITECTURES = {
    "x86_64": _Architecture(0xC000003E, 317, _X86_64, _X86_64_IMPORTING),
    "aarch64": _Architecture(0xC00000B7, 277, _AARCH64, _AARCH64_IMPORTING),
}

_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM = 1
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_PR_SET_NO_NEW_PRIVS = 38


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def known(machine: str = "") -> bool:
    """Whether there is a table for this machine (`x86_64`, `aarch64`)."""
    return (machine or platform.machine()) in _ARCHITECTURES


def restrict(*, importing: bool = False) -> None:
    """Put the filter on this process, for good; a second one can only take more away.

    Raises:
        OSError: the kernel has no seccomp filters, or does not let this process set one.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs is refused")
    architecture = _ARCHITECTURES[platform.machine()]
    more = architecture.importing if importing else ()
    code = program(architecture.audit, (*architecture.allowed, *more))
    wanted = _Program(len(code) // 8, code)
    number = ctypes.c_long(architecture.seccomp)
    if libc.syscall(number, _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(wanted)):
        error = ctypes.get_errno()
        raise OSError(error, f"seccomp: {os.strerror(error)}")


def program(audit: int, allowed: tuple[int, ...]) -> bytes:
    """The filter as an array of `struct sock_filter`."""
    lines = [
        _line(_LOAD, 4),  # the architecture stands before the numbers mean anything
        _line(_EQUAL, audit, yes=1),
        _line(_RETURN, _KILL_PROCESS),
        _line(_LOAD, 0),
    ]
    for position, number in enumerate(allowed):
        lines.append(_line(_EQUAL, number, yes=len(allowed) - position))
    lines += [_line(_RETURN, _ERRNO | _EPERM), _line(_RETURN, _ALLOW)]
    return b"".join(lines)


def _line(code: int, value: int, *, yes: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, 0, value)
