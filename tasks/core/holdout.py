"""Chooses the tools that the test alone may see, and says which rows are about them.

Chosen once, a tool stays held out: the names are kept with the assignments of the dataset.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import NamedTuple

from tasks.core.errors import StageError
from tasks.core.facts import Facts
from tasks.core.settings import SplitSettings

MIN_CALLS = 5
"""References that call a tool before it can be chosen: fewer show nothing in a test."""
LARGEST_TEST = 0.35
"""Share of groups that the test may come to by chosen tools; the rest is needed for training."""


class Uses(NamedTuple):
    """Which groups use which tools."""

    of_tool: dict[str, set[str]]
    """Groups in which it is called."""
    of_offer: dict[tuple[str, ...], set[str]]
    """Groups with a row that calls nothing, by what it was offered."""

    def touched(self, tools: Collection[str]) -> set[str]:
        """Groups that call one of the tools, or had no other to call: they go to the test whole."""
        called = (self.of_tool.get(tool, set()) for tool in tools)
        held = set(tools)
        alone = (groups for offer, groups in self.of_offer.items() if offer and held >= {*offer})
        return set().union(*called, *alone)


def uses(rows: Sequence[Facts], groups: Sequence[str]) -> Uses:
    """Gather what `groups`, one a row, do with tools."""
    found = Uses(defaultdict(set), defaultdict(set))
    for row, group in zip(rows, groups, strict=True):
        for name in (*row.called, *row.earlier):
            found.of_tool[name].add(group)
        if not row.called:
            found.of_offer[row.offered].add(group)
    return found


def choose(
    rows: Sequence[Facts], groups: Sequence[str], settings: SplitSettings, before: Sequence[str]
) -> tuple[str, ...]:
    """Names of the held-out tools, sorted; fewer than asked for where no more can be spared.

    Args:
        rows: facts of all examples.
        groups: the group of each row.
        settings: how many tools, or which.
        before: those that an earlier version held out: they stay.

    Raises:
        StageError: a name that no tool has, or no tool at all can be held out.
    """
    wanted = settings.held_out_tools
    if isinstance(wanted, tuple):
        return _named(rows, wanted)
    labelled = {group for row, group in zip(rows, groups, strict=True) if row.referenced}
    share = max(0.1, (LARGEST_TEST - settings.test) / (1 - settings.test))
    found, room = uses(rows, groups), math.ceil(share * len(labelled))
    candidates = _candidates(rows, settings.seed)
    best = list(before[:wanted])
    for at in range(len(candidates)):
        # By chance, but where the first by chance leaves no room for others, from the next on.
        chosen = list(before[:wanted])
        for tool in (*candidates[at:], *candidates[:at]):
            fits = len(found.touched({*chosen, tool}) & labelled) <= room
            if len(chosen) < wanted and tool not in chosen and fits:
                chosen.append(tool)
        best = chosen if len(chosen) > len(best) else best
    if wanted and not best:
        raise StageError(
            f"split.held_out_tools asks for {wanted} tools and none can be held out: each of the "
            f"{len(candidates)} with {MIN_CALLS} proved calls or more is called in more than "
            f"{room} of {len(labelled)} groups, which would leave too little to train on. Name "
            "tools in split.held_out_tools, set it to 0, or bring more sessions with feedback"
        )
    return tuple(sorted(best))


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
        # A pattern may wait for tools to come; a name that is no tool is a slip of the pen.
        if "*" not in pattern and pattern not in names:
            raise StageError(
                f"split.held_out_tools names {pattern}, which none of the {len(names)} tools in "
                f"the data is ({', '.join(sorted(names)[:12])}); correct the name"
            )
    return tuple(sorted(n for n in names if any(fnmatchcase(n, p) for p in patterns)))
