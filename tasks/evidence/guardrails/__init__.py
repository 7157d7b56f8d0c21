"""Guardrails of a canary, one file each: the file's name is the guardrail's in params.yaml.

    canary:
      guardrails:
        - {name: policy_violations}
        - {name: latency, margin: 0.05, options: {cap_ms: 20000}}

A guardrail module holds

    Settings                    a frozen pydantic model of its options, with `margin`: by how much
                                the challenger may be worse, in the value's own unit
    BETTER                      "lower" or "higher": which value is the good one
    value(served, settings)     a number in [0, 1] of one session, or None where nothing was fed
                                back that tells; pure
    CASES                       sessions and their value, shown and tested

There is no list to edit: a new guardrail is a new file, or a module of yours named by its dotted
path. Files that start with `_` are what guardrails share.
"""

import importlib
from functools import cache
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from tasks.core import closure
from tasks.core.errors import SettingsError
from tasks.core.records import Record
from tasks.core.settings import GuardrailSettings

_PARTS = ("Settings", "BETTER", "value", "CASES")


class Served(Record, frozen=True, kw_only=True):
    """What the gateway wrote down of one session: all that a guardrail may look at."""

    replies: int = 0
    """Requests that were answered."""
    parse_errors: int = 0
    """Replies with a call that is no JSON object or has no name."""
    checked: int = 0
    """Replies that were held against the rules of `serve.checks`."""
    violations: int = 0
    """Of these, replies that broke one."""
    slowest_ms: float = 0.0
    """The longest that the user waited for a whole reply."""
    tokens: int = 0
    """Read and written by the model, over all requests."""
    rephrased: int = 0
    """Times that the user put the same request in other words."""
    complained: int = 0
    handed_over: int = 0
    """Times that the user asked for a human."""
    feedback: dict[str, float] = {}
    """The last value of each metric that was fed back."""


class Guardrail:
    """A guardrail with its options; values are turned so that higher is better."""

    def __init__(self, asked: GuardrailSettings) -> None:
        """Load the module and check its options.

        Raises:
            SettingsError: no such guardrail, or it does not take these options.
        """
        module = load(asked.name)
        options = dict(asked.options)
        if asked.margin is not None:
            options["margin"] = asked.margin
        try:
            self._settings = module.Settings.model_validate(options)
        except ValidationError as error:
            raise SettingsError(f"canary.guardrails, {asked.name}: {error}") from error
        self.name = asked.name
        self.margin: float = self._settings.margin
        self._module: Any = module

    def value(self, served: Served | None) -> float | None:
        """In [0, 1], higher is better; None where the session tells nothing.

        Raises:
            SettingsError: the module gave a number outside of [0, 1].
        """
        value = None if served is None else self._module.value(served, self._settings)
        if value is None:
            return None
        if not 0 <= value <= 1:
            raise SettingsError(
                f"canary.guardrails: {self.name} gave {value}; expected a number in [0, 1] or None"
            )
        return float(value if self._module.BETTER == "higher" else 1 - value)


def available() -> list[str]:
    """Names of the guardrails in this folder."""
    return closure.plugins(__name__)


@cache
def load(name: str) -> ModuleType:
    """The module of a guardrail: a file here, or a dotted path to a module of the user's own.

    Raises:
        SettingsError: there is no such module, or it lacks a part of the contract.
    """
    if "." not in name and name not in available():
        raise SettingsError(
            f"canary.guardrails: unknown guardrail {name!r}; expected one of "
            f"{', '.join(available())}, or the dotted path of a module of yours"
        )
    place = name if "." in name else f"{__name__}.{name}"
    try:
        module = importlib.import_module(place)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"canary.guardrails: {name!r} cannot be imported ({error}); expected the dotted path "
            "of a module that Python finds from here"
        ) from error
    for part in _PARTS:
        if not hasattr(module, part):
            raise SettingsError(f"canary.guardrails: {name!r} has no `{part}`; add it")
    return module
