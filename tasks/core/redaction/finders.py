"""All that can be found in one text by itself, searched once for each distinct text."""

import re
from collections.abc import Iterable
from functools import lru_cache

from tasks.core.redaction import personal, secrets
from tasks.core.redaction.fields import Fields, is_placeholder, whole
from tasks.core.redaction.kinds import Kind, Span
from tasks.core.redaction.names import Names
from tasks.core.redaction.national import National
from tasks.core.redaction.rules import Rule, RuleSet
from tasks.core.settings import RedactSettings

_ASSIGNED = r"[\"']?([A-Za-z_][\w-]{1,40})[\"']?\s{0,2}[:=]\s{0,2}(?:\"[^\"\n]{1,200}\"|'[^'\n]{1,200}')"
"""A quoted value behind a key in text that is no JSON: `{'email': 'a@b.c'}`, `f(email="a@b.c")`."""

_QUOTED = re.compile(r"[\"']?([\w-]+)[\"']?\s*[:=]\s*([\"'])(.*)\2$", re.S)
_RESULTS_KEPT = 50_000


class Finders:
    """The patterns, Presidio and the name model as one, with what they found remembered."""

    def __init__(self, settings: RedactSettings) -> None:
        import re2

        rules = [*secrets.RULES, *personal.RULES, *_person_rules(settings.person_keys)]
        self._rules = RuleSet([r for r in rules if r.score >= settings.min_confidence])
        self._national = National(settings.min_confidence)
        self._names = Names(settings.ner_model) if settings.ner_model else None
        self._fields = Fields(settings.person_keys)
        self._assigned = re2.compile(_ASSIGNED)
        self.find = lru_cache(maxsize=_RESULTS_KEPT)(self._find)

    def _find(self, text: str) -> tuple[Span, ...]:
        """Findings of every finder; they may overlap."""
        if len(text) < 4:
            return ()
        found = [*self._rules.find(text), *self._assignments(text)]
        if len(text) > 8:
            found += self._national.find(text)
        if self._names is not None:
            found += self._names.find(text)
        return tuple(found)

    def _assignments(self, text: str) -> Iterable[Span]:
        if ("'" not in text and '"' not in text) or (":" not in text and "=" not in text):
            return
        for match in self._assigned.finditer(text):
            parts = _QUOTED.match(match[0])
            if parts is None:
                continue
            kind = whole(self._fields.of(parts[1]), parts[3])
            if kind is not None:
                start = match.start() + parts.start(3)
                yield Span(start, start + len(parts[3]), kind, "assigned")


def _person_rules(keys: Iterable[str]) -> list[Rule]:
    """`My user ID is mia_li_3668`, for the key `user_id`."""
    words = sorted({"[ _-]?".join(re.findall(r"[A-Za-z0-9]+", key)) for key in keys})
    words = [word for word in words if "id" in word.lower() or "number" in word.lower()]
    if not words:
        return []
    return [
        Rule(
            "person-id-said",
            Kind.PERSON_ID,
            rf"(?i)\b(?:{'|'.join(words)})\b[^\w\n]{{0,6}}(?:(?:is|it's|its|which is|it is)\b)?"
            r"[^\w\n]{0,4}([\p{L}\p{N}][\p{L}\p{N}_.@-]{2,60}[\p{L}\p{N}])",
            1,
            _is_id,
        )
    ]


def _is_id(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Keep what is no word: it has a digit or joins words by an underscore."""
    value = text[start:end]
    if is_placeholder(value) or not (any(c.isdigit() for c in value) or "_" in value):
        return None
    return start, end
