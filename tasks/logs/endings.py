"""Tells a last line that is still being written from one that was torn.

    {"held": {"logs/agent.log": 1}}        in the manifest of ingest

A line without a newline that is whole JSON is a record. One that breaks off, or a gzip file that
does, is held back while its object is young: it is not read and no reject, but told. Once the
object has not changed for `ingest.torn_after_s` seconds it is a reject, `torn` or `torn-gzip`. In
both cases its record is not there: what the clock decides is this word and no content.

Only files grow. A store that puts objects whole (one that tells an ETag, as S3) never shows half of
one, so what is cut there was cut before it came, and is torn at once.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tasks.core.parts import Part
from tasks.logs.gzip_stream import TORN_GZIP
from tasks.logs.json_lines import Malformed
from tasks.logs.sources import Line, LogObject

CUT = "cut"
"""In a part's info: `held` or `torn`, where its object ends inside a record."""
HELD = "held"
TORN = "torn"

_BROKEN = ("not-json", "bad-utf8")
_BEGUN = (b"{", b"[")


class Patience(NamedTuple):
    now: float
    """Seconds since 1970 at which the run began, the same for all of its objects."""
    seconds: float
    """For which an object must not have changed before its last line is given up."""

    def state(self, found: LogObject) -> str:
        """What a cut end of this object is: `held` or `torn`."""
        return HELD if self.now - found.modified < self.seconds else TORN


class Ending:
    """How one object ends, known once its lines have passed.

    Args:
        state: what a cut end is, `held` or `torn`.
    """

    def __init__(self, state: str) -> None:
        self._state = state
        self.cut = ""
        """The state, if the object was found to be cut; else empty."""

    def reason(self, line: Line, error: Malformed) -> str:
        """Why a line cannot be read; empty for one that is held back."""
        if not _is_cut(line, error):
            return error.reason
        self.cut = self._state
        return "" if self.cut == HELD else line.fault or TORN

    def info(self) -> dict[str, str]:
        """What a part says of it."""
        return {CUT: self.cut} if self.cut else {}


def cut(made: Iterable[Part]) -> str:
    """What the parts of one object say of its end."""
    return next((str(part.info[CUT]) for part in made if CUT in part.info), "")


def held(made: Iterable[Part]) -> dict[str, int]:
    """Object to its lines that are held back: the last one, of those that have one."""
    return {part.info["uri"]: 1 for part in made if part.info.get(CUT) == HELD}


def lines(waiting: Mapping[str, int], seconds: float) -> list[str]:
    """What a person should be told, a line or none."""
    if not waiting:
        return []
    return [
        f"{len(waiting)} log objects end inside a record, first {min(waiting)}: that is held back "
        f"until it is whole, and a reject once its object has not changed for {seconds:g} s "
        "(ingest.torn_after_s)"
    ]


def _is_cut(line: Line, error: Malformed) -> bool:
    if line.ended or line.fault:
        return not line.ended and line.fault == TORN_GZIP
    return error.reason in _BROKEN and line.content.lstrip().startswith(_BEGUN)
