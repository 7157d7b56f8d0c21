"""Asks a server that grades, with patience and a purse; whatever goes wrong has a name.

    RATCHET_JUDGE_URL=https://judge.example.com/v1      where; from the environment only
    RATCHET_JUDGE_KEY=sk-...                            sent as a bearer token; may be missing

    answer = await post(address, "/chat/completions", body, patience, purse)
    Reply({"choices": [...]})  or  Failure("unreachable" | "timeout" | "status-500" | ...)

Asked again: connections that fail, time that runs out, and 408, 409, 429 and 5xx, each time after
twice the wait, or after what `Retry-After` says. Not asked again: other refusals, redirects and
answers that are no JSON. Tries again are bounded twice: by `attempts` of one request, and over all
requests by `retry_share`, so that a server in trouble is not asked three times as much. Source:
Beyer et al., "Site Reliability Engineering" (2016), chapter 21, retry budgets.
"""

import asyncio
import os
import ssl
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from pydantic import Field

from tasks.core.errors import SettingsError
from tasks.core.section import Section

LARGEST = 1_000_000
"""Bytes of an answer that are read."""
FREE_RETRIES = 10
"""Tries again that any run may make, whatever its share."""
LONGEST_WAIT_S = 30.0

_AGAIN = frozenset((408, 409, 429))
VARIABLE = r"^RATCHET_[A-Z0-9_]+$"
"""Names of environment variables that a spec may name: no secret of another program's."""


class Patience(Section):
    """Options of every reward that asks a server."""

    attempts: int = Field(default=3, ge=1, le=10)
    """Of one request, the first one included."""
    attempt_s: float = Field(default=60.0, gt=0, le=900)
    """Seconds that one attempt may take, from the connection to the last byte."""
    wait_s: float = Field(default=0.5, ge=0, le=30)
    """Seconds before the second attempt; doubled before each further one."""
    retry_share: float = Field(default=0.1, ge=0, le=1)
    """Largest share of all requests that may be tries again, beside the first ten."""


class Address(NamedTuple):
    url: str
    key: str


class Reply(NamedTuple):
    body: Any


class Failure(NamedTuple):
    reason: str
    """Short kebab-case name; counted by it."""


@dataclass
class Purse:
    """What was used up at one server since the process began."""

    calls: int = 0
    """Requests sent, tries again included."""
    retries: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    guessed: int = 0
    """Answers that did not say their tokens; counted as a token for four characters."""
    cost_usd: float = 0.0

    def may_retry(self, share: float) -> bool:
        return self.retries < FREE_RETRIES + share * self.calls

    def numbers(self) -> dict[str, float]:
        """As metrics: name to number."""
        failed = {f"failed_{reason}": float(n) for reason, n in sorted(self.failures.items())}
        return {
            "calls": float(self.calls),
            "retries": float(self.retries),
            "prompt_tokens": float(self.prompt_tokens),
            "completion_tokens": float(self.completion_tokens),
            "guessed_usage": float(self.guessed),
            "cost_usd": self.cost_usd,
            **failed,
        }


def address(url_from: str, key_from: str) -> Address:
    """Where to ask, from the environment variables of these names.

    Raises:
        SettingsError: the first is not set, or holds no URL.
    """
    url = os.environ.get(url_from, "").rstrip("/")
    if not url:
        raise SettingsError(
            f"{url_from} is not set: a reward of the spec asks a server; set it to the server's "
            "address, as http://127.0.0.1:8000/v1"
        )
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"{url_from} = {url!r}: expected an address with http:// or https://")
    return Address(url, os.environ.get(key_from, ""))


async def post(
    address: Address, path: str, body: Any, patience: Patience, purse: Purse
) -> Reply | Failure:
    """What the server answers to the body sent as JSON; never raises for what a server does."""
    import httpx

    headers = {"content-type": "application/json"}
    if address.key:
        headers["authorization"] = f"Bearer {address.key}"
    content = msgspec.json.encode(body, order="sorted")
    local = httpx.URL(address.url).host in ("127.0.0.1", "::1", "localhost")
    # A proxy of the environment is not meant for this machine. A client of its own for each
    # request, because batches run in event loops of their own and a client belongs to one.
    async with httpx.AsyncClient(verify=_tls(), trust_env=not local) as client:
        request = client.build_request("POST", address.url + path, content=content, headers=headers)
        for attempt in range(patience.attempts):
            found, wait = await _attempt(client, request, patience, purse)
            last = attempt + 1 == patience.attempts
            if wait is None or last or not purse.may_retry(patience.retry_share):
                break
            purse.retries += 1
            await asyncio.sleep(min(LONGEST_WAIT_S, max(wait, patience.wait_s * 2**attempt)))
    if isinstance(found, Failure):
        purse.failures[found.reason] += 1
    return found


async def _attempt(
    client: Any, request: Any, patience: Patience, purse: Purse
) -> tuple[Reply | Failure, float | None]:
    """The answer, and the least seconds to wait before another try; None where none is of use."""
    import httpx

    purse.calls += 1
    try:
        async with asyncio.timeout(patience.attempt_s):
            response = await client.send(request, stream=True)
            try:
                content = await _read(response)
            finally:
                await response.aclose()
    except TimeoutError:
        return Failure("timeout"), 0.0
    except httpx.HTTPError as error:
        timed = isinstance(error, httpx.TimeoutException)
        return Failure("timeout" if timed else "unreachable"), 0.0
    if not response.is_success:
        again = response.status_code >= 500 or response.status_code in _AGAIN
        wait = _seconds(response.headers.get("retry-after", "")) if again else None
        return Failure(f"status-{response.status_code}"), wait
    if content is None:
        return Failure("answer-too-large"), None
    try:
        return Reply(msgspec.json.decode(content)), None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Failure("answer-no-json"), None


async def _read(response: Any) -> bytes | None:
    """The whole body; None where it is larger than any answer needs to be."""
    found = bytearray()
    async for piece in response.aiter_bytes():
        found += piece
        if len(found) > LARGEST:
            return None
    return bytes(found)


def _seconds(header: str) -> float:
    """Of `Retry-After`; a date in it is not read, and waits no longer than without."""
    return float(header) if header.isascii() and header.isdigit() else 0.0


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """One for all: to read the certificates takes 20 ms."""
    return ssl.create_default_context()
