"""A small made world: tools, what users ask of them, and what would be right each time.

    tools      get_invoice(invoice_id, month)   send_invoice(vendor)
    user       please fetch the invoice with month may , invoice id 12
    reference  {"behaviour": "execute", "calls": [{"name": "get_invoice",
                "arguments": {"invoice_id": "12", "month": "may"}}]}

Three catalogues share the verbs and nothing else: `pretrain` draws its nouns and parameters afresh
for every task, `production` is what the agent works with, `unseen` has words of its own, which
pretraining meets as argument values only, never in a tool's name or parameters.
"""

import random
import re
from collections.abc import Iterator
from typing import NamedTuple

from tasks.core.records import Call, Message, Reference, Reply, Tool, ToolCall
from tasks.demo import lexicon
from tasks.demo.lexicon import UNSEEN_NOUNS, Words, WorldName

__all__ = [
    "UNSEEN_NOUNS",
    "Shape",
    "Task",
    "WorldName",
    "draw",
    "right_reply",
    "satisfied",
    "tasks",
]

REFUSAL = "No tool can do this."


class Task(NamedTuple):
    """One request, the tools on offer, and the right next action."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    reference: Reference
    wanted: Tool
    """The tool the user means; not among `tools` where refusing is right."""
    arguments: dict[str, str]
    """What a complete request would say, the missing value included."""


class Shape(NamedTuple):
    """How large tasks may be; each entry is drawn with the same chance."""

    tools: tuple[int, ...] = (2, 3, 4)
    params: tuple[int, ...] = (1, 2)
    mix: tuple[float, float, float] = (0.6, 0.2, 0.2)
    """Shares of execute, clarify and refuse."""


SHAPE = Shape(mix=(0.55, 0.225, 0.225))
"""What the production and the unseen catalogue look like: users leave much unsaid."""


def tasks(world: WorldName, *, seed: int, shape: Shape = SHAPE) -> Iterator[Task]:
    """Endless tasks of one catalogue; the same seed gives the same ones in every process."""
    rng = random.Random(f"{world}/{seed}")
    while True:
        yield draw(world, rng, shape)


def draw(world: WorldName, rng: random.Random, shape: Shape = SHAPE) -> Task:
    """One task from the generator's present state."""
    behaviour = rng.choices(("execute", "clarify", "refuse"), shape.mix)[0]
    vocabulary = _vocabulary(world, rng)
    wanted = _tool(vocabulary, rng, shape)
    tools = _offer(vocabulary, rng, shape, wanted, listed=behaviour != "refuse")
    arguments = {name: value(rng) for name in wanted.required()}
    given = dict(arguments)
    if behaviour == "execute":
        reference = Reference(
            behaviour="execute", calls=(Call(name=wanted.name, arguments=dict(arguments)),)
        )
    elif behaviour == "clarify":
        missing = rng.choice(wanted.required())
        del given[missing]
        reference = Reference(
            behaviour="clarify", missing=(missing,), text=question(wanted, missing)
        )
    else:
        reference = Reference(behaviour="refuse", text=REFUSAL)
    messages = (Message(role="user", content=_request(rng, wanted, given)),)
    return Task(messages, tools, reference, wanted, arguments)


def question(tool: Tool, param: str) -> str:
    """What the model writes to ask for a parameter.

    The tool stands right in front of it: a model this small finds a parameter by the name before
    it. Without that, two thirds of its questions asked for the wrong thing.
    """
    return f"Please give {tool.name} {param}."


def right_reply(task: Task) -> Reply:
    """What would have been right, as the model would write it."""
    calls = tuple(ToolCall(name=c.name, arguments=c.arguments) for c in task.reference.calls)
    return Reply(content=task.reference.text, tool_calls=calls)


def satisfied(task: Task, reply: Reply) -> bool:
    """The user's own verdict: exactly the right call, the right question, or a plain refusal.

    A question passes in any words, as long as it names what is missing and nothing else that the
    tool takes; a broken call, left in the text, names it too and is no question. It is not shared
    with any reward: what trains the model does not judge it.
    """
    if task.reference.behaviour == "execute":
        return reply.tool_calls == right_reply(task).tool_calls
    if reply.tool_calls or "<tool_call>" in reply.content:
        return False
    if task.reference.behaviour == "refuse":
        return reply.content.casefold() == REFUSAL.casefold()
    text = f" {' '.join(re.findall(r'[a-z0-9]+', reply.content.casefold()))} "
    asked = {name for name in task.wanted.required() if f" {name.replace('_', ' ')} " in text}
    return asked == set(task.reference.missing)


def value(rng: random.Random) -> str:
    """An argument's value: a number from 1 to 99, or any word of the world."""
    return str(rng.randint(1, 99)) if rng.random() < 0.3 else rng.choice(lexicon.values())


def _vocabulary(world: WorldName, rng: random.Random) -> Words:
    """In pretraining half of the tasks have few words: a catalogue repeats its parameters."""
    found = lexicon.vocabulary(world)
    if world != "pretrain" or rng.random() < 0.5:
        return found
    nouns, params = rng.sample(found.nouns, 20), rng.sample(found.params, rng.randint(8, 20))
    return Words(tuple(nouns), tuple(params))


def _tool(
    vocabulary: Words, rng: random.Random, shape: Shape, *, verb: str = "", noun: str = ""
) -> Tool:
    verb = verb or rng.choice(tuple(lexicon.VERBS))
    noun = noun or rng.choice(vocabulary.nouns)
    names: set[str] = set()
    count = rng.choice(shape.params)
    while len(names) < count:
        names.add(f"{noun}_id" if rng.random() < 0.3 else rng.choice(vocabulary.params))
        names.discard(noun)
    # Sorted, because records are stored with sorted keys and a prompt must survive that.
    params = sorted(names)
    return Tool(
        name=f"{verb}_{noun}",
        description=f"{verb.capitalize()} one {noun}.",
        parameters={
            "type": "object",
            "properties": {name: {"type": "string"} for name in params},
            "required": params,
            "additionalProperties": False,
        },
    )


def _offer(
    vocabulary: Words, rng: random.Random, shape: Shape, wanted: Tool, *, listed: bool
) -> tuple[Tool, ...]:
    """The tools of one prompt; distractors often share the noun or the verb of the wanted one."""
    verb, _, noun = wanted.name.partition("_")
    tools = [wanted] if listed else []
    taken = {wanted.name}
    count = rng.choice(shape.tools)
    while len(tools) < count:
        kind = rng.random()
        if kind < 0.35:
            tool = _tool(vocabulary, rng, shape, noun=noun)
        elif kind < 0.7:
            tool = _tool(vocabulary, rng, shape, verb=verb)
        else:
            tool = _tool(vocabulary, rng, shape)
        if tool.name not in taken:
            taken.add(tool.name)
            tools.append(tool)
    rng.shuffle(tools)
    return tuple(tools)


def _request(rng: random.Random, wanted: Tool, given: dict[str, str]) -> str:
    verb, _, noun = wanted.name.partition("_")
    items = list(given.items())
    rng.shuffle(items)
    between, equals = rng.choice((" , ", " and ")), rng.choice((" ", " = "))
    text = rng.choice(("", "please ", "i want to ")) + rng.choice(lexicon.VERBS[verb])
    text += rng.choice((" the ", " ", " my ")) + noun
    if items:
        text += rng.choice((" with ", " , ", " for "))
        text += between.join(f"{name.replace('_', ' ')}{equals}{v}" for name, v in items)
    return text
