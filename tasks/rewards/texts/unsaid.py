"""Works out what a question has to ask for where the reference does not say it.

    tools  get_invoice(invoice_id, month), both required     send_mail(to), required
    user   "Show me the invoice for month may."
    ->     {"invoice_id"}: required by the tool that the user means, and not said yet

The tool is the one whose name and description share the most words with what the user wrote; of
several that are about as near, each counts. A parameter was said where one of its allowed values
stands in the text, a value follows its name, or the text holds what only it can mean (an address
with an at sign, as many numbers as there are numeric parameters). What cannot be told from the text
counts as not said: a question for it is not punished.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from tasks.core.records import Message, Tool
from tasks.labelling import parameters
from tasks.rewards import Prompt

_NEARLY = 0.5
"""Share of the best tool's common words from which another tool may be meant too."""
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?![\w])")
_DATE = re.compile(
    r"\b(?:\d{4}-\d\d?-\d\d?|\d\d?[/.]\d\d?[/.]\d{2,4}|today|tonight|tomorrow|yesterday"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?:january|february|march|april|june|july|august|september|october|november|december))\b"
)
_MAIL = re.compile(r"\S+@\S+\.\w+")
_JOINS = frozenset(["is", "are", "of", "to", "as", "named", "called", "number", "no"])
_NOT_VALUES = frozenset(["and", "for", "in", "on", "or", "please", "the", "with"])
_FORMATS = {"date": _DATE, "date-time": _DATE, "email": _MAIL}
_SMALL = (
    "a an and are at by can could do for from get give have how i in is it like me my of on or "
    "please some tell that the this to want what which with would you your"
)


def missing(prompt: Prompt) -> frozenset[str]:
    """Required parameters of the tools that the user may mean, without those that were said.

    All required ones where each seems to have been said; all there are where none is required.
    """
    text = said(prompt.messages)
    meant = fitting(prompt)
    known = {name: schema for tool in meant for name, schema in tool.properties().items()}
    required = {name: known.get(name) for tool in meant for name in tool.required()} or known
    padded = _padded(text)
    numeric = sum(_is_numeric(schema) for schema in required.values())
    enough = len(_NUMBER.findall(text)) >= numeric
    left = {
        name
        for name, schema in required.items()
        if not _was_said(name, schema, text, padded) and not (_is_numeric(schema) and enough)
    }
    return frozenset(left or required)


def fitting(prompt: Prompt) -> list[Tool]:
    """The tools that share the most words with the user's request; all where none shares any."""
    spoken = content_words(said(prompt.messages))
    shared = [len(spoken & _words_of(tool)) for tool in prompt.tools]
    best = max(shared, default=0)
    return [t for t, n in zip(prompt.tools, shared, strict=True) if n >= best * _NEARLY]


def is_related(question: str, prompt: Prompt) -> bool:
    """Whether a question has any word in common with the user's request or a tool."""
    asked = content_words(question.lower())
    if asked & content_words(said(prompt.messages)):
        return True
    return any(asked & (_words_of(tool) | _described(tool)) for tool in prompt.tools)


def said(messages: Sequence[Message]) -> str:
    """What users wrote, in lower case."""
    return "\n".join(m.content for m in messages if m.role == "user").lower()


def stands(figure: str, prompt: Prompt) -> bool:
    """Whether a figure (amount, date, id) stands in the context, the tools or the reference."""
    wanted = prompt.reference.text if prompt.reference else ""
    if figure in wanted.casefold() or any(figure in m.content.casefold() for m in prompt.messages):
        return True
    declared = (f"{t.name} {t.description} {t.parameters}" for t in prompt.tools)
    return any(figure in text.casefold() for text in declared)


def vocabulary(prompt: Prompt) -> set[str]:
    """Stemmed words of the context, the tools and the reference."""
    words = {word for tool in prompt.tools for word in _words_of(tool) | _described(tool)}
    words |= content_words(" ".join(str(tool.parameters) for tool in prompt.tools).lower())
    texts = [message.content for message in prompt.messages]
    texts += [prompt.reference.text] if prompt.reference else []
    return words | content_words("\n".join(texts).lower())


def content_words(text: str) -> set[str]:
    """Stemmed words of a lower-case text that carry its subject."""
    words, small = parameters.WORDS.findall(text), _small()
    return {parameters.stem(word) for word in words if word not in small}


@cache
def _small() -> frozenset[str]:
    return frozenset(_SMALL.split())


def _words_of(tool: Tool) -> frozenset[str]:
    return _subject(tool.name, tool.description)


@lru_cache(maxsize=1024)
def _subject(name: str, description: str) -> frozenset[str]:
    return frozenset({*parameters.name_words(name), *content_words(description.lower())})


def _described(tool: Tool) -> set[str]:
    found: set[str] = set()
    for name, schema in tool.properties().items():
        found.update(parameters.name_words(name), parameters.is_about(schema))
    return found


def _is_numeric(schema: Any) -> bool:
    kind = schema.get("type") if isinstance(schema, dict) else None
    return kind in ("integer", "number", "float")


def _was_said(name: str, schema: Any, text: str, padded: str) -> bool:
    schema = schema if isinstance(schema, dict) else {}
    values = schema.get("enum")
    if isinstance(values, list):
        return any(_stands_in(value, padded) for value in values)
    shape = _FORMATS.get(str(schema.get("format")))
    if shape and shape.search(text):
        return True
    spoken = " ".join(parameters.name_words(name))
    _, found, after = padded.partition(f" {spoken} ")
    # "month is may", "order id number 12"; but not "the city and the day".
    following = after.split(maxsplit=3)
    return bool(found) and bool(following) and _is_value(following)


def _is_value(following: Sequence[str]) -> bool:
    rest = [word for word in following if word not in _JOINS]
    return bool(rest) and rest[0] not in _NOT_VALUES


def _stands_in(value: Any, padded: str) -> bool:
    return isinstance(value, str) and len(value) > 1 and _padded(value.lower()) in padded


def _padded(text: str) -> str:
    """Stemmed words with one space around each."""
    return f" {' '.join(map(parameters.stem, parameters.WORDS.findall(text)))} "
