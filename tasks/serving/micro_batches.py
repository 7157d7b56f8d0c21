"""Collects requests that arrive together and hands them to a model as one batch.

A batch of 16 costs a small model on a CPU little more than one request, so a queue with a window of
milliseconds answers a burst ten times sooner than one after another would.
"""

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tasks.learning.sampling import Completion, Sampler

WINDOW_S = 0.005
"""Waited for company before a batch starts: little beside a generation, enough for a burst."""

MAX_WAITING = 1024
"""Requests in the queue; more should be turned away at once rather than answered too late."""


class Asked(NamedTuple):
    """A request in the queue."""

    prompt: str
    temperature: float
    limit: int
    seed: int | None
    answer: "asyncio.Future[Completion]"

    @property
    def alike(self) -> tuple[float, int, int | None]:
        """Requests can share a batch where these agree."""
        return self.temperature, self.limit, self.seed


class Batches:
    """One model's queue. `run` has to be running for `complete` to end."""

    def __init__(self, sampler: Sampler, batch_size: int) -> None:
        self._sampler = sampler
        self._batch_size = batch_size
        self._waiting: list[Asked] = []
        self._arrived = asyncio.Event()
        self._seeds = itertools.count()
        # The model is used by one thread alone; the event loop stays free.
        self._thread = ThreadPoolExecutor(max_workers=1)

    @property
    def full(self) -> bool:
        """Whether a further request would wait for too long."""
        return len(self._waiting) >= MAX_WAITING

    async def complete(
        self, prompt: str, *, temperature: float, limit: int, seed: int | None = None
    ) -> Completion:
        """One completion, made together with others; `limit` in tokens."""
        answer: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self._waiting.append(Asked(prompt, temperature, limit, seed, answer))
        self._arrived.set()
        return await answer

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            if not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
                await asyncio.sleep(WINDOW_S)
            await self._answer(self._next())

    def _next(self) -> list[Asked]:
        """The oldest request and all that fit with it; those given up on are dropped."""
        waiting = [asked for asked in self._waiting if not asked.answer.done()]
        batch = [a for a in waiting if a.alike == waiting[0].alike][: self._batch_size]
        taken = {id(asked) for asked in batch}
        self._waiting = [asked for asked in waiting if id(asked) not in taken]
        return batch

    async def _answer(self, batch: list[Asked]) -> None:
        if not batch:
            return
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._generate, batch)
        await asyncio.wait([work])
        failed = work.exception()
        for row, asked in enumerate(batch):
            if asked.answer.done():
                continue
            if failed:
                asked.answer.set_exception(failed)
            else:
                asked.answer.set_result(work.result()[row])

    def _generate(self, batch: list[Asked]) -> list[Completion]:
        first = batch[0]
        # A fresh seed a batch: the same prompt asked twice must be free to be answered otherwise.
        seed = next(self._seeds) if first.seed is None else first.seed
        found = self._sampler.generate(
            [asked.prompt for asked in batch],
            samples=1,
            temperature=first.temperature,
            max_new_tokens=first.limit,
            seed=seed,
        )
        return [completions[0] for completions in found]
