"""Finds which parameters of the offered tools a text asks for, by their names or descriptions.

    tools  book(departure_date, seatClass)   forecast(q: "Name of the city to search for.")
    "the date of your departure"   ->  ("departure_date",)   all words of the name, close together
    "which class would you like"   ->  ("seatClass",)        its last word, where no other has it
    "for which city"               ->  ("q",)                what the description says it is
    "when do you leave"            ->  ("departure_date",)   the only one that is a time

A question word is looked at only where neither fits.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from tasks.core.records import Tool

WORDS = re.compile(r"[a-z0-9]+")
_NAME_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LONG = {
    "acct": "account",
    "addr": "address",
    "amt": "amount",
    "desc": "description",
    "dest": "destination",
    "lang": "language",
    "loc": "location",
    "msg": "message",
    "num": "number",
    "qty": "quantity",
    "temp": "temperature",
}
_NEAR = 3
"""Words between which the parts of a name still belong together."""

# What a description says a parameter is ends where it begins to say more of it.
_MORE = re.compile(
    r"[.,;:(\[]|\b(?:for|in|to|that|which|where|when|at|on|by|used|from|with|whose|who|being|such"
    r"|if|as|should|must|is|are|was|were|will|can|may|has|have|during|between|per|like|within"
    r"|associated|related|requested|desired|based)\b"
)
_MODIFIER = re.compile(
    r"\b(?:where|that|who|whose|associated|related|(?<!could )(?<!can )you|to (?!and\b)[a-z]+|from"
    r"|(?:for|in|on|of|about|with) (?:the|your|this|these|that|an?))\b.*?(?=[,;]|\band\b|\bor\b|$)"
)
# Examples in brackets; a single word there is another name: "the identifier (uuid)".
_ASIDE = re.compile(r"\([^()]*[ ,][^()]*\)")
# "The unique identifier of the invoice" is about the invoice.
_HOLDER = re.compile(
    r"^(?:\W*(?:an?|the|this|optional|required|optionally|specifies|specify|unique|full|exact|valid"
    r"|total|new|updated|current|maximum|minimum|desired|specific|given|preferred|user'?s|string|integer|number|numeric|list|array)\s+)*"
    r"(?:(?:name|identifier|id|type|kind|title|value|list|number|amount|set|string|array)s?"
    r"\s+(?:or \w+ )?(?:of|for|representing)\s+(?:(?:an?|the|this|each)\s+)*)?"
)
_EMPTY = _set(
    "a all an and any each her his its my new one or other our own some the their this these those "
    "value string number integer boolean parameter argument input field option data information "
    "detail item thing specific name type id list user your query text code "
    "be can could do did does have how in is me should to what where when which who would us "
    "are was were will you total new current please on for from at exact full"
)
_KINDS = (
    (
        re.compile(r"\b(?:when|what time|which day|what day)\b"),
        _set("date day time datetime timestamp deadline month year week"),
    ),
    (
        re.compile(r"\bwhere\b"),
        _set("address airport area city country destination location place region state"),
    ),
    (
        re.compile(r"\bhow (?:many|much)\b"),
        _set("amount count limit number quantity size total"),
    ),
    (re.compile(r"\bhow long\b"), _set("duration length day hour minute night")),
    (
        re.compile(r"\b(?:who|whom)\b"),
        _set("assignee author contact customer person recipient user username"),
    ),
)


def named(clauses: Sequence[str], tools: Sequence[Tool]) -> tuple[str, ...]:
    """Parameters that lower-case clauses ask for, in the order in which they come up.

    What a clause asks for stands before what says more of it: "the city where the concert is" is
    about a city. The rest is looked at where that names nothing.
    """
    schemas = {name: schema for tool in tools for name, schema in tool.properties().items()}
    if not schemas:
        return ()
    names = {name: name_words(name) for name in schemas}
    order: dict[str, int] = {}
    for clause in clauses:
        plain = _ASIDE.sub(" ", _without_tools(clause, tools))
        head = _MODIFIER.sub(" ", plain)
        places = _found(head, names, schemas)
        if not places and head != plain:
            places = _rest(head, plain, names, schemas)
        places = places or _by_kind(names, plain)
        for name in sorted(places, key=lambda name: (places[name], name)):
            order.setdefault(name, len(order))
    return tuple(order)


def _found(text: str, names: dict[str, tuple[str, ...]], schemas: dict[str, Any]) -> dict[str, int]:
    words_of_text = [stem(word) for word in WORDS.findall(text)]
    named_at = _by_words(names, words_of_text)
    spent = {word for name in named_at for word in names[name]}
    described = _described(schemas, words_of_text, spent)
    return {**described, **named_at}


@lru_cache(maxsize=4096)
def name_words(name: str) -> tuple[str, ...]:
    """`departureDate`, `departure_date` -> ("departure", "date"), stemmed."""
    return tuple(stem(word.lower()) for word in _NAME_WORDS.findall(name))


def stem(word: str) -> str:
    """Without a plural's ending, and in full where it is a usual abbreviation."""
    if word in _LONG:
        return _LONG[word]
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def is_about(schema: Any) -> tuple[str, ...]:
    """What a parameter is, by its description: "The name of the city to look up" -> ("city",)."""
    text = schema.get("description") if isinstance(schema, dict) else None
    if not isinstance(text, str) or schema.get("type") == "boolean":
        return ()
    return _about(text[:200])


@lru_cache(maxsize=4096)
def _about(text: str) -> tuple[str, ...]:
    plain = text.lower()
    plain = plain[_end(_HOLDER, plain) :]
    words = [stem(word) for word in WORDS.findall(_MORE.split(plain, maxsplit=1)[0])]
    # "city of departure" is a city.
    head = words[: words.index("of")] if "of" in words[1:] else words
    return tuple(word for word in head if word not in _EMPTY)[-3:]


def _end(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0


def _without_tools(asked: str, tools: Sequence[Tool]) -> str:
    """A tool's own name may have a parameter's words in it, and asks for nothing."""
    if "_" not in asked:
        return asked
    for tool in tools:
        if "_" in tool.name:
            asked = asked.replace(tool.name.lower(), " ")
    return asked


def _by_words(names: dict[str, tuple[str, ...]], said: Sequence[str]) -> dict[str, int]:
    """Names by all of their words, or by their last where no other name ends in it."""
    heads = [words[-1] for words in names.values() if words]
    places = {}
    for name, words in names.items():
        at = _place(words, said)
        if at is None and words and heads.count(words[-1]) == 1 and words[-1] in said:
            at = said.index(words[-1])
        if at is not None:
            places[name] = at
    return {n: at for n, at in places.items() if not _is_part(names[n], places, names, said)}


def _is_part(
    words: Sequence[str],
    found: Iterable[str],
    names: dict[str, tuple[str, ...]],
    said: Sequence[str],
) -> bool:
    """Whether the name was said as a part of a longer one only: "order" in "order id"."""
    longer = any(set(words) < set(names[other]) for other in found)
    return longer and said.count(words[-1]) == 1


def _place(words: Sequence[str], said: Sequence[str]) -> int | None:
    """Where all words stand close together in any order ("date of your departure")."""
    if not words:
        return None
    last = words[-1]
    for at, word in enumerate(said):
        if word == last:
            near = said[max(0, at - _NEAR) : at + _NEAR + 1]
            if all(part in near for part in words):
                return at
    return None


def _rest(
    head: str, plain: str, names: dict[str, tuple[str, ...]], schemas: dict[str, Any]
) -> dict[str, int]:
    """What the whole clause names; where its head says what it is about, only by a full name."""
    if set(map(stem, WORDS.findall(head))) <= _EMPTY:
        return _found(plain, names, schemas)
    words_of_text = [stem(word) for word in WORDS.findall(plain)]
    places = {n: _place(words, words_of_text) for n, words in names.items() if len(words) > 1}
    return {name: at for name, at in places.items() if at is not None}


def _described(schemas: dict[str, Any], said: Sequence[str], spent: set[str]) -> dict[str, int]:
    """By the noun that a description begins with; where several have it, by its other words too.

    A word that named a parameter is spent.
    """
    about = {name: words for name, schema in schemas.items() if (words := is_about(schema))}
    heads = {name: words[-1] for name, words in about.items() if words[-1] not in spent}
    places = {name: said.index(head) for name, head in heads.items() if head in said}
    shared = [words[-1] for words in about.values()]
    return {
        name: at
        for name, at in places.items()
        if shared.count(about[name][-1]) == 1 or set(about[name][:-1]) & set(said)
    }


def _by_kind(names: dict[str, tuple[str, ...]], asked: str) -> dict[str, int]:
    """By the question word in front, where only one parameter is of its kind."""
    asked = asked.lstrip(" ,:")
    for preposition in ("and ", "for ", "from ", "on ", "to ", "by "):
        asked = asked.removeprefix(preposition)
    for word, kind in _KINDS:
        if cue := word.match(asked):
            fitting = [name for name, words in names.items() if kind.intersection(words[-1:])]
            return {fitting[0]: cue.start()} if len(fitting) == 1 else {}
    return {}
