"""Chooses the tools that the test alone may see, and says which rows are about them.

Chosen once, a tool stays held out: the names are kept with the assignments of the dataset.
"""

import math
from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from hashlib import blake2b

import numpy as np

from tasks.core.curation_settings import SplitSettings
from tasks.core.errors import StageError
from tasks.dataset.grouping import Groups
from tasks.dataset.tables import Bools, Frame
from tasks.labelling.shingles import I64

MIN_CALLS = 5
"""References that call a tool before it can be chosen: fewer show nothing in a test."""
LARGEST_TEST = 0.35
"""Share of groups that the test may come to by chosen tools; the rest is needed for training."""


class Uses:
    """Which groups use which tools; groups as in `Groups`, by number."""

    def __init__(self, frame: Frame, groups: Groups) -> None:
        self._frame, self._size = frame, len(frame.sessions)
        calls = np.concatenate([frame.called, frame.earlier])
        self._of_tool = _members(calls[:, 1], groups.of_row[calls[:, 0]], len(frame.tools))
        idle = np.flatnonzero(~calling(frame))
        self._of_offer = _members(frame.offer[idle], groups.of_row[idle], len(frame.offers))
        self._numbers = {name: number for number, name in enumerate(frame.tools)}

    def touched(self, tools: Collection[str]) -> Bools:
        """Groups that call one of the tools, or had no other to call: they go to the test whole."""
        found = np.zeros(self._size, np.bool_)
        held = set(tools)
        for tool in held & self._numbers.keys():
            found[self._of_tool[self._numbers[tool]]] = True
        for offer, groups in zip(self._frame.offers, self._of_offer, strict=True):
            if offer and held >= {*offer}:
                found[groups] = True
        return found


def choose(
    frame: Frame, groups: Groups, settings: SplitSettings, before: Sequence[str]
) -> tuple[str, ...]:
    """Names of the held-out tools, sorted; fewer than asked for where no more can be spared.

    Args:
        frame: facts of all examples.
        groups: the group of each row.
        settings: how many tools, or which.
        before: those that an earlier version held out: they stay.

    Raises:
        StageError: a name that no tool has, or no tool at all can be held out.
    """
    wanted = settings.held_out_tools
    if isinstance(wanted, tuple):
        return _named(frame, wanted)
    labelled = np.zeros(len(frame.sessions), np.bool_)
    labelled[groups.of_row[frame.referenced]] = True
    total = int(labelled.sum())
    share = max(0.1, (LARGEST_TEST - settings.test) / (1 - settings.test))
    uses, room = Uses(frame, groups), math.ceil(share * total)

    def fits(tools: Collection[str]) -> bool:
        return int((uses.touched(tools) & labelled).sum()) <= room

    every = _candidates(frame, settings.seed)
    candidates = [tool for tool in every if fits({tool})]
    best = list(before[:wanted])
    for at in range(len(candidates)):
        if len(best) >= wanted:
            break
        # By chance, but where the first by chance leaves no room for others, from the next on.
        chosen = list(before[:wanted])
        for tool in (*candidates[at:], *candidates[:at]):
            if len(chosen) < wanted and tool not in chosen and fits({*chosen, tool}):
                chosen.append(tool)
        best = chosen if len(chosen) > len(best) else best
    if wanted and not best:
        raise StageError(
            f"split.held_out_tools asks for {wanted} tools and none can be held out: each of the "
            f"{len(every)} with {MIN_CALLS} proved calls or more is called in more than "
            f"{room} of {total} groups, which would leave too little to train on. Name "
            "tools in split.held_out_tools, set it to 0, or bring more sessions with feedback"
        )
    return tuple(sorted(best))


def about(frame: Frame, tools: Collection[str]) -> Bools:
    """Rows that are about one of the tools: they call it, or had no other to call."""
    held = np.array([name in tools for name in frame.tools] or [False])
    found = np.zeros(len(frame.id), np.bool_)
    found[frame.called[held[frame.called[:, 1]], 0]] = True
    only = np.array([bool(offer) and {*tools} >= {*offer} for offer in frame.offers] or [False])
    found |= ~calling(frame) & only[frame.offer]
    return found


def calling(frame: Frame) -> Bools:
    """Rows whose decision is a call."""
    found = np.zeros(len(frame.id), np.bool_)
    found[frame.called[:, 0]] = True
    return found


def keyed(seed: int, name: str) -> bytes:
    """Order by chance that stays the same: a hash of the name under the seed."""
    return blake2b(name.encode(), key=str(seed).encode(), digest_size=8).digest()


def _members(of: I64, members: I64, count: int) -> list[I64]:
    """The members of each of `count` sets; one may stand in it twice."""
    order = np.argsort(of, kind="stable")
    found: list[I64] = np.split(members[order], np.searchsorted(of[order], np.arange(1, count)))
    return found if count else []


def _candidates(frame: Frame, seed: int) -> list[str]:
    proved = frame.called[frame.referenced[frame.called[:, 0]], 1]
    calls = np.bincount(proved, minlength=len(frame.tools)).tolist()
    often = [name for name, count in zip(frame.tools, calls, strict=True) if count >= MIN_CALLS]
    return sorted(often, key=lambda name: (keyed(seed, name), name))


def _named(frame: Frame, patterns: Sequence[str]) -> tuple[str, ...]:
    names = {*frame.tools, *(name for offer in frame.offers for name in offer)}
    for pattern in patterns:
        # A pattern may wait for tools to come; a name that is no tool is a slip of the pen.
        if "*" not in pattern and pattern not in names:
            raise StageError(
                f"split.held_out_tools names {pattern}, which none of the {len(names)} tools in "
                f"the data is ({', '.join(sorted(names)[:12])}); correct the name"
            )
    return tuple(sorted(n for n in names if any(fnmatchcase(n, p) for p in patterns)))
