"""Judges replies for the evaluation, in code of its own: what trains a model does not judge it.

    expected execute get_invoice(month="may"), the reply asks "For which month?"
    -> Measured(expected="execute", did="clarify", exact=False, over_refusal=True, ...)

Nothing here imports a reward, and `exact` asks no rule that rewards or curation ask. An argument is
compared after both sides were brought to one form by the tool's schema. A question or a refusal has
to hold nothing else (`held_back`), and a question has to name what is missing. A text has to have
the same words in the same order, articles aside: what else says the same, only a judge could tell.
`did` is for reading: it comes from the labeller that curation uses.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tasks import dialects
from tasks.core.records import (
    Behaviour,
    Call,
    Example,
    Message,
    Record,
    Reference,
    Reply,
    Tool,
    ToolCall,
)
from tasks.evidence import stats
from tasks.evidence.canonical import canonical
from tasks.evidence.held_back import held_back
from tasks.labelling.behaviour import classify

PROVED: tuple[Behaviour, ...] = ("execute",)
"""Behaviours whose `exact` follows from the tool's schema and the reference alone. The others are
read by rules for English text, other ones than the labels come from, but rules all the same."""

BEHAVIOURS: tuple[Behaviour, ...] = ("execute", "clarify", "refuse", "answer")

_SENTENCES = re.compile(r"[^.!?\n]+[.!?]*")
_WORDS = re.compile(r"[^\W_]+")
_SAID = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[%$€£+-]")
_ARTICLES = frozenset(("a", "an", "the"))
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")


class Measured(Record, frozen=True, kw_only=True):
    """What one completion did, beside what was expected of it."""

    example: str
    group: str
    expected: Behaviour
    did: Behaviour
    exact: bool
    invented: bool
    """Calls a tool that was not offered."""
    malformed: bool
    """A call that is no JSON object or has no name."""
    acted_instead: bool
    """Calls a tool where it should have asked or declined."""
    over_refusal: bool
    """Asks or declines where a call was right."""


def measure(example: Example, reply: Reply) -> Measured | None:
    """Judge one reply to an example; None where the example has no reference."""
    if example.reference is None:
        return None
    expected, did = example.reference.behaviour, behaviour_of(reply, example.tools)
    offered = {tool.name for tool in example.tools}
    return Measured(
        example=example.id,
        group=example.group,
        expected=expected,
        did=did,
        exact=exact_match(example.reference, reply, example.tools, example.messages),
        invented=any(call.name and call.name not in offered for call in reply.tool_calls),
        malformed=any(call.raw_arguments or not call.name for call in reply.tool_calls),
        acted_instead=did == "execute" and expected in ("clarify", "refuse"),
        over_refusal=expected == "execute" and did in ("clarify", "refuse"),
    )


def behaviour_of(reply: Reply, tools: Sequence[Tool]) -> Behaviour:
    """What the reply does."""
    return classify(reply, tools).behaviour


def exact_match(
    reference: Reference, reply: Reply, tools: Sequence[Tool], context: Sequence[Message] = ()
) -> bool:
    """Whether the reply is right without any fault.

    Execute: the wanted calls and no other, in any order, with no call markup left in the text.
    Clarify: asks for each missing parameter and for no other one of the offered tools, or says the
    same, and nothing besides. Refuse: declines, and nothing besides. Answer: says the same.
    """
    if reference.behaviour == "execute":
        return _same_calls(reference.calls, reply.tool_calls, tools) and not dialects.any_markup(
            reply.content
        )
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


def summarise(rows: Sequence[Measured]) -> dict[str, Any]:
    """Rates with 95 % intervals clustered by group, over all rows and by expected behaviour.

    Each rate is `{mean, low, high, se, n}` with bounds inside [0, 1]; one with nothing to count is
    left out. `over_refusal` counts where a call was expected, `acted_instead` where a question or
    a refusal was. `macro_f1` is over the behaviours that were expected.

    Raises:
        EvidenceError: there are no rows.
    """
    by_behaviour = {b: [row for row in rows if row.expected == b] for b in BEHAVIOURS}
    confusion = Counter((row.expected, row.did) for row in rows)
    return {
        "overall": _rates(rows),
        "by_behaviour": {b: _rates(found) for b, found in by_behaviour.items() if found},
        "confusion": {
            b: {did: confusion[b, did] for did in BEHAVIOURS if confusion[b, did]}
            for b in BEHAVIOURS
            if by_behaviour[b]
        },
        "macro_f1": _macro_f1(confusion),
    }


def rate(rows: Sequence[Measured], value: Callable[[Measured], float]) -> dict[str, float]:
    """Mean of a value in [0, 1] with its 95 % interval, clustered by group."""
    found = stats.clustered_mean([float(value(row)) for row in rows], [row.group for row in rows])
    return {
        "mean": found.mean,
        "low": max(0.0, found.low),
        "high": min(1.0, found.high),
        "se": found.se,
        "n": found.n,
    }


def _rates(rows: Sequence[Measured]) -> dict[str, Any]:
    to_call = [row for row in rows if row.expected == "execute"]
    to_hold_back = [row for row in rows if row.expected in ("clarify", "refuse")]
    found: dict[str, Any] = {
        "n": len(rows),
        "groups": len({row.group for row in rows}),
        "exact": rate(rows, lambda row: row.exact),
        "right_behaviour": rate(rows, lambda row: row.did == row.expected),
        "invented": rate(rows, lambda row: row.invented),
        "malformed": rate(rows, lambda row: row.malformed),
    }
    if to_call:
        found["over_refusal"] = rate(to_call, lambda row: row.over_refusal)
    if to_hold_back:
        found["acted_instead"] = rate(to_hold_back, lambda row: row.acted_instead)
    return found


def _macro_f1(confusion: Counter[tuple[Behaviour, Behaviour]]) -> float:
    scores = []
    for behaviour in BEHAVIOURS:
        expected = sum(n for (e, _), n in confusion.items() if e == behaviour)
        done = sum(n for (_, d), n in confusion.items() if d == behaviour)
        if expected:
            scores.append(2 * confusion[behaviour, behaviour] / (expected + done))
    return sum(scores) / len(scores)


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
    given = canonical(call.arguments, schema)
    names = {*given, *wanted.arguments, *wanted.alternatives}
    return all(given.get(name) in _accepted(name, wanted, schema) for name in names)


def _accepted(name: str, wanted: Call, schema: dict[str, Any]) -> set[str | None]:
    """Canonical values of a parameter that are right; None where it may be left out."""
    values = list(wanted.alternatives.get(name, ()))
    if name in wanted.arguments:
        values.append(wanted.arguments[name])
    found = {canonical({name: value}, schema).get(name) for value in values}
    if name not in wanted.arguments or name in wanted.optional:
        found.add(None)
    return found


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
    said = f" {' '.join(_WORDS.findall(text.casefold()))} "
    names = {name for tool in tools for name in tool.properties()}
    spoken = {name: " ".join(_HUMPS.sub(" ", name).casefold().split()) for name in names}
    found = {name: words for name, words in spoken.items() if f" {words} " in said}
    return {
        name
        for name, words in found.items()
        if not any(f" {words} " in f" {other} " for other in found.values() if other != words)
    }


def _same_text(wanted: str, replied: str) -> bool:
    """Whether two texts have the same words, figures and signs in the same order."""
    right, other = (_words(text) for text in (wanted, replied))
    return bool(right) and right == other


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return [word for word in _SAID.findall(folded) if word not in _ARTICLES]
