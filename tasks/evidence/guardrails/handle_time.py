"""Seconds that a session took to handle, fed back as `handle_time`, over a cap."""

from pydantic import Field

from tasks.core.section import Section
from tasks.evidence.guardrails import Served

BETTER = "lower"


class Settings(Section):
    margin: float = Field(default=0.05, gt=0, lt=1)
    cap_s: float = Field(default=1800, gt=0)
    """Longer ones count as it."""


def value(served: Served, settings: Settings) -> float | None:
    """Seconds over the cap, at most 1; None where none were fed back."""
    if "handle_time" not in served.feedback:
        return None
    return min(1.0, max(0.0, served.feedback["handle_time"]) / settings.cap_s)


CASES: tuple[tuple[Served, float | None], ...] = (
    (Served(feedback={"handle_time": 180.0}), 0.1),
    (Served(feedback={"handle_time": 9000.0}), 1.0),
    (Served(replies=2), None),
)
