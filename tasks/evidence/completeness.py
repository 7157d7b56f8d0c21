"""Finds what is missing in judged rows, so that an incomplete evaluation is never a verdict.

Each problem is one sentence; no sentence, nothing missing. A gate that met a hole and went on would
promote a model on the tasks that happened to be answered.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from tasks.evidence.judged import ARMS, MODES, Judged


def problems(
    rows: Sequence[Judged], *, reads: int, min_groups: int, max_unscored: float
) -> list[str]:
    """Why these rows cannot decide anything; `reads` is of the sealed test they are from."""
    if not rows:
        return ["there are no rows: the evaluation judged nothing"]
    found = []
    if reads < 1:
        found.append(
            "no read of this sealed test is in the ledger: nobody knows how often it was used"
        )
    groups: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        groups[row.measured.example].add(row.measured.group)
    torn = sum(len(names) > 1 for names in groups.values())
    if torn:
        found.append(f"{torn} tasks are in several groups: the rows are of several datasets")
    count = len({name for names in groups.values() for name in names})
    if count < min_groups:
        found.append(
            f"{count} groups of tasks, {min_groups} needed (gate.min_clusters): bring a larger test"
        )
    return [*found, *_uneven(rows), *_unscored(rows, max_unscored)]


def _uneven(rows: Sequence[Judged]) -> list[str]:
    """Arms that did not answer the same tasks as often."""
    found = []
    cells = Counter((row.arm, row.mode, row.measured.example, row.sample) for row in rows)
    doubled = sum(count > 1 for count in cells.values())
    if doubled:
        found.append(f"{doubled} rows stand there twice: evaluate the run again")
    for mode in MODES:
        answered = {
            arm: {(task, sample) for a, m, task, sample in cells if (a, m) == (arm, mode)}
            for arm in ARMS
        }
        absent = [arm for arm, tasks in answered.items() if not tasks]
        if absent:
            found.append(f"no {mode} rows of {', '.join(absent)}")
            continue
        whole = set.union(*answered.values())
        for arm, tasks in answered.items():
            if tasks != whole:
                found.append(
                    f"{arm} lacks {len(whole - tasks)} of {len(whole)} {mode} rows: arms must "
                    "answer the same tasks"
                )
    tasks_by_mode = [{row.measured.example for row in rows if row.mode == m} for m in MODES]
    if not found and tasks_by_mode[0] != tasks_by_mode[1]:
        found.append("greedy and sampled rows are of different tasks")
    return found


def _unscored(rows: Sequence[Judged], most: float) -> list[str]:
    found = []
    for arm in ARMS:
        mine = [row for row in rows if row.arm == arm]
        unscored = sum(row.reward is None for row in mine)
        if unscored > most * len(mine):
            found.append(
                f"the reward could not score {unscored} of {len(mine)} rows of {arm}, more than "
                f"reward.max_unscored = {most:g}"
            )
    return found
