"""Remembers answers about texts by their digest, so that a second look costs no search.

    remembered = Remembered(is_clean)
    remembered(message)     asked
    remembered(message)     known

Both passes look at the same messages. Kept as they are these would fill the memory long before the
first pass is over; a digest and its place take 150 bytes whatever the text. It is 128 bits of
BLAKE2b (RFC 7693): nobody can make two texts that share one, so that an answer "nothing in it" is
never that of another text.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 2_000_000
"""Answers that are kept; of more texts the rest is asked for each time."""


class Remembered(Generic[T]):
    """A question about bytes whose answers are remembered; what it raises is not."""

    def __init__(self, ask: Callable[[bytes], T], most: int = MOST) -> None:
        self._ask = ask
        self._most = most
        self._answers: dict[bytes, T] = {}
        self._told = 0

    def __call__(self, data: bytes) -> T:
        digest = blake2b(data, digest_size=16).digest()
        answers = self._answers
        if digest in answers:
            return answers[digest]
        answer = self._ask(data)
        if len(answers) < self._most:
            answers[digest] = answer
        return answer

    def news(self) -> dict[bytes, T]:
        """Answers since this was last called, for another process to `learn`."""
        fresh = dict(islice(self._answers.items(), self._told, None))
        self._told = len(self._answers)
        return fresh

    def learn(self, answers: Mapping[bytes, T]) -> None:
        """Take over what was asked elsewhere."""
        if len(self._answers) + len(answers) <= self._most:
            self._answers.update(answers)
