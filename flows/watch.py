"""Tell Prefect when log files arrive, so that the deployment `new-logs` starts a run."""

import time
from collections.abc import Callable
from pathlib import Path

from prefect.events import emit_event

from tasks.core.errors import SourceError
from tasks.core.settings import PARAMS_FILE, load
from tasks.core.sources import objects_below

EVENT = "ratchet.logs.arrived"


def watch(folder: Path, *, every_s: float, check: Callable[[], None]) -> None:
    """Look at the sources every `every_s` seconds and emit one event for each new object.

    Relative uris start in the current folder, which must be the workspace.
    Objects that stand there at the start are old news: the nightly run and the sweep take them.
    `check` is called before each look and ends the watch by raising.
    """
    known = _objects(folder)
    while True:
        check()
        time.sleep(every_s)
        now = _objects(folder)
        for uri in sorted(now - known):
            emit_event(
                event=EVENT,
                resource={"prefect.resource.id": f"ratchet.logs.{folder.resolve().name}"},
                payload={"uri": uri[0], "etag": uri[1]},
            )
        known = now


def _objects(folder: Path) -> set[tuple[str, str]]:
    settings = load(folder / PARAMS_FILE).ingest
    found: set[tuple[str, str]] = set()
    for uri in (*(source.uri for source in settings.sources), *settings.feedback):
        try:
            found |= {(item.uri, item.etag) for item in objects_below(uri)}
        except SourceError:  # an empty landing folder is no fault of a watcher that waits for files
            continue
    return found
