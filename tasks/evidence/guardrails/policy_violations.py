"""Sessions in which a reply broke a rule of `serve.checks`."""

from pydantic import Field

from tasks.core.section import Section
from tasks.evidence.guardrails import Served

BETTER = "lower"


class Settings(Section):
    margin: float = Field(default=0.005, gt=0, lt=1)


def value(served: Served, _: Settings) -> float | None:
    """1 where any reply of the session broke a rule; None where none was held against rules."""
    return float(served.violations > 0) if served.checked else None


CASES: tuple[tuple[Served, float | None], ...] = (
    (Served(replies=3, checked=3, violations=1), 1.0),
    (Served(replies=3, checked=3), 0.0),
    (Served(replies=3), None),
    (Served(), None),
)
