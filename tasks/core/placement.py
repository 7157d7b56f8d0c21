"""Decides where each session goes, and holds to what an earlier version decided.

{"partition":"train","session":"4ab0b2e0-…"}      one line of the assignments, kept for ever
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tasks.core import grouping, parts
from tasks.core.errors import StageError
from tasks.core.grouping import Row
from tasks.core.parts import Manifest
from tasks.core.records import Partition, Record
from tasks.core.settings import SplitSettings

ASSIGNMENTS = "assignments"
UNLABELLED = "unlabelled"
TIED = "tied-to-"


class Assignment(Record, frozen=True, kw_only=True):
    """Where a session was put, for ever."""

    session: str
    partition: Partition


class Plan(NamedTuple):
    """Every decision of the split."""

    tools: tuple[str, ...]
    place: dict[str, Partition]
    """Session to partition."""
    before: dict[str, Partition]
    """As it was in the version before."""
    group: dict[str, str]
    """Session to the name of its group."""
    sizes: dict[str, int]
    """Groups by partition."""


def plan(
    settings: SplitSettings, rows: Sequence[Row], manifest: Manifest | None, target: Path
) -> Plan:
    found = grouping.groups(rows)
    # Another seed is a new split by intent; all else holds to the places that were given.
    held = manifest is not None and manifest.info["seed"] == settings.seed
    before = _places(target) if held else {}
    kept = manifest.info["held_out_tools"] if manifest and held else ()
    tools = grouping.held_out(settings.held_out_tools, found, kept, settings.seed)
    _check_tools(settings, tools)
    shares: dict[Partition, float] = {
        "test": settings.test,
        "validation": settings.validation,
        "train": 1 - settings.test - settings.validation,
    }
    places = grouping.assign(found, shares, set(tools), before, settings.seed)
    return Plan(
        tools=tools,
        place={s: places[g.name] for g in found for s in g.sessions},
        before=before,
        group={s: g.name for g in found for s in g.sessions},
        sizes=dict(sorted(Counter(places.values()).items())),
    )


def _places(target: Path) -> dict[str, Partition]:
    rows = parts.read_parts(target, Assignment, ASSIGNMENTS)
    return {row.session: row.partition for row in rows}


def _check_tools(settings: SplitSettings, tools: Sequence[str]) -> None:
    wanted = settings.held_out_tools
    if isinstance(wanted, int) and len(tools) < wanted:
        raise StageError(
            f"split.held_out_tools = {wanted}, but only {len(tools)} tools have at least "
            f"{grouping.FEWEST_CALLS} proved calls in at most {grouping.MOST_HELD_OUT:.0%} of the "
            "groups; lower the number, name tools, or add logs that use more tools"
        )
    if not tools and wanted:
        raise StageError(
            f"split.held_out_tools = {wanted}: no tool of the logs has such a name; correct it"
        )


def label_of(row: Row, plan: Plan) -> str:
    """Where a row goes: a partition, `unlabelled`, or `tied-to-…` where it must not be at all."""
    place = plan.place[row.session]
    if plan.before.get(row.session, place) != place:
        return TIED + place
    return place if row.behaviour else UNLABELLED
