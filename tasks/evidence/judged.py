"""One judged completion, and what many of them add up to: the rows that a verdict is made of.

    {"arm":"tuned","mode":"greedy","sample":0,"reward":1.0,"tier":"exact","tokens":19,
     "tags":{"tools":["get_invoice"],"held_out":true},
     "measured":{"example":"9f2c…","group":"03ab…","expected":"execute","did":"execute",
                 "exact":true,...}}

`reward` is what training optimised, and is reported; `measured` comes from
`tasks.evidence.metrics`, which knows no reward, and decides.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from tasks.core import parts
from tasks.core.errors import EvidenceError
from tasks.core.records import Behaviour, Example, Record, Reply, Score, Tags, encode
from tasks.evidence import metrics, stats
from tasks.evidence.metrics import Measured, Rate, Rates, Summary
from tasks.learning.prompts import Prompted
from tasks.learning.sampling import Completion, Progress, Sampler

Arm = Literal["base", "better-prompt", "tuned", "champion"]
Mode = Literal["greedy", "sampled"]
ToolKind = Literal["held_out", "seen"]
ARMS: tuple[Arm, ...] = ("base", "better-prompt", "tuned")
"""Of every evaluation. `champion` stands beside them where production runs another model than the
base."""
MODES: tuple[Mode, ...] = ("greedy", "sampled")
TOOL_KINDS: tuple[ToolKind, ...] = ("held_out", "seen")

Scorer = Callable[[Example, Reply], Score]
"""The reward, as whoever calls this loaded it."""
Checker = Callable[[Example, Reply], tuple[str, ...]]
"""The rules that a reply breaks."""


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
    violations: tuple[str, ...] | None = None
    """Rules of `serve.checks` that the reply broke; None where there is no rule."""
    tags: Tags
    measured: Measured
    reply: Reply | None = None
    """What was said and called: people read it, and it can be judged again."""


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
    check: Checker | None = None,
    progress: Progress | None = None,
) -> list[Judged]:
    """Let a model reply to each prompt and judge the replies; temperature 0 is mode `greedy`."""
    generated = sampler.generate(
        [p.text for p in prompted],
        samples=samples,
        temperature=temperature,
        max_new_tokens=max_new_tokens,
        seed=seed,
        progress=progress,
    )
    mode: Mode = "sampled" if temperature else "greedy"
    return [
        judge(p, completion, score, arm=arm, mode=mode, sample=sample, check=check)
        for p, completions in zip(prompted, generated, strict=True)
        for sample, completion in enumerate(completions)
    ]


def judge(
    prompted: Prompted,
    completion: Completion,
    score: Scorer,
    *,
    arm: Arm,
    mode: Mode,
    sample: int,
    check: Checker | None = None,
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
        violations=check(prompted.example, reply) if check else None,
        tags=prompted.example.tags,
        measured=measured,
        reply=reply,
    )


class ToolCell(Record, frozen=True, kw_only=True):
    """One arm and mode on tools that training saw, or on those that it never saw."""

    overall: Rates
    by_behaviour: dict[Behaviour, Rates]


class Cell(Summary, frozen=True, kw_only=True):
    """One arm and mode: what was measured, what the reward could not score, and lengths."""

    unscored: int
    truncated: float
    """Share of replies that did not end within model.max_new_tokens."""
    tokens: float
    """Generated, mean."""
    parse_errors_per_thousand: float
    """Of replies: a call that is no JSON object or names no tool."""
    violations_per_thousand: float | None = None
    """Of replies that broke a rule of `serve.checks`; None where there is no rule."""
    by_tools: dict[ToolKind, ToolCell]


def summarise(rows: Sequence[Judged]) -> Cell:
    """Rates of one arm and mode, with the reward over the rows that it could score."""
    by_behaviour: dict[Behaviour, list[Judged]] = defaultdict(list)
    by_tools: dict[ToolKind, list[Judged]] = defaultdict(list)
    for row in rows:
        by_behaviour[row.measured.expected].append(row)
        by_tools["held_out" if row.tags.held_out else "seen"].append(row)
    summary = metrics.summarise([row.measured for row in rows])
    checked = [row for row in rows if row.violations is not None]
    return Cell(
        overall=_rates(rows),
        by_behaviour={name: _rates(by_behaviour[name]) for name in summary.by_behaviour},
        confusion=summary.confusion,
        macro_f1=summary.macro_f1,
        three_way_f1=summary.three_way_f1,
        unscored=sum(row.reward is None for row in rows),
        truncated=sum(row.truncated for row in rows) / len(rows),
        tokens=sum(row.tokens for row in rows) / len(rows),
        parse_errors_per_thousand=1000 * summary.overall.malformed.mean,
        violations_per_thousand=(
            1000 * sum(bool(row.violations) for row in checked) / len(checked) if checked else None
        ),
        by_tools={name: _tool_cell(by_tools[name]) for name in TOOL_KINDS if by_tools[name]},
    )


def _tool_cell(rows: Sequence[Judged]) -> ToolCell:
    behaviours = metrics.summarise([row.measured for row in rows]).by_behaviour
    return ToolCell(overall=_rates(rows), by_behaviour=behaviours)


def _rates(rows: Sequence[Judged]) -> Rates:
    return metrics.rates([row.measured for row in rows], reward_rate(rows))


def reward_rate(rows: Sequence[Judged]) -> Rate | None:
    """Mean reward of scored rows with its 95 % interval, clustered by group; None: no such row."""
    scored = [(row.reward, row.measured.group) for row in rows if row.reward is not None]
    if not scored:
        return None
    estimate = stats.clustered_mean([value for value, _ in scored], [name for _, name in scored])
    return Rate(
        mean=estimate.mean,
        low=estimate.low,
        high=estimate.high,
        se=estimate.se,
        n=estimate.n,
    )


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


Flag = Callable[[Judged], bool]


class Paired(NamedTuple):
    """One value a task and arm, in the order of task ids."""

    treated: list[float]
    control: list[float]
    groups: list[str]


def pair(rows: Iterable[Judged], against: Arm, mode: Mode, value: Flag) -> Paired:
    """Samples averaged by task, so that each task counts once."""
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    groups: dict[str, str] = {}
    for row in rows:
        if row.mode == mode and row.arm in ("tuned", against):
            values[row.measured.example, row.arm].append(float(value(row)))
            groups[row.measured.example] = row.measured.group
    tasks = sorted(groups)

    def means(arm: str) -> list[float]:
        return [sum(values[task, arm]) / len(values[task, arm]) for task in tasks]

    return Paired(means("tuned"), means(against), [groups[task] for task in tasks])


def compare(paired: Paired, alpha: float) -> stats.Difference:
    """The difference, with p-values fine enough to be held against `alpha`."""
    # With 20 flips beyond alpha, the p-value at alpha is known to about a fifth of itself.
    flips = max(stats.FLIPS, round(20 / alpha))
    return stats.paired_difference(paired.treated, paired.control, paired.groups, flips=flips)


def arms_of(rows: Iterable[Judged]) -> tuple[Arm, ...]:
    """The arms of an evaluation: those that each has, and the champion where it was asked."""
    champion: tuple[Arm, ...] = ("champion",)
    return ARMS + champion if any(row.arm == "champion" for row in rows) else ARMS


def problems(
    rows: Sequence[Judged], *, reads: int, min_groups: int, max_unscored: float
) -> list[str]:
    """Why these rows cannot decide anything, a sentence each; `reads` is of their held-out test.

    A gate that met a hole and went on would promote a model on the tasks that happened to be
    answered.
    """
    if not rows:
        return ["there are no rows: the evaluation judged nothing"]
    missing = []
    if reads < 1:
        missing.append(
            "no read of this held-out test is in the ledger: nobody knows how often it was used"
        )
    groups: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        groups[row.measured.example].add(row.measured.group)
    torn = sum(len(names) > 1 for names in groups.values())
    if torn:
        missing.append(f"{torn} tasks are in several groups: the rows are of several datasets")
    count = len({name for names in groups.values() for name in names})
    if count < min_groups:
        missing.append(
            f"{count} groups of tasks, {min_groups} needed (gate.min_clusters): bring a larger test"
        )
    return [*missing, *_uneven(rows), *_unscored(rows, max_unscored)]


def _uneven(rows: Sequence[Judged]) -> list[str]:
    """Arms that did not answer the same tasks as often."""
    missing = []
    arms = arms_of(rows)
    cells = Counter((row.arm, row.mode, row.measured.example, row.sample) for row in rows)
    doubled = sum(count > 1 for count in cells.values())
    if doubled:
        missing.append(f"{doubled} rows stand there twice: evaluate the run again")
    for mode in MODES:
        answered = {
            arm: {(task, sample) for a, m, task, sample in cells if (a, m) == (arm, mode)}
            for arm in arms
        }
        absent = [arm for arm, tasks in answered.items() if not tasks]
        if absent:
            missing.append(f"no {mode} rows of {', '.join(absent)}")
            continue
        whole = set.union(*answered.values())
        for arm, tasks in answered.items():
            if tasks != whole:
                missing.append(
                    f"{arm} lacks {len(whole - tasks)} of {len(whole)} {mode} rows: arms must "
                    "answer the same tasks"
                )
    tasks_by_mode = [{row.measured.example for row in rows if row.mode == m} for m in MODES]
    if not missing and tasks_by_mode[0] != tasks_by_mode[1]:
        missing.append("greedy and sampled rows are of different tasks")
    return missing


def _unscored(rows: Sequence[Judged], most: float) -> list[str]:
    missing = []
    for arm in arms_of(rows):
        mine = [row for row in rows if row.arm == arm]
        unscored = sum(row.reward is None for row in mine)
        if unscored > most * len(mine):
            missing.append(
                f"the reward could not score {unscored} of {len(mine)} rows of {arm}, more than "
                f"reward.max_unscored = {most:g}"
            )
    return missing
