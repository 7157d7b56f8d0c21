"""Says of every row of a folded log what its example takes from outside, or why it goes.

`RowFacts` are all that other parts and feedback have to say about a row. The hash of a part's facts
is in the part's key, so a part is made again exactly when one of them has changed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from math import isnan

import msgspec
import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import StageError
from tasks.core.records import Behaviour, Record, Rejected, Reply, Source
from tasks.labelling.annotations import Reviewed
from tasks.labelling.chains import hashed
from tasks.labelling.decisions import RANK, Known, Ledger, combine
from tasks.labelling.folding import KEPT, REASONS, REDELIVERED, REFUSED, RETRIED, Folded
from tasks.labelling.log_index import LogIndex
from tasks.labelling.near_duplicates import among
from tasks.labelling.part_index import PartIndex, column

_UNKNOWN = Known()


class RowFacts(Record, frozen=True, kw_only=True):
    """All that an example takes from outside its own invocation."""

    cluster: str
    turns: int = 0
    """Of the assistant, in the context."""
    answered: int = 0
    """Turns in the context whose calls tools answered."""
    language: str = ""
    """Of what the user said first; all three were read when the index was made."""
    intent: str = ""
    """Of the decision, by what its session came to."""
    outcome: float | None = None
    edit: Reply | None = None
    is_replayed: bool = False
    """A replay of its call led to the state that its session ended in."""
    failed: bool = False
    """A tool answered its call with an error."""
    repeated: bool = False
    """It was called again with other arguments, after a complaint."""
    undone: bool = False
    """What it did was taken back, or done anew."""
    ran: bool = False
    """Tools answered its calls, none with an error."""
    ids: tuple[str, ...] = ()
    """Invocations that were the same call, tried again."""
    places: tuple[Source, ...] = ()
    """Where else it was logged."""
    label: Behaviour | None = None
    """What a person says the reply is."""
    missing: tuple[str, ...] = ()
    """For `clarify`: what it asks for, as that person says."""


class LogFacts:
    """The facts of all rows; most of it in columns, one row's is put together when asked for."""

    def __init__(
        self,
        indexes: Sequence[PartIndex],
        columns: LogIndex,
        folded: Folded,
        ledger: Ledger,
        labels: Mapping[str, Reviewed],
    ) -> None:
        self._ids = [name for index in indexes for name in index.ids]
        self._columns, self._folded = columns, folded
        self._labels = labels
        self.replayed, self.equal = ledger.replayed, ledger.equal
        self.reviewed = self._require(labels)
        again = _again(folded)
        places = _places(indexes, {row for rows in again.values() for row in rows})
        self._outcome = _outcomes(columns, ledger)
        self._intents = np.array([hashed(name) for name in columns.intents] or [0], np.uint64)
        self._own = {
            row: self._special(row, again.get(row, ()), places, known)
            for row, known in _known(columns, folded, again, ledger, self._labelled).items()
        }
        gone = np.flatnonzero(np.isin(folded.fate, list(REFUSED))).tolist()
        self._refused = dict(sorted(_places(indexes, set(gone)).items()))

    def clusters(self) -> int:
        """How many there are among the rows that stay."""
        return int(among(np.arange(len(self._ids)), self._folded.cluster).sum())

    def refused(self, rows: range) -> tuple[Rejected, ...]:
        """The rows that go because a person was erased, or because another contradicts them."""
        return tuple(
            Rejected(
                id=self._ids[row],
                reason=REFUSED[int(self._folded.fate[row])],
                source=self._refused[row],
            )
            for row in rows
            if row in self._refused
        )

    def reasons(self, rows: range) -> dict[str, int]:
        """Of the rows that go, how many for which reason."""
        counts = np.bincount(self._folded.fate[rows.start : rows.stop], minlength=len(REASONS) + 1)
        return {REASONS[n]: count for n, count in enumerate(counts.tolist()) if n and count}

    def digest(self, rows: range) -> str:
        """sha256 over the facts of these rows: equal where they are equal."""
        mine = slice(rows.start, rows.stop)
        cluster, fate = self._folded.cluster[mine], self._folded.fate[mine]
        named = np.where(cluster < 0, 0, self._columns.id[cluster]) if len(cluster) else cluster
        digest = sha256(named.tobytes() + fate.tobytes() + self._folded.failed[mine].tobytes())
        digest.update(self._folded.ran[mine].tobytes() + self._outcome[mine].tobytes())
        digest.update(self._folded.repeated[mine].tobytes() + self._folded.undone[mine].tobytes())
        digest.update(self._intents[self._folded.intent[mine]].tobytes())
        own = [(row - rows.start, self._own[row]) for row in rows if row in self._own]
        digest.update(msgspec.json.encode(own, order="sorted"))
        return digest.hexdigest()

    def of(self, rows: range) -> Iterator[RowFacts | None]:
        """The facts of each row, None where the row goes."""
        mine, folded, columns = slice(rows.start, rows.stop), self._folded, self._columns
        facts_of_rows = zip(
            rows,
            folded.fate[mine].tolist(),
            folded.cluster[mine].tolist(),
            folded.failed[mine].tolist(),
            folded.ran[mine].tolist(),
            folded.repeated[mine].tolist(),
            folded.undone[mine].tolist(),
            self._outcome[mine].tolist(),
            columns.before[mine].tolist(),
            columns.answered[mine].tolist(),
            columns.language[mine].tolist(),
            folded.intent[mine].tolist(),
            strict=True,
        )
        for row, fate, cluster, failed, ran, repeated, undone, outcome, *counted in facts_of_rows:
            turns, answered, language, intent = counted
            if fate != KEPT:
                yield None
                continue
            own = self._own.get(row, _NOTHING)
            yield RowFacts(
                cluster=self._ids[cluster],
                turns=turns,
                answered=answered,
                language=columns.languages[language],
                intent=columns.intents[intent],
                outcome=None if isnan(outcome) else outcome,
                edit=own.edit,
                is_replayed=own.is_replayed,
                failed=failed,
                ran=ran,
                repeated=repeated,
                undone=undone,
                ids=own.ids,
                places=own.places,
                label=own.label,
                missing=own.missing,
            )

    def _require(self, labels: Mapping[str, Reviewed]) -> int:
        """Find the rows that people have labelled, and how many of them stay."""
        hashes = np.array([hashed(name) for name in labels], np.uint64)
        self._labelled = np.flatnonzero(among(self._columns.id, hashes)).tolist()
        unknown = labels.keys() - {self._ids[row] for row in self._labelled}
        if unknown:
            name = min(unknown, key=lambda name: labels[name].place)
            raise StageError(
                f"{labels[name].place} labels {name}, which none of the {len(self._ids)} records "
                f"is ({len(unknown)} such labels): correct the id, or take the line out where its "
                "record has left the logs"
            )
        return int((self._folded.fate[self._labelled] == KEPT).sum())

    def _special(
        self, row: int, others: Sequence[int], places: Mapping[int, Source], known: Known
    ) -> "Own":
        """What only few rows have; an outcome of its own goes into the column."""
        if known.outcome is not None:
            self._outcome[row] = known.outcome
        ids = self._ids
        order = sorted(others, key=lambda r: (places[r].uri, places[r].line, ids[r]))
        label = self._labels.get(ids[row])
        return Own(
            edit=known.edit,
            is_replayed=known.is_replayed,
            label=label.behaviour if label else None,
            missing=label.missing if label else (),
            ids=tuple(dict.fromkeys(ids[other] for other in order if ids[other] != ids[row])),
            places=tuple(places[other] for other in order),
        )


class Own(Record, frozen=True, kw_only=True):
    """The rarer facts of a row."""

    edit: Reply | None = None
    is_replayed: bool = False
    ids: tuple[str, ...] = ()
    places: tuple[Source, ...] = ()
    label: Behaviour | None = None
    missing: tuple[str, ...] = ()


_NOTHING = Own()


def ranks(ledger: Ledger) -> dict[int, int]:
    """How well each session is proved, by its hash: 0 is the best."""
    return {hashed(name): RANK[known.truth] for name, known in ledger.sessions.items()}


def _again(folded: Folded) -> dict[int, list[int]]:
    """Row to the other rows that it stands for."""
    others: dict[int, list[int]] = defaultdict(list)
    gone = np.flatnonzero((folded.fate == REDELIVERED) | (folded.fate == RETRIED))
    for row, into in zip(gone.tolist(), folded.into[gone].tolist(), strict=True):
        others[into].append(row)
    return others


def _places(indexes: Sequence[PartIndex], rows: set[int]) -> dict[int, Source]:
    """Where the given rows were read."""
    places: dict[int, Source] = {}
    start = 0
    for index in indexes:
        uri, line = column(index.uri, "u4").tolist(), column(index.line, "u4").tolist()
        for row in rows.intersection(range(start, start + len(uri))):
            at = uri[row - start]
            places[row] = Source(
                uri=index.uris[at], line=line[row - start], format=index.formats[at]
            )
        start += len(uri)
    return places


def _outcomes(columns: LogIndex, ledger: Ledger) -> NDArray[np.float64]:
    """What feedback says of each row's session; not a number where it says nothing."""
    by_session = {hashed(name): by_session.outcome for name, by_session in ledger.sessions.items()}
    outcomes = sorted((key, outcome) for key, outcome in by_session.items() if outcome is not None)
    of_rows = np.full(len(columns.session), np.nan)
    if outcomes:
        keys = np.array([key for key, _ in outcomes], np.uint64)
        at = np.searchsorted(keys[:-1], columns.session)
        of_rows = np.where(
            keys[at] == columns.session, np.array([v for _, v in outcomes])[at], np.nan
        )
    return of_rows


def _known(
    columns: LogIndex,
    folded: Folded,
    again: Mapping[int, list[int]],
    ledger: Ledger,
    labelled: Sequence[int],
) -> dict[int, Known]:
    """Rows that stand for others, or that feedback says more of than their session's outcome."""
    edited = {hashed(name): known for name, known in ledger.sessions.items() if known.edit}
    requests = {hashed(name): known for name, known in ledger.requests.items()}
    asked = np.flatnonzero(among(columns.request, np.array([*requests], np.uint64)))
    corrected = folded.last & among(columns.session, np.array([*edited], np.uint64))
    rows = {*again, *labelled, *folded.into[asked].tolist(), *np.flatnonzero(corrected).tolist()}
    by_row = {}
    for row in sorted(row for row in rows if folded.fate[row] == KEPT):
        ids = [int(columns.request[r]) for r in (row, *again.get(row, ()))]
        own = [requests[name] for name in ids if name in requests]
        of_session = edited.get(int(columns.session[row]), _UNKNOWN)
        by_row[row] = combine(
            of_session, min(own, default=_UNKNOWN, key=_order), bool(folded.last[row])
        )
    return by_row


def _order(known: Known) -> tuple[bool, float, str]:
    """Of several calls that were one: the feedback with the lowest outcome holds."""
    return known.outcome is None, known.outcome or 0.0, str(known.edit)
