"""The longest that the user waited for a reply, as a share of a cap."""

from pydantic import Field

from tasks.core.section import Section
from tasks.evidence.guardrails import Served

BETTER = "lower"


class Settings(Section):
    margin: float = Field(default=0.05, gt=0, lt=1)
    cap_ms: float = Field(default=30_000, gt=0)
    """Waits beyond it count as it."""


def value(served: Served, settings: Settings) -> float | None:
    """Slowest reply over the cap, at most 1."""
    return min(1.0, served.slowest_ms / settings.cap_ms) if served.replies else None


CASES: tuple[tuple[Served, float | None], ...] = (
    (Served(replies=1, slowest_ms=3000), 0.1),
    (Served(replies=1, slowest_ms=90_000), 1.0),
    (Served(), None),
)
