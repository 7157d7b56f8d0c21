"""One model server as the gateway sees it: asked within a time limit, left alone while it is ill.

A server that fails five requests in a row rests for five seconds: asking it again and again would
only make each session wait for the time limit before another model answers.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple, Self

import aiohttp
import msgspec

from tasks.core.errors import SettingsError
from tasks.evidence.trial import Arm
from tasks.serving.targets import Target

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
    stream: aiohttp.ClientResponse | None = None


class Upstream:
    """A server with OpenAI's interface at `url`; `timeout_s` is for a whole request.

    Args:
        arm: whose requests it answers.
        url: without `/v1`.
        model: name sent with each request; empty sends the arm's.
        key: sent as a bearer token, where the server asks for one.
    """

    def __init__(
        self, arm: Arm, url: str, *, timeout_s: float, model: str = "", key: str = ""
    ) -> None:
        self.arm = arm
        self.under_way = 0
        """Requests that it has not answered to the end."""
        self._url = url.rstrip("/")
        self._model = model or arm
        self._timeout_s = timeout_s
        self._headers = {"content-type": "application/json"}
        if key:
            self._headers["authorization"] = f"Bearer {key}"
        self._client: aiohttp.ClientSession | None = None
        self._failures = 0
        self._rests_until = 0.0

    @classmethod
    def of(cls, arm: Arm, target: Target, *, timeout_s: float) -> Self:
        """The server that a target names.

        Raises:
            SettingsError: the environment lacks the key that it asks for.
        """
        key = os.environ.get(target.key_variable, "") if target.key_variable else ""
        if target.key_variable and not key:
            raise SettingsError(
                f"{target.url} asks for a key and {target.key_variable} is not set: set it in the "
                "environment of `ratchet serve`"
            )
        return cls(arm, target.url, timeout_s=timeout_s, model=target.model, key=key)

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
            async with self._session().get(
                f"{self._url}/v1/models",
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=2),
            ) as answer:
                listed = msgspec.json.decode(await answer.read())
            return [str(model["id"]) for model in listed["data"]]
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, KeyError, TypeError):
            return []

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    def _session(self) -> aiohttp.ClientSession:
        """Made at the first request: it belongs to the loop that runs then."""
        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_S),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=min(5.0, self._timeout_s)),
                auto_decompress=False,
                trust_env=False,  # a proxy of the environment is not meant for a neighbour
            )
        return self._client

    async def _ask(self, request: dict[str, Any]) -> Answer | Failed:
        body = msgspec.json.encode({**request, "model": self._model})
        self.under_way += 1
        streamed = False
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._session().post(
                    f"{self._url}/v1/chat/completions", data=body, headers=self._headers
                )
                kind = answer.headers.get("content-type", "application/json")
                if answer.ok and kind.startswith("text/event-stream"):
                    streamed = True
                    return Answer(self.arm, answer.status, kind, None, answer)
                content = await answer.read()
        except TimeoutError:
            return Failed(self.arm, "timeout")
        except aiohttp.ClientError as error:
            return Failed(self.arm, type(error).__name__)
        finally:
            self.under_way -= not streamed
        # 408 and 429 say that it could not, not that the request is wrong.
        if answer.status >= 500 or answer.status in (408, 429):
            return Failed(self.arm, f"status {answer.status}")
        return Answer(self.arm, answer.status, kind, content)

    async def pieces(
        self, stream: aiohttp.ClientResponse, on_break: Callable[[str], None]
    ) -> AsyncIterator[bytes]:
        """The streamed body as it comes; where it breaks off, an error event ends it."""
        try:
            # The limit is for a piece: a long answer may take its time, a silent one may not.
            while piece := await asyncio.wait_for(stream.content.readany(), self._timeout_s):
                yield piece
        except (aiohttp.ClientError, TimeoutError) as error:
            on_break(type(error).__name__)
            yield b'data: {"error": {"message": "the model broke off", "type": "server_error"}}\n\n'
        finally:
            self.under_way -= 1
            stream.close()
