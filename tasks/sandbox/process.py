"""One process of a worker, from its start to its end: started, fed, watched, killed.

    process = Process(program, limits, "kernel")      walls up, program loaded, or SettingsError
    answers, ended = process.exchange(rows)           ended: why no more answers came, or ""

The answers of a row come in the order of the rows. The clock of a row starts when the answer
before it came, since only then it is at its turn.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
import weakref
from collections.abc import Sequence
from typing import NamedTuple

from tasks.core.errors import SettingsError
from tasks.sandbox import backend as backends
from tasks.sandbox import frames
from tasks.sandbox.backend import Backend
from tasks.sandbox.limits import Limits
from tasks.sandbox.source import Program

_START_SECONDS = 60
"""For the interpreter and the packages, on a busy machine; the program has its own limit."""
_GRACE_SECONDS = 1.0
"""The process ends itself at its limit; here it is ended this much later, if it did not."""
_CHUNK = 1 << 16
_LOOK_NS = 80_000

_ENDS = {signal.SIGPROF: "out-of-cpu", signal.SIGXCPU: "out-of-cpu", signal.SIGALRM: "timeout"}


class Answer(NamedTuple):
    kind: int
    """Of frames.py."""
    value: float
    """Where the kind is SCORED."""
    said: str


class Process:
    """Not for two threads at once."""

    def __init__(self, program: Program, limits: Limits, backend: Backend) -> None:
        places = backends.places(program.packages)
        self._limits = limits
        self._child = subprocess.Popen(
            backends.command(backend, places),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=backends.ENVIRONMENT,
            cwd="/",
            # A session of its own: Ctrl-C is ours to handle, and a kill reaches all of it.
            start_new_session=True,
        )
        self._end = weakref.finalize(self, _kill, self._child, os.getpid())
        assert self._child.stdin is not None and self._child.stdout is not None
        self._rows, self._answers = self._child.stdin.fileno(), self._child.stdout.fileno()
        os.set_blocking(self._rows, False)
        os.set_blocking(self._answers, False)
        self._buffer = bytearray()
        self._number = frames.SETUP
        self._last_words = ""
        self._load(program, backend, places)

    def exchange(self, rows: Sequence[bytes]) -> tuple[list[Answer], str]:
        """The answers that came, and why the rest did not; after a reason the process is gone."""
        first = self._number + 1
        self._number += len(rows)
        wall = self._limits.wall_seconds + _GRACE_SECONDS
        return self._talk([frames.row(first + i, row) for i, row in enumerate(rows)], first, wall)

    def kill(self) -> None:
        """End it, if it did not end by itself; safe to call twice."""
        self._end()

    def _load(self, program: Program, backend: Backend, places: tuple[str, ...]) -> None:
        setup = {
            "source": program.text,
            "name": program.name,
            "function": program.function,
            "positional": program.asks if program.function == "grade" else (),
            "modules": program.modules,
            "places": places,
            "libraries": backends.libraries(),
            "walls": backend != "unsafe",
            **self._limits._asdict(),
        }
        row = frames.row(frames.SETUP, json.dumps(setup).encode())
        wall = _START_SECONDS + self._limits.wall_seconds
        answers, ended = self._talk([row], frames.SETUP, wall)
        if answers and answers[0].kind == frames.READY:
            return
        said = answers[0].said if answers else f"{ended} {self._last_words}".strip()
        self.kill()
        raise SettingsError(
            f"{program.name}: the sandbox ({backend}) does not start: {said}"
            if not said.startswith("source: ")
            else f"{program.name} fails when it is loaded: {said.removeprefix('source: ')}"
        )

    def _talk(self, waiting: Sequence[bytes], first: int, wall: float) -> tuple[list[Answer], str]:
        found: list[Answer] = []
        pending = memoryview(b"".join(waiting)) if len(waiting) > 1 else memoryview(waiting[0])
        pending = self._write(pending)
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        if pending:
            poll.register(self._rows, select.POLLOUT)
        deadline = time.monotonic() + wall
        while len(found) < len(waiting):
            ready = _ready(poll, deadline)
            if not ready:
                self._hear()
                self.kill()
                return found, "timeout"
            for pipe, _ in ready:
                if pipe == self._rows:
                    pending = self._write(pending)
                    if not pending:
                        poll.unregister(self._rows)
                    continue
                arrived = self._arrived()
                if not arrived:
                    return found, self._ended()
                answers, problem = self._taken(first + len(found))
                if answers:
                    found += answers
                    deadline = time.monotonic() + wall
                if problem or len(found) > len(waiting):
                    self.kill()
                    return found[: len(waiting) - 1], "bad-answer"
        return found, ""

    def _write(self, pending: memoryview) -> memoryview:
        try:
            return pending[os.write(self._rows, pending[:_CHUNK]) :]
        except BlockingIOError:
            return pending
        except BrokenPipeError:
            # It died; what it answered before is still to be read, and then its end.
            return pending[len(pending) :]

    def _arrived(self) -> bool:
        data = os.read(self._answers, _CHUNK)
        self._buffer += data
        return bool(data)

    def _taken(self, expected: int) -> tuple[list[Answer], bool]:
        """The whole answers in the buffer, and whether something else is in it."""
        found: list[Answer] = []
        buffer, at = self._buffer, 0
        head = frames.ANSWER.size
        while len(buffer) - at >= head:
            length, number, kind = frames.ANSWER.unpack_from(buffer, at)
            if length > frames.MAX_BODY or length < 5 or number != expected + len(found):
                return found, True
            end = at + frames.LENGTH.size + length
            if len(buffer) < end:
                break
            if kind == frames.SCORED:
                if length != frames.VALUE.size - frames.LENGTH.size:
                    return found, True
                found.append(Answer(kind, frames.VALUE.unpack_from(buffer, at)[3], ""))
            else:
                said = buffer[at + head : end].decode(errors="replace")
                found.append(Answer(kind, 0.0, said))
            at = end
        del buffer[:at]
        return found, False

    def _ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=_GRACE_SECONDS)
        code = self._child.returncode
        self._hear()
        self.kill()
        # bwrap reports the signal of what it ran as a shell does.
        number = -code if code is not None and code < 0 else (code or 0) - 128
        return _ENDS.get(signal.Signals(number), "worker-died") if number > 0 else "worker-died"

    def _hear(self) -> None:
        """Keep what the interpreter said; once it runs a program, it says nothing any more."""
        assert self._child.stderr is not None
        os.set_blocking(self._child.stderr.fileno(), False)
        said = self._child.stderr.read() or b""
        self._last_words = said[-400:].decode(errors="replace").strip()


def _ready(poll: "select.poll", deadline: float) -> list[tuple[int, int]]:
    """The pipes that are ready, or none after the deadline."""
    # To be woken takes longer than most rows, so the first moments are spent looking.
    until = time.perf_counter_ns() + _LOOK_NS
    while time.perf_counter_ns() < until:
        if found := poll.poll(0):
            return found
    return poll.poll(max(0.0, deadline - time.monotonic()) * 1000)


def _kill(child: "subprocess.Popen[bytes]", owner: int) -> None:
    """Kill the process with all it is made of, and close its pipes."""
    # After a fork the same object stands in the copy, and the process is not its to end.
    if os.getpid() == owner:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
