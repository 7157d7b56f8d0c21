"""Simulated users who talk to the gateway over HTTP and say what became of it.

A traffic module has `visitors(seed)`, an iterator of users; each asks for one thing and judges the
reply by itself:

    Visitor(session_id="…", messages=(…), tools=(…))    satisfied(reply) -> bool
"""

import asyncio
import importlib
from collections.abc import Callable, Iterator
from typing import Protocol

import httpx

from tasks import dialects
from tasks.core.errors import SettingsError, StageError
from tasks.core.records import Message, Reply, Tool
from tasks.serving import chat
from tasks.serving.upstream import IDLE_S


class Visitor(Protocol):
    @property
    def session_id(self) -> str: ...
    @property
    def messages(self) -> tuple[Message, ...]: ...
    @property
    def tools(self) -> tuple[Tool, ...]: ...
    def satisfied(self, reply: Reply) -> bool:
        """The user's own verdict."""
        ...


def load(traffic: str) -> Callable[[int], Iterator[Visitor]]:
    """The `visitors` of a module, by its dotted path.

    Raises:
        SettingsError: there is no such module, or it has no `visitors`.
    """
    try:
        found: Callable[[int], Iterator[Visitor]] = importlib.import_module(traffic).visitors
    except (ModuleNotFoundError, AttributeError) as error:
        raise SettingsError(
            f"canary.traffic = {traffic!r}: {error}; expected a module with visitors(seed)"
        ) from error
    return found


async def send(
    url: str,
    visitors: Iterator[Visitor],
    *,
    users: int,
    temperature: float,
    max_tokens: int,
    timeout_s: float,
) -> None:
    """Let `users` of the visitors talk to the gateway at one time, until no more come.

    Raises:
        StageError: the gateway took no feedback: outcomes would be lost.
    """
    limits = httpx.Limits(
        max_connections=users, max_keepalive_connections=users, keepalive_expiry=IDLE_S
    )
    async with httpx.AsyncClient(
        base_url=url, timeout=timeout_s, limits=limits, trust_env=False
    ) as client:

        async def user() -> None:
            for visitor in visitors:
                satisfied = await _visit(client, visitor, temperature, max_tokens)
                await _tell(client, visitor.session_id, satisfied)

        await asyncio.gather(*(user() for _ in range(users)))


async def _visit(
    client: httpx.AsyncClient, visitor: Visitor, temperature: float, max_tokens: int
) -> bool:
    """Whether the user got what they came for; without an answer they did not."""
    body = {
        "model": "agent",
        "messages": [chat.message(message) for message in visitor.messages],
        "tools": [dialects.openai_tool(tool) for tool in visitor.tools],
        "temperature": temperature,
        "max_tokens": max_tokens,
    }
    headers = {"x-session-id": visitor.session_id}
    try:
        answer = await client.post("/v1/chat/completions", json=body, headers=headers)
    except httpx.TransportError:
        return False
    if not answer.is_success:
        return False
    return visitor.satisfied(chat.reply_of(answer.json()["choices"][0]["message"]))


async def _tell(client: httpx.AsyncClient, session_id: str, satisfied: bool) -> None:
    outcome = {"session_id": session_id, "success": satisfied}
    try:
        answer = await client.post("/feedback", json=outcome)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise StageError(f"the gateway took no feedback: {error!r}; see its log") from error
