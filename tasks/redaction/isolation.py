"""Asks what others have written in a process of its own, which is ended where it does not answer.

    find = Isolated(timeout_s=10).add(model.find)
    find("I met Quillon")        [Span(6, 13, Kind.NAME, "model")], or FinderTimedOut

Own patterns take time linear in the text. A recogniser or a model may not: an expression of `re`
that backtracks for years never comes back to Python, so no signal and no thread can stop it, but a
process can be killed. It is forked when first asked, with everything loaded, and again after it
was killed. Where nothing is plugged in there is no process and no cost.
"""

import ctypes
import gc
import os
import signal
import sys
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any, NamedTuple

from tasks.redaction.kinds import Span
from tasks.redaction.rules import FinderFailed, FinderTimedOut

Find = Callable[[str], list[Span]]
FindAll = Callable[[Sequence[str]], list[list[Span]]]

_PR_SET_PDEATHSIG = 1


class _Child(NamedTuple):
    process: ForkProcess
    line: Connection
    parent: int
    """The process that forked it; a worker forked later asks one of its own."""


class Isolated:
    """One process for all finders that are added.

    Args:
        timeout_s: seconds on the clock for one text; a text that took longer is not asked again.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._finders: list[Callable[[Any], Any]] = []
        self._child: _Child | None = None
        self._late: set[tuple[int, str | tuple[str, ...]]] = set()

    def add(self, find: Find) -> Find:
        """The same finder, asked there.

        What it gives raises FinderTimedOut where no answer comes in time, and FinderFailed where
        the finder does or the process died of the text.
        """
        self._finders.append(find)
        return partial(self._ask, len(self._finders) - 1)

    def add_all(self, find_all: FindAll) -> FindAll:
        """The same for a finder that looks at several texts at a time; each has its time."""
        self._finders.append(find_all)
        number = len(self._finders) - 1
        return lambda texts: self._ask(number, tuple(texts))

    def _ask(self, number: int, text: str | tuple[str, ...]) -> Any:
        limit = self._timeout_s * (1 if isinstance(text, str) else max(1, len(text)))
        if (number, text) in self._late:
            raise FinderTimedOut(f"no answer in {self._timeout_s:g} s")
        child, self._child = self._child, None
        if child is None or child.parent != os.getpid():
            child = self._start()
        try:
            child.line.send((number, text))
            found = child.line.recv() if child.line.poll(limit) else None
        except (EOFError, OSError) as error:
            _end(child)
            raise FinderFailed("its process died") from error
        if found is None:
            _end(child)
            self._late.add((number, text))
            raise FinderTimedOut(f"no answer in {self._timeout_s:g} s")
        self._child = child
        if isinstance(found, str):
            raise FinderFailed(found)
        return found

    def _start(self) -> _Child:
        context = get_context("fork")
        here, there = context.Pipe()
        # A daemon: it is ended, and not waited for, when this process ends.
        process = context.Process(target=_answer, args=(there, here, self._finders), daemon=True)
        process.start()
        there.close()
        child = _Child(process, here, os.getpid())
        weakref.finalize(self, _end, child)
        return child


def _end(child: _Child) -> None:
    if child.parent == os.getpid() and not child.line.closed:
        child.process.kill()
        child.process.join()
        child.line.close()


def _answer(line: Connection, other: Connection, finders: Sequence[Callable[[Any], Any]]) -> None:
    """What the process does until it is killed or nobody is left to ask."""
    other.close()
    _settle_in()
    while True:
        try:
            number, text = line.recv()
        except EOFError:
            return
        try:
            found: Any = finders[number](text)
        except FinderFailed as error:
            found = str(error)
        line.send(found)


def _settle_in() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # What it says, above all as it dies of a text, may quote the text.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    gc.freeze()
    gc.enable()  # the stage works without; what is not ours may need it
    torch = sys.modules.get("torch")
    if torch is not None:
        # A team of threads that the parent has used does not live on in a fork: waiting for it
        # would last for ever.
        torch.set_num_threads(1)
