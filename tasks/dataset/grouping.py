"""Ties rows that must not be parted: those of one session, near-duplicate cluster or person.

    s-1 (cluster c1, person p1)   s-2 (cluster c1)   s-3 (person p1)   s-4
    └──────────── group s-1 ────────────────────────────────────┘     └─ group s-4

A group is a connected component, named by its first session.
"""

from typing import NamedTuple

import numpy as np

from tasks.dataset.tables import Frame
from tasks.labelling.near_duplicates import components
from tasks.labelling.shingles import I64


class Groups(NamedTuple):
    """The group of every row and of every session, as the number of its first session."""

    of_row: I64
    of_session: I64


def group(frame: Frame) -> Groups:
    """Union over session, cluster and persons of all rows."""
    sessions, clusters = len(frame.sessions), len(frame.clusters)
    clustered = np.flatnonzero(frame.cluster >= 0)
    by_cluster = np.stack([frame.session[clustered], sessions + frame.cluster[clustered]], axis=1)
    rows, persons = frame.person[:, 0], frame.person[:, 1]
    by_person = np.stack([frame.session[rows], sessions + clusters + persons], axis=1)
    edges = np.concatenate([by_cluster, by_person])
    # Sessions are numbered by age, so a component's smallest node is its first session.
    of_session = components(edges, sessions + clusters + len(frame.persons))[:sessions]
    return Groups(of_session[frame.session], of_session)


def largest(frame: Frame, groups: Groups) -> str:
    """What ties the largest group, for the message that says that there are too few groups."""
    sizes = np.bincount(groups.of_session)
    name = int(sizes.argmax())
    held = f"the largest of {int((sizes > 0).sum())} groups holds {sizes[name]} of "
    total = f"{len(frame.sessions)} sessions"
    mine = groups.of_row == name
    clustered = np.flatnonzero(mine & (frame.cluster >= 0))
    persons = frame.person[mine[frame.person[:, 0]]]
    ties = [(f"cluster {frame.clusters[tie]}", int(session)) for tie, session in
            zip(frame.cluster[clustered], frame.session[clustered], strict=True)]  # fmt: skip
    ties += [(f"person {frame.persons[tie]}", int(frame.session[row])) for row, tie in persons]
    if not ties:
        return held + total
    tied: dict[str, set[int]] = {}
    for tie, session in ties:
        tied.setdefault(tie, set()).add(session)
    most = max(sorted(tied), key=lambda tie: len(tied[tie]))
    return f"{held}{total}, {len(tied[most])} of them through {most[:32]}"
