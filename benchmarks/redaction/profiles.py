"""What is left of the people of real sessions: names, ids and addresses that the session tells.

    {"first_name": "Mia", "last_name": "Li", "user_id": "mia_li_3668", "email": "mia@…"}

A profile in a tool's result or a call's arguments says who a session is about. Each such value is
then counted in everything that was said in the session, before and after redaction. What stands
in the tools' definitions and in the system's text is not counted: it is the same in all sessions.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from tasks.core.records import Invocation, Message, Reply
from tasks.redaction.words import is_word

KEYS = {
    "name": ("first_name", "last_name"),
    "user id": ("user_id",),
    "e-mail": ("email",),
    "birth date": ("dob",),
    "street": ("address1",),
}


def table(pairs: Iterable[tuple[Invocation, Invocation]]) -> Iterator[str]:
    """Rows of Markdown: by kind of value, how often it stood and how often it still stands."""
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    records = 0
    for one, other in pairs:
        records += 1
        before[one.session_id].append(said(one))
        after[one.session_id].append(said(other))
    stood: Counter[str] = Counter()
    left: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for session, texts in before.items():
        was, now = "\n".join(texts), "\n".join(after[session])
        for kind, value in told(texts):
            place = re.compile(rf"(?<![^\W_]){re.escape(value)}(?![^\W_])")
            stood[kind] += len(place.findall(was))
            left[kind] += len(place.findall(now))
            if kind == "name" and is_word(value):
                words[kind] += len(place.findall(now))
    yield f"{records:,} records of {len(before):,} airline sessions."
    yield ""
    yield "| value that the session tells | stood | still stands | replaced |"
    yield "|---|--:|--:|--:|"
    for kind in KEYS:
        share = 1 - left[kind] / stood[kind] if stood[kind] else 1.0
        yield f"| {kind} | {stood[kind]:,} | {left[kind]:,} | {share:.2%} |"
    yield ""
    yield f"Of the names left, {words['name']:,} are ordinary words too (a city, a month)."


def told(texts: Iterable[str]) -> set[tuple[str, str]]:
    """Kind and value of everything that a key of the session gives away."""
    found: set[tuple[str, str]] = set()
    for text in texts:
        for kind, keys in KEYS.items():
            for key in keys:
                for value in re.findall(rf'"{key}": ?"([^"]{{2,60}})"', text):
                    if not re.fullmatch(r"(?i)string|unknown|.*(?:first|last) name.*", value):
                        found.add((kind, value))
    return found


def said(one: Invocation) -> str:
    """All that was said in a call, JSON in it opened."""
    texts = [_text(message) for message in one.messages if message.role != "system"]
    return "\n".join([*texts, _text(one.response)])


def _text(message: Message | Reply) -> str:
    calls: list[Any] = [json.dumps(call.arguments) for call in message.tool_calls]
    return "\n".join([message.content, *calls]).replace("\\", "")
