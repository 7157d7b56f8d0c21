"""Made log files, read by ingest as they are: what the tests of it share.

The fixture `workspace` (conftest.py) has the folder `logs` that they lie in.
"""

from pathlib import Path
from typing import Any

from tasks.core import parts
from tasks.core.curation_settings import IngestSettings, LogSource
from tasks.core.parts import Manifest
from tasks.core.records import Invocation
from tasks.formats import bedrock_invocation
from tasks.ingest import ingest

SAMPLE = bedrock_invocation.SAMPLE
REQUEST = b"7c9e6679-7425-40de-944b-e07fc1f90ae7"
"""The id in it."""
TARGET = Path("data/ingested")


def calls(*numbers: int) -> bytes:
    """Log lines of distinct calls."""
    return b"".join(SAMPLE.replace(REQUEST, b"request-%d" % n) + b"\n" for n in numbers)


def write(name: str, content: bytes) -> Path:
    file = Path("logs", name)
    file.write_bytes(content)
    return file


def run(target: Path = TARGET, **settings: Any) -> Manifest:
    given: dict[str, Any] = {"sources": (LogSource(uri="logs"),), "max_rejected": 0.05} | settings
    return ingest(IngestSettings(**given), target)


def requests(target: Path = TARGET) -> list[str]:
    """The ids of the calls that were read."""
    return sorted(found.request_id for found in parts.read_parts(target, Invocation))


def state(folder: Path = TARGET) -> dict[str, bytes]:
    """Each file and its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def is_as_rebuilt(**settings: Any) -> bool:
    """Whether a run from nothing leaves the same bytes."""
    run(Path("rebuilt"), **settings)
    return state() == state(Path("rebuilt"))
