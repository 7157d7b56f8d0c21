"""Tokens that a session took, read and written, as a share of a cap."""

from pydantic import Field

from tasks.core.section import Section
from tasks.evidence.guardrails import Served

BETTER = "lower"


class Settings(Section):
    margin: float = Field(default=0.05, gt=0, lt=1)
    cap_tokens: int = Field(default=50_000, gt=0)
    """More count as it."""


def value(served: Served, settings: Settings) -> float | None:
    """Tokens over the cap, at most 1."""
    return min(1.0, served.tokens / settings.cap_tokens) if served.replies else None


CASES: tuple[tuple[Served, float | None], ...] = (
    (Served(replies=1, tokens=5000), 0.1),
    (Served(replies=1, tokens=80_000), 1.0),
    (Served(), None),
)
