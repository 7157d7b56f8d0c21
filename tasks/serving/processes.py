"""Starts servers as processes of their own, waits until they answer, and ends them.

    with started("tasks.serving.server", ["--model", "tasks/demo/base"], log=path) as url:
        httpx.get(f"{url}/v1/models")

A server ends with the process that started it, also where that one is killed: it holds the read
end of a pipe and leaves when the pipe closes.
"""

import argparse
import errno
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tasks.core.errors import RatchetError, SettingsError, StageError
from tasks.core.step import PROJECT

HOST = "127.0.0.1"
DEADLINE_S = 300.0
"""For a server to answer: a large model is read from disk first."""

PATIENCE_S = 10.0
"""For a server to end by itself before it is killed."""


@contextmanager
def started(
    module: str,
    arguments: Sequence[str],
    *,
    log: Path,
    port: int = 0,
    python: str = "",
    deadline_s: float = DEADLINE_S,
    env: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Run `python -m module` until the block ends; yields its base URL once /health answers.

    `python` names the interpreter (empty: this one), `port` 0 takes a free one.

    Raises:
        StageError: it ended or did not answer in time; shows the last lines of its log.
    """
    port = port or free_port()
    url = f"http://{HOST}:{port}"
    command = [python or sys.executable, "-m", module, *arguments]
    command += ["--port", str(port), "--with-parent"]
    with running(module, command, f"{url}/health", log=log, env=env, deadline_s=deadline_s):
        yield url


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    health: str,
    *,
    log: Path,
    cwd: Path = PROJECT,
    env: Mapping[str, str] | None = None,
    deadline_s: float = DEADLINE_S,
) -> Iterator[None]:
    """Run any server until the block ends; the block starts once the address `health` answers.

    An empty `health` stands for a process that serves nothing: the block starts at once.

    Raises:
        StageError: it ended or did not answer in time; shows the last lines of its log.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        if health:
            _wait(process, health, name, log, deadline_s)
        yield
    finally:
        _stop(process)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def listen_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that every server here has."""
    parser.add_argument("--host", default=HOST, help="address to listen on; this machine only")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--with-parent", action="store_true", help="end when standard input is closed"
    )


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn an error that a user can mend into one line and its exit code."""
    try:
        yield
    except RatchetError as error:
        print(f"ratchet {name}: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from error


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A bound socket, taken before a model is loaded, so that a port in use is known at once.

    Raises:
        SettingsError: the port is in use, or the address is none of this machine's.
    """
    listener = socket.socket()
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES):
                raise
            raise SettingsError(
                f"cannot listen on {host}:{port}: {error.strerror}; name another with --port"
            ) from error
        yield listener


def serve(application: Any, listener: socket.socket, *, with_parent: bool) -> None:
    """Answer on the socket until the process is told to end."""
    import uvicorn

    config = uvicorn.Config(
        application, log_level="warning", access_log=False, timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    if with_parent:
        threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    server.run(sockets=[listener])


def _end_with_parent(server: Any) -> None:
    # Not through sys.stdin: a thread that waits in its buffer breaks the interpreter's end.
    while os.read(0, 1024):
        pass
    server.should_exit = True


def _wait(
    process: "subprocess.Popen[bytes]", health: str, name: str, log: Path, deadline_s: float
) -> None:
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StageError(f"{name} ended with code {process.returncode}: {_tail(log)}")
        with suppress(httpx.TransportError):
            if httpx.get(health, timeout=2).is_success:
                return
        time.sleep(0.05)
    raise StageError(f"{name} did not answer at {health} in {deadline_s:g} s: {_tail(log)}")


def _tail(log: Path, lines: int = 5) -> str:
    found = log.read_text(errors="replace").strip().splitlines()[-lines:]
    return " | ".join(found) or f"it said nothing in {log}"


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        process.stdin.close()
