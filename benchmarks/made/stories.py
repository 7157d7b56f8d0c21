"""What the sessions of the benchmark's logs are about: agents, their tools, who asks for what."""

import random
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

from benchmarks.made import people
from benchmarks.made.people import Planted

AGENTS = 24


class Story(NamedTuple):
    """What a session is about; the same story told again is a duplicate."""

    agent: int
    person: int
    turns: tuple[str, ...]
    """`call`, `answer`, `clarify` or `refuse`, one for each time the user speaks."""
    asks: tuple[tuple[str, ...], ...]
    """The user's sentences in each turn."""
    arguments: tuple[dict[str, Any], ...]
    planted: tuple[Planted, ...]


class Agent(NamedTuple):
    system: str
    tools: tuple[dict[str, Any], ...]


def draw(rng: random.Random, sessions: int) -> Story:
    """A new story; a person has three of them on average, whatever the number of sessions."""
    asked = rng.randrange(AGENTS)
    number = rng.randrange(sessions // 3 + 50)
    who = people.person(number)
    turns = tuple(
        rng.choices(("call", "answer", "clarify", "refuse"), (6, 2, 1, 1), k=rng.randint(1, 3))
    )
    told = [Planted("PERSON", who.name), Planted("EMAIL", who.email), Planted("PHONE", who.phone)]
    told += [people.secret(rng) for _ in range(rng.choice((0, 0, 1)))]
    asks = [[_sentence(rng) for _ in range(rng.randint(2, 6))] for _ in turns]
    asks[0].insert(0, f"My name is {who.name}, you can reach me at {who.email} or {who.phone}.")
    asks[0] += [f"My {one.kind.lower().replace('_', ' ')} is {one.value}." for one in told[3:]]
    asks[-1].append(_decoy(rng))
    arguments = tuple(_arguments(rng, asked) for _ in turns)
    return Story(asked, number, turns, tuple(map(tuple, asks)), arguments, tuple(told))


def sibling(rng: random.Random, story: Story) -> Story:
    """The same customer, about something else: new arguments, 50 to 68 % of the sentences."""
    kept = rng.uniform(0.50, 0.68)
    asks = tuple(
        tuple(
            said if number == turn == 0 or rng.random() < kept else _sentence(rng)
            for number, said in enumerate(ask)
        )
        for turn, ask in enumerate(story.asks)
    )
    planted = tuple(one for one in story.planted if any(one.value in s for a in asks for s in a))
    arguments = tuple(_arguments(rng, story.agent) for _ in story.turns)
    return story._replace(asks=asks, arguments=arguments, planted=planted)


def edited(rng: random.Random, story: Story) -> Story:
    """The same with 1 to 8 words changed, none in the sentences that tell who and what."""
    found = [list(ask) for ask in story.asks]
    for _ in range(rng.choice((1, 2, 3, 4, 5, 6, 8))):
        ask = rng.choice(found)
        at = rng.randrange(len(ask))
        words = ask[at].split(" ")
        if not any(mark in ask[at] for mark in "@:0123456789"):
            words[rng.randrange(len(words))] = _words(rng, 1)[0]
        ask[at] = " ".join(words)
    return story._replace(asks=tuple(map(tuple, found)))


def messages(rng: random.Random, story: Story) -> Iterator[dict[str, Any]]:
    """The session's messages in Converse form; the ids of its calls are drawn."""
    for turn, ask, arguments in zip(story.turns, story.asks, story.arguments, strict=True):
        yield {"role": "user", "content": [{"text": " ".join(ask)}]}
        if turn == "call":
            call_id = f"tooluse_{rng.getrandbits(64):016x}"
            tool = agent(story.agent).tools[arguments["tool"]]["toolSpec"]["name"]
            used = {"toolUseId": call_id, "name": tool, "input": arguments["input"]}
            yield {"role": "assistant", "content": [{"toolUse": used}]}
            found = {"status": "ok", "reference": arguments["input"]["reference"], "items": 3}
            result = {"toolUseId": call_id, "content": [{"json": found}], "status": "success"}
            yield {"role": "user", "content": [{"toolResult": result}]}
        said = random.Random(f"{turn}/{arguments}")
        text = _REPLIES[turn].format(" ".join(_sentence(said) for _ in range(2)))
        yield {"role": "assistant", "content": [{"text": text}]}


_REPLIES = {
    "call": "That is done. {} Is there anything else?",
    "answer": "{} That is how it works with us.",
    "clarify": "Could you tell me the reference of your order?",
    "refuse": "I'm sorry, but I cannot do that for you. {}",
}


def _arguments(rng: random.Random, asked: int) -> dict[str, Any]:
    return {
        "tool": rng.randrange(len(agent(asked).tools)),
        "input": {
            "reference": f"R{rng.randrange(10**6):06}",
            "amount": rng.randint(1, 500),
            "note": " ".join(_words(rng, 3)),
        },
    }


@cache
def agent(number: int) -> Agent:
    """The agent of this number, always the same."""
    rng = random.Random(f"agent/{number}")
    system = " ".join(_sentence(rng) for _ in range(12))
    return Agent(
        system=f"You help the customers of {people.word(rng).capitalize()}. {system}",
        tools=tuple(_tool(rng) for _ in range(rng.randint(1, 3))),
    )


def _tool(rng: random.Random) -> dict[str, Any]:
    properties = {
        "reference": {"type": "string", "description": _sentence(rng)},
        "amount": {"type": "integer", "description": _sentence(rng)},
        "note": {"type": "string", "description": _sentence(rng)},
    }
    schema = {"type": "object", "properties": properties, "required": ["reference"]}
    verb = rng.choice(("get", "cancel", "create", "update", "send", "check"))
    spec = {"name": f"{verb}_{people.word(rng)}", "description": _sentence(rng)}
    return {"toolSpec": spec | {"inputSchema": {"json": schema}}}


def _decoy(rng: random.Random) -> str:
    """What looks like personal data and is none."""
    return rng.choice(
        (
            f"The tracking number is {rng.randrange(10**15, 10**16)}.",
            f"It was version {rng.randint(1, 9)}.{rng.randint(0, 30)}.{rng.randint(0, 9)}.",
            f"The file is build/{rng.getrandbits(64):016x}.log.",
            f"Order {rng.randrange(10**8):08} came on 2026-10-{rng.randint(1, 28):02}.",
        )
    )


def _sentence(rng: random.Random) -> str:
    return " ".join(_words(rng, rng.randint(7, 14))).capitalize() + "."


def _words(rng: random.Random, count: int) -> list[str]:
    known, weights = _vocabulary()
    return rng.choices(known, cum_weights=weights, k=count)


@cache
def _vocabulary() -> tuple[list[str], list[float]]:
    """3,000 words, as unevenly used as those of a language (Zipf's law)."""
    rng = random.Random("vocabulary")
    known = ["the", "to", "and", "of", "my", "is", "for", "it", "on", "in", "with", "that"]
    known += list(dict.fromkeys(people.word(rng) for _ in range(4000)))[:2988]
    return known, list(accumulate(1 / (rank + 2) for rank in range(len(known))))
