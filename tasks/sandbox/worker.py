"""A process behind walls that scores rows, and is replaced when a row breaks it.

    worker = Worker(source.read("def score(completion): return 1.0"), Limits(), "kernel")
    worker.run([frames.packed({"completion": {"content": "Oslo"}})])     [Outcome(1.0, "")]

A row that hangs, dies or floods is an outcome without a value; the rows after it go to a new
process. Reasons: `no-value`, `raised ValueError in line 3`, `not-a-number: str`,
`out-of-memory`, `out-of-cpu`, `timeout`, `worker-died`, `bad-answer`.
"""

import math
import os
import threading
from collections.abc import Sequence
from typing import NamedTuple

from tasks.sandbox import frames
from tasks.sandbox.backend import Backend
from tasks.sandbox.limits import Limits
from tasks.sandbox.process import Answer, Process
from tasks.sandbox.source import Program


class Outcome(NamedTuple):
    value: float | None
    reason: str
    """Why there is no value; short, counted by it, and without content of the row."""


class Worker:
    """Safe for several threads: one runs, the others wait. A forked copy starts its own process."""

    def __init__(self, program: Program, limits: Limits, backend: Backend) -> None:
        self.program = program
        self.limits = limits
        self.backend = backend
        self.started = 0
        """Processes so far: one, and one more for each row that broke its process."""
        self._process: Process | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type["Worker"], tuple[Program, Limits, Backend]]:
        """A copy in another process starts its own."""
        return Worker, (self.program, self.limits, self.backend)

    def run(self, rows: Sequence[bytes]) -> list[Outcome]:
        """One outcome for each row, in order; each of them what `frames.packed` makes.

        Raises:
            SettingsError: the walls cannot be put up, or the program fails when it is loaded.
        """
        found: list[Outcome] = []
        with self._lock:
            while len(found) < len(rows):
                answers, ended = self._running().exchange(rows[len(found) :])
                found += map(_outcome, answers)
                if ended:
                    found.append(Outcome(None, ended))
                    self._process = None
        return found

    def close(self) -> None:
        """End the process; the next run starts a new one."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
            self._process = None

    def _running(self) -> Process:
        if self._process is None or self._owner != os.getpid():
            self._process = Process(self.program, self.limits, self.backend)
            self._owner = os.getpid()
            self.started += 1
        return self._process


def _outcome(answer: Answer) -> Outcome:
    match answer.kind:
        # A program that writes to our pipe itself may claim any number.
        case frames.SCORED if math.isfinite(answer.value):
            return Outcome(answer.value, "")
        case frames.NOTHING:
            return Outcome(None, "no-value")
        case frames.RAISED:
            return Outcome(None, f"raised {answer.said}")
        case frames.UNUSABLE:
            return Outcome(None, f"not-a-number: {answer.said}")
        case frames.MEMORY:
            return Outcome(None, "out-of-memory")
    return Outcome(None, "bad-answer")
