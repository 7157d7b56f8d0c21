"""What each part taught about its sessions; kept in a private folder, so as not to be asked twice.

    .ratchet/redact/9f31….json     {"sessions": {"c3a91c53": {"values": {"NAME": ["Mia", "Li"]}}}}

It holds personal data in clear: the folder is readable by its owner alone, is never versioned, and
may be deleted at any time at the cost of reading the parts again.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw

from tasks.core.records import Record, encode


class SessionValues(Record, frozen=True, kw_only=True):
    """What is known of a session."""

    values: dict[str, tuple[str, ...]] = {}
    """Kind to the texts found."""
    kept: tuple[str, ...] = ()
    """Texts under keys of places and dates."""


class PartValues(Record, frozen=True, kw_only=True):
    """What one part holds: of each session a `SessionValues`, left as the JSON it is until used."""

    sessions: dict[str, Raw] = {}
    by_request: dict[str, Raw] = {}
    """From feedback that names a call instead of a session."""
    requests: dict[str, str] = {}
    """Request id to session, of invocations."""
    persons: dict[str, Any] = {}
    """Of invocations, as `people.first_look` has it."""


def load(folder: Path, name: str) -> PartValues | None:
    """The lesson kept under that name, or None where it is missing or of another version."""
    path = folder / f"{name}.json"
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=PartValues)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def save(folder: Path, name: str, lesson: PartValues) -> None:
    """Write a lesson so that only the owner can read it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    temporary = folder / f".{os.getpid()}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(encode(lesson))
    temporary.rename(folder / f"{name}.json")


def prune(folder: Path, names: Iterable[str]) -> None:
    """Delete every lesson but those named."""
    kept = {f"{name}.json" for name in names}
    for path in folder.glob("*.json") if folder.is_dir() else ():
        if path.name not in kept:
            path.unlink()


def combine(lessons: Iterable[PartValues]) -> dict[str, Raw]:
    """What is known of each session over all parts, in a fixed order."""
    every = list(lessons)
    requests = {request: session for one in every for request, session in one.requests.items()}
    by_session: dict[str, list[Raw]] = {}
    for one in every:
        by_session_pairs = [
            (requests.get(request, request), taught) for request, taught in one.by_request.items()
        ]
        for session, taught in (*one.sessions.items(), *by_session_pairs):
            several = by_session.setdefault(session, [])
            # Feedback, which nearly every session has, rarely teaches anything.
            if len(bytes(taught)) > len(_NOTHING):
                several.append(taught)
    return {session: _together(taught) for session, taught in by_session.items()}


def encode_values(values: Mapping[str, Iterable[str]], kept: Iterable[str]) -> Raw:
    """Sorted, each text once."""
    return Raw(
        encode(
            SessionValues(
                values={
                    kind: tuple(sorted(set(values[kind])))
                    for kind in sorted(values)
                    if values[kind]
                },
                kept=tuple(sorted(set(kept))),
            )
        )
    )


def decode_values(taught: Raw) -> SessionValues:
    """What is known of a session, to be used."""
    return _decoder.decode(taught)


def _together(several: list[Raw]) -> Raw:
    if len(several) < 2:
        return several[0] if several else Raw(_NOTHING)
    values: dict[str, set[str]] = {}
    every = [decode_values(one) for one in several]
    for one in every:
        for kind, texts in one.values.items():
            values.setdefault(kind, set()).update(texts)
    return encode_values(values, (text for one in every for text in one.kept))


_NOTHING = encode(SessionValues())
_decoder = msgspec.json.Decoder(SessionValues)
