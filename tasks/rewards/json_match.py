"""Pays for JSON with the reference's values: the share of leaves that are right and there.

    reference  {"total": 12, "lines": [{"sku": "a1", "n": 2}]}
    {"total": 12.0, "lines": [{"sku": "a1", "n": 2}]}       1.0    exact
    {"total": 13, "lines": [{"sku": "a1", "n": 2}]}         0.67   2 of 3 leaves, none too many
    {"total": 12}                                           0.5    1 of 3, none too many
    The total is 12.                                        0.0    no-json

    value = 2 * common / (leaves of the reply + leaves of the reference)

A leaf is a value with the keys that lead to it; an empty object or list is one too. Numbers are
equal by value (12 and 12.0), and never to text or to true; texts are equal letter by letter, or
whatever their case. Items of a list are compared in order, or with `{ordered: false}` as a bag:
each item is then one leaf, right or not, so that saying an item twice does not pay.
"""

import json
from collections import Counter
from typing import Any

from tasks.core.records import Reference, Reply, Score, ToolCall
from tasks.core.section import Section
from tasks.rewards import NOT_APPLICABLE, Case, Prompt
from tasks.rewards.texts.due import only_called
from tasks.rewards.texts.json_text import NotJsonError, read


class Settings(Section):
    ordered: bool = True
    """Whether the order of a list's items counts."""
    ignore_case: bool = False
    """Of texts, never of keys."""
    fenced: bool = False
    """Whether the reply may stand in a Markdown fence of JSON."""


def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply; see the module for the formula. Values are in [0, 1]."""
    if prompt.reference is None:
        return Score.unscored("no-reference")
    if prompt.reference.behaviour != "answer":
        return Score.unscored(NOT_APPLICABLE)
    try:
        wanted = _leaves(read(prompt.reference.text), settings)
    except NotJsonError:
        return Score.unscored("reference-is-no-json")
    if not reply.content.strip():
        return only_called(prompt, reply) or Score(value=0.0, tier="empty")
    try:
        given = _leaves(read(reply.content, fenced=settings.fenced), settings)
    except NotJsonError:
        return Score(value=0.0, tier="no-json")
    value = 2 * (given & wanted).total() / (given.total() + wanted.total())
    tier = "exact" if value == 1 else "partial" if value else "none"
    return Score(value=value, exact=value == 1, tier=tier, behaviour="answer")


def _leaves(value: Any, settings: Settings, way: str = "$") -> Counter[str]:
    if isinstance(value, dict) and value:
        found: Counter[str] = Counter()
        for key, item in value.items():
            found += _leaves(item, settings, f"{way}.{json.dumps(key)}")
        return found
    if isinstance(value, list) and value:
        found = Counter()
        for position, item in enumerate(value):
            if settings.ordered:
                found += _leaves(item, settings, f"{way}[{position}]")
            else:
                inside = sorted(_leaves(item, settings).elements())
                found[f"{way}[] {json.dumps(inside)}"] += 1
        return found
    return Counter([f"{way} {_written(value, settings)}"])


def _written(value: Any, settings: Settings) -> str:
    """The same text for equal values: JSON, with whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and settings.ignore_case:
        value = value.casefold()
    return json.dumps(value)


_INVOICE = Prompt(
    (),
    (),
    Reference(behaviour="answer", text='{"total": 12, "lines": [{"sku": "a1", "n": 2}]}'),
)
_LIST = Prompt((), (), Reference(behaviour="answer", text="[1, 2]"))
CASES = (
    Case(_INVOICE, Reply(content='{"lines": [{"n": 2.0, "sku": "a1"}], "total": 12.0}'), 1.0),
    Case(_INVOICE, Reply(content='{"total": 13, "lines": [{"sku": "a1", "n": 2}]}'), 2 / 3),
    Case(_INVOICE, Reply(content='{"total": 12}'), 0.5),
    Case(_INVOICE, Reply(content='{"total": "12"}'), 0.0),
    Case(_INVOICE, Reply(content="The total is 12."), 0.0),
    Case(_INVOICE, Reply(content=""), 0.0),
    Case(_INVOICE, Reply(tool_calls=(ToolCall(name="get_invoice"),)), 0.0),
    Case(_INVOICE._replace(reference=Reference(behaviour="refuse")), Reply(content="{}"), None),
    Case(_INVOICE._replace(reference=None), Reply(content="{}"), None),
    Case(_LIST, Reply(content="[2, 1]"), 1.0, {"ordered": False}),
    Case(_LIST, Reply(content="[1, 1]"), 0.5, {"ordered": False}),
)
