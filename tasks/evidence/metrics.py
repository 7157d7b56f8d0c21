"""Judges replies for the evaluation, in code of its own: what trains a model does not judge it.

    expected execute get_invoice(month="may"), the reply asks "For which month?"
    -> Measured(expected="execute", did="clarify", exact=False, over_refusal=True, ...)

Nothing here imports a reward or the labels' rules: `exact` comes from `tasks.evidence.exact`, and
`did` from what was called or from the wordings of `tasks.evidence.held_back`.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from tasks.core.records import Behaviour, Example, Record, Reply
from tasks.evidence import stats
from tasks.evidence.exact import Matched, exact_match, matched
from tasks.evidence.held_back import leaning

PROVED: tuple[Behaviour, ...] = ("execute",)
"""Behaviours whose `exact` follows from the tool's schema and the reference alone. The others are
read by rules for English text, other ones than the labels come from, but rules all the same."""

BEHAVIOURS: tuple[Behaviour, ...] = ("execute", "clarify", "refuse", "answer")
DECISIONS: tuple[Behaviour, ...] = ("execute", "clarify", "refuse")
"""Whether to call, to ask or to decline: what `three_way_f1` is over."""


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
    by_judge: bool = False
    """`exact` is the word of an independent judge (`tasks.evidence.text_judge`)."""
    matched: Matched = Matched()
    """Of the tools and arguments that were called for, how many were called."""


def measure(example: Example, reply: Reply) -> Measured | None:
    """Judge one reply to an example; None where the example has no reference."""
    if example.reference is None:
        return None
    expected, did = example.reference.behaviour, behaviour_of(reply)
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
        matched=matched(example.reference, reply, example.tools),
    )


def behaviour_of(reply: Reply) -> Behaviour:
    """What the reply does: calls, or what most of its wording leans to."""
    return "execute" if reply.tool_calls else leaning(reply.content)


class Rate(Record, frozen=True, kw_only=True):
    """A mean with its 95 % interval, clustered by group."""

    mean: float
    low: float | None
    """None where one group cannot tell."""
    high: float | None
    se: float | None
    n: int


class Rates(Record, frozen=True, kw_only=True):
    """Rates over some rows; one with nothing to count is None."""

    n: int
    """Rows."""
    groups: int
    exact: Rate
    right_behaviour: Rate
    invented: Rate
    malformed: Rate
    over_refusal: Rate | None = None
    """Where a call was expected."""
    acted_instead: Rate | None = None
    """Where a question or a refusal was expected."""
    tool_f1: float | None = None
    """Of the tools that were called against those called for, over all rows together."""
    argument_f1: float | None = None
    """Likewise of name and value of each argument, of calls of the right tool."""
    reward: Rate | None = None
    """What training optimised, where it was asked for."""

    def rates(self) -> dict[str, Rate]:
        """The rates that are known, by name."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in values.items() if isinstance(value, Rate)}


class Summary(Record, frozen=True, kw_only=True):
    """Rates over all rows and by expected behaviour."""

    overall: Rates
    by_behaviour: dict[Behaviour, Rates]
    confusion: dict[Behaviour, dict[Behaviour, int]]
    """Expected behaviour, then what was done."""
    macro_f1: float
    """Over the behaviours that were expected."""
    three_way_f1: float | None = None
    """Over call, question and refusal alone; None where none was expected."""


def summarise(rows: Sequence[Measured]) -> Summary:
    """Rates with 95 % intervals clustered by group, over all rows and by expected behaviour.

    Raises:
        EvidenceError: there are no rows.
    """
    by_behaviour = {b: [row for row in rows if row.expected == b] for b in BEHAVIOURS}
    confusion = Counter((row.expected, row.did) for row in rows)
    three = Counter({key: n for key, n in confusion.items() if key[0] in DECISIONS})
    return Summary(
        overall=rates(rows),
        by_behaviour={b: rates(mine) for b, mine in by_behaviour.items() if mine},
        confusion={
            b: {did: confusion[b, did] for did in BEHAVIOURS if confusion[b, did]}
            for b in BEHAVIOURS
            if by_behaviour[b]
        },
        macro_f1=_macro_f1(confusion),
        three_way_f1=_macro_f1(three) if three else None,
    )


def rate(rows: Sequence[Measured], value: Callable[[Measured], float]) -> Rate:
    """Mean of a value in [0, 1] with its 95 % interval, clustered by group."""
    estimate = stats.clustered_mean(
        [float(value(row)) for row in rows], [row.group for row in rows]
    )
    return Rate(
        mean=estimate.mean,
        low=0.0 if estimate.low is None else max(0.0, estimate.low),
        high=1.0 if estimate.high is None else min(1.0, estimate.high),
        se=estimate.se,
        n=estimate.n,
    )


def rates(rows: Sequence[Measured], reward: Rate | None = None) -> Rates:
    """Every rate over the rows; `reward` is put beside them."""
    to_call = [row for row in rows if row.expected == "execute"]
    to_hold_back = [row for row in rows if row.expected in ("clarify", "refuse")]
    return Rates(
        n=len(rows),
        groups=len({row.group for row in rows}),
        exact=rate(rows, lambda row: row.exact),
        right_behaviour=rate(rows, lambda row: row.did == row.expected),
        invented=rate(rows, lambda row: row.invented),
        malformed=rate(rows, lambda row: row.malformed),
        over_refusal=rate(to_call, lambda row: row.over_refusal) if to_call else None,
        acted_instead=rate(to_hold_back, lambda row: row.acted_instead) if to_hold_back else None,
        tool_f1=_f1([(m.tools, m.tools_called, m.tools_wanted) for m in _matches(rows)]),
        argument_f1=_f1(
            [(m.arguments, m.arguments_given, m.arguments_wanted) for m in _matches(rows)]
        ),
        reward=reward,
    )


def _matches(rows: Sequence[Measured]) -> list[Matched]:
    return [row.matched for row in rows]


def _f1(counts: Sequence[tuple[int, int, int]]) -> float | None:
    """2 right / (done + wanted); None where nothing was wanted and nothing done."""
    right, done, wanted = (sum(column) for column in zip(*counts, strict=True))
    return 2 * right / (done + wanted) if done + wanted else None


def _macro_f1(confusion: Counter[tuple[Behaviour, Behaviour]]) -> float:
    scores = []
    for behaviour in BEHAVIOURS:
        expected = sum(n for (e, _), n in confusion.items() if e == behaviour)
        done = sum(n for (_, d), n in confusion.items() if d == behaviour)
        if expected:
            scores.append(2 * confusion[behaviour, behaviour] / (expected + done))
    return sum(scores) / len(scores)
