"""The tasks of an evaluation that teach most, with what each arm replied: for people to read.

    Case(example="9f2c…", kind="lost", expected="execute", question="Where is order 7?",
         wanted='get_order(id="7")', replies={"base": "get_order()", "tuned": "Which?"}, …)

First what the tuned model lost, then what it gained, then what no arm gets right; each behaviour in
turn, so that one kind of task does not fill the page. A task counts once, however many rows it has.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from tasks.core import parts
from tasks.core.records import Behaviour, Call, Example, Record, Reference, Reply, ToolCall, encode
from tasks.evidence.judged import Arm, Judged

Kind = Literal["lost", "gained", "open"]
KINDS: tuple[Kind, ...] = ("lost", "gained", "open")
MOST = 10
LONGEST = 1200
"""Characters of a text on the page; more is cut, and says so."""


class Case(Record, frozen=True, kw_only=True):
    example: str
    kind: Kind
    expected: Behaviour
    question: str
    """The last that the user said."""
    wanted: str
    """The reference."""
    replies: dict[Arm, str]
    """Greedy."""
    right: dict[Arm, bool]


def instructive(
    rows: Iterable[Judged], examples: Iterable[Example], most: int = MOST
) -> list[Case]:
    """At most `most` cases of the greedy rows that hold their replies."""
    by_task: dict[str, dict[Arm, Judged]] = defaultdict(dict)
    for row in rows:
        if row.mode == "greedy" and row.reply is not None:
            by_task[row.measured.example].setdefault(row.arm, row)
    known = {example.id: example for example in examples}
    cases = [
        _case(known[name], by_arm)
        for name, by_arm in sorted(by_task.items())
        if name in known and {"base", "tuned"} <= by_arm.keys()
    ]
    wanted = {"lost": most // 2, "gained": most // 2, "open": most}
    chosen: list[Case] = []
    for kind in KINDS:
        queue = _in_turn([case for case in cases if case is not None and case.kind == kind])
        chosen += queue[: min(wanted[kind], most - len(chosen))]
    return chosen


def write(path: Path, cases: Sequence[Case]) -> None:
    """One JSON line a case."""
    parts.replace(path, b"".join(encode(case) + b"\n" for case in cases))


def read(path: Path) -> list[Case]:
    """The cases that `write` wrote; none where there is no file."""
    if not path.exists():
        return []
    return [msgspec.json.decode(line, type=Case) for line in path.read_bytes().splitlines()]


def _case(example: Example, by_arm: dict[Arm, Judged]) -> Case | None:
    if example.reference is None:
        return None
    right = {arm: row.measured.exact for arm, row in by_arm.items()}
    if right["base"] and right["tuned"]:
        return None
    turns = [m.content for m in example.messages if m.role == "user"]
    return Case(
        example=example.id,
        kind="lost" if right["base"] else "gained" if right["tuned"] else "open",
        expected=example.reference.behaviour,
        question=_cut(turns[-1] if turns else ""),
        wanted=_cut(_reference(example.reference)),
        replies={arm: _cut(_reply(row.reply)) for arm, row in by_arm.items() if row.reply},
        right=right,
    )


def _in_turn(cases: Sequence[Case]) -> list[Case]:
    """One of each behaviour, then another of each."""
    queues: dict[Behaviour, list[Case]] = defaultdict(list)
    for case in cases:
        queues[case.expected].append(case)
    rounds = itertools.zip_longest(*(queues[name] for name in sorted(queues)))
    return [case for one in rounds for case in one if case is not None]


def _reference(reference: Reference) -> str:
    calls = "\n".join(_call(call) for call in reference.calls)
    asked = f"asks for {', '.join(reference.missing)}" if reference.missing else ""
    return "\n".join(part for part in (calls, asked, reference.text) if part)


def _reply(reply: Reply | None) -> str:
    if reply is None:
        return ""
    return "\n".join(part for part in (reply.content, *map(_call, reply.tool_calls)) if part)


def _call(call: Call | ToolCall) -> str:
    raw = call.raw_arguments if isinstance(call, ToolCall) else ""
    arguments = raw or ", ".join(
        f"{name}={msgspec.json.encode(value).decode()}" for name, value in call.arguments.items()
    )
    return f"{call.name}({arguments})"


def _cut(text: str) -> str:
    lost = len(text) - LONGEST
    return text if lost <= 0 else f"{text[:LONGEST]} … ({lost:,} characters more)"
