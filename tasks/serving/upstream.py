"""One model server as the router sees it: asked within a time limit, left alone while it is ill.

A server that fails five requests in a row rests for five seconds: asking it again and again would
only make each session wait for the time limit before another model answers.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import httpx
import msgspec

from tasks.evidence.trial import Arm

FAILURES = 5
REST_S = 5.0

IDLE_S = 2.0
"""An idle connection is given up after this long. uvicorn and vLLM close theirs after 5 seconds,
and a request sent at that moment would look like a failure of the model."""


class Failed(NamedTuple):
    """No answer that a client could use."""

    arm: Arm
    why: str


class Answer(NamedTuple):
    """An answer, perhaps a refusal of the request (400 to 499)."""

    arm: Arm
    status: int
    content_type: str
    body: bytes | None
    """None where it is streamed."""
    stream: httpx.Response | None = None


class Upstream:
    """A server with OpenAI's interface at `url`; `timeout_s` is for a whole request."""

    def __init__(self, arm: Arm, url: str, *, timeout_s: float) -> None:
        self.arm = arm
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(timeout_s, connect=min(5.0, timeout_s)),
            limits=httpx.Limits(
                max_connections=None, max_keepalive_connections=100, keepalive_expiry=IDLE_S
            ),
            trust_env=False,  # a proxy of the environment is not meant for a neighbour
        )
        self._failures = 0
        self._rests_until = 0.0

    @property
    def resting(self) -> bool:
        """Whether it is left alone after failures in a row."""
        return time.monotonic() < self._rests_until

    async def ask(self, request: dict[str, Any], *, whatever: bool = False) -> Answer | Failed:
        """Its answer to a chat completion; `whatever` asks it even while it rests."""
        if self.resting and not whatever:
            return Failed(self.arm, f"resting after {FAILURES} failures in a row")
        answer = await self._ask(request)
        if isinstance(answer, Answer):
            self._failures = 0
            return answer
        self._failures += 1
        if self._failures >= FAILURES:
            self._rests_until = time.monotonic() + REST_S
        return answer

    async def names(self) -> list[str]:
        """What its /v1/models lists; empty where it does not answer."""
        try:
            found = await self._client.get("/v1/models", timeout=2)
            return [str(model["id"]) for model in found.json()["data"]]
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return []

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(self, request: dict[str, Any]) -> Answer | Failed:
        body = msgspec.json.encode({**request, "model": self.arm})
        sent = self._client.build_request(
            "POST",
            "/v1/chat/completions",
            content=body,
            headers={"content-type": "application/json"},
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._client.send(sent, stream=True)
                kind = response.headers.get("content-type", "application/json")
                good = response.is_success
                if good and kind.startswith("text/event-stream"):
                    return Answer(self.arm, response.status_code, kind, None, response)
                content = await response.aread()
        except TimeoutError:
            return Failed(self.arm, "timeout")
        except httpx.HTTPError as error:
            return Failed(self.arm, type(error).__name__)
        # 408 and 429 say that it could not, not that the request is wrong.
        if response.status_code >= 500 or response.status_code in (408, 429):
            return Failed(self.arm, f"status {response.status_code}")
        return Answer(self.arm, response.status_code, kind, content)


async def pieces(stream: httpx.Response, on_break: Callable[[str], None]) -> AsyncIterator[bytes]:
    """The streamed body as it comes; where it breaks off, an error event ends it."""
    try:
        async for piece in stream.aiter_raw():
            yield piece
    except httpx.HTTPError as error:
        on_break(type(error).__name__)
        yield b'data: {"error": {"message": "the model broke off", "type": "server_error"}}\n\n'
    finally:
        await stream.aclose()
