"""Ends a command at Ctrl-C: one line, the processes that it started with it, exit code 130.

Prefect answers an interrupt with a page of traces, and its client goes on asking a server that the
same Ctrl-C has ended, for more than a minute. Nothing of that is needed: each stage and step
commits at its end alone, and a run goes on where it was.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from tasks.core import step

GRACE_S = 2.0
"""For processes that this one started to end by themselves."""


def ends_the_command() -> None:
    """From now on Ctrl-C ends this process and all below it; called before a flow begins."""
    os.environ[step.COMMAND] = "1"
    signal.signal(signal.SIGINT, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(
        "ratchet: interrupted; run it again, it goes on where it was", file=sys.stderr, flush=True
    )
    below = list(_below(os.getpid()))
    # At a terminal they were interrupted too; `kill -INT` of this process alone reaches none.
    end = time.monotonic() + GRACE_S
    while below and time.monotonic() < end:
        time.sleep(0.05)
        below = [pid for pid in below if _runs(pid)]
    for pid in below:
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            continue
    # Prefect's threads would hold the interpreter back.
    os._exit(130)


def _below(pid: int) -> Iterator[int]:
    for place in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, place.read_text().split()):
            yield from _below(child)
            yield child


def _runs(pid: int) -> bool:
    """A zombie has ended, though nobody asked for its exit code yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
