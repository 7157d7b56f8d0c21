"""Two scripted model servers and a gateway in front of them, for the tests of this folder."""

import asyncio
import json
import time

import httpx
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tasks.core.settings import ServeSettings
from tasks.serving import flags, targets
from tasks.serving.flags import Flags
from tasks.serving.gateway import Gateway, application
from tasks.serving.round_trip import Guards
from tasks.serving.sessions import Sessions, digest
from tasks.serving.targets import Follower, Target, Targets

EVENTS = (
    b'data: {"id": "c1", "model": "m", "choices": [{"delta": {"content": "Hel"}}]}\n\n'
    b'data: {"id": "c1", "choices": [{"delta": {"content": "lo."}, "finish_reason": "stop"}]}\n\n'
    b"data: [DONE]\n\n"
)


class Model:
    """A model server that answers with its name, or misbehaves as told."""

    def __init__(self, name):
        self.name = name
        self.asked = 0
        self.behaviour = "answers"
        self.says = ""

    async def complete(self, http):
        self.asked += 1
        request = json.loads(await http.body())
        if self.behaviour == "fails":
            return JSONResponse({}, 500)
        if self.behaviour == "hangs":
            time.sleep(0.6)
        if self.behaviour == "refuses" or request.get("temperature") == -1:
            return JSONResponse({"error": {"message": "no"}}, 400)
        if self.behaviour == "is slow":
            await asyncio.sleep(1.0)
        if self.behaviour == "breaks off":
            return StreamingResponse(self._broken(), media_type="text/event-stream")
        if request.get("stream"):
            return Response(EVENTS, media_type="text/event-stream")
        message = {"role": "assistant", "content": self.says or f"I am the {self.name}."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        whole = {"id": "c1", "created": 1, "model": self.name, "asked as": request["model"]}
        return JSONResponse({**whole, "choices": [choice]})

    async def _broken(self):
        yield b'data: {"choices": []}\n\n'
        raise ConnectionError

    async def models(self, _):
        return JSONResponse({"data": [{"id": f"models:/agent/{self.name}"}]})

    def application(self):
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self.complete, methods=["POST"]),
                Route("/v1/models", self.models),
            ]
        )


class House:
    """Gateway, two models and their files."""

    def __init__(self, folder, serving, stack, models, timeout_s=5.0, **settings):
        self.folder = folder
        self.flags, self.log = folder / "flags.json", folder / "sessions.jsonl"
        self.targets = folder / targets.FILE
        self.champion, self.challenger, *self._urls = models
        self.champion.behaviour = self.challenger.behaviour = "answers"
        self.champion.says = self.challenger.says = ""
        self._serving, self._stack, self._timeout_s = serving, stack, timeout_s
        self._settings = ServeSettings(**settings)
        self.client = stack.enter_context(httpx.Client(timeout=30, trust_env=False))
        flags.write(self.flags, experiment="one", share=0.5)
        champion, challenger = (Target(url=url, model=arm) for url, arm in self.behind)
        targets.write(self.targets, Targets(champion=champion, challenger=challenger))
        self.url = self.start()

    @property
    def behind(self):
        return zip(self._urls, ("champion", "challenger"), strict=True)

    def start(self):
        """Another gateway over the same files."""
        gateway = Gateway(
            Follower(self.targets),
            Flags(self.flags),
            Sessions(self.log),
            Guards.of(self._settings, self.folder),
            timeout_s=self._timeout_s,
        )
        return self._stack.enter_context(self._serving(application(gateway)))

    def ask(self, session, **fields):
        return self.client.post(
            f"{self.url}/v1/chat/completions",
            json={"messages": [{"role": "user", "content": "hi"}], **fields},
            headers={"x-session-id": session} if session else {},
        )

    def arm(self, session):
        return self.ask(session).headers["x-ratchet-arm"]

    def tell(self, session, success):
        feedback = {"session_id": session, "success": success}
        return self.client.post(f"{self.url}/feedback", json=feedback)

    def stats(self):
        return self.client.get(f"{self.url}/stats").json()

    def known(self, session):
        return Sessions(self.log).get(digest("one", session))

    def on(self, arm):
        """A session of that arm that nobody has used."""
        return next(name for number in range(1000) if self.arm(name := f"{arm}-{number}") == arm)
