"""Counts what the logs say about the incumbent: its report card, overall, by behaviour, by tool.

    confirmed     the outcome proved the reply right; it IS the reference, so its reward is 1 by
                  construction and says nothing: counted, never in a mean
    corrected     a human wrote what would have been right: the one kind that is really scored
    contradicted  the session failed and nobody said where: unscored, never a zero
    unproven      nothing proves it right or wrong

Tool calls are checked without any reference: offered, well formed, valid by the tool's schema, and
answered by the tool without an error where a later turn of the same session shows its answer.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Literal

from tasks.core.pages import Table
from tasks.core.records import Example, Score, ToolCall
from tasks.evidence.stats import clustered_mean
from tasks.labelling.chains import is_error
from tasks.labelling.decisions import SUCCESS
from tasks.rewards import Prompt
from tasks.rewards.json_schema import is_valid
from tasks.rewards.specification.spec import Spec

Standing = Literal["confirmed", "assumed", "corrected", "contradicted", "unproven"]
STANDINGS: tuple[Standing, ...] = (
    "confirmed",
    "assumed",
    "corrected",
    "contradicted",
    "unproven",
)
CHECKS = (
    "made",
    "not_offered",
    "malformed",
    "invalid_arguments",
    "unusable_schema",
    "answered",
    "errors",
)
"""Of each call; `answered` and `errors` are the tool's own word."""

Answers = dict[tuple[str, str], bool]
"""Session and call id to whether the tool answered with an error."""


def report_card(examples: Callable[[], Iterable[Example]], spec: Spec) -> dict[str, Any]:
    """The incumbent's card over all examples that `examples()` yields; it is called twice.

    Returns `overall`, `by_behaviour` (what the incumbent did) and `by_tool` (what it called, or
    should have); each has `replies`, the count of each standing, `reward` and `exact` over the
    corrected replies, and `calls` with the checks. `self_check` says whether the spec gives the
    confirmed replies, which are their own references, the 1 that is due to them.
    """
    answers = _answers(examples())
    overall, self_check = _Tally(), _SelfCheck()
    by_behaviour: dict[str, _Tally] = {}
    by_tool: dict[str, _Tally] = {}
    for example in examples():
        standing = standing_of(example)
        score = spec.score(
            Prompt(example.messages, example.tools, example.reference), example.reply
        )
        if standing == "confirmed":
            self_check.add(score)
        tools = {*example.tags.tools, *(call.name for call in example.reply.tool_calls)} - {""}
        tallies = [overall, by_behaviour.setdefault(example.behaviour, _Tally())]
        tallies += [by_tool.setdefault(tool, _Tally()) for tool in sorted(tools)]
        for tally in tallies:
            tally.add(example, standing, score)
        for call in example.reply.tool_calls:
            of_tool = [by_tool[call.name]] if call.name else []
            for tally in (*tallies[:2], *of_tool):
                tally.calls.update(_checked(example, call, answers))
    return {
        "overall": overall.summary(),
        "by_behaviour": {name: by_behaviour[name].summary() for name in sorted(by_behaviour)},
        "by_tool": {name: by_tool[name].summary() for name in sorted(by_tool)},
        "self_check": self_check.summary(),
    }


def paragraphs(card: dict[str, Any], spec: Spec) -> list[str]:
    """What the card says in words."""
    overall, check = card["overall"], card["self_check"]
    said = [
        f"{overall['replies']:,} logged replies, without the sealed test, scored by "
        f"{spec.name} {spec.version} ({spec.sha[:12]}).",
        f"{overall['confirmed']:,} were confirmed by the outcome of their session. They are their "
        "own references, so their reward is 1 by construction: they are counted and in no mean. "
        f"{overall['contradicted']:,} stand in sessions that failed where nobody said what would "
        f"have been right: unscored. {overall['unproven']:,} are proved neither right nor wrong.",
    ]
    if overall["reward"]:
        said.append(
            f"{overall['corrected']:,} were corrected by a human and are really scored: mean "
            f"reward {_interval(overall['reward'])}."
        )
    else:
        said.append("None was corrected by a human, so no reward of the incumbent can be given.")
    if check["other"]:
        others = ", ".join(f"{name} {count:,}" for name, count in check["other"].items())
        said.append(
            f"The reward does not give 1 to {sum(check['other'].values()):,} of "
            f"{check['right'] + sum(check['other'].values()):,} references held against "
            f"themselves ({others}): it is too strict there, or their labels are wrong."
        )
    return said


def tables(card: dict[str, Any]) -> list[Table]:
    """The card's figures, for a page."""
    slices = [
        ("What the incumbent did", card["by_behaviour"], ""),
        ("Tools", card["by_tool"], "A reply that calls several tools counts under each."),
    ]
    everything = {"all": card["overall"]}
    found = []
    for title, part, note in (("All replies", everything, ""), *slices):
        columns = ("", "replies", *STANDINGS, "reward if corrected")
        rows = [
            (
                name,
                *(f"{tally[key]:,}" for key in ("replies", *STANDINGS)),
                _interval(tally["reward"]) if tally["reward"] else "-",
            )
            for name, tally in part.items()
        ]
        found.append(Table(title, columns, rows, note))
    rows = [
        (name, *(f"{tally['calls'][check]:,}" for check in CHECKS))
        for name, tally in {**everything, **card["by_tool"]}.items()
        if tally["calls"]["made"]
    ]
    columns = ("", *(check.replace("_", " ") for check in CHECKS))
    note = (
        "Checked without any reference. Errors are counted among the calls whose answer a later "
        "turn of the same session shows."
    )
    found.append(Table("Calls", columns, rows, note))
    return found


def standing_of(example: Example) -> Standing:
    """What is known of the incumbent's reply."""
    if example.reference is None:
        failed = example.outcome is not None and example.outcome < SUCCESS
        return "contradicted" if failed else "unproven"
    if example.truth_source == "human_edit":
        return "corrected"
    return "confirmed" if example.truth_source in ("outcome", "tool_result") else "assumed"


class _Tally:
    """Counts of one slice."""

    def __init__(self) -> None:
        self.standings: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self._unscored: Counter[str] = Counter()
        self._rewards: list[float] = []
        self._exact: list[float] = []
        self._groups: list[str] = []

    def add(self, example: Example, standing: Standing, score: Score) -> None:
        self.standings[standing] += 1
        if standing != "corrected":
            return
        if score.value is None:
            self._unscored[score.reason] += 1
            return
        self._rewards.append(score.value)
        self._exact.append(float(score.exact))
        self._groups.append(example.group or example.session_id)

    def summary(self) -> dict[str, Any]:
        return {
            "replies": self.standings.total(),
            **{standing: self.standings[standing] for standing in STANDINGS},
            "unscored": dict(sorted(self._unscored.items())),
            "reward": self._mean(self._rewards),
            "exact": self._mean(self._exact),
            "calls": {name: self.calls[name] for name in CHECKS},
        }

    def _mean(self, values: list[float]) -> dict[str, float] | None:
        if not values:
            return None
        found = clustered_mean(values, self._groups)
        # Values lie in [-1, 1], so bounds do too; one group alone can tell no more than that.
        low = -1.0 if found.low is None else max(-1.0, found.low)
        high = 1.0 if found.high is None else min(1.0, found.high)
        return {"mean": found.mean, "low": low, "high": high, "n": found.n}


class _SelfCheck:
    """Whether the reward recognises references as right."""

    def __init__(self) -> None:
        self._right = 0
        self._other: Counter[str] = Counter()

    def add(self, score: Score) -> None:
        if score.value == 1:
            self._right += 1
        else:
            self._other[score.reason or score.tier] += 1

    def summary(self) -> dict[str, Any]:
        return {"right": self._right, "other": dict(sorted(self._other.items()))}


def _checked(example: Example, call: ToolCall, answers: Answers) -> list[str]:
    """The checks that count for one call."""
    found = ["made"]
    tool = next((tool for tool in example.tools if tool.name == call.name), None)
    if call.raw_arguments or not call.name:
        found.append("malformed")
    elif tool is None:
        found.append("not_offered")
    else:
        valid = is_valid(call, tool)
        found += ["unusable_schema"] if valid is None else [] if valid else ["invalid_arguments"]
    failed = answers.get((example.session_id, call.id)) if call.id else None
    return found if failed is None else [*found, "answered", *(["errors"] if failed else [])]


def _interval(rate: dict[str, float]) -> str:
    return f"{rate['mean']:.3f} [{rate['low']:.3f}, {rate['high']:.3f}]"


def _answers(examples: Iterable[Example]) -> Answers:
    """What tools answered, from the contexts of later decisions in the same session."""
    return {
        (example.session_id, message.tool_call_id): is_error(message.content)
        for example in examples
        for message in example.messages
        if message.role == "tool" and message.tool_call_id
    }
