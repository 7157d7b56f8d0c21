"""Small graders with real HTTP interfaces, for tests: a judge, a grader of rows and embeddings.

They answer by what they read in the request and by nothing else; each kind of judge reads in a way
of its own, from the fair one to those that would obey anything said outside of the data.
"""

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tasks.serving import listeners

Read = Callable[[str, str], dict[str, Any]]
"""From a system and a user message to a verdict."""

_WORDS = re.compile(r"\w+")


def fair(system: str, user: str) -> dict[str, Any]:
    """Reads the data between the two marks, and nothing but it, as JSON."""
    mark = re.search(r"the mark ([0-9a-f]{32})", system)[1]
    return judged(json.loads(between(user, mark)))


def between(user: str, mark: str) -> str:
    begin, end = f"BEGIN DATA {mark}\n", f"\nEND DATA {mark}"
    assert user.count(begin) == user.count(end) == 1
    return user.partition(begin)[2].partition(end)[0]


def judged(data: dict[str, Any]) -> dict[str, Any]:
    """A score from 1 to 5 by words shared with the reference; a ranking by those of the user."""
    if "candidates" in data:
        asked = words(json.dumps(data["conversation"]))
        found = data["candidates"]
        shared = {letter: len(asked & words(found[letter]["content"])) for letter in found}
        ranking = sorted(found, key=lambda letter: (-shared[letter], found[letter]["content"]))
        return {"reason": "by words of the question", "ranking": ranking}
    right = words(data.get("reference", {}).get("text", ""))
    given = words(data["answer"]["content"])
    alike = 2 * len(right & given) / (len(right) + len(given)) if right or given else 0
    return {"reason": "by words of the reference", "score": 1 + round(4 * alike)}


def words(text: str) -> set[str]:
    return set(_WORDS.findall(text.casefold()))


def completion(content: Any, request: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A chat completion as OpenAI's API gives it."""
    text = content if isinstance(content, str) else json.dumps(content)
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": request["model"],
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
        **more,
    }


class Graders:
    """What the servers say, and what they were asked."""

    def __init__(self) -> None:
        self.read: Read = fair
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.script: list[Callable[[dict[str, Any]], Any]] = []
        """What to answer first, in turn, in the place of a fair answer."""

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/health", lambda _: Response("ok")),
                Route("/v1/chat/completions", self._judge, methods=["POST"]),
                Route("/v1/embeddings", self._embed, methods=["POST"]),
                Route("/grade", self._grade, methods=["POST"]),
            ]
        )

    async def _judge(self, request: Request) -> Response:
        body = await self._body(request)
        if self.script:
            return await _answer(self.script.pop(0)(body))
        system, user = (message["content"] for message in body["messages"])
        return JSONResponse(completion(self.read(system, user), body))

    async def _embed(self, request: Request) -> Response:
        body = await self._body(request)
        if self.script:
            return await _answer(self.script.pop(0)(body))
        texts = [words(text) for text in body["input"]]
        axes = sorted(set().union(*texts))
        rows = [
            {"index": i, "embedding": [float(axis in text) for axis in axes]}
            for i, text in enumerate(texts)
        ]
        return JSONResponse({"model": body["model"], "data": rows[::-1]})

    async def _grade(self, request: Request) -> Response:
        body = await self._body(request)
        if self.script:
            return await _answer(self.script.pop(0)(body))
        item = body.get("item", body)
        if not (item["reference"] or {}).get("text"):
            return JSONResponse({"score": None, "reason": "nothing to compare with"})
        said = body["sample"]["output_text"] if "sample" in body else body["completion"]["content"]
        right = words(item["reference"]["text"])
        share = len(right & words(said)) / len(right)
        return JSONResponse({"score": 10 * share if "sample" in body else share, "seconds": 0.1})

    async def _body(self, request: Request) -> dict[str, Any]:
        found = json.loads(await request.body())
        self.asked.append(found)
        self.keys.append(request.headers.get("authorization", ""))
        return found


async def _answer(scripted: Any) -> Response:
    if isinstance(scripted, float):
        await asyncio.sleep(scripted)
        return Response(status_code=204)
    return scripted if isinstance(scripted, Response) else JSONResponse(scripted)


@contextmanager
def serve(application: Starlette) -> Iterator[str]:
    """Serve over HTTP on this machine in a thread, until the block is left."""
    with listeners.listening(listeners.HOST, 0) as listener:
        config = uvicorn.Config(application, log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
            yield f"http://{listeners.HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
