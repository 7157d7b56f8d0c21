"""Notices records that are dated after they were written: a clock that ran ahead.

    {"latest": "2026-11-03T14:20:29Z"}      in the info of an object's parts

Nothing is refused for its time. Late data are read whenever they come, and no step follows the
order of times across sessions; but of several values of one metric the latest counts, so feedback
from a clock that is years ahead would hold against every later one. That is told.

What an object holds is a fact of it and stands in the manifest; what is ahead is judged by the time
at which the object was written, or where that is not known by this machine's clock, and only said.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from tasks.core.parts import Manifest
from tasks.core.records import Feedback, Invocation
from tasks.logs.intake import Outcome
from tasks.logs.sealed import Sealed
from tasks.logs.sources import LogObject

LATEST = "latest"
SKEW = 86_400
"""Seconds by which clocks may differ; a time written without its zone is off by less."""

_DATED = (Sealed, Invocation, Feedback)


class Latest:
    """Notes the latest time among the records that pass."""

    def __init__(self) -> None:
        self._moment = ""

    def passing(self, found: Iterable[Outcome]) -> Iterator[Outcome]:
        """The outcomes as they are."""
        for outcome in found:
            if isinstance(outcome, _DATED) and outcome.timestamp > self._moment:
                self._moment = outcome.timestamp
            yield outcome

    def info(self) -> dict[str, str]:
        """What a part says of its object."""
        return {LATEST: self._moment} if self._moment else {}


def lines(
    before: Manifest | None, made: Manifest, objects: Mapping[str, LogObject], now: float
) -> list[str]:
    """What a person should be told of the objects that are new or changed, a line or none."""
    had = {part.info["sha256"] for part in before.parts} if before else set()
    ahead = {
        part.info["uri"]: part.info[LATEST]
        for part in made.parts
        if LATEST in part.info and part.info["sha256"] not in had
        if _seconds(part.info[LATEST]) > _written(objects[part.info["uri"]], now) + SKEW
    }
    if not ahead:
        return []
    first = min(ahead)
    return [
        f"{len(ahead)} log objects hold records that are dated more than a day after the object "
        f"was written, first {first} ({ahead[first]}): correct the clock that wrote them; of "
        "several values of one metric the latest counts"
    ]


def _written(found: LogObject, now: float) -> float:
    return min(found.modified or now, now)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
