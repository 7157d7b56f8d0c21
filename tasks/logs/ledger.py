"""What ingest commits: the parts of all objects, and facts about the logs as a whole."""

from collections.abc import Collection, Iterable

import msgspec

from tasks.core import step
from tasks.core.parts import Manifest, Part
from tasks.logs import endings, profile, schema_errors
from tasks.logs.endings import HELD
from tasks.logs.intake import FEEDBACK
from tasks.logs.naming import SESSIONS
from tasks.redaction import people


def by_uri(manifest: Manifest | None) -> dict[str, list[Part]]:
    """Each object's parts, in their order."""
    found: dict[str, list[Part]] = {}
    for part in manifest.parts if manifest else ():
        found.setdefault(part.info["uri"], []).append(part)
    return found


def manifest(
    found: Iterable[Part], skipped: int, roots: Collection[str], old: Manifest | None
) -> Manifest:
    """The new state, in the order of the objects' uris.

    Args:
        found: parts of all objects.
        skipped: objects that hold no records.
        roots: uris of the sources.
        old: the state before, whose fields the masks of kept parts are over.
    """
    ordered = sorted(found, key=lambda part: part.info["uri"])
    made, fields = profile.packed(ordered, old.info.get(profile.FIELDS, {}) if old else {})
    logs = [part for part in made if not part.label]
    info = {
        "objects": len({part.info["uri"] for part in made}),
        "skipped": skipped,
        HELD: endings.held(made),
        FEEDBACK: msgspec.structs.asdict(step.total(p for p in made if p.label == FEEDBACK)),
        profile.FIELDS: fields,
        SESSIONS: people.total(part.info.get(SESSIONS, {}) for part in logs),
        schema_errors.BREAKING: list(map(msgspec.to_builtins, schema_errors.broken(logs, roots))),
    }
    return Manifest(stage="ingest", parts=tuple(made), counts=step.total(logs), info=info)
