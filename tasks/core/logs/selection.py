"""Applies `ingest.filter` to the calls of a run, and notices a name in it that no call has.

    filter: {any: [{field: metadata.domain, equals: weather}, {field: outcome, at_least: 0.5}]}

A filter that asks for outcomes depends on the feedback as a whole, so there new feedback has every
log read again.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tasks.core import parts, step
from tasks.core.errors import SettingsError
from tasks.core.logs.conditions import METADATA, OUTCOME, Call, Condition, compiled, fields
from tasks.core.parts import Part
from tasks.core.records import Feedback

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
    from tasks.core.sessions.decisions import join

    ledger = join(row for part in told for row in parts.read_part(folder, part, Feedback))
    sessions, requests = (
        {name: known.outcome for name, known in found.items() if known.outcome is not None}
        for found in (ledger.sessions, ledger.requests)
    )
    return sessions, requests
