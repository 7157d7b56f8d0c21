"""Tell Prefect when log files arrive, so that the deployment `new-logs` starts a run.

An event can be lost between its sender and the automation that waits for it (a server that is
restarting, one that has not read its automations yet). So it is posted where the server confirms
it, and posted again until the deployment has made a run.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.events import Event, Resource
from prefect.exceptions import ObjectNotFound

from tasks.core import step
from tasks.core.curation_settings import PARAMS_FILE
from tasks.core.errors import SourceError
from tasks.core.settings import load
from tasks.logs.etags import Etags
from tasks.logs.sources import objects_below

EVENT = "ratchet.logs.arrived"
DEPLOYMENT = "curate/new-logs"
AGAIN_S = 45.0
"""Until an event that led to no run is posted again; longer than the trigger's window of 30 s."""


class Seen(NamedTuple):
    uri: str
    etag: str


class Announced(NamedTuple):
    """Objects that no run has been made for."""

    objects: frozenset[Seen]
    runs: int
    """Of the deployment, before they were announced."""
    at: float
    """Monotonic clock, seconds."""


def watch(folder: Path, *, every_s: float, check: Callable[[], None]) -> None:
    """Look at the sources every `every_s` seconds and announce each new object.

    Relative uris start in the current folder, which must be the workspace. New at the start is
    what no run has read; so nothing is missed that came while nobody was watching.
    `check` is called before each look and ends the watch by raising.
    """
    ledger = Etags(folder / "data" / step.FOLDERS["ingest"])
    known = frozenset(seen for seen in _objects(folder) if ledger.sha256(seen.uri, seen.etag))
    pending: Announced | None = None
    while True:
        check()
        now = _objects(folder)
        with get_client(sync_client=True) as client:
            pending = follow(client, folder, now - known, pending)
        known = now
        time.sleep(every_s)


def follow(
    client: SyncPrefectClient, folder: Path, arrived: frozenset[Seen], pending: Announced | None
) -> Announced | None:
    """Announce what arrived, and again what led to no run; returns what is still to be followed."""
    if not arrived and pending is None:
        return None
    runs = _runs(client)
    if pending and runs is not None and runs > pending.runs:
        pending = None  # the run takes up all that is new, whichever event started it
    if arrived:
        announce(client, folder, arrived)
    elif pending and time.monotonic() - pending.at >= AGAIN_S:
        announce(client, folder, pending.objects)
    else:
        return pending
    if runs is None:
        return None
    return Announced(arrived | (pending.objects if pending else set()), runs, time.monotonic())


def announce(client: SyncPrefectClient, folder: Path, objects: Iterable[Seen]) -> None:
    """Post one event for each object; returns once the server has taken them."""
    resource = Resource({"prefect.resource.id": f"ratchet.logs.{folder.resolve().name}"})
    events = [
        Event(event=EVENT, resource=resource, payload=seen._asdict()) for seen in sorted(objects)
    ]
    client.request("POST", "/events", json=[event.model_dump(mode="json") for event in events])


def _runs(client: SyncPrefectClient) -> int | None:
    """How many runs the deployment has made; None where it is not registered."""
    try:
        deployment: UUID = client.read_deployment_by_name(DEPLOYMENT).id
    except ObjectNotFound:
        return None
    wanted = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
    return client.count_flow_runs(deployment_filter=wanted)


def _objects(folder: Path) -> frozenset[Seen]:
    settings = load(folder / PARAMS_FILE).ingest
    found: set[Seen] = set()
    for uri in (*(source.uri for source in settings.sources), *settings.feedback):
        try:
            found |= {Seen(item.uri, item.etag) for item in objects_below(uri)}
        except SourceError:  # an empty landing folder is no fault of a watcher that waits for files
            continue
    return frozenset(found)
