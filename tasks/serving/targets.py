"""The servers behind the gateway, in a file that whoever changes them replaces in one rename.

    .ratchet/serving/targets.json
    {"champion": {"url": "http://127.0.0.1:40321", "model": "models:/agent/3",
                  "uri": "models:/agent/3", "weights_sha256": "9152…", "identity": "verified"},
     "challenger": null,
     "previous": {"url": "http://127.0.0.1:40087", "uri": "models:/agent/2", …}}

The gateway looks at the file a few times a second and sends new requests to what stands there;
requests that are under way end where they began. `previous` is the champion of before, kept warm
for a time: while it is, `revert` gives it the traffic back without starting anything.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from tasks.core import parts
from tasks.core.errors import SettingsError
from tasks.core.records import Record, encode

FILE = "targets.json"
LOOK_S = 0.1
"""Between two looks at the file; a rollback reaches every new request within it."""

Identity = Literal["verified", "unverified"]


class Target(Record, frozen=True, kw_only=True):
    """One server with OpenAI's interface."""

    url: str
    model: str = ""
    """Name under which the server has the model, sent with each request."""
    uri: str = ""
    """Version in the registry, as `models:/agent/3`; empty for a model that is in none."""
    weights_sha256: str = ""
    identity: Identity = "unverified"
    """Whether the server itself told which weights it serves, and they are the registered ones."""
    key_variable: str = ""
    """Environment variable with the key that the server asks for."""


class Targets(Record, frozen=True, kw_only=True):
    """What stands behind the arms now."""

    champion: Target
    challenger: Target | None = None
    previous: Target | None = None


def read(path: Path) -> Targets | None:
    """What the file says; None where there is none.

    Raises:
        SettingsError: it is no file of this kind.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Targets)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise SettingsError(
            f"{path} does not say which servers to use ({error}); delete it and start "
            "`ratchet serve` again"
        ) from error


def write(path: Path, targets: Targets) -> None:
    """Replace the file in one rename: the gateway sees the old servers or the new ones."""
    parts.replace(path, msgspec.json.format(encode(targets), indent=1) + b"\n")


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Let one process at a time change the file; another waits until the block ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def revert(path: Path) -> Target | None:
    """Give the traffic back to the champion of before, while its server is still there.

    Returns the new champion; None, and nothing changes, where no server of before is kept.
    """
    with held(path):
        now = read(path)
        if now is None or now.previous is None:
            return None
        write(path, Targets(champion=now.previous, previous=now.champion))
        return now.previous


class Follower:
    """Follows the file; a file that vanishes or breaks leaves what was read before in force."""

    def __init__(self, path: Path) -> None:
        """Read the file for the first time.

        Raises:
            SettingsError: there is none.
        """
        first = read(path)
        if first is None:
            raise SettingsError(f"no {path}: start `ratchet serve`, which writes it")
        self._path, self._now = path, first
        self._stamp = _stamp(path)
        self._looked = time.monotonic()

    def __call__(self) -> Targets:
        """The servers in force; looks at the file at most every `LOOK_S` seconds."""
        now = time.monotonic()
        if now - self._looked >= LOOK_S:
            self._looked = now
            stamp = _stamp(self._path)
            if stamp and stamp != self._stamp:
                try:
                    self._now = read(self._path) or self._now
                except SettingsError:
                    return self._now  # half a file is impossible; a broken one is somebody's hand
                self._stamp = stamp
        return self._now


def _stamp(path: Path) -> tuple[int, int, int]:
    """Changes when the file is replaced; zeros where there is none."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_mtime_ns, status.st_size)
