"""Ties rows that must not be parted: those of one session, near-duplicate cluster or person.

    s-1 (cluster c1, person p1)   s-2 (cluster c1)   s-3 (person p1)   s-4
    └──────────── group s-1 ────────────────────────────────────┘     └─ group s-4

A group is a connected component, named by its smallest session id.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tasks.core.facts import Facts
from tasks.core.similarity import components


class Groups(NamedTuple):
    """The group of every row and of every session."""

    of_row: tuple[str, ...]
    of_session: dict[str, str]


def group(rows: Sequence[Facts]) -> Groups:
    """Union over session, cluster and persons of all rows."""
    nodes: dict[tuple[str, str], int] = {}
    # Sorted, so that a component's smallest node is its smallest session.
    for session in sorted({row.session for row in rows}):
        nodes["session", session] = len(nodes)
    sessions = len(nodes)
    edges = []
    for row in rows:
        own = nodes["session", row.session]
        for tie in (("cluster", row.cluster), *(("person", name) for name in row.persons)):
            if tie[1]:
                edges.append((own, nodes.setdefault(tie, len(nodes))))
    names = [name for _, name in list(nodes)[:sessions]]
    found = components(np.array(edges, np.int64).reshape(-1, 2), len(nodes))[:sessions]
    of_session = {name: names[root] for name, root in zip(names, found.tolist(), strict=True)}
    return Groups(tuple(of_session[row.session] for row in rows), of_session)


def largest(rows: Sequence[Facts], groups: Groups) -> str:
    """What ties the largest group, for the message that says that there are too few groups."""
    sessions: dict[str, int] = {}
    for name in groups.of_session.values():
        sessions[name] = sessions.get(name, 0) + 1
    name = max(sorted(sessions), key=lambda group: sessions[group])
    ties: dict[str, set[str]] = {}
    for row, of_row in zip(rows, groups.of_row, strict=True):
        clusters = [f"cluster {row.cluster}"] if row.cluster else []
        for tie in (*clusters, *(f"person {person}" for person in row.persons)):
            if of_row == name:
                ties.setdefault(tie, set()).add(row.session)
    held = f"the largest of {len(sessions)} groups holds {sessions[name]} of "
    if not ties:
        return f"{held}{len(groups.of_session)} sessions"
    tie = max(sorted(ties), key=lambda key: len(ties[key]))
    return f"{held}{len(groups.of_session)} sessions, {len(ties[tie])} of them through {tie[:32]}"
