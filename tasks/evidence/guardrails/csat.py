"""Customer satisfaction that was fed back as `csat`, on the scale that it was asked on."""

from pydantic import Field

from tasks.core.section import Section
from tasks.evidence.guardrails import Served

BETTER = "higher"


class Settings(Section):
    margin: float = Field(default=0.02, gt=0, lt=1)
    lowest: float = 1.0
    highest: float = 5.0


def value(served: Served, settings: Settings) -> float | None:
    """Where the answer lies between lowest and highest; None where the user gave none."""
    if "csat" not in served.feedback:
        return None
    span = settings.highest - settings.lowest
    return min(1.0, max(0.0, (served.feedback["csat"] - settings.lowest) / span))


CASES: tuple[tuple[Served, float | None], ...] = (
    (Served(feedback={"csat": 4.0}), 0.75),
    (Served(feedback={"csat": 9.0}), 1.0),
    (Served(replies=2), None),
)
