"""The second pass over a part: every record with surrogates in place of what was found.

Where a surrogate was put, and for what kind of value, is written down for the audit.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from tasks.core.records import Feedback, Message, Reply, encode
from tasks.redaction import leak_scan, lines, names
from tasks.redaction.decode import Place, Walker
from tasks.redaction.fields import Fields
from tasks.redaction.finders import Finders
from tasks.redaction.kinds import Kind, Span, cut, holds_more, settle, unmistakable
from tasks.redaction.lines import Finding, Line, Past
from tasks.redaction.people import Mention, People
from tasks.redaction.session_index import Index, tokens_in, tokens_of
from tasks.redaction.session_values import SessionValues, decode_values
from tasks.redaction.sift import Sift, as_reply, unbroken
from tasks.redaction.surrogates import Surrogates

_SHORT = 40
"""Characters of a text that may well be a key."""


class Redactor:
    """A visitor that puts surrogates, writes down where, and who the record is about."""

    def __init__(self, finders: Finders, surrogates: Surrogates) -> None:
        self._find = finders.find
        self._has_model = finders.has_model
        self.texts = self.unread = 0
        """Texts that were searched, and those of them that no name model looked at."""
        self._surrogates = surrogates
        self.index: Index | None = None
        self.record = ""
        self.made: set[str] = set()
        self.findings: list[Finding] = []
        self.persons: set[Mention] = set()

    def plain(self, text: str, place: Place, start: int) -> str:
        self.texts += 1
        self.unread += not (self._has_model and names.is_looked_at(text))
        spans: Sequence[Span] = self._find(text)
        if self.index is not None and self.index.may_hold(
            tokens_of(text) if len(text) <= _SHORT else tokens_in(text)
        ):
            spans = settle([*self.index.find(text), *spans])
        return self._replace(text, spans, place, start) if spans else text

    def identifier(self, text: str, place: Place) -> str:
        if self.index is None or not self.index.may_hold(tokens_in(text)):
            return text
        return self._replace(text, settle(self.index.find(text)), place, 0)

    def whole(self, kind: Kind, text: str, place: Place) -> str:
        return self._replace(text, [Span(0, len(text), kind, "key")], place, 0)

    def person(self, text: str, key: str) -> None:
        self.persons.add(Mention(self._surrogates.person(text), key))

    def keep(self, text: str) -> None:
        """Nothing to do: the first pass has seen it."""

    def _replace(self, text: str, spans: Sequence[Span], place: Place, start: int) -> str:
        made: list[str] = []
        at = 0
        for span in spans:
            for part in self._cut(span, text[span.start : span.end]):
                value = text[part.start : part.end]
                made += [text[at : part.start], self._put(part, value, place, start + part.start)]
                at = part.end
        return "".join([*made, text[at:]])

    def _cut(self, span: Span, value: str) -> Sequence[Span]:
        """The span, or what it holds, each by its own kind."""
        if span.replacement is not None or not holds_more(span.kind, value):
            return (span,)
        of_session = self.index.find(value) if self.index is not None else []
        held = cut(span, value, [*of_session, *self._find(value)])
        return [s._replace(start=span.start + s.start, end=span.start + s.end) for s in held]

    def _put(self, span: Span, value: str, place: Place, start: int) -> str:
        surrogate = span.replacement or self._surrogates.of(span.kind, value)
        if surrogate == value:
            return value
        self.made.add(surrogate.lower())
        self.findings.append(
            Finding(
                record=self.record,
                path=".".join(place),
                type=span.kind.value,
                rule=span.rule,
                start=start,
                end=start + len(value),
                hash=self._surrogates.mark(span.kind, value),
            )
        )
        return surrogate


class _Done(NamedTuple):
    """A message that was redacted, and the people in it."""

    data: msgspec.Raw
    persons: frozenset[Mention]


_SYSTEM = b'"role":"system"}'
_NOBODY: frozenset[Mention] = frozenset()


class _Session(NamedTuple):
    own: Index
    both: Index
    """With what every session of the part shares."""
    done: dict[bytes, _Done]
    made: set[str]
    past: Past
    shown: list[_Done]
    """The messages of the past, as one list without its bracket at the end."""


class Rewriter:
    """Redacts the records of one part.

    Args:
        finders: what finds values in a text.
        fields: what keys say about values.
        surrogates: what makes surrogates.
        sift: what tells clean messages; of the first pass it remembers those.
        sessions: what is known of each session that the part touches, a `SessionValues` each.

    Raises (from `line` and `feedback`):
        LeakFound: something known is left in what was written.
        first_pass.FAILURES: the record cannot be searched whole, and must be refused.
    """

    def __init__(
        self,
        finders: Finders,
        fields: Fields,
        surrogates: Surrogates,
        sift: Sift,
        sessions: Mapping[str, msgspec.Raw],
    ) -> None:
        self._finders = finders
        self._surrogates = surrogates
        self._taught = {name: decode_values(taught) for name, taught in sessions.items()}
        self._redactor = Redactor(finders, surrogates)
        self._sift = sift
        self._walker = Walker(fields, self._redactor)
        self._tool_walker = Walker(Fields((), known=False), self._redactor)
        self._shared = Index(
            sorted(
                {
                    pair
                    for taught in self._taught.values()
                    for pair in _pairs(taught)
                    if unmistakable(*pair)
                }
            ),
            (),
            surrogates,
        )
        self._sessions: dict[str, _Session] = {}
        self.people = People()
        self._tools: dict[bytes, msgspec.Raw] = {}

    @property
    def findings(self) -> list[Finding]:
        """Every replacement so far."""
        return self._redactor.findings

    @property
    def read_by_model(self) -> dict[str, int]:
        """Texts that were searched, and how many of them no name model looked at."""
        return {"texts": self._redactor.texts, "unread": self._redactor.unread}

    def line(self, line: Line) -> Line:
        """The invocation without personal data and secrets, and with its people's hashes."""
        session = self._open(line.session(), line.id)
        persons: set[Mention] = set()
        tools = line.tools
        if isinstance(tools, msgspec.Raw):
            tools = self._definitions(bytes(tools))
        self._enter(session)
        metadata = line.metadata
        if isinstance(metadata, msgspec.Raw):
            shown = self._metadata(session, bytes(metadata))
            metadata = shown.data
            persons |= shown.persons
        done = session.done
        messages = self._messages(session, bytes(line.messages))
        persons |= messages.persons
        data = bytes(line.response)
        response = done.get(data) or self._said(session, data, ("response",))
        session_id, request_id = self._ids(session, line.session_id, line.request_id)
        return msgspec.structs.replace(
            line,
            session_id=session_id,
            request_id=request_id,
            messages=messages.data,
            tools=tools,
            response=response.data,
            metadata=metadata,
            persons=self.people.of(persons | response.persons),
        )

    def feedback(self, row: Feedback, session: str, record: str) -> Feedback:
        """Feedback without personal data and secrets.

        Args:
            row: the feedback.
            session: the session it is about.
            record: an id for the audit.
        """
        opened = self._open(session, record)
        self._enter(opened)
        value = row.value
        if isinstance(value, Reply):
            value = lines.reply(self._walker, value, ("value",))
            self._check(opened, leak_scan.all_text(value), ("value",))
        metric = self._walker.text(row.metric, ("metric",))
        session_id, request_id = self._ids(opened, row.session_id, row.request_id)
        return msgspec.structs.replace(
            row, session_id=session_id, request_id=request_id, metric=metric, value=value
        )

    def _open(self, name: str, record: str) -> _Session:
        self._redactor.record = record
        entry = self._sessions.get(name)
        if entry is None:
            taught = self._taught.get(name, SessionValues())
            own = Index(_pairs(taught), taught.kept, self._surrogates)
            entry = self._sessions[name] = _Session(
                own, own.beside(self._shared), {}, set(), Past(), []
            )
        return entry

    def _enter(self, session: _Session) -> None:
        self._redactor.index = session.both
        self._redactor.made = session.made
        self._redactor.persons = set()

    def _ids(self, session: _Session, session_id: str, request_id: str) -> tuple[str, str]:
        """Session and request id by what the session itself knows, so that feedback still joins."""
        self._redactor.index = session.own
        shown_session = self._walker.identifier(session_id, ("session_id",))
        shown_request = self._walker.identifier(request_id, ("request_id",))
        self._redactor.index = session.both
        return shown_session, shown_request

    def _messages(self, session: _Session, data: bytes) -> _Done:
        """All messages of a call; those that the session's last call carried are not opened."""
        repeated, new = session.past.rest(data)
        persons: set[Mention] = set()
        shown: list[bytes] = []
        if repeated:
            before = session.shown[0]
            persons |= before.persons
            shown.append(bytes(before.data)[1:])
        for number, spoken in enumerate(new, repeated):
            entry = session.done.get(spoken)
            if entry is None:
                entry = self._said(session, spoken, ("messages", str(number)))
            shown.append(bytes(entry.data))
            persons |= entry.persons
        made = b"[" + b",".join(shown)
        session.past.add(data, repeated + len(new))
        session.shown[:] = [_Done(msgspec.Raw(made), frozenset(persons))]
        return _Done(msgspec.Raw(made + b"]"), frozenset(persons))

    def _metadata(self, session: _Session, data: bytes) -> _Done:
        entry = session.done.get(data)
        if entry is None:
            self._redactor.persons = set()
            metadata = lines.ANY.decode(data)
            self.people.offered(metadata)
            for text in metadata.values():
                for span in self._finders.find(text):
                    if span.kind is Kind.EMAIL:
                        self._redactor.person(text[span.start : span.end], "")
            shown = msgspec.json.encode(self._walker.value(metadata, ("metadata",)), order="sorted")
            self._check(session, shown.decode(), ("metadata",))
            entry = _Done(msgspec.Raw(shown), frozenset(self._redactor.persons))
            session.done[data] = entry
        return entry

    def _said(self, session: _Session, data: bytes, place: Place) -> _Done:
        """A message or reply that the session did not say before in these bytes."""
        reply, head, tail = as_reply(data)
        if head:
            # A response was said as such before it was repeated as a message.
            entry = session.done.get(reply) or self._reworded(session, reply, True, place)
            session.done[reply] = entry
            entry = _Done(msgspec.Raw(head + bytes(entry.data)[1:-1] + tail), entry.persons)
        else:
            entry = self._reworded(session, data, place[0] == "response", place)
        session.done[data] = entry
        return entry

    def _reworded(self, session: _Session, data: bytes, is_reply: bool, place: Place) -> _Done:
        if self._sift.is_clean(data) and not session.both.may_hold(_words(data)):
            return _Done(msgspec.Raw(data), _NOBODY)
        self._redactor.persons = set()
        spoken: Message | Reply
        if is_reply:
            spoken = lines.reply(self._walker, lines.REPLY.decode(data), place)
        else:
            spoken = lines.message(self._walker, lines.MESSAGE.decode(data), place)
        self._check(session, leak_scan.all_text(spoken), place)
        # What a system message shows as an example is about nobody in the session.
        example = isinstance(spoken, Message) and spoken.role == "system"
        persons = _NOBODY if example else frozenset(self._redactor.persons)
        return _Done(msgspec.Raw(encode(spoken)), persons)

    def _definitions(self, data: bytes) -> msgspec.Raw:
        """Tools, by patterns alone: they are the same for every session and have to stay so."""
        entry = self._tools.get(data)
        if entry is None:
            self._redactor.index = None
            shown = self._tool_walker.value(lines.ANY.decode(data), ("tools",))
            entry = self._tools[data] = msgspec.Raw(msgspec.json.encode(shown, order="sorted"))
        return entry

    def _check(self, session: _Session, text: str, place: Place) -> None:
        kind = leak_scan.leak_in(text, session.both, session.made)
        if kind is not None:
            raise leak_scan.LeakFound(kind, ".".join(place), self._redactor.record)


def _words(data: bytes) -> Iterable[str]:
    """Words of all texts of a clean message, and of whatever stands between them."""
    flat = unbroken(data)
    text = flat.decode() if flat is not None else leak_scan.all_text(lines.SPOKEN.decode(data))
    # What the system says is the same in every session of an agent.
    return tokens_of(text) if data.endswith(_SYSTEM) else tokens_in(text)


def _pairs(taught: SessionValues) -> list[tuple[Kind, str]]:
    return [(_KINDS[name], text) for name, texts in taught.values.items() for text in texts]


_KINDS = {kind.value: kind for kind in Kind}
