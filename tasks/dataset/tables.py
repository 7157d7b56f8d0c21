r"""Facts of a part as columns, and of all parts as one frame of numbers.

    Table(sessions=("s-1", "s-2"), session=b"\x00…", tools=("get_order",), called=b"…", …)

A table is kept beside the examples (label `facts`), one for a part, so that a run reads only new
parts whole. Names stand in a table once; a row points to them by number.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from tasks.core.records import Behaviour, Record, Role, TruthSource
from tasks.dataset.facts import Facts
from tasks.labelling.shingles import I64, U64

LABEL = "facts"
BEHAVIOURS: tuple[Behaviour, ...] = get_args(Behaviour)
TRUTHS: tuple[TruthSource, ...] = get_args(TruthSource)
ROLES: tuple[Role, ...] = get_args(Role)
NO_ROLE = len(ROLES)

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Table(Record, frozen=True, kw_only=True):
    """The facts of one part; byte columns hold little-endian numbers, one a row unless said."""

    rows: int
    opened: tuple[str, ...]
    """When each of `sessions` was first seen in this part."""
    sessions: tuple[str, ...]
    clusters: tuple[str, ...]
    persons: tuple[str, ...]
    tools: tuple[str, ...]
    offers: tuple[tuple[str, ...], ...]
    """Distinct names; `offers` are whole lists of them."""
    id: bytes
    """Hash of the id."""
    session: bytes
    cluster: bytes
    offer: bytes
    behaviour: bytes
    truth: bytes
    role: bytes
    """Of the last message."""
    referenced: bytes
    outcome: bytes
    """Not a number where none is known."""
    confidence: bytes
    messages: bytes
    context_chars: bytes
    turns: bytes
    person: bytes
    called: bytes
    earlier: bytes
    """Two numbers a pair: the row, and the person or tool."""


class Frame(NamedTuple):
    """All tables end to end; names are numbered over all of them."""

    sessions: Sequence[str]
    """By when they were first seen, then by name."""
    clusters: Sequence[str]
    persons: Sequence[str]
    tools: Sequence[str]
    offers: Sequence[tuple[str, ...]]
    id: U64
    session: I64
    cluster: I64
    """-1 where there is none."""
    offer: I64
    behaviour: I64
    truth: I64
    role: I64
    referenced: Bools
    outcome: Floats
    confidence: Floats
    messages: I64
    context_chars: I64
    turns: I64
    person: NDArray[np.int64]
    """(row, person) pairs, shape (n, 2); so are the next two, with tools."""
    called: NDArray[np.int64]
    earlier: NDArray[np.int64]


def tabulate(rows: Iterable[Facts]) -> Table:
    """The table of one part."""
    found = list(rows)
    names: dict[str, dict[Any, int]] = {
        kind: {} for kind in ("sessions", "clusters", "persons", "tools", "offers")
    }

    def number(kind: str, name: Any) -> int:
        known = names[kind]
        return known.setdefault(name, len(known))

    def pairs(kind: str, column: Sequence[tuple[str, ...]]) -> bytes:
        return _packed(
            [n for at, many in enumerate(column) for name in many for n in (at, number(kind, name))]
        )

    columns: dict[str, Any] = {
        "id": _packed([xxh3_64_intdigest(row.id.encode()) for row in found], "<u8"),
        "session": _packed([number("sessions", row.session) for row in found]),
        "cluster": _packed([number("clusters", row.cluster) for row in found]),
        "offer": _packed([number("offers", row.offered) for row in found]),
        "behaviour": _packed([BEHAVIOURS.index(row.behaviour) for row in found], "u1"),
        "truth": _packed([TRUTHS.index(row.truth_source) for row in found], "u1"),
        "role": _packed([ROLES.index(r) if (r := row.last_role) else NO_ROLE for row in found],
                        "u1"),
        "referenced": _packed([row.referenced for row in found], "u1"),
        "outcome": _packed([np.nan if row.outcome is None else row.outcome for row in found],
                           "<f8"),
        "confidence": _packed([row.confidence for row in found], "<f8"),
        "messages": _packed([row.messages for row in found]),
        "context_chars": _packed([row.context_chars for row in found]),
        "turns": _packed([row.turns for row in found]),
        "person": pairs("persons", [row.persons for row in found]),
        "called": pairs("tools", [row.called for row in found]),
        "earlier": pairs("tools", [row.earlier for row in found]),
    }  # fmt: skip
    opened: dict[str, str] = {}
    for row in found:
        opened[row.session] = min(row.timestamp, opened.get(row.session, row.timestamp))
    columns["opened"] = tuple(opened[name] for name in names["sessions"])
    columns |= {kind: tuple(known) for kind, known in names.items()}
    return Table(rows=len(found), **columns)


def gather(tables: Sequence[Table]) -> Frame:
    """All tables as one frame, rows in their order."""
    starts = np.cumsum([0, *(table.rows for table in tables)])

    def plain(name: str, dtype: str, kind: Any = np.int64) -> NDArray[Any]:
        return _joined([np.frombuffer(getattr(t, name), dtype) for t in tables], kind)

    def pairs(name: str, images: Sequence[I64]) -> NDArray[np.int64]:
        found = [np.zeros((0, 2), np.int64)]
        for table, start, image in zip(tables, starts, images, strict=False):
            pair = np.frombuffer(getattr(table, name), "<u4").reshape(-1, 2).astype(np.int64)
            found.append(np.stack([pair[:, 0] + start, image[pair[:, 1]]], axis=1))
        return np.concatenate(found)

    def named(name: str, images: Sequence[I64]) -> I64:
        columns = (np.frombuffer(getattr(table, name), "<u4") for table in tables)
        return _joined([i[c] for c, i in zip(columns, images, strict=True)], np.int64)

    sessions, of_session = _aged(tables, *_numbered([table.sessions for table in tables]))
    clusters, of_cluster = _numbered([table.clusters for table in tables])
    persons, of_person = _numbered([table.persons for table in tables])
    tools, of_tool = _numbered([table.tools for table in tables])
    offers, of_offer = _numbered([table.offers for table in tables])
    cluster = named("cluster", of_cluster)
    if "" in clusters:
        cluster[cluster == clusters.index("")] = -1
    return Frame(
        sessions=sessions,
        clusters=clusters,
        persons=persons,
        tools=tools,
        offers=offers,
        id=plain("id", "<u8", np.uint64),
        session=named("session", of_session),
        cluster=cluster,
        offer=named("offer", of_offer),
        behaviour=plain("behaviour", "u1"),
        truth=plain("truth", "u1"),
        role=plain("role", "u1"),
        referenced=plain("referenced", "u1", np.bool_),
        outcome=plain("outcome", "<f8", np.float64),
        confidence=plain("confidence", "<f8", np.float64),
        messages=plain("messages", "<u4"),
        context_chars=plain("context_chars", "<u4"),
        turns=plain("turns", "<u4"),
        person=pairs("person", of_person),
        called=pairs("called", of_tool),
        earlier=pairs("earlier", of_tool),
    )


def _numbered(columns: Sequence[Sequence[Any]]) -> tuple[list[Any], list[I64]]:
    """All distinct names, and for each table the numbers of its own."""
    known: dict[Any, int] = {}
    images = [
        np.fromiter((known.setdefault(name, len(known)) for name in names), np.int64, len(names))
        for names in columns
    ]
    return list(known), images


def _aged(
    tables: Sequence[Table], names: list[str], images: list[I64]
) -> tuple[list[str], list[I64]]:
    """Sessions by age, so that what a group is called after its first one outlives new data."""
    opened = ["~"] * len(names)
    for table, image in zip(tables, images, strict=True):
        for at, moment in zip(image.tolist(), table.opened, strict=True):
            opened[at] = min(opened[at], moment)
    order = sorted(range(len(names)), key=lambda at: (opened[at], names[at]))
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    return [names[at] for at in order], [rank[image] for image in images]


def _packed(numbers: Sequence[float], dtype: str = "<u4") -> bytes:
    return np.array(numbers, dtype).tobytes()


def _joined(columns: Sequence[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *columns]).astype(dtype)
