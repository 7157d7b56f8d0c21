"""Renders examples into the prompts a model reads, and says what was left out and why.

    Example(messages=..., tools=..., reference=...)  ->  Prompted(example, text="<|im_start|>...")

Without a reference nothing can be scored; a prompt that is too long is left out, never cut, because
a cut one would lose its tools or its question. Both are counted.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from tasks import dialects
from tasks.core.errors import StageError
from tasks.core.records import Example, Message, Reference

NO_REFERENCE = "no-reference"
TOO_LONG = "prompt-too-long"


class Prompted(NamedTuple):
    example: Example
    reference: Reference
    """The example's; here it is never missing."""
    text: str
    tokens: int


class Prompts(NamedTuple):
    kept: tuple[Prompted, ...]
    skipped: dict[str, int]
    """By reason."""

    @property
    def longest(self) -> int:
        """Tokens."""
        return max(prompted.tokens for prompted in self.kept)


def render(
    examples: Iterable[Example], tokenizer: Any, *, max_tokens: int | None, limit: int | None = None
) -> Prompts:
    """The prompts of all examples that can be scored and are no longer than `max_tokens`, if any.

    With a `limit`, those of the lowest ids: ids are hashes, so it is a fair draw, and one that
    stays the same as the dataset grows.

    Raises:
        StageError: nothing is left.
    """
    found = list(examples)
    skipped: Counter[str] = Counter()
    kept: list[Prompted] = []
    for example in found if limit is None else sorted(found, key=lambda e: e.id):
        if limit is not None and len(kept) == limit:
            break
        if example.reference is None:
            skipped[NO_REFERENCE] += 1
            continue
        text = dialects.render(tokenizer, example.messages, example.tools)
        tokens = len(tokenizer(text, add_special_tokens=False).input_ids)
        if max_tokens is not None and tokens > max_tokens:
            skipped[TOO_LONG] += 1
            continue
        kept.append(Prompted(example, example.reference, text, tokens))
    if not kept:
        raise StageError(
            f"none of {len(found)} examples can be used ({dict(skipped)}): feedback gives examples "
            f"their reference; train.max_prompt_tokens is {max_tokens}"
        )
    return Prompts(tuple(kept), dict(skipped))


def with_system(example: Example, text: str) -> Example:
    """The same decision under another prompt: `text` before what the system message says."""
    first, rest = example.messages[:1], example.messages[1:]
    if first and first[0].role == "system":
        said = f"{text}\n\n{first[0].content}"
    else:
        said, rest = text, example.messages
    return msgspec.structs.replace(example, messages=(Message(role="system", content=said), *rest))
