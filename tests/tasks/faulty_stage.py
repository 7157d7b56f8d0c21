"""Runs data stages in forked processes, with faults at exact calls of the operating system.

Reads orders from standard input and answers each with a line, so that a test pays once for the
imports:  {"stage": "dedup", "workspace": "…", "call": "rename", "at": 3, "fault": "kill"}
`disk` is what `faulty_disk.c` is told, where that stands in front of the C library.
"""

import ctypes
import json
import os
import resource
import runpy
import signal
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tasks.core.step import FOLDERS


def main() -> None:
    for name in ("great_expectations", "pandas", *(f"tasks.{stage}" for stage in FOLDERS)):
        import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            run(order)
        _, status = os.waitpid(child, 0)
        said = Path(order["workspace"], "stderr")
        answer = {
            "code": os.waitstatus_to_exitcode(status),
            "stderr": said.read_text(),
            "calls": int(Path(order["workspace"], "calls").read_text() or 0),
        }
        print(json.dumps(answer), flush=True)


def run(order: dict[str, Any]) -> None:
    """The stage as `python -m tasks.STAGE` runs it, on one core, with its fault."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.chdir(order["workspace"])
    kept = [os.open(name, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o666) for name in ("stderr", "out")]
    os.dup2(kept[0], 2)
    os.dup2(kept[1], 1)
    counted = os.open("calls", os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o666)
    for name in ("rename", "fsync"):
        setattr(os, name, counting(getattr(os, name), name, order, counted))
    if order.get("bytes"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["bytes"], order["bytes"]))
    os.environ |= {
        f"FAULT_{name.upper()}": str(said) for name, said in order.get("disk", {}).items()
    }
    if order.get("unprivileged"):
        obey_modes()
    code = 70
    try:
        runpy.run_module(f"tasks.{order['stage']}", run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        if code == 70:
            traceback.print_exc()
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(code)


def obey_modes() -> None:
    """Let this process, which is root's, write only where owner and mode allow it to.

    It still reads everything: where the checkout lies and who may read it plays no part.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version, write_anywhere = 0x20080522, 1  # _LINUX_CAPABILITY_VERSION_3, CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(version, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable, for 32 capabilities each
    if libc.capget(header, sets):
        raise OSError(ctypes.get_errno(), "capget")
    for place in range(3):
        sets[place] &= ~(1 << write_anywhere)
    if libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")


def counting(
    call: Callable[..., Any], name: str, order: dict[str, Any], counted: int
) -> Callable[..., Any]:
    """The call as it is, but for the one that the order asks to go wrong."""
    done = 0

    def counts(*arguments: Any, **options: Any) -> Any:
        nonlocal done
        if name != order.get("call", "rename"):
            return call(*arguments, **options)
        done += 1
        os.pwrite(counted, str(done).encode(), 0)
        if done != order.get("at"):
            return call(*arguments, **options)
        if order["fault"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(order["fault"], os.strerror(order["fault"]), str(arguments[0]))

    return counts


if __name__ == "__main__":
    main()
