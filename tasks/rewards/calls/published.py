"""Rewards for tool calls as others published them, faults and all, to be compared with ours.

    reply to a wanted currency_convert(amount=50)     aws_tiered   toolrl   tool_n1_binary
    exact                                                    1.0      1.0              1.0
    the same call five times                                 1.0     0.60              0.0
    right, and an invented rm_rf                             0.5     0.75              0.0
    right tool, wrong amount                                 0.5      0.5              0.0
    50.0 where 50 was wanted                                 1.0      1.0              0.0
    a question where a question was right                    1.0     0.25              0.0
    gibberish where a question was right                     1.0     0.25              0.0

They know one right answer, no alternatives and no schema: `alternatives` and `optional` of a
reference are not looked at, and Python's `==` compares. ToolRL's range [-3, 4] is divided by 4.

Sources: AWS, "Accelerate agentic tool calling with serverless model customization in Amazon
SageMaker AI" (2026): tiers over sets of names. Qian et al., "ToolRL" (arXiv 2504.13958): format
{0, 1} plus correctness [-3, 3]. Zhang et al., "Nemotron-Research-Tool-N1" (arXiv 2505.00024): 1
where format and calls are right.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Literal

from tasks.core.records import Call, Reference, Reply, Score, ToolCall

Preset = Literal["aws_tiered", "toolrl", "tool_n1_binary"]


def score(preset: Preset, reference: Reference, reply: Reply) -> Score:
    """Score a reply by a published rule, in [-1, 1]; `exact` is the rule's own best."""
    sound = all(call.name and not call.raw_arguments for call in reply.tool_calls)
    value = _RULES[preset](reference.calls, reply.tool_calls, sound)
    tier = "exact" if value == 1 else "partial" if value > 0 else "none"
    behaviour = "execute" if reply.tool_calls else "answer"
    return Score(value=value, exact=value == 1, tier=tier, behaviour=behaviour)


def aws_tiered(wanted: tuple[Call, ...], calls: tuple[ToolCall, ...], sound: bool) -> float:
    """1 where the sets of names are equal and all calls of one name agree, 0.5 where names meet.

    Two right parallel calls of one tool differ from each other, so they earn 0.5. Without a wanted
    call whatever is no call earns 1.
    """
    if not wanted:
        return 0.0 if calls else 1.0
    if not sound:
        return 0.0
    right, made = {w.name for w in wanted}, {call.name for call in calls}
    if not right & made:
        return 0.0
    agree = all(c.arguments == w.arguments for c in calls for w in wanted if c.name == w.name)
    return 1.0 if right == made and agree else 0.5


def toolrl(wanted: tuple[Call, ...], calls: tuple[ToolCall, ...], sound: bool) -> float:
    """A quarter of format {0, 1} + correctness [-3, 3]: overlap of names, of keys, and values."""
    if not wanted:
        return 0.0 if calls else 0.25
    if not calls or not sound:
        return -0.75
    found, most = _overlap((w.name for w in wanted), (c.name for c in calls)), 1.0
    left = list(calls)
    for one in wanted:
        most += 1.0 + len(one.arguments)
        near = max(
            (c for c in left if c.name == one.name), key=lambda c: _alike(one, c), default=None
        )
        if near is not None and _alike(one, near) > 0:
            found += _alike(one, near)
            left.remove(near)
    return (1.0 + 6.0 * found / most - 3.0) / 4.0


def tool_n1_binary(wanted: tuple[Call, ...], calls: tuple[ToolCall, ...], sound: bool) -> float:
    """1 where the calls are the wanted ones, written the same; without a wanted call always 0."""
    if not wanted or not sound:
        return 0.0
    return float(Counter(map(_written, calls)) == Counter(map(_written, wanted)))


def _alike(wanted: Call, call: ToolCall) -> float:
    """Overlap of the keys, and one for each value that is equal."""
    same = sum(
        bool(name in call.arguments and call.arguments[name] == value)
        for name, value in wanted.arguments.items()
    )
    return _overlap(list(wanted.arguments), list(call.arguments)) + same


def _overlap(wanted: Iterable[str], made: Iterable[str]) -> float:
    """Jaccard similarity of two bags; of two empty ones 1."""
    right, found = Counter(wanted), Counter(made)
    if right == found:
        return 1.0
    both = float((right & found).total())
    return both / (right.total() + found.total() - both)


def _written(call: Call | ToolCall) -> tuple[str, str]:
    return call.name, json.dumps(call.arguments, sort_keys=True)


_Rule = Callable[[tuple[Call, ...], tuple[ToolCall, ...], bool], float]
_RULES: dict[str, _Rule] = {
    "aws_tiered": aws_tiered,
    "toolrl": toolrl,
    "tool_n1_binary": tool_n1_binary,
}
