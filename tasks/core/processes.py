"""A server process: started, waited for until it answers, and ended with the block that uses it.

with Process("MLflow's server", ["mlflow", "server", ...], log=path) as process:
    process.answers("http://127.0.0.1:5000/health")
"""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from tasks.core.closure import PROJECT
from tasks.core.errors import StageError

DEADLINE_S = 300.0
"""For a server to answer: a large model is read from disk first."""

PATIENCE_S = 10.0
"""For a process to end by itself before it is killed."""


class Process:
    """Leaving the `with` block ends it; entering does not wait for it to answer.

    Args:
        name: what messages call it.
        command: program and arguments.
        log: what it says goes there.
        env: variables beside those of this process.
    """

    def __init__(
        self, name: str, command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._command = list(command)
        self._log = log
        self._env = {**os.environ, **(env or {})}

    def __enter__(self) -> Self:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=PROJECT,
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for the one who started it, and that one ends it in order.
                start_new_session=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def answers(self, health: str, deadline_s: float = DEADLINE_S) -> None:
        """Return once the address `health` answers.

        Raises:
            StageError: it ended or did not answer in time; shows the last lines of its log.
        """
        import httpx

        deadline = time.monotonic() + deadline_s
        while time.monotonic() < deadline:
            self.check()
            with suppress(httpx.TransportError):
                if httpx.get(health, timeout=2, trust_env=False).is_success:
                    return
            time.sleep(0.1)
        raise StageError(
            f"{self.name} did not answer at {health} in {deadline_s:g} s: {self._tail()}"
        )

    def check(self) -> None:
        """Raise StageError if it has ended."""
        code = self._process.poll()
        if code is not None:
            raise StageError(f"{self.name} ended with code {code}: {self._tail()}")

    def _tail(self, lines: int = 5) -> str:
        found = self._log.read_text(errors="replace").strip().splitlines()[-lines:]
        return " | ".join(found) or f"it said nothing in {self._log}"
