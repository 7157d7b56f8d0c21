"""Sessions in which a reply had a call that no client can read."""

from pydantic import Field

from tasks.core.section import Section
from tasks.evidence.guardrails import Served

BETTER = "lower"


class Settings(Section):
    margin: float = Field(default=0.005, gt=0, lt=1)


def value(served: Served, _: Settings) -> float | None:
    """1 where any reply of the session had such a call."""
    return float(served.parse_errors > 0) if served.replies else None


CASES: tuple[tuple[Served, float | None], ...] = (
    (Served(replies=2, parse_errors=2), 1.0),
    (Served(replies=2), 0.0),
    (Served(), None),
)
