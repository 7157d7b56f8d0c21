"""Sessions that went to a human: fed back as `escalated`, or asked for by the user."""

from pydantic import Field

from tasks.core.section import Section
from tasks.evidence.guardrails import Served

BETTER = "lower"


class Settings(Section):
    margin: float = Field(default=0.02, gt=0, lt=1)


def value(served: Served, _: Settings) -> float | None:
    """What was fed back, else 1 where the user asked for a human."""
    if "escalated" in served.feedback:
        return float(served.feedback["escalated"] > 0)
    return float(served.handed_over > 0) if served.replies else None


CASES: tuple[tuple[Served, float | None], ...] = (
    (Served(replies=2, feedback={"escalated": 1.0}), 1.0),
    (Served(replies=2, handed_over=1, feedback={"escalated": 0.0}), 0.0),
    (Served(replies=2, handed_over=1), 1.0),
    (Served(replies=1), 0.0),
    (Served(), None),
)
