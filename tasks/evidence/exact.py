r"""Whether a reply is right without any fault, in code that shares no rule with any reward.

    schema {"amount": {"type": "number"}, "unit": {"type": "string", "default": "EUR"}}
    {"amount": 5.0, "unit": "EUR"}  ->  {"amount": "5"}
    {"amount": 5}                   ->  {"amount": "5"}
    {"amount": "5"}                 ->  {"amount": "\"5\""}

An argument is compared after both sides were brought to one form by the tool's schema: whole
numbers are integers where it wants a number; what stands at its declared default is left out, at
every level; a string stays the string it is. A question or a refusal has to hold nothing else
(`held_back`), and a question has to name what is missing. A text has to have the same words in the
same order, articles aside: what else says the same, only a judge could tell.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from tasks import dialects
from tasks.core.records import Call, Message, Record, Reference, Reply, Tool, ToolCall
from tasks.evidence.held_back import announces, held_back

Schema = dict[str, Any]

_COMBINES = ("anyOf", "oneOf", "allOf")
_MAX_LEVELS = 8
"""Of schemas inside schemas of one value; a schema may refer to itself."""

_SENTENCES = re.compile(r"[^.!?\n]+[.!?]*")
_WORDS = re.compile(r"[^\W_]+")
_SAID = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[%$€£+-]")
_ARTICLES = frozenset(("a", "an", "the"))
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")


class Matched(Record, frozen=True, kw_only=True):
    """Counts of one reply, against the reference's calls."""

    tools: int = 0
    """Calls of a tool that was called for, each wanted call counted once."""
    tools_called: int = 0
    tools_wanted: int = 0
    arguments: int = 0
    """Arguments with an accepted value, of calls paired with a wanted one of the same tool."""
    arguments_given: int = 0
    arguments_wanted: int = 0


def matched(reference: Reference, reply: Reply, tools: Sequence[Tool]) -> Matched:
    """How much of the wanted calls was called; calls of one tool are paired in their order."""
    schemas = {tool.name: tool.parameters for tool in tools}
    open_calls, pairs = list(reference.calls), 0
    right = given = wanted_arguments = 0
    for call in reply.tool_calls:
        wanted = next((one for one in open_calls if one.name == call.name), None)
        arguments = canonical(call.arguments, schemas.get(call.name, {}))
        given += len(arguments)
        if wanted is None:
            continue
        open_calls.remove(wanted)
        pairs += 1
        schema = schemas.get(call.name, {})
        right += sum(v in _accepted(name, wanted, schema) for name, v in arguments.items())
    for one in reference.calls:
        wanted_arguments += len(canonical(one.arguments, schemas.get(one.name, {})))
    return Matched(
        tools=pairs,
        tools_called=len(reply.tool_calls),
        tools_wanted=len(reference.calls),
        arguments=right,
        arguments_given=given,
        arguments_wanted=wanted_arguments,
    )


def exact_match(
    reference: Reference, reply: Reply, tools: Sequence[Tool], context: Sequence[Message] = ()
) -> bool:
    """Whether the reply is right without any fault.

    Execute: the wanted calls and no other, in any order, beside a text that only announces them.
    Clarify: asks for each missing parameter and for no other one of the offered tools, or says the
    same, and nothing besides. Refuse: declines, and nothing besides. Answer: says the same.
    """
    if reference.behaviour == "execute":
        clean = not dialects.any_markup(reply.content) and announces(reply.content, context)
        return clean and _same_calls(reference.calls, reply.tool_calls, tools)
    if reply.tool_calls or dialects.any_markup(reply.content):
        return False
    if reference.behaviour == "answer":
        return _same_text(reference.text, reply.content)
    if held_back(reply.content, context) != reference.behaviour:
        return False
    if reference.behaviour == "refuse":
        return True
    asks_right = bool(reference.missing) and _asked(reply, tools) == set(reference.missing)
    return asks_right or _same_text(reference.text, reply.content)


def _same_calls(wanted: Sequence[Call], calls: Sequence[ToolCall], tools: Sequence[Tool]) -> bool:
    """Whether each call can be given a wanted one of its own (Kuhn's matching)."""
    schemas = {tool.name: tool.parameters for tool in tools}
    if len(wanted) != len(calls) or any(call.name not in schemas for call in calls):
        return False
    fits = [
        [j for j, w in enumerate(wanted) if _is_wanted(w, call, schemas[call.name])]
        for call in calls
    ]
    taken: dict[int, int] = {}

    def place(i: int, tried: set[int]) -> bool:
        for j in fits[i]:
            if j not in tried:
                tried.add(j)
                if j not in taken or place(taken[j], tried):
                    taken[j] = i
                    return True
        return False

    return all(place(i, set()) for i in range(len(calls)))


def _is_wanted(wanted: Call, call: ToolCall, schema: dict[str, Any]) -> bool:
    if call.raw_arguments or call.name != wanted.name:
        return False
    arguments = canonical(call.arguments, schema)
    names = {*arguments, *wanted.arguments, *wanted.alternatives}
    return all(arguments.get(name) in _accepted(name, wanted, schema) for name in names)


def _accepted(name: str, wanted: Call, schema: dict[str, Any]) -> set[str | None]:
    """Canonical values of a parameter that are right; None where it may be left out."""
    values = list(wanted.alternatives.get(name, ()))
    if name in wanted.arguments:
        values.append(wanted.arguments[name])
    accepted = {canonical({name: value}, schema).get(name) for value in values}
    if name not in wanted.arguments or name in wanted.optional:
        accepted.add(None)
    return accepted


def _asked(reply: Reply, tools: Sequence[Tool]) -> set[str]:
    """Parameters named where the reply asks: its questions, else its requests."""
    sentences = _SENTENCES.findall(reply.content)
    questions = [s for s in sentences if s.rstrip().endswith("?")]
    requests = [s for s in sentences if "please" in s.casefold()]
    return _named(" ".join(questions or requests or sentences), tools)


def _named(text: str, tools: Sequence[Tool]) -> set[str]:
    """Parameters of the offered tools all of whose words stand in the text.

    A name that is part of a longer one that stands there too does not count: "order id" names
    `order_id`, not `order`.
    """
    words_said = f" {' '.join(_WORDS.findall(text.casefold()))} "
    names = {name for tool in tools for name in tool.properties()}
    spoken = {name: " ".join(_HUMPS.sub(" ", name).casefold().split()) for name in names}
    named = {name: words for name, words in spoken.items() if f" {words} " in words_said}
    return {
        name
        for name, words in named.items()
        if not any(f" {words} " in f" {other} " for other in named.values() if other != words)
    }


def _same_text(wanted: str, replied: str) -> bool:
    """Whether two texts have the same words, figures and signs in the same order."""
    right, other = (_words(text) for text in (wanted, replied))
    return bool(right) and right == other


def _words(text: str) -> list[str]:
    words = _SAID.findall(unicodedata.normalize("NFKC", text).replace("’", "'"))
    # A capital "A" within a text is a name ("plan A"); the first word's capital says nothing.
    kept = words[words[:1] in (["A"], ["An"], ["The"]) :]
    return [word.casefold() for word in kept if word not in _ARTICLES]


def canonical(arguments: dict[str, Any], schema: Schema) -> dict[str, str]:
    """Parameter to its value as canonical JSON; parameters at their default are not in it."""
    members = _members(arguments, [schema], schema)
    return {name: json.dumps(value, sort_keys=True) for name, value in members.items()}


def _members(value: dict[str, Any], schemas: list[Schema], root: Schema) -> dict[str, Any]:
    members = {}
    for name, item in value.items():
        below = [_flat(_member(schema, name), root) for schema in schemas]
        flat = [schema for group in below for schema in group]
        form = _form(item, flat, root)
        defaults = [_form(s["default"], flat, root) for s in flat if "default" in s]
        # Compared as text, because True == 1 == 1.0 in Python.
        if json.dumps(form, sort_keys=True) not in [
            json.dumps(d, sort_keys=True) for d in defaults
        ]:
            members[name] = form
    return members


def _form(value: Any, schemas: list[Schema], root: Schema) -> Any:
    if isinstance(value, dict):
        return _members(value, schemas or [{}], root)
    if isinstance(value, list):
        return [
            _form(item, [s for schema in schemas for s in _flat(_item(schema, i), root)], root)
            for i, item in enumerate(value)
        ]
    if isinstance(value, float) and value.is_integer() and any(map(_wants_number, schemas)):
        return int(value)
    return value


def _flat(schema: Any, root: Schema, level: int = 0) -> list[Schema]:
    """The schema with those that it refers to or combines."""
    if not isinstance(schema, dict) or level > _MAX_LEVELS:
        return []
    schemas = [schema]
    target = schema.get("$ref")
    if isinstance(target, str) and target.startswith("#/"):
        schemas += _flat(_at(target[2:], root), root, level + 1)
    for key in _COMBINES:
        combined = schema.get(key)
        if isinstance(combined, list):
            schemas += [s for part in combined for s in _flat(part, root, level + 1)]
    return schemas


def _at(pointer: str, root: Schema) -> Any:
    value: Any = root
    for key in pointer.replace("~1", "/").replace("~0", "~").split("/"):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _member(schema: Schema, name: str) -> Any:
    properties = schema.get("properties")
    if isinstance(properties, dict) and name in properties:
        return properties[name]
    return schema.get("additionalProperties")


def _item(schema: Schema, position: int) -> Any:
    first = schema.get("prefixItems")
    if isinstance(first, list) and position < len(first):
        return first[position]
    return schema.get("items")


def _wants_number(schema: Schema) -> bool:
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return "number" in kinds or "integer" in kinds
