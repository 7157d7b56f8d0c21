"""Makes up replies of every behaviour, in many wordings, about tools of many trades.

    Said("Which city should I use?", "clarify", ("q",), tools, "Which {p} should I use?", "test")

The wordings are this project's own. They stand for the ways in which assistants ask, decline and
answer, and are put in front of the labeller by `benchmarks.labelling.labels`. The same seed gives
the same replies. A wording is either for development or for the test: `part` says which.
"""

import random
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from benchmarks.labelling import odd_wordings, rarer_wordings, wordings
from benchmarks.labelling.wordings import TRADES, Trade
from tasks.core.records import Behaviour, Tool

Bank = Literal["common", "rarer", "odd"]


class Said(NamedTuple):
    text: str
    behaviour: Behaviour
    missing: tuple[str, ...]
    tools: tuple[Tool, ...]
    wording: str
    part: str
    """`development` or `test`: of the wording, not of the trade."""


_BANKS: dict[Bank, tuple[tuple[Behaviour, str], ...]] = {
    "common": (
        ("clarify", wordings.CLARIFY),
        ("clarify", wordings.CONSENT),
        ("refuse", wordings.REFUSE),
        ("answer", wordings.ANSWER),
    ),
    "rarer": (
        ("clarify", rarer_wordings.CLARIFY),
        ("refuse", rarer_wordings.REFUSE),
        ("answer", rarer_wordings.ANSWER),
    ),
    "odd": (
        ("clarify", odd_wordings.CLARIFY),
        ("refuse", odd_wordings.REFUSE),
        ("answer", odd_wordings.ANSWER),
    ),
}


def replies(seed: int, bank: Bank, *, per_wording: int = 6) -> Iterator[Said]:
    """Every wording about some trades each; at random, every second wording is for the test."""
    rng = random.Random(f"phrasings/{seed}")
    for behaviour, lines in _BANKS[bank]:
        said = [line.replace("\\n", "\n") for line in lines.strip().splitlines()]
        tested = set(rng.sample(said, len(said) // 2))
        for wording in said:
            part = "test" if wording in tested else "development"
            for trade in rng.sample(TRADES, per_wording):
                yield _said(rng, behaviour, wording, trade, part)


def _said(rng: random.Random, behaviour: Behaviour, wording: str, trade: Trade, part: str) -> Said:
    others = rng.sample([t for t in TRADES if t is not trade], rng.choice((0, 1, 2)))
    # Where a call is refused, no tool fits.
    offered = others if behaviour == "refuse" and others else [trade, *others]
    asked = rng.sample(trade.params, min(2, len(trade.params)))
    first, second = asked[0], asked[-1]
    text = wording.format(
        p=first[2], q=second[2], act=trade.act, topic=trade.topic, done=trade.done
    )
    text = re.sub(r"(?<=, )([A-Z])(?=[a-z])", lambda found: found[1].lower(), text)
    names = [n for n, slot in ((first[0], "{p}"), (second[0], "{q}")) if slot in wording]
    tools = tuple(_tool(t) for t in offered)
    return Said(text, behaviour, tuple(dict.fromkeys(names)), tools, wording, part)


def _tool(trade: Trade) -> Tool:
    return Tool(
        name=trade.tool,
        description=f"Use it to {trade.act}.",
        parameters={
            "type": "object",
            "properties": {
                name: {"type": "string", "description": text} for name, text, _ in trade.params
            },
            "required": [name for name, _, _ in trade.params],
        },
    )
