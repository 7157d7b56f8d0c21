"""Gives every group its partition, once and for all.

    {"session": "s-1", "partition": "train"}

An assignment is kept with the dataset and never changes. A new version gives only new groups a
place. Where new data ties sessions of different partitions, the whole group counts as test (else
as validation), and the rows of the sessions that stood elsewhere are dropped: they were seen.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tasks.core.facts import Facts
from tasks.core.grouping import Groups
from tasks.core.holdout import keyed
from tasks.core.records import Partition, Record
from tasks.core.settings import SplitSettings

_STRICTEST: tuple[Partition, ...] = ("test", "validation", "train")


class Assignment(Record, frozen=True, kw_only=True):
    """A session's place."""

    session: str
    partition: Partition


class Places(NamedTuple):
    """Where everything goes."""

    of_group: dict[str, Partition]
    of_session: dict[str, Partition]
    """What is kept: all sessions ever seen."""


def assign(
    rows: Sequence[Facts],
    groups: Groups,
    forced: set[str],
    before: Mapping[str, Partition],
    settings: SplitSettings,
) -> Places:
    """Place all groups; those in `forced` are test, those that had a place keep it."""
    had: dict[str, set[Partition]] = defaultdict(set)
    for session, group in groups.of_session.items():
        if session in before:
            had[group].add(before[session])
    places: dict[str, Partition] = dict.fromkeys(sorted(forced), "test")
    for group, found in had.items():
        if group not in forced:
            places[group] = next(place for place in _STRICTEST if place in found)
    _deal(rows, groups, places, forced, settings)
    of_session = {
        session: before.get(session, places[group]) for session, group in groups.of_session.items()
    }
    return Places(places, {**before, **of_session})


def _deal(
    rows: Sequence[Facts],
    groups: Groups,
    places: dict[str, Partition],
    forced: set[str],
    settings: SplitSettings,
) -> None:
    """Place the new groups in the order of their keyed hashes, each where most are lacking.

    Lacking is counted among groups with the same rarest behaviour and among all together, so that
    each behaviour is spread as the shares say, as far as its groups go.
    """
    shares: dict[Partition, float] = {
        "train": 1 - settings.validation - settings.test,
        "test": settings.test,
        "validation": settings.validation,
    }
    stratum = _strata(rows, groups)
    dealt: dict[str, Counter[Partition]] = defaultdict(Counter)
    for group, place in places.items():
        if group not in forced:
            dealt[stratum[group]][place] += 1
            dealt[""][place] += 1
    new = [group for group in stratum if group not in places]
    for group in sorted(new, key=lambda name: (stratum[name], keyed(settings.seed, name), name)):
        near, everything = dealt[stratum[group]], dealt[""]
        lacking = {
            place: share * (near.total() + everything.total() + 2) - near[place] - everything[place]
            for place, share in shares.items()
        }
        place = max(shares, key=lambda name: lacking[name])
        places[group] = place
        near[place] += 1
        everything[place] += 1


def _strata(rows: Sequence[Facts], groups: Groups) -> dict[str, str]:
    """Each group's rarest behaviour among references; groups without any are a stratum too."""
    often = Counter(row.behaviour for row in rows if row.referenced)
    rarest = sorted(often, key=lambda name: (often[name], name))
    found: dict[str, set[str]] = {group: set() for group in sorted(set(groups.of_row))}
    for row, group in zip(rows, groups.of_row, strict=True):
        if row.referenced:
            found[group].add(row.behaviour)
    return {
        group: next((f"{at} {name}" for at, name in enumerate(rarest) if name in had), "none")
        for group, had in found.items()
    }
