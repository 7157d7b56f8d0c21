"""Who says what a reply does: the rules, a judge behind an endpoint, or a module of the user's own.

    dedup: {labeller: rules}             tasks/labelling/behaviour.py
    dedup: {labeller: judge}             tasks/labelling/judged_labels.py
    dedup: {labeller: acme.labels}       a module of yours that Python finds from here

A labeller is a module that holds

    VERSION: str                                 another one for every change of a label
    classify(reply, tools, around="") -> Label   `around`: language of the conversation

Curation and rewards load the same object; the gate has a check of its own. Its version is in the
dataset and in the names of the parts that it labelled.
"""

import importlib
from collections.abc import Sequence
from functools import cache
from typing import Protocol, cast

from tasks.core import closure
from tasks.core.errors import SettingsError
from tasks.core.records import Reply, Tool
from tasks.labelling.behaviour import Label

RULES = "rules"
_PLACES = {RULES: "tasks.labelling.behaviour", "judge": "tasks.labelling.judged_labels"}


class Labeller(Protocol):
    """What a labeller's module holds."""

    VERSION: str

    def classify(self, reply: Reply, tools: Sequence[Tool], around: str = "") -> Label:
        """What the reply does."""


@cache
def load(name: str) -> Labeller:
    """The labeller of a name, or of a dotted path.

    Raises:
        SettingsError: there is no such module, or it lacks a part of the contract.
    """
    if "." not in name and name not in _PLACES:
        raise SettingsError(
            f"dedup.labeller: unknown labeller {name!r}; expected one of {', '.join(_PLACES)}, or "
            "the dotted path of a module of yours"
        )
    try:
        module = importlib.import_module(_PLACES.get(name, name))
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"dedup.labeller: {name!r} cannot be imported ({error}); expected the dotted path of a "
            "module that Python finds from here"
        ) from error
    for part in ("VERSION", "classify"):
        if not hasattr(module, part):
            raise SettingsError(f"dedup.labeller: {name!r} has no `{part}`; add it")
    return cast(Labeller, module)


def key(name: str) -> str:
    """Changes with the labeller's code, and with the version that it calls itself."""
    return f"{load(name).VERSION}/{closure.sha(_PLACES.get(name, name))}"
