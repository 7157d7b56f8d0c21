"""One request with its answer, between caller and model: checked, timed, and kept as a log.

A streamed answer goes out piece by piece, unless a rule may block it: then it is held back until
its end, as nothing can be taken back that was sent.
"""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tasks.core.settings import ServeSettings
from tasks.evidence.trial import Arm
from tasks.serving import access, chat
from tasks.serving.access import Keys, Limits
from tasks.serving.reply_checks import Checks
from tasks.serving.traces import Traces


class Guards(NamedTuple):
    """What stands between callers and models."""

    keys: Keys
    limits: Limits
    checks: Checks
    traces: Traces
    max_body_bytes: int

    @classmethod
    def of(cls, settings: ServeSettings, folder: Path) -> "Guards":
        """As params.yaml says; keys and traces are kept in `folder`."""
        return cls(
            access.keys(folder / "keys"),
            Limits(concurrent=settings.max_concurrent, per_minute=settings.requests_per_minute),
            Checks(settings.checks),
            Traces(folder / "traces", settings.trace_share),
            settings.max_body_bytes,
        )


class Noted(NamedTuple):
    """What a canary's guardrails want to know of a reply."""

    ms: float
    tokens: int
    parse_error: bool
    checked: bool
    violation: bool


class RoundTrip:
    """One request with its answer: checked, timed, and kept where its session is."""

    def __init__(
        self,
        guards: Guards,
        request: dict[str, Any],
        *,
        session: str,
        failed: Callable[[str], None],
        timed: Callable[[str, float], None],
        noted: Callable[["Noted"], None] | None = None,
    ) -> None:
        """Start the clock.

        `failed` is told why the model broke off, `timed` the arm and the seconds of an answer,
        `noted` what a canary wants to know of the reply.
        """
        self._guards, self._request = guards, request
        self._session = session
        self.arm: Arm = "champion"
        """Who answered in the end."""
        self._failed, self._report, self._noted = failed, timed, noted
        self._violation = False
        self._started = time.monotonic()
        self._broken = False

    def whole(self, body: bytes, status: int) -> bytes:
        """The body to be sent: the model's, or a refusal where a rule blocks that."""
        self._timed()
        guards = self._guards
        if status < 400 and guards.checks:
            body = self._allowed(body)
        if status < 400:
            self._note(body)
        if status < 400 and guards.traces.wants(self._session):
            self._keep(body)
        return body

    def broken(self, why: str) -> None:
        """Count a stream that broke off."""
        self._broken = True
        self._failed(why)

    async def streamed(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The stream as it comes; held back to its end where a rule may block it."""
        guards = self._guards
        traced = guards.traces.wants(self._session)
        if not guards.checks and not traced and self._noted is None:
            async for piece in pieces:
                yield piece
            self._timed()
            return
        events = bytearray()
        async for piece in pieces:
            events += piece
            if not guards.checks.block:
                yield piece
        self._timed()
        body = chat.joined(bytes(events))
        if body is None or self._broken:
            if guards.checks.block:
                yield bytes(events)
            return
        allowed = self._allowed(body) if guards.checks else body
        self._note(body)
        if guards.checks.block:
            if allowed is body:
                yield bytes(events)
            else:
                for event in chat.chunks(msgspec.json.decode(allowed), include_usage=False):
                    yield event
        if traced:
            self._keep(allowed)

    def _allowed(self, body: bytes) -> bytes:
        held = self._guards.checks.held(self._request, body)
        self._violation = held.broken
        return chat.withheld(body, held.blocking) if held.blocking else body

    def _note(self, body: bytes) -> None:
        if self._noted is None:
            return
        tokens, parse_error = chat.counted(body)
        self._noted(
            Noted(
                ms=round(1000 * (time.monotonic() - self._started), 1),
                tokens=tokens,
                parse_error=parse_error,
                checked=bool(self._guards.checks),
                violation=self._violation,
            )
        )

    def _keep(self, body: bytes) -> None:
        self._guards.traces.exchange(
            self._session, self.arm, self._request, body, time.monotonic() - self._started
        )

    def _timed(self) -> None:
        self._report(self.arm, time.monotonic() - self._started)
