"""Gives every group its partition, once and for all.

    {"session": "s-1", "partition": "train"}

An assignment is kept with the dataset and never changes. A new version gives only new groups a
place. Where new data ties sessions of different partitions, the whole group counts as test (else
as validation), and the rows of the sessions that stood elsewhere are dropped: they were seen.
"""

from collections.abc import Mapping
from typing import NamedTuple, get_args

import numpy as np

from tasks.core.curation_settings import SplitSettings
from tasks.core.records import Record, Split
from tasks.dataset.grouping import Groups
from tasks.dataset.holdout import keyed
from tasks.dataset.tables import BEHAVIOURS, Bools, Frame
from tasks.labelling.shingles import I64

PARTITIONS: tuple[Split, ...] = get_args(Split)
UNPLACED = -1
Codes = I64


class Assignment(Record, frozen=True, kw_only=True):
    """A session's place."""

    session: str
    partition: Split


class Places(NamedTuple):
    """Where everything goes: positions in `PARTITIONS`."""

    of_group: Codes
    """One a session, valid at the number of a group."""
    of_session: Codes
    kept: dict[str, Split]
    """All sessions ever seen."""


def assign(
    frame: Frame,
    groups: Groups,
    forced: Bools,
    before: Mapping[str, Split],
    settings: SplitSettings,
) -> Places:
    """Place all groups; those that are `forced` are test, those that had a place keep it."""
    had = np.fromiter(
        (_CODES[before[name]] if name in before else UNPLACED for name in frame.sessions),
        np.int64,
        len(frame.sessions),
    )
    # Of several places the strictest: PARTITIONS is in that order from the end.
    of_group = np.full(len(frame.sessions), UNPLACED)
    np.maximum.at(of_group, groups.of_session, had)
    of_group[forced] = _CODES["test"]
    _deal(frame, groups, of_group, forced, settings)
    of_session = np.where(had == UNPLACED, of_group[groups.of_session], had)
    now = {
        name: PARTITIONS[code]
        for name, code in zip(frame.sessions, of_session.tolist(), strict=True)
    }
    return Places(of_group, of_session, {**before, **now})


def _deal(
    frame: Frame, groups: Groups, of_group: Codes, forced: Bools, settings: SplitSettings
) -> None:
    """Place the new groups in the order of their keyed hashes, each where most are lacking.

    Lacking is counted among groups with the same rarest behaviour and among all together, so that
    each behaviour is spread as the shares say, as far as its groups go.
    """
    shares = {
        _CODES["train"]: 1 - settings.validation - settings.test,
        _CODES["test"]: settings.test,
        _CODES["validation"]: settings.validation,
    }
    stratum = _strata(frame, groups)
    names = np.flatnonzero(stratum >= 0)
    size = int(stratum.max(initial=0)) + 1
    dealt = np.zeros((size, len(PARTITIONS)), np.int64)
    placed = names[(of_group[names] != UNPLACED) & ~forced[names]]
    np.add.at(dealt, (stratum[placed], of_group[placed]), 1)
    everything = dealt.sum(axis=0).tolist()
    near = dealt.tolist()
    order = sorted(
        names[of_group[names] == UNPLACED].tolist(),
        key=lambda at: (stratum[at], keyed(settings.seed, frame.sessions[at]), at),
    )
    for group in order:
        mine = near[stratum[group]]
        total = sum(mine) + sum(everything) + 2
        place = max(shares, key=lambda at: shares[at] * total - mine[at] - everything[at])
        of_group[group] = place
        mine[place] += 1
        everything[place] += 1


def _strata(frame: Frame, groups: Groups) -> Codes:
    """Each group's rarest behaviour among references, the rarest of all being 0.

    Groups without any are a stratum too, the last; -1 where a session names no group.
    """
    often = np.bincount(frame.behaviour[frame.referenced], minlength=len(BEHAVIOURS)).tolist()
    rarest = sorted(range(len(often)), key=lambda at: (often[at], BEHAVIOURS[at]))
    rank = np.empty(len(often), np.int64)
    rank[rarest] = np.arange(len(often))
    found = np.full(len(frame.sessions), -1)
    found[groups.of_row] = len(often)
    rows = np.flatnonzero(frame.referenced)
    np.minimum.at(found, groups.of_row[rows], rank[frame.behaviour[rows]])
    return found


_CODES: dict[Split, int] = {name: code for code, name in enumerate(PARTITIONS)}
