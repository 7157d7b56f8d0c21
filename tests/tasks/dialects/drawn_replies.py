"""Draws replies with tools that fit them: parallel calls, nested values, unicode, odd thoughts."""

import random
from typing import Any, NamedTuple

from tasks import dialects
from tasks.core.records import Reply, Tool, ToolCall

WORDS = (
    "Oslo", "",
    "naïve café", "日本語", "Ünïcode", "🙂🚀", "3", "07030", "true", "null", "None", "1e5",
    " padded ", "two\nlines", 'a "quote"', "back\\slash", "<b>bold</b>", "a < b > c", "{not json}",
    "[1, 2", "it's", "tab\there", "комната", "x=1, y=2", "100%", "a&b", "C:\\dir\\n", "\u2028end",
)  # fmt: skip
NAMES = ("get_weather", "note", "transfer_funds", "search2", "a", "list_all_open_invoices")
KEYS = ("city", "text", "amount", "deep", "tags", "flag", "øre", "when", "note_2")
PROSE = (
    "One moment, please.",
    "I can't do that: a < b and [1] are fine.",
    "Für welche Stadt?\nOslo oder Bergen?",
    "Your balance is 3.50 {as of today}.",
    "好的，我来查一下。",
    "See (a) and `code`.",
)
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}


class Drawn(NamedTuple):
    reply: Reply
    thought: str
    tools: tuple[Tool, ...]


def draw(rng: random.Random, dialect: dialects.Dialect) -> Drawn:
    """One reply that the dialect has a form for, with a thought that names a call."""
    count = rng.choice((0, 1, 1, 1, 2, 3)) if dialect.several else rng.choice((0, 1))
    calls = tuple(_call(rng) for _ in range(count))
    content = rng.choice(PROSE) if not calls or (dialect.beside and rng.random() < 0.4) else ""
    thoughts = ["", "The user wants the weather.", "日本?\nThen Oslo.", "Call [note(x=1)] or {}?"]
    if dialect.openers:
        example = ToolCall(name="transfer_funds", arguments={"amount": 9})
        thoughts.append(f"Not this: {dialect.write_calls([example])} but a question.")
    if dialect.name == "harmony":  # its marks end a message, in a thought too
        thoughts[-1] = 'Not to=functions.transfer_funds {"amount": 9} but a question.'
    thought = rng.choice(thoughts) if dialect.name != "functionary_v32" else ""
    return Drawn(Reply(content=content, tool_calls=calls), thought, _tools(calls))


def replies(dialect: dialects.Dialect, count: int, seed: int) -> list[Drawn]:
    """`count` replies, the same for the same seed."""
    rng = random.Random(f"{seed}/{dialect.name}")
    drawn: list[Drawn] = []
    while len(drawn) < count:
        one = draw(rng, dialect)
        try:
            dialect.write(one.reply, thought=one.thought)
        except dialects.CannotWriteError:
            continue
        drawn.append(one)
    return drawn


def _call(rng: random.Random) -> ToolCall:
    keys = rng.sample(KEYS, rng.randrange(4))
    return ToolCall(name=rng.choice(NAMES), arguments={key: _value(rng, 0) for key in keys})


def _value(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(9 if depth < 3 else 6)
    if kind < 3:
        return rng.choice(WORDS)
    if kind == 3:
        return rng.choice((0, 7, -12, 2**53))
    if kind == 4:
        return rng.choice((0.5, -2.25, 1e-7, 3.0))
    if kind == 5:
        return rng.choice((True, False, None))
    size = rng.randrange(3)
    if kind == 6:
        return [_value(rng, depth + 1) for _ in range(size)]
    return {key: _value(rng, depth + 1) for key in rng.sample(KEYS, size)}


def _tools(calls: tuple[ToolCall, ...]) -> tuple[Tool, ...]:
    """Tools whose schemas say of each drawn argument what it is."""
    types: dict[str, dict[str, set[str]]] = {}
    for call in calls:
        for key, value in call.arguments.items():
            kind = "null" if value is None else TYPES.get(type(value), "object")
            types.setdefault(call.name, {}).setdefault(key, set()).add(kind)
    return tuple(
        Tool(
            name=name,
            parameters={
                "type": "object",
                "properties": {key: {"type": _one(kinds)} for key, kinds in keys.items()},
            },
        )
        for name, keys in types.items()
    )


def _one(kinds: set[str]) -> str | list[str]:
    return next(iter(kinds)) if len(kinds) == 1 else sorted(kinds)
