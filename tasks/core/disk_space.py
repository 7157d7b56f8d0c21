"""Looks, before a stage works, whether it may write where it has to and whether there is room.

    812,000 new records need about 3.4 GB in data/redacted, and 1.2 GB are free: make room for
    2.2 GB more, or put data/ on a larger disk; nothing was written

What a stage will write is told from what it wrote before, a record; without that from what it
reads. A little too low rather than too high: a full disk later on changes nothing either, but a
stage that would have fitted must not be refused.
"""

import os
import pwd
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tasks.core import parts
from tasks.core.errors import StageError
from tasks.core.parts import Manifest

_SHARE = {"redact": 0.9, "dedup": 0.4, "validate": 0.8, "split": 0.8}
"""Of the bytes that a stage reads, those that its first run writes at the least."""


class Need(NamedTuple):
    """Bytes that will be written."""

    place: Path
    """The folder in which, made or not."""
    size: int
    what: str
    """`the trained model`"""


def writable(folder: Path) -> None:
    """Refuse a folder that belongs to somebody else, or is none.

    Raises:
        StageError: it names the owner, or the file that stands there.
    """
    for place in (folder.parent, folder, folder / "parts"):
        folder_at(place)
        if not place.exists() or os.access(place, os.W_OK | os.X_OK):
            continue
        if os.statvfs(place).f_flag & os.ST_RDONLY:
            continue  # writing will say so
        status = place.stat()
        raise StageError(
            f"{place} cannot be written by {_name(os.geteuid())}: it belongs to "
            f"{_name(status.st_uid)}, mode {status.st_mode & 0o777:o}. Run as its owner, or give "
            f"it to this user (`chown -R`); nothing was written"
        )


def folder_at(place: Path) -> None:
    """Refuse what is there and no folder.

    Raises:
        StageError: it names the place.
    """
    if place.exists() and not place.is_dir():
        raise StageError(
            f"{place} is a file: expected a folder, or nothing, where the stages write theirs; "
            "move it elsewhere"
        )


def logs(sizes: Sequence[int], target: Path) -> None:
    """Refuse to read log objects of these sizes, in bytes unpacked, whose records will not fit.

    Raises:
        StageError: it says how much is needed and how much there is.
    """
    enough(target, sum(sizes), f"{len(sizes):,} new log objects")


def between(stage: str, source: Path, target: Path) -> None:
    """Refuse to begin a stage whose new records will not fit.

    Raises:
        StageError: it says how much is needed and how much there is.
    """
    given = parts.read_manifest(source)
    if given is None:
        return  # the stage says what is missing
    before = parts.read_manifest(target)
    coming = given.counts.accepted - (before.counts.read if before else 0)
    if before and before.counts.read:
        record = _size(target, before) / before.counts.read
    else:
        record = _SHARE[stage] * _size(source, given) / max(given.counts.accepted, 1)
    enough(target, round(coming * record), f"{coming:,} new records")


def enough(target: Path, needed: int, what: str) -> None:
    """Refuse where less than `needed` bytes are free.

    Raises:
        StageError: it says how much is needed and how much there is.
    """
    free = shutil.disk_usage(_standing(target)).free
    if needed > free:
        raise StageError(
            f"{what} need about {_bytes(needed)} in {target}, and {_bytes(free)} are free: make "
            f"room for {_bytes(needed - free)} more, or put data/ on a larger disk; nothing was "
            "written"
        )


def together(who: str, needs: Sequence[Need]) -> None:
    """Refuse where disks have too little room for all that goes to them.

    `who` writes it.

    Raises:
        StageError: it says what is needed for what, and how much there is.
    """
    disks: dict[int, list[Need]] = {}
    for need in needs:
        disks.setdefault(_standing(need.place).stat().st_dev, []).append(need)
    for wanted in disks.values():
        place, needed = wanted[0].place, sum(need.size for need in wanted)
        free = shutil.disk_usage(_standing(place)).free
        if needed > free:
            told = ", ".join(f"{_bytes(need.size)} for {need.what}" for need in wanted)
            raise StageError(
                f"{who} needs about {_bytes(needed)} on the disk of {place} ({told}), and "
                f"{_bytes(free)} are free: make room for {_bytes(needed - free)} more, or put the "
                "workspace on a larger disk; nothing was written"
            )


def _standing(place: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next(path for path in (place, *place.absolute().parents) if path.exists())


def _size(folder: Path, manifest: Manifest) -> int:
    paths = (parts.part_path(folder, part) for part in manifest.parts)
    return sum(path.stat().st_size for path in paths if path.is_file())


def _bytes(count: int) -> str:
    from rich.filesize import decimal

    return decimal(count)


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
