"""Proves of what was written that nothing crosses from one partition to another.

Each part carries a witness, made of its rows as they were written: hashes of their sessions,
clusters, persons and groups, and the names of all tools in them. The proof holds all witnesses
against each other, so it does not rest on the union-find that it checks.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple, get_args

import numpy as np
from xxhash import xxh3_64_intdigest

from tasks.core.parts import Part
from tasks.core.records import Example, Partition
from tasks.core.shingles import U64

TIES = ("sessions", "clusters", "persons", "groups")


class Crossing(NamedTuple):
    """Something that stands on both sides."""

    kind: str
    """One of `TIES`, or `tools`."""
    partitions: tuple[str, ...]
    count: int
    examples: tuple[int | str, ...]
    """A few of them: hashes, or names of tools."""


def witness(rows: Sequence[Example], held_out: Sequence[str]) -> dict[str, Any]:
    """What a part holds, as JSON."""
    named = [t for t in held_out for row in rows[:0]]  # replaced below
    return {"named": named}
