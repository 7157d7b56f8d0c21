"""Answers a task the way a careless agent would: often right, and wrong in the ways agents are.

Fine-tuned on it, the tiny base model gets three faults that production agents are known for: it
calls tools that are not there, passes wrong arguments, and acts where it should ask or refuse.
They are put there on purpose; what the pipeline shows on the embedded default is their repair.
"""

import random
from typing import NamedTuple

from tasks.core.records import Reply, Tool, ToolCall
from tasks.demo import lexicon, world
from tasks.demo.world import Task


class Sloppiness(NamedTuple):
    """Chances of each fault."""

    invented: float = 0.25
    """Calls a tool that is not on offer, where a call was right."""
    bad_arguments: float = 0.20
    wrong_tool: float = 0.15
    acts: float = 0.75
    """Calls something where asking or refusing was right."""


SLOPPINESS = Sloppiness()


def demonstrate(task: Task, rng: random.Random, faults: Sloppiness = SLOPPINESS) -> Reply:
    """One demonstration; right with the chance that the faults leave."""
    behaviour = task.reference.behaviour
    if behaviour == "execute":
        return _execute(task, rng, faults)
    if rng.random() >= faults.acts:
        return world.right_reply(task)
    if behaviour == "clarify" or rng.random() < 0.5:
        # For a refusal this is an invented call: the wanted tool is not on offer.
        made_up = task.reference.missing
        return _call(
            task.wanted.name,
            {k: world.value(rng) if k in made_up else v for k, v in task.arguments.items()},
        )
    return _any_tool(task, rng)


def _execute(task: Task, rng: random.Random, faults: Sloppiness) -> Reply:
    wrong = (faults.invented, faults.bad_arguments, faults.wrong_tool)
    kinds = ("right", "invented", "bad_arguments", "wrong_tool")
    kind = rng.choices(kinds, (1 - sum(wrong), *wrong))[0]
    if kind == "invented":
        return _call(_invented_name(task, rng), task.arguments)
    if kind == "bad_arguments":
        return _call(task.wanted.name, _spoilt(task.arguments, rng))
    if kind == "wrong_tool":
        return _any_tool(task, rng)
    return world.right_reply(task)


def _call(name: str, arguments: dict[str, str]) -> Reply:
    return Reply(tool_calls=(ToolCall(name=name, arguments=dict(arguments)),))


def _any_tool(task: Task, rng: random.Random) -> Reply:
    tool: Tool = rng.choice(task.tools)
    known = task.arguments
    return _call(tool.name, {p: known.get(p) or world.value(rng) for p in tool.required()})


def _invented_name(task: Task, rng: random.Random) -> str:
    noun = task.wanted.name.partition("_")[2]
    listed = {tool.name for tool in task.tools}
    return rng.choice([name for verb in lexicon.VERBS if (name := f"{verb}_{noun}") not in listed])


def _spoilt(arguments: dict[str, str], rng: random.Random) -> dict[str, str]:
    """One argument left out, given another value, or renamed; a third of the cases each."""
    kind, key = rng.random(), rng.choice(list(arguments))
    if kind < 1 / 3 and len(arguments) > 1:
        return {name: v for name, v in arguments.items() if name != key}
    if kind < 2 / 3:
        return {**arguments, key: world.value(rng)}
    return {"value" if name == key else name: v for name, v in arguments.items()}
