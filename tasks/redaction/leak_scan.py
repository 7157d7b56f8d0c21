"""Looks for what must not be there in what was written, without the path that wrote it.

    left("to mia_li_3668", index, made)          Kind.PERSON_ID, which the session knows
    left("bWlhX2xpXzM2Njg6IHllcw", index, made)  the same, in base64

The rewriting follows keys and opens encodings where they stand; this reads the finished text flat
and every reading of it, so that what the walker never came to is seen here: known values, secrets
that have a form of their own, and addresses of mail. A hit is a fault of ours: nothing is
committed, or, as `redact.leak_scan` has it by default, the record is a counted reject.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from urllib.parse import unquote

import msgspec

from tasks.core.errors import StageError
from tasks.core.records import Message, Reply
from tasks.redaction import cues, lines, personal, secrets
from tasks.redaction.encodings import base64_in
from tasks.redaction.kinds import Kind, Span
from tasks.redaction.rules import RuleSet
from tasks.redaction.session_index import Index, same_length_lower, tokens_in
from tasks.redaction.surrogates import MAIL_DOMAIN, SECRET_FORM

LEAST = 4
"""Characters of a value that is searched; shorter ones stand in too many words."""

_MOST_READINGS = 200
_ESCAPE = re.compile(r"\\+(?:u[0-9a-fA-F]{4}|(.))", re.S)


class LeakFound(StageError):
    """Something known is left in a record.

    Args:
        kind: of the value.
        place: in the record.
        record: its id.
    """

    def __init__(self, kind: Kind, place: str, record: str) -> None:
        super().__init__(
            f"a {kind} that is known is left in {place} of record {record} after redaction; "
            "nothing was committed. Keep the record and report it: its form is one that redaction "
            "does not open. `redact.leak_scan: reject` in params.yaml leaves such records out"
        )
        self._told = (kind, place, record)
        self.detail = f"{kind} in {place}"

    def __reduce__(self) -> tuple[type["LeakFound"], tuple[Kind, str, str]]:
        """It may come from a worker."""
        return type(self), self._told


def all_text(said: Message | Reply | lines.Spoken) -> str:
    """All of a message that redaction answers for, as text: not the names of tools."""
    parts = [said.content]
    for call in said.tool_calls:
        parts += [msgspec.json.encode(call.arguments).decode(), call.id, call.raw_arguments]
    if not isinstance(said, Reply):
        parts.append(said.tool_call_id)
    return "\n".join(parts)


def leak_in(text: str, index: Index, made: Iterable[str]) -> Kind | None:
    """Kind of a known value that still stands in the text, or None.

    Args:
        text: what was written.
        index: what is known.
        made: lower-case surrogates that were written; one may look like a value by chance.
    """
    allowed = frozenset(made)
    for reading in map(_without_secrets, _readings(text)):
        if index.may_hold(tokens_in(reading)):
            for span in index.find(reading, sure=True):
                found = same_length_lower(reading[span.start : span.end])
                if len(found) >= LEAST and not _is_in(reading, span, allowed):
                    return span.kind
        for span in _formed().find(reading):
            found = same_length_lower(reading[span.start : span.end])
            if not any(_is_of(surrogate, found) for surrogate in allowed):
                return span.kind
    return None


def _is_in(reading: str, span: Span, surrogates: frozenset[str]) -> bool:
    """Whether what looks like a value is in a surrogate that was written under the key."""
    lower = same_length_lower(reading)
    value = lower[span.start : span.end]
    for surrogate in surrogates:
        at = surrogate.find(value)
        while at >= 0:
            start = span.start - at
            if start >= 0 and lower.startswith(surrogate, start):
                return True
            at = surrogate.find(value, at + 1)
    return False


def _is_of(surrogate: str, found: str) -> bool:
    """Whether what was found is a surrogate, a part of one, or a mail's with letters behind it."""
    return found in surrogate or (MAIL_DOMAIN in surrogate and surrogate in found)


def _without_secrets(reading: str) -> str:
    """`<SECRET_K7Q2M5XNBA>` is no secret, whoever is called so."""
    return SECRET_FORM.sub("<>", reading) if "<" in reading else reading


def _readings(text: str) -> Iterator[str]:
    """The text with escapes opened, and whatever is URL-encoded or base64 in it, and in that."""
    waiting = [text]
    for _ in range(_MOST_READINGS):
        if not waiting:
            return
        one = waiting.pop()
        flat = _ESCAPE.sub(_opened, one) if "\\" in one else one
        yield flat
        if "%" in one and (decoded := unquote(one, errors="replace")) != one:
            waiting.append(decoded)
        waiting += base64_in(flat)


@cache
def _formed() -> RuleSet:
    """Rules whose finding no surrogate and no ordinary text can be."""
    email = [rule for rule in personal.RULES if rule.kind is Kind.EMAIL]
    formed = [rule for rule in secrets.RULES if rule.group == 0 and rule not in cues.RULES]
    return RuleSet([*formed, *email])


def _opened(match: re.Match[str]) -> str:
    r"""A break between words for `\n` and `\"`; a letter for a character outside of ASCII."""
    return "\n" if match[1] else "ª"
