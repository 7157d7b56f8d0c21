"""The process inside: reads a program, shuts itself in, answers row after row.

    python -S -s -P -B -m tasks.sandbox.child    rows on standard input, answers on output

What the program imports is imported behind walls with a window to the modules' folders alone. Then
the window is closed, and the program itself, its top level included, runs. Each row is read anew,
so that no row sees what another one changed.
"""

import importlib
import json
import math
import numbers
import os
import signal
import sys
import types
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

from tasks.sandbox import confine, frames


def main() -> None:
    """Serve until the pipe closes."""
    rows, answers = _pipes()
    setup = json.loads(_read(rows)[1])
    _be_silent()
    sys.path[:] = [*setup_path(), *setup["places"]]
    confine.limit(setup["memory_mb"])
    if setup["walls"] and (lacking := _shut([*sys.path, *setup["libraries"]])):
        _refuse(answers, lacking)
    try:
        _import(setup["modules"])
    # Whatever a module raises when it is imported, SystemExit too.
    except BaseException as problem:  # noqa: BLE001
        _refuse(answers, f"import: {type(problem).__name__}: {problem}")
    os.environ.clear()
    if setup["walls"] and (lacking := _shut([])):
        _refuse(answers, lacking)
    _timers(setup)
    try:
        function = _function(setup)
    # Whatever the program's top level raises, SystemExit too.
    except BaseException as problem:  # noqa: BLE001
        _refuse(answers, f"source: {_said(problem, setup)}")
    signal.setitimer(signal.ITIMER_REAL, 0)
    _send(answers, frames.answer(frames.SETUP, frames.READY, ""))
    while True:
        number, body = _read(rows)
        _timers(setup)
        found = _answer(number, function, frames.unpacked(body), setup)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(answers, found)


def _answer(number: int, function: Callable[[Any], Any], row: Any, setup: dict[str, Any]) -> bytes:
    try:
        found = function(row)
        if found is None:
            return frames.answer(number, frames.NOTHING, "")
        if not isinstance(found, numbers.Real):
            return frames.answer(number, frames.UNUSABLE, type(found).__name__)
        value = float(found)
    except MemoryError:
        return frames.answer(number, frames.MEMORY, "")
    # A program may leave by SystemExit too: that is its answer to this row, not the worker's end.
    except BaseException as problem:  # noqa: BLE001
        return frames.answer(number, frames.RAISED, _said(problem, setup))
    if not math.isfinite(value):
        return frames.answer(number, frames.UNUSABLE, "not finite")
    return frames.value(number, value)


def _function(setup: dict[str, Any]) -> Callable[[Any], Any]:
    module = types.ModuleType("reward")
    sys.modules["reward"] = module
    exec(compile(setup["source"], setup["name"], "exec"), module.__dict__)
    function = module.__dict__[setup["function"]]
    names: list[str] = setup["positional"]
    if names:
        return lambda row: function(*[row[name] for name in names])
    return lambda row: function(**row)


def _said(problem: BaseException, setup: dict[str, Any]) -> str:
    """`ValueError in line 3`: never the message, which may repeat what a person wrote."""
    line = 0
    trace = problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == setup["name"]:
            line = trace.tb_lineno
        trace = trace.tb_next
    kind = type(problem).__name__[:64]
    return f"{kind} in line {line}" if line else kind


def _shut(readable: list[str]) -> str:
    """Put up the walls; what stands in the way, or what they do not hold."""
    try:
        confine.confine(readable)
    except OSError as problem:
        return f"walls: {problem.strerror or problem}"
    found = confine.leaks(importing=bool(readable))
    return f"walls: {', '.join(found)} is still possible" if found else ""


def _import(modules: list[list[str]]) -> None:
    """Import each `[module, name, ...]`; a name may be a module below it."""
    for name, *members in modules:
        found = importlib.import_module(name)
        for member in members:
            if not hasattr(found, member) and hasattr(found, "__path__"):
                importlib.import_module(f"{name}.{member}")


def setup_path() -> list[str]:
    """The standard library's places: without that of the project, which `-m` needed."""
    project = os.path.realpath(os.environ.get("PYTHONPATH", ""))
    return [place for place in sys.path if place and os.path.realpath(place) != project]


def _timers(setup: dict[str, Any]) -> None:
    """End this process when its time is up, also where nobody is left to watch it."""
    signal.setitimer(signal.ITIMER_PROF, setup["cpu_seconds"])
    signal.setitimer(signal.ITIMER_REAL, setup["wall_seconds"])


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes, moved away from where the program prints."""
    rows = os.fdopen(os.dup(0), "rb", buffering=1 << 16)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    return rows, answers


def _be_silent() -> None:
    """Whatever the program prints goes nowhere: it could fill any memory it is kept in."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)


def _read(rows: BinaryIO) -> tuple[int, bytes]:
    head = rows.read(frames.ROW.size)
    if len(head) < frames.ROW.size:
        os._exit(0)
    length, number = frames.ROW.unpack(head)
    body = rows.read(length - 4)
    if len(body) < length - 4:
        os._exit(0)
    return number, body


def _send(answers: BinaryIO, frame: bytes) -> None:
    try:
        answers.write(frame)
    except BrokenPipeError:
        os._exit(0)


def _refuse(answers: BinaryIO, problem: str) -> NoReturn:
    _send(answers, frames.answer(frames.SETUP, frames.REFUSED, problem))
    os._exit(1)


if __name__ == "__main__":
    main()
