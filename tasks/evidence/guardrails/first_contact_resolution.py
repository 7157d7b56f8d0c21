"""Sessions after which nobody came back, fed back as `first_contact_resolution`."""

from pydantic import Field

from tasks.core.section import Section
from tasks.evidence.guardrails import Served

BETTER = "higher"


class Settings(Section):
    margin: float = Field(default=0.02, gt=0, lt=1)


def value(served: Served, _: Settings) -> float | None:
    """1 where it was fed back as true; None where nothing was."""
    if "first_contact_resolution" not in served.feedback:
        return None
    return float(served.feedback["first_contact_resolution"] > 0)


CASES: tuple[tuple[Served, float | None], ...] = (
    (Served(feedback={"first_contact_resolution": 1.0}), 1.0),
    (Served(feedback={"first_contact_resolution": 0.0}), 0.0),
    (Served(replies=2), None),
)
