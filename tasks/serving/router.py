"""Sends each session to the champion or the challenger, and never lets the challenger hurt it.

    python -m tasks.serving.router --port 8000
        --champion http://127.0.0.1:8001 --challenger http://127.0.0.1:8002
        --flags .ratchet/serving/flags.json --log .ratchet/serving/sessions.jsonl

    POST /v1/chat/completions    as the models' own, with x-ratchet-arm and x-ratchet-session
    POST /feedback               {"session_id": "…", "success": true}, or a number in [0, 1]
    GET /stats /v1/models /health

The session is the header `x-session-id`, else the field `user`, else a hash of the conversation's
beginning. It keeps the arm it began with, except that a flag switched off moves everyone to the
champion. What the challenger does not answer, the champion does; the session counts as failed.
It writes no traces: what the models are asked and answer is not kept here.
"""

import argparse
import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tasks.core import parts
from tasks.evidence.trial import Arm
from tasks.serving import chat, processes
from tasks.serving.flags import Flags
from tasks.serving.sessions import Known, Sessions, digest
from tasks.serving.upstream import Answer, Failed, Upstream, pieces

SESSION_HEADER = "x-session-id"
LONGEST_ID = 256
"""Characters of a session's id that may go into a header as they are."""


class Router:
    """Two models, the flag between them, and the sessions so far."""

    def __init__(
        self, champion: Upstream, challenger: Upstream, flags: Flags, sessions: Sessions
    ) -> None:
        self._models: dict[Arm, Upstream] = {"champion": champion, "challenger": challenger}
        self._flags = flags
        self._sessions = sessions
        self._counts: Counter[str] = Counter()

    async def complete(self, http: Request) -> Response:
        """Answer a chat completion by the session's arm, or by the champion where that fails."""
        try:
            request = msgspec.json.decode(await http.body(), type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            return JSONResponse(chat.error(f"no JSON object: {error}"), 400)
        session_id = _session_id(http.headers.get(SESSION_HEADER, ""), request)
        known, arm = self._session(session_id)
        answer = await self._answer(known, arm, request)
        headers = {"x-ratchet-session": session_id, "x-ratchet-arm": answer.arm}
        if isinstance(answer, Failed):
            return JSONResponse(chat.error(answer.why, "server_error"), 502, headers)
        if answer.stream is None:
            return Response(answer.body, answer.status, headers, answer.content_type)
        broken = partial(self._fail, known, answer.arm)
        body = pieces(answer.stream, broken)
        return StreamingResponse(body, answer.status, headers, answer.content_type)

    async def feedback(self, http: Request) -> Response:
        """Write down what became of a session; the first outcome stays."""
        try:
            told = msgspec.json.decode(await http.body(), type=_Feedback)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            return JSONResponse(chat.error(f"no feedback: {error}"), 400)
        value = float(told.success)
        if not 0 <= value <= 1:
            return JSONResponse(chat.error(f"success {value}: expected 0 to 1"), 400)
        experiment = self._flags.assign("").experiment
        known = self._sessions.get(digest(experiment, _canonical(told.session_id)))
        if known is None:
            return JSONResponse(chat.error("no such session in this experiment"), 404)
        return JSONResponse({"recorded": self._sessions.finish(known.session, value)})

    async def stats(self, _: Request) -> Response:
        """Counts of this experiment by arm, and what the two models call themselves."""
        now = self._flags.assign("")
        mine = [k for k in self._sessions if k.experiment == now.experiment and k.share > 0]
        names = await asyncio.gather(*(model.names() for model in self._models.values()))
        arms = {
            arm: {**_summary([k for k in mine if k.arm == arm]), "models": found}
            for arm, found in zip(self._models, names, strict=True)
        }
        return JSONResponse(
            {
                "experiment": now.experiment,
                "share": now.share,
                "arms": arms,
                "counts": dict(sorted(self._counts.items())),
                "challenger_resting": self._models["challenger"].resting,
            }
        )

    async def models(self, _: Request) -> Response:
        """The champion's: nobody asks for the challenger by name."""
        names = await self._models["champion"].names()
        data = [{"id": n, "object": "model", "created": 0, "owned_by": "ratchet"} for n in names]
        return JSONResponse({"object": "list", "data": data})

    async def close(self) -> None:
        """Let go of the servers and the flag."""
        for model in self._models.values():
            await model.close()
        self._flags.close()

    def _session(self, session_id: str) -> tuple[Known, Arm]:
        """The session, written down where it is new, and who answers it now."""
        now = self._flags.assign(session_id)
        known = self._sessions.start(
            digest(now.experiment, session_id), now.arm, now.share, now.experiment
        )
        return known, known.arm if now.share > 0 else "champion"

    async def _answer(self, known: Known, arm: Arm, request: dict[str, Any]) -> Answer | Failed:
        self._counts[f"{arm}-requests"] += 1
        if arm == "champion":
            answer = await self._models["champion"].ask(request, whatever=True)
            if isinstance(answer, Failed):
                self._fail(known, arm, answer.why)
            return answer
        answer = await self._models["challenger"].ask(request)
        if isinstance(answer, Answer) and answer.status < 400:
            return answer
        rescue = await self._models["champion"].ask(request, whatever=True)
        refused = isinstance(answer, Answer) and isinstance(rescue, Answer) and rescue.status >= 400
        if not refused:  # what neither model accepts is the client's mistake and no failure
            self._fail(known, arm, answer.why if isinstance(answer, Failed) else "refused")
        return rescue

    def _fail(self, known: Known, arm: Arm, why: str) -> None:
        self._counts[f"{arm}-failures"] += 1
        # A challenger's session that was moved to the champion has not failed by the champion.
        if known.arm == arm:
            self._sessions.fail(known.session, why)


class _Feedback(msgspec.Struct):
    session_id: str
    success: bool | float


def application(router: Router) -> Starlette:
    """The ASGI application; lets go of the router's servers when it ends."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await router.close()

    return Starlette(
        routes=[
            Route("/v1/chat/completions", router.complete, methods=["POST"]),
            Route("/v1/models", router.models),
            Route("/feedback", router.feedback, methods=["POST"]),
            Route("/stats", router.stats),
            Route("/health", health),
        ],
        lifespan=lifespan,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--champion", required=True, help="base URL of its server")
    parser.add_argument("--challenger", required=True, help="base URL of its server")
    parser.add_argument("--flags", type=Path, required=True, help="flagd file that the canary sets")
    parser.add_argument("--log", type=Path, required=True, help="sessions are appended to it")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds for one request")
    processes.listen_arguments(parser)
    options = parser.parse_args()
    with (
        processes.explained("router"),
        parts.single_writer(options.log.parent),
        processes.listening(options.host, options.port) as listener,
    ):
        router = Router(
            Upstream("champion", options.champion, timeout_s=options.timeout),
            Upstream("challenger", options.challenger, timeout_s=options.timeout),
            Flags(options.flags),
            Sessions(options.log),
        )
        processes.serve(application(router), listener, with_parent=options.with_parent)


def _session_id(header: str, request: dict[str, Any]) -> str:
    """The header, else the user, else a hash of the conversation up to its first user message."""
    user = request.get("user")
    given = header or (user if isinstance(user, str) else "")
    if given:
        return _canonical(given)
    beginning: list[Any] = []
    messages = request.get("messages")
    for message in messages if isinstance(messages, list) else []:
        beginning.append(message)
        if isinstance(message, dict) and message.get("role") == "user":
            break
    return hashlib.sha256(msgspec.json.encode(beginning, order="sorted")).hexdigest()


def _canonical(session_id: str) -> str:
    """The id, or a hash of it where it could not stand in a header."""
    if session_id.isascii() and session_id.isprintable() and len(session_id) <= LONGEST_ID:
        return session_id
    return hashlib.sha256(session_id.encode()).hexdigest()


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
