"""Makes wrong completions of a right one, and such as the leaderboard lets pass.

right   get_weather(city="Oslo", days=3)
wrong   get_weather(city="Oslo [x]", days=3), get_weather(days=3), get_weather twice, ...
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from tasks.core.records import Call, Reply, ToolCall
from tasks.rewards import Prompt

Kind = tuple[str, Reply]


def replies(prompt: Prompt, right: Reply) -> list[Kind]:
    """Wrong completions by kind; what happens to be right is left out."""
    # Where no tool is on offer, whatever is called is invented.
    made = right.tool_calls or _made_up(prompt) or (ToolCall(name="look_up"),)
    found = [*_texts(made), *_around(made)]
    found += _changed(prompt, made) if right.tool_calls else _acting(prompt, made)
    return [(kind, reply) for kind, reply in found if reply != right]


def lenient(prompt: Prompt, right: Reply) -> Iterator[Kind]:
    """Completions that a strict reading and the leaderboard may judge differently."""
    reference = prompt.reference
    if not right.tool_calls or reference is None:
        yield "says something where no tool fits", Reply(content="Here is what I found for you.")
        return
    calls = right.tool_calls
    yield from _with(calls, "writes text in capitals", _texts_in(str.upper))
    yield from _with(calls, "leaves out blanks and commas", _texts_in(_squeezed))
    yield from _with(calls, "gives a whole number as 5.0", _by_type(prompt, "integer", float))
    yield from _with(calls, "gives an integer for a float", _by_type(prompt, "float", _whole))
    wanted = reference.calls
    empty = {
        i: {n: "" for n in w.optional if isinstance(w.arguments[n], str)} for i, w in _at(wanted)
    }
    yield from _given(calls, 'gives "" for what may be left out', empty)
    tools = {tool.name: tool for tool in prompt.tools}
    absent, present = {}, {}
    for i, w in _at(wanted):
        schemas = tools[w.name].properties()
        declared = {n: s["default"] for n, s in schemas.items() if "default" in s}
        absent[i] = {n: v for n, v in declared.items() if n not in w.arguments}
        present[i] = {
            n: v
            for n, v in declared.items()
            if n in w.arguments and _same(w.arguments[n], v) and n not in w.optional
        }
    yield from _given(calls, "adds a parameter at its default", absent)
    if any(present.values()):
        less = (
            ToolCall(name=c.name, arguments={n: v for n, v in c.arguments.items() if n not in gone})
            for c, gone in zip(calls, present.values(), strict=True)
        )
        yield "leaves out what has its default", Reply(tool_calls=tuple(less))


def _texts(made: tuple[ToolCall, ...]) -> Iterator[Kind]:
    yield "empty", Reply()
    yield "whitespace", Reply(content=" \n")
    told = ", ".join(f"{n}={v!r}" for n, v in made[0].arguments.items())
    yield "claims a call", Reply(content=f"I have called {made[0].name}({told}).")
    yield "writes JSON in text", Reply(content=json.dumps({made[0].name: made[0].arguments}))
    yield "asks back", Reply(content="Could you tell me more about what you need?")


def _around(made: tuple[ToolCall, ...]) -> Iterator[Kind]:
    """Wrong whether the calls themselves are right or not."""
    first = made[0]
    yield "same call five times", Reply(tool_calls=made * 5)
    yield "invented tool beside", Reply(tool_calls=(*made, ToolCall(name="rm_rf")))
    yield "invented tool", Reply(tool_calls=(ToolCall(name="rm_rf", arguments=first.arguments),))
    renamed = tuple(ToolCall(name=f"{c.name}_v2", arguments=c.arguments) for c in made)
    yield "tool renamed", Reply(tool_calls=renamed)
    spoofed = tuple(ToolCall(name=_spoofed(c.name), arguments=c.arguments) for c in made)
    yield "tool name looks alike", Reply(tool_calls=spoofed)
    text = json.dumps(first.arguments)
    yield "broken JSON", Reply(tool_calls=(ToolCall(name=first.name, raw_arguments=text[:-1]),))
    yield "no name", Reply(tool_calls=(ToolCall(name="", raw_arguments=text),))


def _changed(prompt: Prompt, made: tuple[ToolCall, ...]) -> Iterator[Kind]:
    yield "refuses", Reply(content="I am sorry, I cannot do that.")
    yield "one more of the same", Reply(tool_calls=(*made, made[0]))
    if len(made) > 1:
        yield "one left out", Reply(tool_calls=made[1:])
    for other in prompt.tools:
        if other.name not in {call.name for call in made}:
            moved = tuple(ToolCall(name=other.name, arguments=c.arguments) for c in made)
            yield "other tool", Reply(tool_calls=moved)
    reference = prompt.reference
    wanted = reference.calls[0] if reference else Call(name="")
    first, rest = made[0], made[1:]
    extra = {**first.arguments, "verbose_mode": True}
    yield "parameter made up", _one(first, extra, rest)
    for name, value in first.arguments.items():
        other = _other(value)
        if not any(_same(other, one) for one in wanted.alternatives.get(name, ())):
            yield "value changed", _one(first, {**first.arguments, name: other}, rest)
        yield "type changed", _one(first, {**first.arguments, name: _retyped(value)}, rest)
        yield "value in a list", _one(first, {**first.arguments, name: [value, value]}, rest)
        yield "value in an object", _one(first, {**first.arguments, name: {"is": value}}, rest)
    schemas = next(t for t in prompt.tools if t.name == first.name).properties()
    for name in first.arguments:
        if name not in wanted.optional and "default" not in schemas.get(name, {}):
            less = {n: v for n, v in first.arguments.items() if n != name}
            yield "parameter left out", _one(first, less, rest)


def _acting(prompt: Prompt, made: tuple[ToolCall, ...]) -> Iterator[Kind]:
    yield "calls a tool", Reply(tool_calls=made[:1])
    yield "calls every tool", Reply(tool_calls=_made_up(prompt))
    yield "calls without arguments", Reply(tool_calls=(ToolCall(name=made[0].name),))
    yield "refuses and calls", Reply(content="I cannot do that.", tool_calls=made[:1])


def _one(call: ToolCall, arguments: dict[str, Any], rest: tuple[ToolCall, ...]) -> Reply:
    return Reply(tool_calls=(ToolCall(name=call.name, arguments=arguments), *rest))


def _other(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 977
    if isinstance(value, str):
        return f"{value} [other]"
    if isinstance(value, list):
        return [*value, _other(value[-1])] if value else ["other"]
    return {**value, "other": 1} if isinstance(value, dict) else "other"


def _retyped(value: Any) -> Any:
    if isinstance(value, str):
        return len(value) + 977
    return json.dumps(value) if value is not None else 977


def _made_up(prompt: Prompt) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(name=tool.name, arguments=dict.fromkeys(tool.required(), "x"))
        for tool in prompt.tools
    )


def _spoofed(name: str) -> str:
    shown = name.translate(str.maketrans("aceopx", "асеорх"))
    return shown if shown != name else f"{name}\u200b"


def _with(calls: tuple[ToolCall, ...], kind: str, change: Callable[..., Any]) -> Iterator[Kind]:
    made = tuple(
        ToolCall(name=c.name, arguments={n: change(c.name, n, v) for n, v in c.arguments.items()})
        for c in calls
    )
    if json.dumps([c.arguments for c in made]) != json.dumps([c.arguments for c in calls]):
        yield kind, Reply(tool_calls=made)


def _given(
    calls: tuple[ToolCall, ...], kind: str, more: dict[int, dict[str, Any]]
) -> Iterator[Kind]:
    if any(more.values()):
        made = (
            ToolCall(name=c.name, arguments={**c.arguments, **more[i]}) for i, c in enumerate(calls)
        )
        yield kind, Reply(tool_calls=tuple(made))


def _texts_in(change: Callable[[str], str]) -> Callable[..., Any]:
    def changed(_tool: str, _name: str, value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, list):
            return [changed("", "", item) for item in value]
        return value

    return changed


def _by_type(prompt: Prompt, kind: str, change: Callable[[Any], Any]) -> Callable[..., Any]:
    schemas = {tool.name: tool.properties() for tool in prompt.tools}

    def changed(tool: str, name: str, value: Any) -> Any:
        declared = schemas[tool].get(name, {}).get("type")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return change(value) if number and declared == kind else value

    return changed


def _whole(value: float) -> float:
    return int(value) if float(value).is_integer() else value


def _squeezed(text: str) -> str:
    return text.replace(" ", "").replace(",", "")


def _same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)


def _at(wanted: tuple[Call, ...]) -> Iterator[tuple[int, Call]]:
    yield from enumerate(wanted)
