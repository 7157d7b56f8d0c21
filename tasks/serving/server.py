"""Serves one model on OpenAI's interface, so that an agent can be pointed at it unchanged.

    python -m tasks.serving.server --model tasks/demo/base --port 8001 --name models:/agent/1

    POST /v1/chat/completions    POST /tokenize    GET /v1/models    GET /health

Requests that arrive within a few milliseconds are answered as one batch. It generates with
transformers, which is enough for a small model on a CPU. On a GPU run vLLM instead: `vllm serve
MODEL --served-model-name NAME --enable-auto-tool-choice --tool-call-parser hermes` has the same
interface, and the router does not tell the two apart.
"""

import argparse
import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tasks import dialects
from tasks.core.errors import SettingsError
from tasks.learning import checkpoints, sampling
from tasks.serving import chat, listeners
from tasks.serving.micro_batches import Batches

MAX_TOKENS = 256
"""Generated where a request names no limit."""


class Served:
    """A model with its tokenizer and its queue."""

    def __init__(self, path: str, name: str, batch_size: int) -> None:
        self.name = name
        self.identity = {
            "root": path,
            "weights_sha256": checkpoints.weights_sha256(Path(path)),
            "files_sha256": checkpoints.folder_sha256(Path(path)),
        }
        """Of the files that it was loaded from; who asks compares them with the registry."""
        try:
            # What a template leaves out was said before training; here it is served as it is.
            self._codec = dialects.for_folder(path, lacks=dialects.LACKS)
            self.batches = Batches(sampling.load(path, batch_size=batch_size), batch_size)
        except (OSError, ValueError) as error:  # as transformers says so
            raise SettingsError(
                f"--model {path} holds no model: {' '.join(str(error).split())}"
            ) from error
        self._numbers = itertools.count()

    def tokens(self, request: chat.Request) -> tuple[list[int], str]:
        """The prompt of a request, as tokens and as text.

        Raises:
            chat.Refused: the chat template refuses it.
        """
        messages, tools = chat.context(request)
        try:
            prompt = self._codec.render(messages, tools)
        except dialects.PromptError as error:
            raise chat.Refused(str(error)) from error
        ids: list[int] = self._codec.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        return ids, prompt

    @property
    def longest(self) -> int:
        """Tokens that the model reads, its reply among them."""
        return int(self._codec.tokenizer.model_max_length)

    async def answer(self, request: chat.Request) -> dict[str, Any]:
        """The whole response to a request.

        Raises:
            chat.Refused: the prompt leaves no room for an answer.
        """
        ids, prompt = self.tokens(request)
        length, longest = len(ids), self.longest
        room = longest - length
        if room < 1:
            raise chat.Refused(f"the prompt has {length} tokens; this model reads {longest}")
        if request.limit and request.limit > longest:
            raise chat.Refused(
                f"max_tokens {request.limit} is more than the {longest} that this model reads"
            )
        made = await self.batches.complete(
            prompt,
            temperature=1.0 if request.temperature is None else request.temperature,
            limit=min(request.limit or MAX_TOKENS, room),
            seed=request.seed,
        )
        parsed = self._codec.read(made.ids, prompt=prompt, tools=chat.context(request)[1])
        if request.tool_choice == "none":  # what looks like a call is text then
            parsed = dialects.Parsed(content=self._codec.text(made.ids))
        return chat.response(
            parsed.reply,
            thought=parsed.thought,
            dialect=self._codec.dialect.name,
            name=self.name,
            number=next(self._numbers),
            created=int(time.time()),
            tokens=(length, made.tokens),
            truncated=made.truncated,
        )


def application(served: Served) -> Starlette:
    """The ASGI application."""

    async def complete(http: HttpRequest) -> Response:
        if served.batches.full:
            busy = chat.error("too many requests are waiting; try again", "server_error")
            return JSONResponse(busy, 503)
        try:
            request = chat.read(await http.body())
            whole = await served.answer(request)
        except chat.Refused as refused:
            return JSONResponse(chat.error(str(refused)), 400)
        if not request.stream:
            return JSONResponse(whole)
        usage = bool(request.stream_options and request.stream_options.include_usage)
        events = chat.chunks(whole, include_usage=usage)
        return StreamingResponse(events, media_type="text/event-stream")

    async def tokenize(http: HttpRequest) -> Response:
        try:
            ids, _ = served.tokens(chat.read(await http.body()))
        except chat.Refused as refused:
            return JSONResponse(chat.error(str(refused)), 400)
        found = {"count": len(ids), "max_model_len": served.longest, "tokens": ids}
        return JSONResponse(found)

    async def models(_: HttpRequest) -> Response:
        one = {"id": served.name, "object": "model", "created": 0, "owned_by": "ratchet"}
        one |= served.identity
        return JSONResponse({"object": "list", "data": [one]})

    async def health(_: HttpRequest) -> Response:
        return JSONResponse({"status": "ok"})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(served.batches.run())
        yield
        task.cancel()

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/tokenize", tokenize, methods=["POST"]),
            Route("/v1/models", models),
            Route("/health", health),
        ],
        lifespan=lifespan,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", required=True, help="folder of a transformers model")
    parser.add_argument("--name", default="", help="what it is called; default: its folder")
    parser.add_argument("--batch-size", type=int, default=32, help="most requests in one batch")
    listeners.listen_arguments(parser)
    options = parser.parse_args()
    with (
        listeners.explained("server"),
        listeners.listening(options.host, options.port) as listener,
    ):
        served = Served(options.model, options.name or options.model, options.batch_size)
        listeners.serve(application(served), listener, with_parent=options.with_parent)


if __name__ == "__main__":
    main()
