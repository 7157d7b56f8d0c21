"""Lists the objects that a run is to read, each once, and what each is to be read as."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tasks.core.curation_settings import IngestSettings
from tasks.core.errors import SettingsError, SourceError
from tasks.logs import sources
from tasks.logs.intake import FEEDBACK
from tasks.logs.sources import LogObject

HoldsRecords = Callable[[str, str], bool]
"""Whether an object of this uri holds records of the format with this name."""


class Wanted(NamedTuple):
    """An object and what it is to be read as: a format's name, `auto` or `feedback`."""

    found: LogObject
    format: str


def plan(
    settings: IngestSettings, target: Path, holds_records: HoldsRecords
) -> tuple[list[Wanted], int]:
    """Each object once, as the most specific uri above it says, and how many hold no records.

    Raises:
        SettingsError: one uri is named as two things, or holds `target`.
        SourceError: a source is missing or empty, or cannot be listed.
    """
    asked = {(sources.canonical(log.uri), log.format) for log in settings.sources}
    asked |= {(sources.canonical(uri), FEEDBACK) for uri in settings.feedback}
    _no_conflict(asked, target)
    chosen: dict[str, Wanted] = {}
    skipped = 0
    for root, name in sorted(asked, key=lambda pair: len(pair[0])):
        found = sources.objects_below(root)
        others = [one for one in found if name != FEEDBACK and not holds_records(one.uri, name)]
        if len(found) == len(others) and name != FEEDBACK:
            raise SourceError(
                f"no log files under {root}: expected files of JSON lines, plain or gzip, in any "
                "depth; put logs there or correct `ingest.sources` in params.yaml"
            )
        skipped += len(others)
        chosen |= {one.uri: Wanted(one, name) for one in found if one not in others}
    return [chosen[uri] for uri in sorted(chosen)], skipped


def _no_conflict(asked: set[tuple[str, str]], target: Path) -> None:
    named: dict[str, str] = {}
    for root, name in sorted(asked):
        if named.setdefault(root, name) != name:
            raise SettingsError(
                f"ingest: {root} is named as {named[root]} and as {name}; expected one of them, so "
                "remove one, or give feedback a folder of its own"
            )
        if "://" not in root and target.resolve().is_relative_to(Path(root).resolve()):
            raise SettingsError(
                f"ingest: {root} holds {target}, which this stage writes; name the folder of the "
                "logs alone"
            )
