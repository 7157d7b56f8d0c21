"""Proves of what was written that nothing crosses from one partition to another.

Each part carries a witness, made of its rows as they were written: hashes of their sessions,
clusters, persons and groups, and the names of all tools in them. The proof holds all witnesses
against each other, so it does not rest on the union-find that it checks.
"""

from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple, get_args

import msgspec
import numpy as np
from xxhash import xxh3_64_intdigest

from tasks.core.parts import Part
from tasks.core.records import CLOSING, OTHER, Role, Split
from tasks.labelling import raw_records
from tasks.labelling.raw_records import Named, RawExample, View
from tasks.labelling.shingles import U64

PARTITIONS = get_args(Split)
TIES = ("groups", "sessions", "clusters", "persons")


class Crossing(NamedTuple):
    """Something that stands on both sides of a wall."""

    kind: str
    """One of `TIES`, or `tools`: a held-out tool outside the test."""
    between: tuple[str, ...]
    """Partitions; for a tool the one it must not be in."""
    found: tuple[int | str, ...]
    """Hashes, or names of tools."""


def witness(rows: Sequence[RawExample], held_out: Collection[str]) -> dict[str, Any]:
    """What a part holds, as JSON; `mentions` counts system prompts that name a held-out tool."""
    ties: dict[str, set[str]] = {
        "groups": {row.group for row in rows},
        "sessions": {row.session_id for row in rows},
        "clusters": {row.cluster for row in rows if row.cluster},
        "persons": {name for row in rows for name in row.persons},
    }
    tools: set[str] = set()
    mentions: dict[bytes, bool] = {}
    for row in rows:
        tools.update(raw_records.offer(row.tools).names)
        tools.add(row.tags.intent)
        tools.update(call.name for call in _replied.decode(row.reply).tool_calls)
        if reference := _proved.decode(row.reference):
            tools.update(call.name for call in reference.calls)
        for said in _said.decode(row.messages):
            if said.tool_calls:
                tools.update(call.name for call in said.tool_calls)
            if said.role == "system" and (text := bytes(said.content)) not in mentions:
                content = msgspec.json.decode(text, type=str)
                mentions[text] = any(name in content for name in held_out)
    tools -= {"", CLOSING, OTHER}
    return {
        **{kind: _packed(names) for kind, names in ties.items()},
        "tools": sorted(tools),
        "mentions": sum(mentions.values()),
    }


class _Said(View, frozen=True, kw_only=True):
    """A message whose text is left as it is."""

    role: Role
    content: msgspec.Raw = msgspec.Raw(b'""')
    tool_calls: tuple[Named, ...] = ()


class _Replied(View, frozen=True, kw_only=True):
    tool_calls: tuple[Named, ...] = ()


class _Proved(View, frozen=True, kw_only=True):
    calls: tuple[Named, ...] = ()


def crossings(made: Iterable[Part], held_out: Collection[str]) -> list[Crossing]:
    """All that is on both sides: nothing, where the split is sound."""
    made = tuple(made)
    found = []
    for kind in TIES:
        sides = {label: _union(made, label, kind) for label in PARTITIONS}
        for left, right in combinations(PARTITIONS, 2):
            shared = np.intersect1d(sides[left], sides[right], assume_unique=True)
            if len(shared):
                found.append(Crossing(kind, (left, right), tuple(shared.tolist())))
    for label in ("train", "validation"):
        tools = {name for part in made if part.label == label for name in part.info["tools"]}
        if leaked := tools.intersection(held_out):
            found.append(Crossing("tools", (label,), tuple(sorted(leaked))))
    return found


def summary(made: Iterable[Part]) -> dict[str, Any]:
    """Facts for the manifest of a split in which nothing crosses.

    `proof` counts what stands on two sides, `groups` and `compared` what was held against each
    other, `prompts_naming_held_out_tools` distinct system prompts of train and validation.
    """
    made = tuple(made)
    compared = {
        kind: {label: len(_union(made, label, kind)) for label in PARTITIONS} for kind in TIES
    }
    return {
        "proof": dict.fromkeys((*TIES, "held_out_tools", "near_neighbours"), 0),
        "groups": compared.pop("groups"),
        "compared": compared,
        "prompts_naming_held_out_tools": sum(
            part.info["mentions"] for part in made if part.label in {"train", "validation"}
        ),
    }


def holds(packed: str, names: Collection[str]) -> bool:
    """Whether a witness holds one of the names, up to a collision of 64-bit hashes."""
    return holds_hashes(packed, [hashed(name) for name in names])


def holds_hashes(packed: str, hashes: Collection[int]) -> bool:
    """As `holds`, of names that are hashed already."""
    known = np.frombuffer(b64decode(packed), "<u8")
    return bool(np.isin(np.array(list(hashes), np.uint64), known).any())


def hashed(name: str) -> int:
    """How a name stands in a witness."""
    return xxh3_64_intdigest(name.encode())


def _packed(names: Iterable[str]) -> str:
    hashes = np.sort(np.array([hashed(name) for name in names], np.uint64))
    return b64encode(hashes.astype("<u8").tobytes()).decode()


def _union(made: Sequence[Part], label: str, kind: str) -> U64:
    packed = (b64decode(part.info[kind]) for part in made if part.label == label)
    hashes = np.sort(
        np.concatenate([np.zeros(0, "<u8"), *(np.frombuffer(p, "<u8") for p in packed)])
    )
    found: U64 = hashes[np.concatenate([[True], hashes[1:] != hashes[:-1]])[: len(hashes)]]
    return found


_said = msgspec.json.Decoder(list[_Said])
_replied = msgspec.json.Decoder(_Replied)
_proved = msgspec.json.Decoder(_Proved | None)
