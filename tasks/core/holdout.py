"""Chooses the tools that the test alone may see, and says which rows are about them.

Chosen once, a tool stays held out: the names are kept with the assignments of the dataset.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from hashlib import blake2b

from tasks.core.errors import StageError
from tasks.core.facts import Facts
from tasks.core.settings import SplitSettings

MIN_CALLS = 5
"""References that call a tool before it can be chosen: fewer show nothing in a test."""
LARGEST_TEST = 0.35
"""Share of groups that the test may come to by chosen tools; the rest is needed for training."""


def choose(
    rows: Sequence[Facts], groups: Sequence[str], settings: SplitSettings, before: Sequence[str]
) -> tuple[str, ...]:
    """Names of the held-out tools, sorted.

    Args:
        rows: facts of all examples.
        groups: the group of each row.
        settings: how many tools, or which.
        before: those that an earlier version held out.

    Raises:
        StageError: a name that no tool has, or fewer tools than asked for can be held out.
    """
    wanted = settings.held_out_tools
    if isinstance(wanted, tuple):
        return _named(rows, wanted)
    chosen = list(before[:wanted])
    room = max(0.1, (LARGEST_TEST - settings.test) / (1 - settings.test))
    labelled = {group for row, group in zip(rows, groups, strict=True) if row.referenced}
    candidates = _candidates(rows, settings.seed)
    for tool in candidates:
        if len(chosen) < wanted and tool not in chosen:
            touched = touching(rows, groups, {*chosen, tool}) & labelled
            if len(touched) <= room * len(labelled):
                chosen.append(tool)
    if len(chosen) < wanted:
        raise StageError(
            f"split.held_out_tools asks for {wanted} tools, {len(chosen)} can be held out: of "
            f"{len(candidates)} tools with {MIN_CALLS} proved calls or more, the others are called "
            f"in more than {room:.0%} of {len(labelled)} groups together. Lower "
            "split.held_out_tools, name the tools in it, or bring more sessions with feedback"
        )
    return tuple(sorted(chosen))


def touching(rows: Sequence[Facts], groups: Sequence[str], tools: Collection[str]) -> set[str]:
    """Groups with a row that calls one of the tools, or that was offered no other and called none.

    They go to the test whole.
    """
    held = set(tools)
    return {
        group
        for row, group in zip(rows, groups, strict=True)
        if not held.isdisjoint((*row.called, *row.earlier)) or is_about(row, held)
    }


def is_about(row: Facts, tools: Collection[str]) -> bool:
    """Whether the decision is about one of the tools: calls it, or had no other to call."""
    if row.called:
        return any(name in tools for name in row.called)
    return bool(row.offered) and all(name in tools for name in row.offered)


def keyed(seed: int, name: str) -> bytes:
    """Order by chance that stays the same: a hash of the name under the seed."""
    return blake2b(name.encode(), key=str(seed).encode(), digest_size=8).digest()


def _candidates(rows: Sequence[Facts], seed: int) -> list[str]:
    calls = Counter(name for row in rows if row.referenced for name in row.called)
    often = [name for name, count in calls.items() if count >= MIN_CALLS]
    return sorted(often, key=lambda name: (keyed(seed, name), name))


def _named(rows: Sequence[Facts], patterns: Sequence[str]) -> tuple[str, ...]:
    names = {name for row in rows for name in (*row.offered, *row.called, *row.earlier)}
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise StageError(
                f"split.held_out_tools names {pattern}, which none of the {len(names)} tools in "
                f"the data is ({', '.join(sorted(names)[:12])}); correct the name"
            )
    return tuple(sorted(n for n in names if any(fnmatchcase(n, p) for p in patterns)))
