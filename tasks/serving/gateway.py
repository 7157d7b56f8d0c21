"""OpenAI's interface in front of the champion, with or without a canary beside it.

    python -m tasks.serving.gateway --port 8000 --targets .ratchet/serving/targets.json
        --flags .ratchet/serving/flags.json --log .ratchet/serving/sessions.jsonl

    POST /v1/chat/completions    as the models' own, with x-ratchet-arm and x-ratchet-session
    POST /feedback               {"session_id": "…", "success": true}, or a number in [0, 1],
                                 and "metrics": {"csat": 4} as a canary's guardrails want them
    GET  /stats /metrics /v1/models /health

The session is the header `x-session-id`, else the field `user`, else a hash of the conversation's
beginning. It keeps the arm it began with, except that a flag switched off moves everyone to the
champion. What the challenger does not answer, the champion does; the session counts as failed. A
changed targets file moves new requests to other servers; those under way end where they began.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tasks.core import parts
from tasks.core.curation_settings import PARAMS_FILE
from tasks.core.settings import ServeSettings, load
from tasks.evidence import turn_signals
from tasks.evidence.trial import Arm
from tasks.serving import access, chat, listeners, sessions
from tasks.serving.access import Refusal
from tasks.serving.flags import Flags
from tasks.serving.prometheus import MEDIA_TYPE, Metrics
from tasks.serving.round_trip import Guards, Noted, RoundTrip
from tasks.serving.sessions import Known, Sessions, digest
from tasks.serving.targets import Follower, Target, Targets
from tasks.serving.upstream import Answer, Failed, Upstream

SESSION_HEADER = "x-session-id"
NO_KEY = Refusal(401, "invalid_api_key", "no caller has this key")


class Gateway:
    """The servers behind the arms, the flag between them, and the sessions so far."""

    def __init__(
        self,
        targets: Callable[[], Targets],
        flags: Flags,
        store: Sessions,
        guards: Guards,
        *,
        timeout_s: float,
    ) -> None:
        self._targets = targets
        self._flags = flags
        self._sessions = store
        self.guards = guards
        self._timeout_s = timeout_s
        self._upstreams: dict[tuple[Arm, Target], Upstream] = {}
        self._metrics = Metrics(guards.checks.counts, guards.limits, guards.traces)
        self._counts = self._metrics.requests

    async def complete(self, http: Request) -> Response:
        """Answer a chat completion by the session's arm, or by the champion where that fails."""
        limits = self.guards.limits
        refusal = self._refusal(http)
        if refusal is None:
            limits.under_way += 1
            try:
                body = await self._body(http)
                if not isinstance(body, Refusal):
                    return await self._completed(http, body)
                refusal = body
            finally:
                limits.under_way -= 1
        self._counts["refused", refusal.code] += 1
        return _refused(refusal)

    async def feedback(self, http: Request) -> Response:
        """Write down what became of a session; the first outcome stays."""
        if self.guards.keys.caller(http.headers.get("authorization", "")) is None:
            return _refused(NO_KEY)
        body = await self._body(http)
        if isinstance(body, Refusal):
            return _refused(body)
        try:
            feedback = msgspec.json.decode(body, type=_Feedback)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            return JSONResponse(chat.error(f"no feedback: {error}"), 400)
        if feedback.fault:
            return JSONResponse(chat.error(feedback.fault), 400)
        value = None if feedback.success is None else float(feedback.success)
        session = sessions.canonical(feedback.session_id)
        traced = self.guards.traces.wants(session)
        if traced and value is not None:
            self.guards.traces.outcome(session, value)
        experiment = self._flags.assign("").experiment
        known = self._sessions.get(digest(experiment, session)) if experiment else None
        if known is None and not traced:
            return JSONResponse(chat.error("no such session in this experiment"), 404)
        recorded = True
        if known is not None:
            for metric, number in feedback.metrics.items():
                self._sessions.measure(known.session, metric, number)
            if value is not None:
                recorded = self._sessions.finish(known.session, value)
        return JSONResponse({"recorded": recorded})

    async def stats(self, _: Request) -> Response:
        """Counts of this experiment by arm, and which models stand behind it."""
        now = self._flags.assign("")
        mine = [k for k in self._sessions if k.experiment == now.experiment and k.share > 0]
        targets = self._targets()
        arms = {}
        for arm in ("champion", "challenger"):
            target = getattr(targets, arm)
            upstream = self._upstream(arm, target) if target else None
            arms[arm] = {
                **_summary([k for k in mine if k.arm == arm]),
                "models": await upstream.names() if upstream else [],
                "uri": target.uri if target else "",
                "identity": target.identity if target else "",
                "resting": bool(upstream and upstream.resting),
            }
        return JSONResponse(
            {
                "experiment": now.experiment,
                "share": now.share,
                "arms": arms,
                "counts": {"-".join(key): n for key, n in sorted(self._counts.items())},
                "challenger_resting": arms["challenger"]["resting"],
            }
        )

    async def metrics(self, _: Request) -> Response:
        """The same for Prometheus."""
        return Response(self._metrics.text(), media_type=MEDIA_TYPE)

    async def models(self, http: Request) -> Response:
        """The champion's: nobody asks for the challenger by name."""
        if self.guards.keys.caller(http.headers.get("authorization", "")) is None:
            return _refused(NO_KEY)
        target = self._targets().champion
        names = await self._upstream("champion", target).names()
        data = [
            {
                "id": name,
                "object": "model",
                "created": 0,
                "owned_by": "ratchet",
                "root": target.uri or name,
                "identity": target.identity,
            }
            for name in names
        ]
        return JSONResponse({"object": "list", "data": data})

    async def close(self) -> None:
        """Let go of the servers, the flag and the traces."""
        for upstream in self._upstreams.values():
            await upstream.close()
        self._flags.close()
        self.guards.traces.close()

    async def sweep(self) -> None:
        """Close the connections to servers that no target names and no request uses any more."""
        now = self._targets()
        in_force = {("champion", now.champion), ("challenger", now.challenger)}
        for key, upstream in list(self._upstreams.items()):
            if key not in in_force and not upstream.under_way:
                del self._upstreams[key]
                await upstream.close()

    def _refusal(self, http: Request) -> Refusal | None:
        caller = self.guards.keys.caller(http.headers.get("authorization", ""))
        if caller is None:
            return NO_KEY
        return self.guards.limits.refusal(caller)

    async def _body(self, http: Request) -> bytes | Refusal:
        limit = self.guards.max_body_bytes
        too_large = Refusal(413, "request_too_large", f"the request has more than {limit} bytes")
        length = http.headers.get("content-length", "0")
        if length.isdigit() and int(length) > limit:
            return too_large
        body = bytearray()
        async for piece in http.stream():
            body += piece
            if len(body) > limit:
                return too_large
        return bytes(body)

    async def _completed(self, http: Request, body: bytes) -> Response:
        try:
            request = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            return JSONResponse(chat.error(f"no JSON object: {error}"), 400)
        session_id = sessions.id_of(http.headers.get(SESSION_HEADER, ""), request)
        known, arm = self._session(session_id)
        trip = RoundTrip(
            self.guards,
            request,
            session=session_id,
            failed=lambda why: self.fail(known, trip.arm, why),
            timed=self._metrics.observe,
            noted=None if known is None else lambda reply: self._replied(known.session, reply),
        )
        if known is not None:
            self._turned(known, request)
        answer, upstream = await self._answer(known, arm, request)
        trip.arm = answer.arm
        headers = {"x-ratchet-session": session_id, "x-ratchet-arm": answer.arm}
        if isinstance(answer, Failed):
            return JSONResponse(chat.error(answer.why, "server_error"), 502, headers)
        if answer.stream is None:
            body = trip.whole(answer.body or b"", answer.status)
            return Response(body, answer.status, headers, answer.content_type)
        pieces = upstream.pieces(answer.stream, trip.broken)
        return StreamingResponse(trip.streamed(pieces), answer.status, headers, answer.content_type)

    def _replied(self, session: str, reply: Noted) -> None:
        self._sessions.replied(session, **reply._asdict())

    def _turned(self, known: Known, request: dict[str, Any]) -> None:
        """Write down what a later turn of the user tells of the reply before it."""
        if not known.served.replies:
            return
        try:
            messages, _ = chat.context(msgspec.convert(request, chat.Request))
        except (msgspec.ValidationError, chat.Refused):
            return
        if told := turn_signals.signal(messages):
            self._sessions.turned(known.session, told)

    def _session(self, session_id: str) -> tuple[Known | None, Arm]:
        """The session, written down where it is new, and who answers it now."""
        now = self._flags.assign(session_id)
        if not now.experiment:
            return None, "champion"  # no canary has begun: there is nothing to write down
        known = self._sessions.start(
            digest(now.experiment, session_id), now.arm, now.share, now.experiment
        )
        return known, known.arm if now.share > 0 else "champion"

    async def _answer(
        self, known: Known | None, arm: Arm, request: dict[str, Any]
    ) -> tuple[Answer | Failed, Upstream]:
        targets = self._targets()
        champion = self._upstream("champion", targets.champion)
        if arm == "challenger" and targets.challenger is not None:
            challenger = self._upstream("challenger", targets.challenger)
            self._counts[arm, "requests"] += 1
            answer = await challenger.ask(request)
            if isinstance(answer, Answer) and answer.status < 400:
                return answer, challenger
            rescue = await champion.ask(request, whatever=True)
            refused = (
                isinstance(answer, Answer) and isinstance(rescue, Answer) and rescue.status >= 400
            )
            if not refused:  # what neither model accepts is the client's mistake and no failure
                self.fail(known, arm, answer.why if isinstance(answer, Failed) else "refused")
            return rescue, champion
        self._counts[arm, "requests"] += 1
        if arm == "challenger":
            self.fail(known, arm, "no server")
        answer = await champion.ask(request, whatever=True)
        if isinstance(answer, Failed):
            self.fail(known, "champion", answer.why)
        return answer, champion

    def fail(self, known: Known | None, arm: Arm, why: str) -> None:
        """Count a failure of an arm, and of the session where that arm is its own."""
        self._counts[arm, "failures"] += 1
        # A challenger's session that was moved to the champion has not failed by the champion.
        if known is not None and known.arm == arm:
            self._sessions.fail(known.session, why)

    def _upstream(self, arm: Arm, target: Target) -> Upstream:
        key = (arm, target)
        if key not in self._upstreams:
            self._upstreams[key] = Upstream.of(arm, target, timeout_s=self._timeout_s)
        return self._upstreams[key]


def _refused(refusal: Refusal) -> Response:
    wait = refusal.retry_after_s
    headers = {"retry-after": str(max(1, round(wait)))} if wait else {}
    body = chat.error(refusal.message, refusal.kind, refusal.code)
    return JSONResponse(body, refusal.status, headers)


class _Feedback(msgspec.Struct):
    session_id: str
    success: bool | float | None = None
    metrics: dict[str, float] = {}
    """What else is known of the session, by the names that guardrails ask for (csat, …)."""

    @property
    def fault(self) -> str:
        """What is wrong with it; empty where nothing is."""
        if self.success is None and not self.metrics:
            return "no feedback: give success, metrics or both"
        if self.success is not None and not 0 <= float(self.success) <= 1:
            return f"success {float(self.success)}: expected 0 to 1"
        return ""


def application(gateway: Gateway) -> Starlette:
    """The ASGI application; lets go of the gateway's servers when it ends."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def sweep() -> None:
        while True:
            await asyncio.sleep(1)
            await gateway.sweep()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(sweep())
        yield
        task.cancel()
        await gateway.close()

    return Starlette(
        routes=[
            Route("/v1/chat/completions", gateway.complete, methods=["POST"]),
            Route("/v1/models", gateway.models),
            Route("/feedback", gateway.feedback, methods=["POST"]),
            Route("/stats", gateway.stats),
            Route("/metrics", gateway.metrics),
            Route("/health", health),
        ],
        lifespan=lifespan,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--targets", type=Path, required=True, help="which servers to use; followed"
    )
    parser.add_argument("--flags", type=Path, required=True, help="flagd file that a canary sets")
    parser.add_argument("--log", type=Path, required=True, help="sessions are appended to it")
    parser.add_argument("--params", type=Path, default=Path(PARAMS_FILE), help="for `serve`")
    parser.add_argument("--timeout", type=float, default=0.0, help="seconds; else of the params")
    listeners.listen_arguments(parser)
    options = parser.parse_args()
    with listeners.explained("gateway"):
        settings = load(options.params).serve if options.params.exists() else ServeSettings()
        guards = Guards.of(settings, options.targets.parent)
        access.refuse_open_address(options.host, guards.keys)
        with (
            parts.single_writer(options.log.parent),
            listeners.listening(options.host, options.port) as listener,
        ):
            gateway = Gateway(
                Follower(options.targets),
                Flags(options.flags),
                Sessions(options.log),
                guards,
                timeout_s=options.timeout or settings.timeout_s,
            )
            listeners.serve(application(gateway), listener, with_parent=options.with_parent)


def _summary(sessions: list[Known]) -> dict[str, Any]:
    done = [k for k in sessions if k.outcome is not None or k.failures]
    good = sum(k.outcome or 0.0 for k in done if not k.failures)
    return {
        "sessions": len(sessions),
        "finished": len(done),
        "failed": sum(k.failures > 0 for k in sessions),
        "success": good / len(done) if done else None,
    }


if __name__ == "__main__":
    main()
