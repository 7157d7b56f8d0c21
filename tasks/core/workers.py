"""Spreads work on parts over the processor cores that a stage was given.

    with workers.use(2):
        made = list(workers.each(write_part, parts))   # in the order of `parts`

A stage that runs as a process of its own turns this on; where it is called as a function, work
stays in the caller's process, whose threads a fork could not take along.
"""

import ctypes
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tasks.core.errors import StageError

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")

_PR_SET_PDEATHSIG = 1
_state: dict[str, Any] = {"processes": 1}
"""What a forked worker finds of its parent's: the function and the items are not pickled."""


def cores() -> int:
    """Processor cores that this process may run on (`taskset` and cgroup masks count)."""
    return len(os.sched_getaffinity(0))


def is_worker() -> bool:
    """Whether this process is one of those that `each` forked: what it remembers goes with it."""
    return bool(_state.get("worker"))


@contextmanager
def use(processes: int) -> Iterator[None]:
    """Let `each` fork up to this many workers within the block."""
    before = _state["processes"]
    _state["processes"] = processes
    try:
        yield
    finally:
        _state["processes"] = before


def each(
    function: Callable[[T], R],
    items: Sequence[T],
    *,
    meanwhile: Callable[[], object] | None = None,
) -> Iterator[R]:
    """Yield `function(item)` for each item, in order.

    Where there are workers, `meanwhile` is done here while they begin.

    With more than one process, what `function` returns is pickled and what else it changes in
    memory stays in its worker. An error ends it as it would here; work that has not begun is
    dropped. Workers die with the process that started them, even by SIGKILL.

    Raises:
        StageError: a worker was killed.
    """
    processes = min(_state["processes"], len(items))
    if processes < 2:
        yield from map(function, items)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    _state.update(function=function, items=items)
    pool = ProcessPoolExecutor(processes, get_context("fork"), initializer=_worker)
    try:
        with _uninterrupted():
            waiting: list[Future[R]] = [pool.submit(_call, number) for number in range(len(items))]
        waiting.reverse()
        if meanwhile is not None:
            meanwhile()
        while waiting:
            yield waiting.pop().result()
    except BrokenProcessPool as error:
        raise StageError(
            f"one of {processes} worker processes was killed, most likely because memory ran out; "
            "run it again with fewer (`taskset -c 0 …` leaves one) or on a machine with more "
            "memory; nothing was committed"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        _state.pop("function"), _state.pop("items")


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits for the end of the block: what Python runs around a fork swallows it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _worker() -> None:
    _state.update(processes=1, worker=True)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer


def _call(number: int) -> Any:
    return _state["function"](_state["items"][number])
