"""Puts stand-ins where something was found or is known, and writes down where, for the audit."""

from collections.abc import Sequence

from tasks.redaction.decode import Place
from tasks.redaction.finders import Finders
from tasks.redaction.kinds import Kind, Span, settle
from tasks.redaction.known import Index, tokens_in, tokens_of
from tasks.redaction.lines import Finding
from tasks.redaction.mixed import cut, holds_more
from tasks.redaction.people import Mention
from tasks.redaction.surrogates import Surrogates

_SHORT = 40
"""Characters of a text that may well be a key."""


class Redactor:
    """A visitor that puts stand-ins, writes down where, and who the record is about."""

    def __init__(self, finders: Finders, surrogates: Surrogates) -> None:
        self._find = finders.find
        self._surrogates = surrogates
        self.index: Index | None = None
        self.record = ""
        self.made: set[str] = set()
        self.findings: list[Finding] = []
        self.persons: set[Mention] = set()

    def plain(self, text: str, place: Place, start: int) -> str:
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
        known = self.index.find(value) if self.index is not None else []
        held = cut(span, value, [*known, *self._find(value)])
        return [s._replace(start=span.start + s.start, end=span.start + s.end) for s in held]

    def _put(self, span: Span, value: str, place: Place, start: int) -> str:
        stand_in = span.replacement or self._surrogates.of(span.kind, value)
        if stand_in == value:
            return value
        self.made.add(stand_in.lower())
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
        return stand_in
