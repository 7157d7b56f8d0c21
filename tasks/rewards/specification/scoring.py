"""Runs the components of a spec over a batch, and combines what they found into one score.

    value = clip( gate * gate * ( weight * sum + weight * sum )  -  weight * (1 - penalty) )

    sum      tool_call 0.4 at weight 1.0                  0.4
    gate     pii_leak 0.5                                 0.4 * 0.5 = 0.2
    penalty  length 0.75 at weight 0.2                    0.2 - 0.2 * (1 - 0.75) = 0.15

In every role a component's value means the same: the higher the better, and 1 is faultless. So a
gate of 1 stands open and a penalty of 1 costs nothing. A gate cannot make a bad reply better: it
multiplies what is above 0 and leaves what is below.

Rewards are plain functions, coroutines (remote ones, gathered a bounded number at a time) or take
the whole group of replies to one prompt. A batch with any of them goes the same way in training,
evaluation and on the command line.
"""

import asyncio
import inspect
import math
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal, TypeVar

import msgspec

from tasks import rewards
from tasks.core.errors import StageError
from tasks.core.records import Reply, Score
from tasks.core.section import Section
from tasks.rewards import NOT_APPLICABLE, UNDECIDED, Prompt

Role = Literal["sum", "gate", "penalty"]
T = TypeVar("T")

TIMEOUT = "timeout"
NO_VALUE = "reward-value-not-in-range"
FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What code that meets a reply it did not foresee raises."""


@dataclass(frozen=True)
class Scorer:
    """One component, ready to score."""

    name: str
    """What it stands for in `components`."""
    reward: str
    role: Role
    weight: float
    """Of a gate: 1."""
    settings: Section
    score: Callable[..., Any]
    """`score(prompt, reply, settings)`, or `score_group(prompts, replies, settings)`."""
    grouped: bool = False
    batch: Callable[..., Any] | None = None
    """`score_batch(prompts, replies, settings)`, where a reward is quicker with many at once."""
    concurrency: int = 16
    """Of a coroutine: how many run at a time."""
    timeout_s: float = 600.0
    """Of a coroutine: after it the reply is unscored."""
    asked: Literal["always", "undecided"] = "always"
    """`undecided`: in the place of a component that could not judge a reply, and only then."""

    @property
    def is_foreign(self) -> bool:
        """A module of the user's own; those of the project stop on a fault of theirs."""
        return "." in self.reward

    @property
    def is_remote(self) -> bool:
        return inspect.iscoroutinefunction(self.score)


def alone(reward: str, options: dict[str, Any] | None = None) -> Scorer:
    """One reward by itself, as its CASES are shown and tested.

    Raises:
        SettingsError: no such reward.
        ValidationError: options that are none of its own.
    """
    module = rewards.load(reward)
    return scorer(reward, module, module.Settings.model_validate(options or {}))


def scorer(reward: str, module: ModuleType, settings: Section, **told: Any) -> Scorer:
    """A reward's module with its settings; `told` is what the component says of it."""
    grouped = hasattr(module, "score_group")
    return Scorer(
        **{"name": reward, "role": "sum", "weight": 1.0, **told},
        reward=reward,
        settings=settings,
        score=module.score_group if grouped else module.score,
        grouped=grouped,
        batch=getattr(module, "score_batch", None),
    )


def columns(
    scorers: Sequence[Scorer], prompts: Sequence[Prompt], replies: Sequence[Reply]
) -> list[list[Score]]:
    """What each component makes of each reply; those `asked: undecided` see no other replies."""
    table: dict[int, list[Score]] = {
        i: column(one, prompts, replies) for i, one in enumerate(scorers) if one.asked == "always"
    }
    open_rows = [
        row
        for row in range(len(prompts))
        if any(scores[row].reason == UNDECIDED for scores in table.values())
    ]
    for i, one in enumerate(scorers):
        if i not in table:
            table[i] = [Score.unscored(NOT_APPLICABLE)] * len(prompts)
            scores = column(one, *_picked(open_rows, prompts, replies)) if open_rows else []
            for row, score in zip(open_rows, scores, strict=True):
                table[i][row] = score
    return [table[i] for i in range(len(scorers))]


def column(scorer: Scorer, prompts: Sequence[Prompt], replies: Sequence[Reply]) -> list[Score]:
    """What one component makes of each reply of a batch.

    Raises:
        StageError: the reward returned something else than one `Score` a reply.
    """
    if scorer.is_remote:
        return _run(_gathered(scorer, prompts, replies))
    if scorer.batch is not None:
        batch: list[Score] = [Score.unscored(NOT_APPLICABLE)] * len(prompts)
        scores = scorer.batch(prompts, replies, scorer.settings)
        _place(scorer, batch, list(range(len(prompts))), scores)
        return batch
    if not scorer.grouped:
        score = _shielded(scorer) if scorer.is_foreign else scorer.score
        pairs = zip(prompts, replies, strict=True)
        return [_checked(scorer, score(p, r, scorer.settings)) for p, r in pairs]
    found: list[Score] = [Score.unscored(NOT_APPLICABLE)] * len(prompts)
    for group in groups(prompts):
        scores = scorer.score(*_picked(group, prompts, replies), scorer.settings)
        _place(scorer, found, group, scores)
    return found


def _shielded(scorer: Scorer) -> Callable[[Prompt, Reply, Section], Any]:
    """A user's own reward that trips over one reply loses that reply, and not the run."""

    def score(prompt: Prompt, reply: Reply, settings: Section) -> Any:
        try:
            return scorer.score(prompt, reply, settings)
        except FAULTS as problem:
            return Score.unscored(f"reward-raised-{type(problem).__name__}")

    return score


def groups(prompts: Sequence[Prompt]) -> list[list[int]]:
    """Positions of equal prompts, wherever in the batch they stand."""
    found: dict[bytes, list[int]] = {}
    for i, prompt in enumerate(prompts):
        found.setdefault(msgspec.json.encode(prompt, order="deterministic"), []).append(i)
    return list(found.values())


def combined(
    scorers: Sequence[Scorer], scores: Sequence[Score], clip: tuple[float, float]
) -> Score:
    """One score out of those of the components, in their order; see the module for the formula.

    A component that is not applicable adds nothing. Where another could not be scored, or no
    component of role `sum` is applicable, the row is unscored; one that is undecided adds nothing
    where a component `asked: undecided` has scored.
    """
    total, factor, cost, exact = 0.0, 1.0, 0.0, True
    settled = any(
        one.asked == "undecided" and score.value is not None
        for one, score in zip(scorers, scores, strict=True)
    )
    first: Score | None = None
    values: dict[str, float] = {}
    for scorer, score in zip(scorers, scores, strict=True):
        value = score.value
        if value is None:
            if score.reason == NOT_APPLICABLE or (score.reason == UNDECIDED and settled):
                continue
            return Score.unscored(score.reason)
        values[scorer.name] = value
        if scorer.role == "sum":
            total += scorer.weight * value
            first = first or score
            exact = exact and score.exact
        else:
            part = min(1.0, max(0.0, value))
            factor *= part if scorer.role == "gate" else 1.0
            cost += scorer.weight * (1 - part) if scorer.role == "penalty" else 0.0
            exact = exact and part == 1
    if first is None:
        return Score.unscored(NOT_APPLICABLE)
    low, high = clip
    return Score(
        value=max(low, min(high, (total * factor if total > 0 else total) - cost)),
        exact=exact,
        tier=first.tier,
        behaviour=first.behaviour,
        components=values,
    )


async def _gathered(
    scorer: Scorer, prompts: Sequence[Prompt], replies: Sequence[Reply]
) -> list[Score]:
    free = asyncio.Semaphore(scorer.concurrency)
    found: list[Score] = [Score.unscored(TIMEOUT)] * len(prompts)

    async def one(group: list[int]) -> None:
        async with free:
            try:
                async with asyncio.timeout(scorer.timeout_s):
                    given = _picked(group, prompts, replies)
                    if scorer.grouped:
                        scores = await scorer.score(*given, scorer.settings)
                    else:
                        scores = [await scorer.score(given[0][0], given[1][0], scorer.settings)]
            except TimeoutError:
                return
        _place(scorer, found, group, scores)

    each = groups(prompts) if scorer.grouped else [[i] for i in range(len(prompts))]
    await asyncio.gather(*map(one, each))
    return found


def _picked(
    group: list[int], prompts: Sequence[Prompt], replies: Sequence[Reply]
) -> tuple[list[Prompt], list[Reply]]:
    return [prompts[i] for i in group], [replies[i] for i in group]


def _place(scorer: Scorer, found: list[Score], group: list[int], scores: Sequence[Score]) -> None:
    if len(scores) != len(group):
        raise StageError(
            f"reward {scorer.reward} returned {len(scores)} scores for {len(group)} replies; "
            "a group's reward returns one for each, in their order"
        )
    for i, score in zip(group, scores, strict=True):
        found[i] = _checked(scorer, score)


def _checked(scorer: Scorer, score: Any) -> Score:
    if not isinstance(score, Score):
        raise StageError(
            f"reward {scorer.reward} returned {score!r:.80}; expected a Score "
            "(tasks.core.records), unscored where it can give no value"
        )
    value = score.value
    if value is None or (-1 <= value <= 1 and not math.isnan(value)):
        return score
    return Score.unscored(NO_VALUE)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, also where the caller stands in an event loop of its own (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    done: list[T] = []
    thread = threading.Thread(target=lambda: done.append(asyncio.run(work)), daemon=True)
    thread.start()
    thread.join()
    if not done:
        raise StageError("a remote reward stopped with an error; it is shown above")
    return done[0]
