"""Reduces a part of invocations to columns of hashes: all that finding duplicates needs of it.

An index is made once for a part and kept beside the examples (label `index`), so that a run reads
only new parts whole.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Raw
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from tasks.core import parts
from tasks.core.errors import StageError
from tasks.core.parts import Part
from tasks.core.records import Message, Record, Reply, Source
from tasks.labelling import chains, intents
from tasks.labelling.chains import Walk, called, hashed, link, meaning
from tasks.labelling.raw_records import View, offer
from tasks.labelling.shingles import I64, Documents, shingle
from tasks.languages import detection

LABEL = "index"
_BATCH = 500
_NUMBERS = {
    "uri": "<u4",
    "line": "<u4",
    "id": "<u8",
    "session": "<u8",
    "request": "<u8",
    "decision": "<u8",
    "chain": "<u8",
    "called": "<u8",
    "before": "<u4",
    "language": "<u1",
}
"""LogIndex of one number a row, in the order in which `_Rows.add` gathers them."""
_BEFORE = list(_NUMBERS).index("before")


class PartIndex(Record, frozen=True, kw_only=True):
    """One part, a column a field; byte columns hold little-endian integers, one a row."""

    ids: tuple[str, ...]
    timestamps: tuple[str, ...]
    uris: tuple[str, ...]
    """Distinct; `uri` points into it."""
    formats: tuple[str, ...]
    """Of each of `uris`."""
    uri: bytes
    line: bytes
    id: bytes
    session: bytes
    request: bytes
    """These three as hashes."""
    persons: tuple[str, ...]
    """Distinct; as in the invocations."""
    person: bytes
    """Two numbers a pair: a row, and one of its persons."""
    decision: bytes
    """Session, whole context and reply."""
    chain: bytes
    """Session, context without system messages, and reply."""
    called: bytes
    """What the reply called (`chains.called`)."""
    before: bytes
    """How many of `turns` are the row's."""
    languages: tuple[str, ...]
    """Distinct; `language` points into it."""
    language: bytes
    """Of what the user said first."""
    turns: bytes
    """Chains of the earlier assistant messages in each row's context."""
    results: bytes
    """What tools answered to those turns, as in `Walk`."""
    marks: bytes
    """Whether a later turn takes those turns back, as in `credit`."""
    leaves: bytes
    """Rows whose transcript no other row of the part continues; the columns below are theirs."""
    sizes: bytes
    shingles: bytes
    values: bytes
    """Negations said, calls made and tools offered, as one number; another one is another task."""
    names: bytes
    name_sizes: bytes
    """As in `Documents`: how many of `names` are each leaf's."""
    intents: tuple[str, ...]
    """Distinct; `intent` points into it."""
    intent: bytes
    """Of each decision in a leaf's transcript, the leaf's own last."""

    def place(self, row: int) -> Source:
        """Where a row was read."""
        at = int(column(self.uri, "u4")[row])
        line = int(column(self.line, "u4")[row])
        return Source(uri=self.uris[at], line=line, format=self.formats[at])


class _Invocation(View, frozen=True, kw_only=True):
    """An `Invocation` whose messages and tools, most of its bytes, are not parsed yet."""

    id: str
    source: Source
    timestamp: str
    session_id: str
    request_id: str
    messages: Raw
    tools: Raw = Raw(b"[]")
    response: Reply
    persons: tuple[str, ...] = ()


class _Leaf(NamedTuple):
    """A complete transcript, as far as the part tells."""

    context: Walk
    said: int
    """How much of what the context has read by now was said, done and asked before the reply."""
    done: int
    asks: int
    reply: Reply
    calls: bytes
    """Of the reply, by their meaning."""
    names: tuple[str, ...]
    """Of the tools that were offered, sorted."""

    def texts(self) -> list[str]:
        """What was said, text by text; last the exact calls in place, and what was offered."""
        calls = self.calls.decode()
        reply_texts = [text for text in (self.reply.content, calls) if text]
        shape = [*self.context.shape[: self.done], "a" + calls, *self.names]
        return [*self.context.said[: self.said], *reply_texts, "\n".join(shape)]

    def intents(self, turns: int) -> list[str]:
        """What the user wants at each of so many decisions, and at the reply."""
        calls = [*self.context.called[:turns], chains.names(self.reply.tool_calls)]
        return intents.intents(self.context.asks[: self.asks], calls, self.names)


def make(folder: Path, part: Part) -> PartIndex:
    """The index of one part of invocations.

    Raises:
        StageError: the part is gone, was changed, or holds something else.
    """
    rows = _Rows()
    try:
        for invocation in parts.read_part(folder, part, _Invocation):
            rows.add(invocation)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        place = f"{parts.part_path(folder, part)}:{len(rows.ids) + 1}"
        raise StageError(f"{place} is no Invocation: {error}; run `dvc checkout`") from error
    return rows.index()


def rows_of(found: Sequence[PartIndex], persons: Collection[str]) -> list[int]:
    """Rows, over all indexes, that one of the persons is in."""
    rows: list[int] = []
    start = 0
    for index in found:
        wanted = {at for at, name in enumerate(index.persons) if name in persons}
        if wanted:
            pairs = column(index.person, "u4").reshape(-1, 2).tolist()
            rows += [start + row for row, person in pairs if person in wanted]
        start += len(index.ids)
    return rows


def column(data: bytes, dtype: Any) -> NDArray[Any]:
    return np.frombuffer(data, np.dtype(dtype).newbyteorder("<"))


class _Rows:
    """Gathers columns; keeps a row only while nothing has continued its transcript."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.timestamps: list[str] = []
        self.places: dict[tuple[str, str], int] = {}
        self.persons: dict[str, int] = {}
        self.person: list[int] = []
        self.numbers: list[tuple[int, ...]] = []
        self.turns: list[int] = []
        self.results: list[int] = []
        self.marks: list[int] = []
        self.continued: set[int] = set()
        self.latest: dict[int, tuple[bytes, Walk | None]] = {}
        self.open: dict[int, dict[int, _Leaf]] = {}
        self.languages: dict[str, int] = {}

    def add(self, row: _Invocation) -> None:
        session = hashed(row.session_id)
        context = self._read(session, bytes(row.messages))
        calls = meaning(row.response.tool_calls)
        chain = link(context.end, "assistant", row.response.content, calls)
        place = (row.source.uri, row.source.format)
        spoken = detection.detect(context.asks[0][1]) if context.asks else ""
        self.numbers.append(
            (
                self.places.setdefault(place, len(self.places)),
                row.source.line,
                hashed(row.id),
                session,
                hashed(row.request_id),
                xxh3_64_intdigest(context.system.to_bytes(8, "little"), seed=chain),
                chain,
                called(row.response, calls),
                len(context.turns),
                self.languages.setdefault(spoken, len(self.languages)),
            )
        )
        self.turns += context.turns
        self.results += context.results
        self.marks += context.marked(row.response)
        for earlier in context.turns:
            if earlier not in self.continued:
                self.continued.add(earlier)
                self.open.pop(earlier, None)
        for name in row.persons:
            self.person += (len(self.ids), self.persons.setdefault(name, len(self.persons)))
        if chain not in self.continued:
            so_far = (len(context.said), len(context.shape), len(context.asks))
            names = offer(row.tools).names
            leaf = _Leaf(context, *so_far, row.response, calls, names)
            self.open.setdefault(chain, {})[len(self.ids)] = leaf
        self.ids.append(row.id)
        self.timestamps.append(row.timestamp)

    def _read(self, session: int, messages: bytes) -> Walk:
        """Most calls repeat the one before them, byte for byte, and only the rest is parsed."""
        prefix, walk = self.latest.get(session, _NOTHING)
        if walk and messages.startswith(prefix):
            messages, rest = messages[:-1], b"[" + messages[len(prefix) :].removeprefix(b",")
        else:
            walk = Walk(session)
            messages, rest = messages[:-1], messages
        walk.read(_messages.decode(rest))
        self.latest[session] = messages, walk
        return walk

    def index(self) -> PartIndex:
        leaves = {at: row for rows in self.open.values() for at, row in rows.items()}
        texts = {at: leaves[at].texts() for at in sorted(leaves)}
        documents = shingled(list(texts.values()))
        calls = np.array([xxh3_64_intdigest(t[-1].encode()) for t in texts.values()], np.uint64)
        small, large = np.dtype("<u4"), np.dtype("<u8")
        wanted = [name for at in texts for name in leaves[at].intents(self.numbers[at][_BEFORE])]
        distinct = {name: number for number, name in enumerate(sorted({*wanted}))}
        numbers = zip(*self.numbers, strict=True) if self.numbers else [()] * len(_NUMBERS)
        columns = {
            name: np.array(values, dtype).tobytes()
            for (name, dtype), values in zip(_NUMBERS.items(), numbers, strict=True)
        }
        return PartIndex(
            ids=tuple(self.ids),
            timestamps=tuple(self.timestamps),
            uris=tuple(uri for uri, _ in self.places),
            formats=tuple(form for _, form in self.places),
            languages=tuple(self.languages),
            persons=tuple(self.persons),
            person=np.array(self.person, small).tobytes(),
            turns=np.array(self.turns, large).tobytes(),
            results=np.array(self.results, np.uint8).tobytes(),
            marks=np.array(self.marks, np.uint8).tobytes(),
            leaves=np.array(list(texts), small).tobytes(),
            sizes=np.diff(documents.ends, prepend=0).astype(small).tobytes(),
            shingles=documents.shingles.astype(small).tobytes(),
            values=(documents.negations ^ calls).astype(large).tobytes(),
            names=documents.names.astype(small).tobytes(),
            name_sizes=np.diff(documents.name_ends, prepend=0).astype(small).tobytes(),
            intents=tuple(distinct),
            intent=np.array([distinct[name] for name in wanted], small).tobytes(),
            **columns,
        )


def shingled(texts: Sequence[Sequence[str]]) -> Documents:
    """Shingles of what was said; in batches, whose arrays stay small enough for the cache."""
    batches = [
        shingle([t[:-1] for t in texts[at : at + _BATCH]]) for at in range(0, len(texts), _BATCH)
    ]
    return Documents(
        np.concatenate([np.zeros(0, np.uint32), *(b.shingles for b in batches)]),
        _ends([b.ends for b in batches]),
        np.concatenate([np.zeros(0, np.uint64), *(b.negations for b in batches)]),
        np.concatenate([np.zeros(0, np.uint32), *(b.names for b in batches)]),
        _ends([b.name_ends for b in batches]),
    )


def _ends(ends: Sequence[I64]) -> I64:
    """Where each document ends, over all batches."""
    sizes = [np.diff(end, prepend=0) for end in ends]
    return np.cumsum(np.concatenate([np.zeros(0, np.int64), *sizes]), dtype=np.int64)


_NOTHING: tuple[bytes, None] = (b"", None)
_messages = msgspec.json.Decoder(tuple[Message, ...])
