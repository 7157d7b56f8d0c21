"""Environments in which an agent's tools really run: one file each, found by name.

A module holds

    make() -> Environment     a fresh one; nothing happens at import

There is no list to edit: a new environment is a new file here, or a module of yours named by its
dotted path. Files that start with `_` are what environments share.

    environment = environments.load("examples.airline_environment").make()
    environment.reset("s-12")
    environment.call("get_user_details", {"user_id": "mia_li_3668"})   Result(text='{"name": …}')
    environment.state()                                                any JSON value

`replay` makes the calls of logged sessions again in one.
"""

import importlib
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from tasks.core import closure
from tasks.core.errors import SettingsError
from tasks.core.records import Tool


class Result(NamedTuple):
    """What a tool answered."""

    text: str
    """As it would stand in a log."""
    is_error: bool = False


class Environment(Protocol):
    """Tools that work on a state."""

    def reset(self, task: str) -> None:
        """Begin anew.

        Args:
            task: id of a task, or of a logged session; "" for the state that all begin in.
        """

    def tools(self) -> Sequence[Tool]:
        """The tools that can be called, with the JSON Schema of their arguments."""

    def call(self, name: str, arguments: dict[str, Any]) -> Result:
        """Call a tool, which may change the state.

        A call that fails, or that no tool of this name can carry out, is a result with `is_error`,
        as in a log; it raises nothing.
        """

    def state(self) -> Any:
        """All that calls can change, as a JSON value; equal values are the same state."""


def available() -> list[str]:
    """Names of the environments in this folder."""
    return [name for name in closure.plugins(__name__) if name != "replay"]


def load(name: str) -> ModuleType:
    """The module of an environment: a file here, or a dotted path to a module of the user's own.

    Raises:
        SettingsError: there is no such module, or it has no `make`.
    """
    if "." not in name and name not in available():
        listed = ", ".join(available()) or "none yet"
        raise SettingsError(
            f"unknown environment {name!r}; expected one of tasks/environments ({listed}), or the "
            "dotted path of a module of yours"
        )
    try:
        module = importlib.import_module(name if "." in name else f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"environment {name!r} cannot be imported ({error}); expected the dotted path of a "
            "module that Python finds from here"
        ) from error
    if not hasattr(module, "make"):
        raise SettingsError(f"environment {name!r} has no `make() -> Environment`; add it")
    return module
