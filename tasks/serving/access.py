"""Who may call the gateway, how much at a time, and what a refusal looks like.

    .ratchet/serving/keys       made by `ratchet serve --new-key NAME`: name and sha256 of the key
    support-bot 5f2b…

Without any key the gateway listens on this machine alone. Refusals have the bodies and codes of
OpenAI's service, so that its clients wait and try again where that helps:

    401 invalid_api_key    413 request_too_large    429 rate_limit_exceeded, with Retry-After
Source: platform.openai.com/docs/guides/error-codes.
"""

import hashlib
import ipaddress
import os
import re
import secrets
import time
from pathlib import Path
from typing import NamedTuple

from tasks.core import parts
from tasks.core.errors import SettingsError

KEYS = "RATCHET_GATEWAY_KEYS"
"""Environment variable with the lines of the file, in its place."""

_LINE = re.compile(r"^(\S+)\s+([0-9a-f]{64})$")


class Refusal(NamedTuple):
    """Why a request is not taken."""

    status: int
    code: str
    message: str
    kind: str = "invalid_request_error"
    retry_after_s: float = 0.0


class Keys:
    """Hashes of the keys that callers may have; empty lets everyone in."""

    def __init__(self, lines: str, place: str) -> None:
        """Read `name sha256` lines; `place` is named in errors.

        Raises:
            SettingsError: a line is something else.
        """
        self._names: dict[str, str] = {}
        for number, line in enumerate(lines.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            match = _LINE.match(line.strip())
            if match is None:
                raise SettingsError(
                    f"{place}:{number} is no caller's key: expected a name and the sha256 of the "
                    "key, as `ratchet serve --new-key NAME` writes it"
                )
            self._names[match[2]] = match[1]

    def __bool__(self) -> bool:
        return bool(self._names)

    def caller(self, authorization: str) -> str | None:
        """Name of who presents `Bearer KEY`; None where nobody has such a key."""
        if not self._names:
            return "anyone"
        kind, _, key = authorization.partition(" ")
        if kind.lower() != "bearer":
            return None
        # Looked up by its hash: the time that takes says nothing about the keys there are.
        return self._names.get(hashlib.sha256(key.strip().encode()).hexdigest())


def keys(path: Path) -> Keys:
    """The keys of the environment, else of the file, else none.

    Raises:
        SettingsError: a line is no key, or others may read the file.
    """
    if lines := os.environ.get(KEYS):
        return Keys(lines, KEYS)
    if not path.exists():
        return Keys("", str(path))
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"{path} may be read by others: `chmod 600 {path}`")
    return Keys(path.read_text(), str(path))


def new_key(path: Path, name: str) -> str:
    """Add a caller and return its key, which is kept nowhere.

    Raises:
        SettingsError: the name has a blank, or is there already.
    """
    known = path.read_text() if path.exists() else ""
    if not re.fullmatch(r"[\w.@-]+", name):
        raise SettingsError(f"caller {name!r}: expected letters, digits and . @ _ - alone")
    if any(line.split()[:1] == [name] for line in known.splitlines()):
        raise SettingsError(f"{path} has a key of {name}: take its line out first, or name another")
    key = f"rk-{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(key.encode()).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    parts.replace(path, f"{known}{name} {digest}\n".encode())
    path.chmod(0o600)
    return key


def refuse_open_address(host: str, known: Keys) -> None:
    """Refuse to listen beyond this machine without keys.

    Raises:
        SettingsError: it says how to make one.
    """
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local and not known:
        raise SettingsError(
            f"serve.host is {host}, where other machines can call, and there is no caller's key: "
            "make one with `ratchet serve --new-key NAME`"
        )


class Limits:
    """Requests under way in all, and a minute of each caller."""

    def __init__(self, *, concurrent: int, per_minute: int) -> None:
        """`per_minute` 0 sets no rate."""
        self._concurrent, self._per_minute = concurrent, per_minute
        self._tokens: dict[str, tuple[float, float]] = {}
        self.under_way = 0

    def refusal(self, caller: str) -> Refusal | None:
        """Why the caller has to wait; None takes one request of the caller's rate."""
        if self.under_way >= self._concurrent:
            return Refusal(
                429,
                "rate_limit_exceeded",
                f"{self.under_way} requests are under way, the limit (serve.max_concurrent)",
                "requests",
                1.0,
            )
        if not self._per_minute:
            return None
        now = time.monotonic()
        tokens, at = self._tokens.get(caller, (float(self._per_minute), now))
        tokens = min(self._per_minute, tokens + (now - at) * self._per_minute / 60)
        if tokens < 1:
            self._tokens[caller] = (tokens, now)
            return Refusal(
                429,
                "rate_limit_exceeded",
                f"more than {self._per_minute} requests a minute (serve.requests_per_minute)",
                "requests",
                (1 - tokens) * 60 / self._per_minute,
            )
        self._tokens[caller] = (tokens - 1, now)
        return None
