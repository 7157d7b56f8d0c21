"""A blinded sample of both arms for people to judge, and how far they agree with what was reported.

    review.jsonl        {"id":"3f9c…","messages":[…],"reply":{…},"good":null,"note":""}
    review-key.jsonl    {"arm":"challenger","id":"3f9c…","outcome":1.0,"session":"s-17"}

Drawn from the gateway's traces (`serve.trace_share`): the last exchange of as many sessions of each
arm. Reviewers get the first file, mixed and without a sign of the arm, and set `good` to true or
false; nobody opens the key before. Both files hold what users wrote: they are readable by their
owner alone, and belong into no repository.
"""

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tasks.core import parts
from tasks.core.errors import EvidenceError
from tasks.core.records import Feedback, Record, encode
from tasks.evidence import stats
from tasks.evidence.agreement import Kappa, cohens_kappa
from tasks.evidence.stats import Estimate
from tasks.evidence.trial import Arm

Kind = TypeVar("Kind")
REVIEW, KEY = "review.jsonl", "review-key.jsonl"


class Item(Record, frozen=True, kw_only=True):
    """What a reviewer sees and fills in."""

    id: str
    messages: list[dict[str, Any]]
    reply: dict[str, Any]
    good: bool | None
    note: str = ""


class Key(Record, frozen=True, kw_only=True):
    """What a reviewer must not see."""

    id: str
    arm: Arm
    session: str
    outcome: float | None = None


class Agreed(Record, frozen=True, kw_only=True):
    """What a review says of the arms, and of the outcomes that were fed back."""

    reviewed: int
    open: int
    """Items without a judgement."""
    good: dict[Arm, Estimate]
    """Share of replies that people call good, by arm."""
    with_outcome: Kappa | None
    """Outcome (0.5 and more is good) against people; None where one side has one class alone."""
    between: Kappa | None = None
    """Two reviewers of the same items."""


def draw(traces: Path, into: Path, *, count: int, seed: int) -> int:
    """Write both files with `count` sessions of each arm; returns the items.

    Raises:
        EvidenceError: an arm has fewer sessions in the traces.
    """
    exchanges = _last_exchanges(traces)
    outcomes = {
        row.session_id: float(row.value)
        for path in sorted(traces.glob("feedback-*.jsonl"))
        for row in _lines(path, Feedback)
        if row.metric == "task_success" and isinstance(row.value, int | float)
    }
    rng = random.Random(f"review/{seed}")
    items, keys = [], []
    for arm in ("champion", "challenger"):
        mine = sorted(name for name, one in exchanges.items() if one.arm == arm)
        if len(mine) < count:
            raise EvidenceError(
                f"{len(mine)} traced sessions of the {arm} in {traces}, {count} asked for: raise "
                "serve.trace_share, wait, or ask for fewer"
            )
        for name in rng.sample(mine, count):
            one = exchanges[name]
            code = hashlib.sha256(f"{rng.random()}/{name}".encode()).hexdigest()[:16]
            items.append(Item(id=code, messages=one.messages, reply=one.reply, good=None))
            keys.append(Key(id=code, arm=one.arm, session=name, outcome=outcomes.get(name)))
    items.sort(key=lambda item: item.id)
    keys.sort(key=lambda key: key.id)
    _write(into / REVIEW, items)
    _write(into / KEY, keys)
    return len(items)


def agree(review: Path, key: Path, second: Path | None = None) -> Agreed:
    """What a filled-in review says; `second` is another reviewer's file of the same items.

    Raises:
        EvidenceError: nothing was filled in, or the files are not of one draw.
    """
    items, keys = _lines(review, Item), {one.id: one for one in _lines(key, Key)}
    strange = [item.id for item in items if item.id not in keys]
    if strange:
        raise EvidenceError(f"{strange[0]} of {review} does not stand in {key}: not of one draw")
    done = [(item.good, keys[item.id]) for item in items if item.good is not None]
    if not done:
        raise EvidenceError(f"no item of {review} has `good` set: fill it in first")
    by_arm: dict[Arm, list[float]] = defaultdict(list)
    for good, one in done:
        by_arm[one.arm].append(float(good))
    known = [(one.outcome >= 0.5, good) for good, one in done if one.outcome is not None]
    other = {item.id: item.good for item in _lines(second, Item)} if second else {}
    both = [
        (i.good, other[i.id]) for i in items if i.good is not None and other.get(i.id) is not None
    ]
    return Agreed(
        reviewed=len(done),
        open=len(items) - len(done),
        good={
            arm: stats.clustered_mean(values, [str(i) for i in range(len(values))])
            for arm, values in sorted(by_arm.items())
        },
        with_outcome=_kappa(known),
        between=_kappa([(bool(a), bool(b)) for a, b in both]),
    )


def _kappa(pairs: Sequence[tuple[bool, bool]]) -> Kappa | None:
    if len({trusted for _, trusted in pairs}) < 2:
        return None
    return cohens_kappa([int(a) for a, _ in pairs], [int(b) for _, b in pairs], 2)


class _Exchange(msgspec.Struct):
    arm: Arm
    messages: list[dict[str, Any]]
    reply: dict[str, Any]


class _Metadata(msgspec.Struct):
    session_id: str
    arm: Arm


class _Request(msgspec.Struct):
    messages: list[dict[str, Any]]
    metadata: _Metadata


class _Choice(msgspec.Struct):
    message: dict[str, Any]


class _Response(msgspec.Struct):
    choices: list[_Choice]


class _Trace(msgspec.Struct):
    request: _Request
    response: _Response


def _last_exchanges(traces: Path) -> dict[str, _Exchange]:
    """By session: the longest conversation that was kept of it."""
    last: dict[str, _Exchange] = {}
    for path in sorted(traces.glob("chat-*.jsonl")):
        for trace in _lines(path, _Trace):
            request, choices = trace.request, trace.response.choices
            before = last.get(request.metadata.session_id)
            if choices and (before is None or len(before.messages) <= len(request.messages)):
                last[request.metadata.session_id] = _Exchange(
                    request.metadata.arm, request.messages, choices[0].message
                )
    return last


def _lines(path: Path, kind: type[Kind]) -> list[Kind]:
    try:
        return [msgspec.json.decode(line, type=kind) for line in path.read_bytes().splitlines()]
    except FileNotFoundError as error:
        raise EvidenceError(f"{path} is missing: draw a sample first") from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise EvidenceError(f"{path}: {error}; a line is not of its form") from error


def _write(path: Path, rows: Iterable[Record]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    parts.replace(path, b"".join(encode(row) + b"\n" for row in rows))
    path.chmod(0o600)
