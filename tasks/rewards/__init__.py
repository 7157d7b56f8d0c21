"""Rewards by name: one file each, or a dotted path to a module of the user's own.

A reward is a module with

    Settings                            a frozen pydantic model of its options
    score(prompt, reply, settings)      a `Score`; pure, and blind to the rest of the batch.
                                        `async def` where it asks a server
    CASES                               what it pays for a reply, shown and tested

    Prompt(messages=..., tools=(get_invoice,), reference=Reference(behaviour="execute", ...))
    Reply(tool_calls=(ToolCall(name="get_invoice", arguments={"month": "may"}),))  ->  0.2 to 1.0

A reward that ranks the replies to one prompt against each other has, in the place of `score`,
`score_group(prompts, replies, settings)`: it is given the whole group and returns a list of one
`Score` for each reply. Beside these it may have

    score_batch(prompts, ...)           the same scores as `score`, many at once
    REQUIRES                            packages that it imports, beside those of every spec
    inline(options, folder)             its options with what they name, as a program's file
    facts(settings)                     what else it was made with, name to value (model, prompt)
    spent()                             what it used up so far, name to number (calls, cost)

What a reward cannot score it returns unscored, with a reason. `NOT_APPLICABLE` is the one reason
that is no loss: the reward has nothing to say about such a row, and another component has.
"""

import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

from tasks.core import closure
from tasks.core.errors import SettingsError
from tasks.core.records import Message, Reference, Reply, Tool

NOT_APPLICABLE = "not-applicable"
UNDECIDED = "undecided"
"""The reason of a reply that rules could not judge; a component `asked: undecided` may."""

_PARTS = ("Settings", "score", "CASES")
_SCORES = re.compile(r"^(?:async )?def score(?:_group)?\(", re.MULTILINE)
_SHOWS = re.compile(r"^CASES\b", re.MULTILINE)


class Prompt(NamedTuple):
    """What a reply answers, and what would have been right."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    reference: Reference | None
    item: Mapping[str, Any] = {}
    """What else stands in its row, which graders of other services name as `item.<column>`."""


class Case(NamedTuple):
    """One line of a reward's contract: with `options` the reply is worth `value`."""

    prompt: Prompt
    reply: Reply
    value: float | None
    """None: unscored."""
    options: Mapping[str, Any] = MappingProxyType({})
    """What its `Settings` take; those that a reward cannot do without are in every case of it."""


def available() -> tuple[str, ...]:
    """Names of the rewards that ship with the project, without importing any."""
    folder = Path(__file__).parent
    texts = {path.stem: path.read_text() for path in sorted(folder.glob("*.py"))}
    return tuple(n for n, text in texts.items() if _SCORES.search(text) and _SHOWS.search(text))


def load(name: str) -> ModuleType:
    """Import a reward.

    Raises:
        SettingsError: no such reward, or a module that is none.
    """
    place = module_name(name)
    try:
        module = importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{place}.".startswith(f"{error.name}."):
            raise
        raise SettingsError(
            f"reward {name!r}: there is no module {error.name}; put it where Python finds it"
        ) from error
    lacking = [part for part in _PARTS if not hasattr(module, part)]
    if hasattr(module, "score_group"):
        lacking = [part for part in lacking if part != "score"]
    if lacking:
        raise SettingsError(
            f"reward {name!r}: {place} has no {', '.join(lacking)}; a reward has "
            f"{', '.join(_PARTS)} (see tasks/rewards/tool_call.py)"
        )
    return module


def source_sha(name: str) -> str:
    """sha256 over the sources that the reward is made of: its version.

    Raises:
        SettingsError: no such reward, or one without a Python source.
    """
    module = module_name(name)
    if not closure.files(module):
        raise SettingsError(f"reward {name!r} has no Python source file, so it has no version")
    return closure.sha(module)


def module_name(name: str) -> str:
    """The reward's module, as `tasks.rewards.tool_call`.

    Raises:
        SettingsError: no such reward.
    """
    if "." in name:
        return name
    if name not in available():
        raise SettingsError(
            f"reward {name!r} is not known; expected one of {', '.join(available())}, or a dotted "
            "path to a module of yours"
        )
    return f"{__name__}.{name}"
