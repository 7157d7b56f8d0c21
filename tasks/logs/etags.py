"""Remembers which bytes stood behind an object's ETag, so that what is unchanged is not opened.

A memory of this machine, kept beside a stage's folder and not in it: times and inodes are no part
of a result. Where it is lost, objects are hashed once more and nothing else happens.
"""

from pathlib import Path

import msgspec

from tasks.core import parts


class Etags:
    """Uri to ETag and sha256, as of the last commit and of this run."""

    def __init__(self, folder: Path) -> None:
        self._path = folder.with_name(f".{folder.name}.etags.json")
        self._before = self._load()
        self._now: dict[str, tuple[str, str]] = {}

    def sha256(self, uri: str, etag: str) -> str:
        """Of the bytes that had this ETag; empty where that is not known."""
        known, sha256 = self._before.get(uri, ("", ""))
        return sha256 if etag and known == etag else ""

    def note(self, uri: str, etag: str, sha256: str) -> None:
        self._now[uri] = (etag, sha256)

    def write(self) -> None:
        """Keep what was noted; to be called after the commit that it describes."""
        parts.replace(self._path, msgspec.json.encode(self._now, order="sorted"))

    def _load(self) -> dict[str, tuple[str, str]]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, tuple[str, str]])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}
