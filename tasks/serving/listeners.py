"""Starts servers as processes of their own, waits until they answer, and ends them.

    with Server("tasks.serving.server", ["--model", "tasks/demo/base"], log=path) as server:
        httpx.get(f"{server.ready()}/v1/models")

A server ends with the process that started it, also where that one is killed: it holds the read
end of a pipe and leaves when the pipe closes.
"""

import argparse
import errno
import os
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tasks.core.errors import RatchetError, SettingsError
from tasks.core.processes import DEADLINE_S, Process

HOST = "127.0.0.1"


class Server(Process):
    """A server of this project. Leaving the `with` block ends it; entering does not wait for it.

    Args:
        module: run as `python -m module ... --port N --with-parent`.
        log: what it says goes there.
        port: 0 takes a free one.
        python: its interpreter; empty is this one.
        env: variables beside those of this process.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        log: Path,
        port: int = 0,
        python: str = "",
        env: Mapping[str, str] | None = None,
    ) -> None:
        port = port or free_port()
        self._url = f"http://{HOST}:{port}"
        command = [python or sys.executable, "-m", module, *arguments]
        command += ["--port", str(port), "--with-parent"]
        super().__init__(module, command, log=log, env=env)

    def ready(self, deadline_s: float = DEADLINE_S) -> str:
        """Its base URL, once /health answers.

        Raises:
            StageError: it ended or did not answer in time; shows the last lines of its log.
        """
        self.answers(f"{self._url}/health", deadline_s)
        return self._url


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
    # With the protocol named, asyncio switches Nagle's algorithm off on what is accepted: without,
    # a small answer waits 40 ms for the other side's delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
        application,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
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
