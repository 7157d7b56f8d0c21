"""Says of every row of a folded log what its example takes from outside, or why it goes.

A ruling is all that other parts and feedback have to say about a row. The hash of a part's rulings
is in the part's key, so a part is made again exactly when one of them has changed.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from tasks.core.chains import hashed
from tasks.core.decisions import RANK, Known, Ledger, combine
from tasks.core.folding import KEPT, NEAR_DUPLICATE, REASONS, Columns, Folded
from tasks.core.records import Record, Reply, Source
from tasks.core.sketches import Sketch, column

_UNKNOWN = Known()


class Ruling(Record, frozen=True, kw_only=True):
    """All that an example takes from outside its own invocation."""

    cluster: str
    outcome: float | None = None
    edit: Reply | None = None
    failed: bool = False
    """A tool answered its call with an error."""
    ids: tuple[str, ...] = ()
    """Invocations that were the same call, tried again."""
    places: tuple[Source, ...] = ()
    """Where else it was logged."""


def ranks(ledger: Ledger) -> dict[int, int]:
    """How well each session is proved, by its hash: 0 is the best."""
    return {hashed(name): RANK[known.truth] for name, known in ledger.sessions.items()}


def rule(
    sketches: Sequence[Sketch], columns: Columns, folded: Folded, ledger: Ledger
) -> list[Ruling | str]:
    """A ruling for each row that stays, the reason for each that goes; in the order of rows."""
    ids = [name for sketch in sketches for name in sketch.ids]
    again = _again(folded)
    places = _places(sketches, {row for rows in again.values() for row in rows})
    known = _known(columns, folded, again, ledger)
    clusters, failed = folded.cluster.tolist(), folded.failed.tolist()

    def ruling(row: int) -> Ruling:
        about = known.get(row, _UNKNOWN)
        others = again.get(row, ())
        if others:
            others = sorted(others, key=lambda r: (places[r].uri, places[r].line, ids[r]))
        return Ruling(
            cluster=ids[clusters[row]],
            outcome=about.outcome,
            edit=about.edit,
            failed=failed[row],
            ids=tuple(dict.fromkeys(ids[other] for other in others if ids[other] != ids[row])),
            places=tuple(places[other] for other in others),
        )

    return [
        ruling(row) if fate == KEPT else REASONS[fate]
        for row, fate in enumerate(folded.fate.tolist())
    ]


def _again(folded: Folded) -> dict[int, list[int]]:
    """Row to the other rows that it stands for."""
    found: dict[int, list[int]] = defaultdict(list)
    gone = np.flatnonzero((folded.fate != KEPT) & (folded.fate != NEAR_DUPLICATE))
    for row, into in zip(gone.tolist(), folded.into[gone].tolist(), strict=True):
        found[into].append(row)
    return found


def _places(sketches: Sequence[Sketch], rows: set[int]) -> dict[int, Source]:
    """Where the given rows were read."""
    found: dict[int, Source] = {}
    start = 0
    for sketch in sketches:
        uri, line = column(sketch.uri, "u4").tolist(), column(sketch.line, "u4").tolist()
        for row in rows.intersection(range(start, start + len(uri))):
            at = uri[row - start]
            found[row] = Source(
                uri=sketch.uris[at], line=line[row - start], format=sketch.formats[at]
            )
        start += len(uri)
    return found


def _known(
    columns: Columns, folded: Folded, again: dict[int, list[int]], ledger: Ledger
) -> dict[int, Known]:
    """Row to what feedback says of it, of its session, or of the same call tried again."""
    sessions = {hashed(name): known for name, known in ledger.sessions.items()}
    requests = {hashed(name): known for name, known in ledger.requests.items()}
    request, last = columns.request.tolist(), folded.last.tolist()
    found: dict[int, Known] = {}
    for row, session in enumerate(columns.session.tolist()):
        own = [requests[request[r]] for r in (row, *again.get(row, ())) if request[r] in requests]
        if own or session in sessions:
            of_session = sessions.get(session, _UNKNOWN)
            found[row] = combine(of_session, min(own, default=_UNKNOWN, key=_order), last[row])
    return found


def _order(known: Known) -> tuple[bool, float, str]:
    """Of several calls that were one: the feedback with the lowest outcome holds."""
    return known.outcome is None, known.outcome or 0.0, str(known.edit)
