"""Counts the calls of a log object that name their session by the key that is asked for.

    Naming("session_id").info()   {"records": 851, "named": 851, "nameless": 0, "metadata": []}

Names of metadata are noted of calls without the key alone: they are the answer to what it should
have been.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from tasks.logs.intake import CALLS, Outcome

SESSIONS = "sessions"
LISTED = 50
"""Names of metadata that are remembered of an object."""


class Naming:
    """Looks at the calls that pass.

    Args:
        key: name of the metadata that names the session.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._records = 0
        self._named = 0
        self._nameless = 0
        self._metadata: set[str] = set()

    def passing(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """The outcomes as they are."""
        key = self._key
        for outcome in outcomes:
            if isinstance(outcome, CALLS):
                self._records += 1
                if outcome.metadata.get(key):
                    self._named += 1
                else:
                    self._nameless += outcome.session_id in ("", outcome.request_id)
                    if len(self._metadata) < LISTED:
                        self._metadata.update(outcome.metadata)
            yield outcome

    def info(self) -> dict[str, Any]:
        """What the object's first part says of it: `nameless` calls are a session of their own."""
        return {
            "records": self._records,
            "named": self._named,
            "nameless": self._nameless,
            "metadata": sorted(self._metadata)[:LISTED],
        }
