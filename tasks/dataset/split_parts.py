"""Sorts the examples of one part into piles by partition, and writes each pile with its witness.

Rulings.label = [0, 0, 3]          two rows of train, one without a reference
Rulings.tied  = [-1, 2, -1]        the second has to go: new data ties its group to the test
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from tasks.core import parts
from tasks.core.parts import Counts, Part
from tasks.core.records import OTHER, Rejected, Source
from tasks.dataset import proof
from tasks.dataset.tables import Bools
from tasks.labelling import raw_records
from tasks.labelling.raw_records import RawExample
from tasks.labelling.shingles import I64, U64

UNLABELLED = "unlabelled"
LABELS = (*proof.PARTITIONS, UNLABELLED)
NOT_TIED = -1


class Rulings(NamedTuple):
    """What becomes of each row of a part."""

    label: I64
    """Position in `LABELS`."""
    tied: I64
    """Position of the partition that new data ties its group to; the row is then dropped."""
    held_out: Bools
    group: Sequence[str]
    mark: U64
    """Hash of the group's name."""

    def of(self, rows: slice) -> "Rulings":
        """Those of some rows."""
        return Rulings(
            self.label[rows],
            self.tied[rows],
            self.held_out[rows],
            self.group[rows],
            self.mark[rows],
        )

    def digest(self, label: int) -> str:
        """sha256 over what is ruled on the rows of one label."""
        rows = np.flatnonzero(self.label == label)
        columns = (rows, self.tied[rows], self.held_out[rows], self.mark[rows])
        return sha256(b"".join(column.tobytes() for column in columns)).hexdigest()


class Piles:
    """The rows of one part, by label; a part is small enough to be held."""

    def __init__(self, labels: Iterable[str], held_out: Sequence[str]) -> None:
        self._held_out = tuple(held_out)
        self._rows: dict[str, list[RawExample]] = {label: [] for label in labels}
        self._rejects: dict[str, list[Rejected]] = {label: [] for label in self._rows}

    def add(self, rows: Iterable[RawExample], rulings: Rulings) -> None:
        """Put examples where their rulings say; those of other labels are left out."""
        ruled = zip(rulings.label.tolist(), rulings.tied.tolist(), rulings.held_out.tolist(),
                    rulings.group, strict=True)  # fmt: skip
        for row, (code, tied, held_out, group) in zip(rows, ruled, strict=True):
            label = LABELS[code]
            if label not in self._rows:
                continue
            if tied == NOT_TIED:
                self._rows[label].append(self._placed(row, label, held_out, group))
            else:
                self._rejects[label].append(_rejected(row, label, LABELS[tied]))

    def write(self, target: Path, label: str, key: str) -> Part:
        """The pile of one label as a part, with the witness of its rows."""
        rows, rejects = self._rows[label], tuple(self._rejects[label])
        counts = Counts(
            read=len(rows) + len(rejects),
            accepted=len(rows),
            rejected=len(rejects),
            reasons=dict(sorted(Counter(reject.reason for reject in rejects).items())),
        )
        behaviours: Counter[str] = Counter(map(_behaviour, rows))
        info: dict[str, Any] = {
            "behaviours": dict(sorted(behaviours.items())),
            "difficulties": dict(sorted(Counter(row.tags.difficulty for row in rows).items())),
            "intents": dict(sorted(Counter(row.tags.intent for row in rows).items())),
            "held_out": sum(row.tags.held_out for row in rows),
            **proof.witness(rows, self._held_out),
        }
        return parts.write_part(
            target, rows, key=key, label=label, counts=counts, rejects=rejects, info=info
        )

    def _placed(self, row: RawExample, label: str, held_out: bool, group: str) -> RawExample:
        """The example in its partition: train and validation are offered no held-out tool.

        Nor is one named there as what the user wants, as where the words ask for it in vain.
        """
        tools, tags = row.tools, row.tags
        if self._held_out and label in {"train", "validation"}:
            tools = _without(bytes(tools), self._held_out)
            if tags.intent in self._held_out:
                tags = msgspec.structs.replace(tags, intent=OTHER)
        if held_out:
            tags = msgspec.structs.replace(tags, held_out=True)
        return msgspec.structs.replace(row, group=group, tools=tools, tags=tags)


class _Reference(raw_records.View, frozen=True, kw_only=True):
    behaviour: str


def _behaviour(row: RawExample) -> str:
    """Of unlabelled rows it is the champion's: what was right is not known."""
    reference = _reference.decode(row.reference)
    return reference.behaviour if reference else row.behaviour


def _rejected(row: RawExample, label: str, tied: str) -> Rejected:
    return Rejected(
        id=row.id,
        reason=f"tied-to-{tied}",
        source=msgspec.json.decode(row.sources[0], type=Source),
        detail=f"an earlier version assigned its session to {label}",
    )


@lru_cache(maxsize=1024)
def _without(tools: bytes, held_out: tuple[str, ...]) -> msgspec.Raw:
    """The same list of tools, each as the bytes it was, without some."""
    each = msgspec.json.decode(tools, type=list[msgspec.Raw])
    named = [msgspec.json.decode(tool, type=raw_records.Named).name for tool in each]
    kept = [tool for tool, name in zip(each, named, strict=True) if name not in held_out]
    return msgspec.Raw(msgspec.json.encode(kept))


_reference = msgspec.json.Decoder(_Reference | None)
