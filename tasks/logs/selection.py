"""Applies `ingest.filter` to the calls of a run, and notices a name in it that no call has.

    filter: {any: [{field: metadata.domain, equals: weather}, {field: outcome, at_least: 0.5}]}

A filter that asks for outcomes depends on the feedback as a whole, so there new feedback has every
log read again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tasks.core import parts, step
from tasks.core.conditions import METADATA, OUTCOME, Condition, fields
from tasks.core.errors import SettingsError
from tasks.core.parts import Part
from tasks.core.records import Feedback, Invocation
from tasks.logs.sealed import Sealed

Call = Sealed | Invocation
Outcome = Callable[[str, str], float | None]
"""Outcome of a call, by its session and its request; None where nothing is known."""


_READERS: dict[str, Callable[[Call], Any]] = {
    "time": lambda call: call.timestamp,
    "model": lambda call: call.model,
    "session_id": lambda call: call.session_id,
    "request_id": lambda call: call.request_id,
    "finish_reason": lambda call: call.finish_reason or None,
    "latency_ms": lambda call: call.latency_ms,
    "input_tokens": lambda call: call.usage.input_tokens,
    "output_tokens": lambda call: call.usage.output_tokens,
    "format": lambda call: call.source.format,
    "uri": lambda call: call.source.uri,
}
KEYS = "metadata"
LISTED = 50
"""Names of metadata that are remembered of an object, beside those that the filter asks for."""


class Chooser:
    """Chooses the calls of one object and notes which metadata they have."""

    def __init__(self, selection: "Selection") -> None:
        self._wanted = selection.wanted
        self._asked = selection.keys
        self._seen: set[str] = set()

    def keep(self, call: Call) -> bool:
        names = call.metadata.keys()
        self._seen |= names & self._asked if len(self._seen) > LISTED else names
        return self._wanted(call)

    def seen(self) -> list[str]:
        """Names of metadata, of the first calls all and of the others those that were asked for."""
        return sorted(self._seen)


class Selection:
    """The filter of one run.

    Args:
        condition: what is asked.
        folder: where parts are.
        told: the parts with all feedback.
    """

    def __init__(self, condition: Condition, folder: Path, told: Sequence[Part]) -> None:
        asked = list(fields(condition))
        self.keys = frozenset(
            one.field.removeprefix(METADATA)
            for one in asked
            if one.field and one.field.startswith(METADATA)
        )
        # A call without the name is what `exists` may ask for.
        self._needed = {
            one.field.removeprefix(METADATA)
            for one in asked
            if one.field and one.field.startswith(METADATA) and one.exists is None
        }
        of_outcomes = any(one.field == OUTCOME for one in asked)
        self.key = step.fingerprint(
            condition.model_dump_json(), *(part.sha256 for part in told if of_outcomes)
        )
        sessions, requests = _outcomes(folder, told) if of_outcomes else ({}, {})

        def outcome(session: str, request: str) -> float | None:
            own = requests.get(request)
            return sessions.get(session) if own is None else own

        self.wanted = compiled(condition, outcome)

    def check(self, made: Iterable[Part]) -> None:
        """Refuse a filter that asks for metadata which no call of the run has.

        Raises:
            SettingsError: it names the key and those that there are.
        """
        seen = {name for part in made for name in part.info.get(KEYS, ())}
        unknown = sorted(self._needed - seen)
        if unknown:
            known = ", ".join(METADATA + name for name in sorted(seen)) or "no metadata at all"
            raise SettingsError(
                f"ingest.filter: no call has {', '.join(METADATA + name for name in unknown)}; the "
                f"logs have {known}. Correct the name in params.yaml; nothing was committed"
            )


def _outcomes(folder: Path, told: Sequence[Part]) -> tuple[dict[str, float], dict[str, float]]:
    """Session and request to its outcome."""
    from tasks.labelling.decisions import join

    ledger = join(row for part in told for row in parts.read_part(folder, part, Feedback))
    sessions, requests = (
        {name: known.outcome for name, known in found.items() if known.outcome is not None}
        for found in (ledger.sessions, ledger.requests)
    )
    return sessions, requests


def compiled(condition: Condition, outcome: Outcome) -> Callable[[Call], bool]:
    """Whether a call is wanted."""
    if condition.all is not None:
        every = [compiled(one, outcome) for one in condition.all]
        return lambda call: all(wanted(call) for wanted in every)
    if condition.any is not None:
        some = [compiled(one, outcome) for one in condition.any]
        return lambda call: any(wanted(call) for wanted in some)
    if condition.not_ is not None:
        unwanted = compiled(condition.not_, outcome)
        return lambda call: not unwanted(call)
    read = _reader(condition.field or "", outcome)
    tests = list(_tests(condition))
    absent = condition.exists is False

    def wanted(call: Call) -> bool:
        value = read(call)
        if value is None or absent:
            return value is None and absent
        return all(test(value) for test in tests)

    return wanted


def _reader(field: str, outcome: Outcome) -> Callable[[Call], Any]:
    if field == OUTCOME:
        return lambda call: outcome(call.session_id, call.request_id)
    if field.startswith(METADATA):
        key = field.removeprefix(METADATA)
        return lambda call: call.metadata.get(key)
    return _READERS[field]


def _tests(asked: Condition) -> Iterator[Callable[[Any], bool]]:
    if asked.equals is not None:
        expected = _text(asked.equals)
        yield lambda value: _text(value) == expected
    if asked.one_of is not None:
        texts = frozenset(map(_text, asked.one_of))
        yield lambda value: _text(value) in texts
    if (pattern := asked.matches) is not None:
        yield lambda value: fnmatchcase(_text(value), pattern)
    if (least := asked.at_least) is not None:
        yield lambda value: (number := _number(value)) is not None and number >= least
    if (bound := asked.below) is not None:
        yield lambda value: (number := _number(value)) is not None and number < bound
    if (first := asked.since) is not None:
        yield lambda value: value >= first
    if (end := asked.until) is not None:
        yield lambda value: value < end


def _text(value: Any) -> str:
    """As metadata have it: a log's `true` is that text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
