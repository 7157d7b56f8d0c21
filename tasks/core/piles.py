"""Sorts the examples of one part into piles by partition, and writes each pile with its witness.

Ruling(label="train", group="s-1")                     a row of train, offered no held-out tool
Ruling(label="train", group="s-1", tied="test")        a row that has to go: its group is test
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tasks.core import parts, proof
from tasks.core.parts import Counts, Part
from tasks.core.records import Example, Record, Rejected

UNLABELLED = "unlabelled"
LABELS = (*proof.PARTITIONS, UNLABELLED)


class Ruling(Record, frozen=True, kw_only=True):
    """What becomes of one row."""

    label: str
    group: str
    held_out: bool = False
    tied: str = ""
    """The partition that new data ties its group to; the row is then dropped."""


class Piles:
    """The rows of one part, by label; a part is small enough to be held."""

    def __init__(self, labels: Iterable[str]) -> None:
        self.rows: dict[str, list[Example]] = {label: [] for label in labels}
        self.rejects: dict[str, list[Rejected]] = {label: [] for label in self.rows}

    def add(self, example: Example, ruling: Ruling, held_out: Sequence[str]) -> None:
        """Put an example where its ruling says."""
        if not ruling.tied:
            self.rows[ruling.label].append(_placed(example, ruling, held_out))
            return
        reject = Rejected(
            id=example.id,
            reason=f"tied-to-{ruling.tied}",
            source=example.sources[0],
            detail=f"an earlier version assigned its session to {ruling.label}",
        )
        self.rejects[ruling.label].append(reject)

    def write(self, target: Path, label: str, key: str, held_out: Sequence[str]) -> Part:
        """The pile of one label as a part, with the witness of its rows."""
        rows, rejects = self.rows[label], tuple(self.rejects[label])
        counts = Counts(
            read=len(rows) + len(rejects),
            accepted=len(rows),
            rejected=len(rejects),
            reasons=dict(sorted(Counter(reject.reason for reject in rejects).items())),
        )
        info = _facts_of(rows, held_out)
        return parts.write_part(
            target, rows, key=key, label=label, counts=counts, rejects=rejects, info=info
        )


def _placed(example: Example, ruling: Ruling, held_out: Sequence[str]) -> Example:
    """The example in its partition: train and validation are offered no held-out tool."""
    tools = example.tools
    if ruling.label in {"train", "validation"}:
        tools = tuple(tool for tool in tools if tool.name not in held_out)
    tags = msgspec.structs.replace(example.tags, held_out=ruling.held_out)
    return msgspec.structs.replace(example, group=ruling.group, tools=tools, tags=tags)


def _facts_of(rows: Sequence[Example], held_out: Sequence[str]) -> dict[str, Any]:
    """Of unlabelled rows the behaviour is the incumbent's: what was right is not known."""
    behaviours = Counter((row.reference or row).behaviour for row in rows)
    return {
        "behaviours": dict(sorted(behaviours.items())),
        "held_out": sum(row.tags.held_out for row in rows),
        **proof.witness(rows, held_out),
    }
