"""What the user's next turn tells: rephrased, complained, asked for a human.

Weaker than feedback: it is read by rules from what the user wrote (`tasks.evidence.turn_signals`).
"""

from pydantic import Field

from tasks.core.section import Section
from tasks.evidence.guardrails import Served

BETTER = "lower"


class Settings(Section):
    margin: float = Field(default=0.02, gt=0, lt=1)


def value(served: Served, _: Settings) -> float | None:
    """1 where any turn of the user tells of a reply that did not help."""
    told = served.rephrased + served.complained + served.handed_over
    return float(told > 0) if served.replies else None


CASES: tuple[tuple[Served, float | None], ...] = (
    (Served(replies=3, rephrased=1), 1.0),
    (Served(replies=1, complained=2), 1.0),
    (Served(replies=3), 0.0),
    (Served(), None),
)
