"""One judged completion, and what many of them add up to: the rows that a verdict is made of.

    {"arm":"tuned","mode":"greedy","sample":0,"reward":1.0,"tier":"exact","tokens":19,
     "tags":{"tools":["get_invoice"],"held_out":true},
     "measured":{"example":"9f2c…","group":"03ab…","expected":"execute","did":"execute",
                 "exact":true,...}}

`reward` is what training optimised, and is reported; `measured` comes from
`tasks.evidence.metrics`, which knows no reward, and decides.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from tasks.core import parts
from tasks.core.errors import EvidenceError
from tasks.core.records import Example, Record, Reply, Score, Tags, encode
from tasks.evidence import metrics, stats
from tasks.evidence.metrics import Measured
from tasks.learning.prompts import Prompted
from tasks.learning.sampling import Completion, Progress, Sampler

Arm = Literal["base", "better-prompt", "tuned"]
Mode = Literal["greedy", "sampled"]
ARMS: tuple[Arm, ...] = ("base", "better-prompt", "tuned")
MODES: tuple[Mode, ...] = ("greedy", "sampled")

Scorer = Callable[[Example, Reply], Score]
"""The reward, as whoever calls this loaded it."""


class Judged(Record, frozen=True, kw_only=True):
    arm: Arm
    mode: Mode
    sample: int = 0
    """Counted from 0; greedy has one."""
    reward: float | None
    """None where the reward could not score it, for the reason in `unscored`."""
    unscored: str = ""
    tier: str = ""
    tokens: int
    """Generated."""
    truncated: bool = False
    """The reply did not end within model.max_new_tokens."""
    tags: Tags
    measured: Measured


def complete(
    sampler: Sampler,
    prompted: Sequence[Prompted],
    score: Scorer,
    *,
    arm: Arm,
    samples: int,
    temperature: float,
    max_new_tokens: int,
    seed: int,
    progress: Progress | None = None,
) -> list[Judged]:
    """Let a model reply to each prompt and judge the replies; temperature 0 is mode `greedy`."""
    found = sampler.generate(
        [p.text for p in prompted],
        samples=samples,
        temperature=temperature,
        max_new_tokens=max_new_tokens,
        seed=seed,
        progress=progress,
    )
    mode: Mode = "sampled" if temperature else "greedy"
    return [
        judge(p, completion, score, arm=arm, mode=mode, sample=sample)
        for p, completions in zip(prompted, found, strict=True)
        for sample, completion in enumerate(completions)
    ]


def judge(
    prompted: Prompted, completion: Completion, score: Scorer, *, arm: Arm, mode: Mode, sample: int
) -> Judged:
    """Judge one completion of a prompt."""
    reply = prompted.read(completion)
    measured = metrics.measure(prompted.example, reply)
    if measured is None:
        raise EvidenceError(f"example {prompted.example.id} has no reference to be judged by")
    scored = score(prompted.example, reply)
    return Judged(
        arm=arm,
        mode=mode,
        sample=sample,
        reward=scored.value,
        unscored=scored.reason,
        tier=scored.tier,
        tokens=completion.tokens,
        truncated=completion.truncated,
        tags=prompted.example.tags,
        measured=measured,
    )


def summarise(rows: Sequence[Judged]) -> dict[str, Any]:
    """`metrics.summarise` of the rows, with the reward, what it could not score, and lengths.

    The reward is `{mean, low, high, se, n}` over scored rows, clustered by group, or None.
    """
    scored = [row for row in rows if row.reward is not None]
    return {
        **metrics.summarise([row.measured for row in rows]),
        "reward": reward_rate(scored) if scored else None,
        "unscored": len(rows) - len(scored),
        "truncated": sum(row.truncated for row in rows) / len(rows),
        "tokens": sum(row.tokens for row in rows) / len(rows),
    }


def reward_rate(rows: Sequence[Judged]) -> dict[str, float]:
    """Mean reward of scored rows with its 95 % interval, clustered by group."""
    values = [row.reward for row in rows if row.reward is not None]
    found = stats.clustered_mean(values, [row.measured.group for row in rows])
    return {
        "mean": found.mean,
        "low": found.low,
        "high": found.high,
        "se": found.se,
        "n": found.n,
    }


def write(path: Path, rows: Sequence[Judged]) -> None:
    """One JSON line a row; the same rows give the same bytes."""
    parts.replace(path, b"".join(encode(row) + b"\n" for row in rows))


def read(path: Path) -> list[Judged]:
    """The rows that `write` wrote.

    Raises:
        EvidenceError: the file is missing or holds something else.
    """
    try:
        lines = path.read_bytes().splitlines()
        return [msgspec.json.decode(line, type=Judged) for line in lines]
    except FileNotFoundError as error:
        raise EvidenceError(f"{path} is missing: run the step evaluate first") from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise EvidenceError(
            f"{path} holds no judged rows ({error}): evaluate the run again"
        ) from error
