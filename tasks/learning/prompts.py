"""Renders examples into the prompts a model reads, and says what was left out and why.

    Example(messages=..., tools=..., reference=...)  ->  Prompted(example, text="<|im_start|>...")

Without a reference nothing can be scored; a prompt that is too long is left out, never cut, because
a cut one would lose its tools or its question; some contexts a chat template refuses. All are
counted.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from tasks import dialects
from tasks.core.errors import StageError
from tasks.core.records import Example, Message, Reference, Reply
from tasks.core.settings import ModelSettings
from tasks.learning.sampling import Completion

NO_REFERENCE = "no-reference"
TOO_LONG = "prompt-too-long"
REFUSED = "template-refused"


class Prompted(NamedTuple):
    example: Example
    reference: Reference
    """The example's; here it is never missing."""
    text: str
    tokens: int
    codec: dialects.Codec

    def read(self, completion: Completion) -> Reply:
        """The reply in a completion of this prompt, without its thought."""
        return self.read_ids(completion.ids)

    def read_ids(self, ids: Sequence[int]) -> Reply:
        """The same of its tokens."""
        return self.codec.read(ids, prompt=self.text, tools=self.example.tools).reply


class Prompts(NamedTuple):
    kept: tuple[Prompted, ...]
    skipped: dict[str, int]
    """By reason."""

    @property
    def longest(self) -> int:
        """Tokens."""
        return max(prompted.tokens for prompted in self.kept)


def codec(path: str, settings: ModelSettings) -> dialects.Codec:
    """What writes prompts for a model folder and reads its replies; it loads no weights.

    Raises:
        SettingsError: the chat template leaves out what training needs, or no dialect reads it.
    """
    return dialects.for_folder(
        path,
        dialect=settings.dialect,
        options=settings.template_options,
        date=settings.date,
        lacks=settings.template_lacks,
    )


def render(
    examples: Iterable[Example],
    codec: dialects.Codec,
    *,
    max_tokens: int | None,
    limit: int | None = None,
    max_skipped: float = 1.0,
) -> Prompts:
    """The prompts of all examples that can be scored and are no longer than `max_tokens`, if any.

    With a `limit`, those of the lowest ids: ids are hashes, so it is a fair draw, and one that
    stays the same as the dataset grows.

    Raises:
        StageError: nothing is left, or a larger share than `max_skipped` of those that could be
            scored is too long or refused by the chat template.
    """
    found = list(examples)
    skipped: Counter[str] = Counter()
    kept: list[Prompted] = []
    refusal = ""
    for example in found if limit is None else sorted(found, key=lambda e: e.id):
        if limit is not None and len(kept) == limit:
            break
        if example.reference is None:
            skipped[NO_REFERENCE] += 1
            continue
        try:
            text = codec.render(example.messages, example.tools)
        except dialects.PromptError as error:
            skipped[REFUSED] += 1
            refusal = str(error)
            continue
        tokens = len(codec.tokenizer(text, add_special_tokens=False).input_ids)
        if max_tokens is not None and tokens > max_tokens:
            skipped[TOO_LONG] += 1
            continue
        kept.append(Prompted(example, example.reference, text, tokens, codec))
    lost = skipped[TOO_LONG] + skipped[REFUSED]
    if lost > max_skipped * (lost + len(kept)):
        why = f"; of the last one {refusal}" if refusal else ""
        raise StageError(
            f"{lost} of {lost + len(kept)} prompts cannot be used ({dict(skipped)}), more than "
            f"train.max_skipped = {max_skipped}{why}. Raise train.max_prompt_tokens "
            f"({max_tokens}), or give the base another chat template"
        )
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
