"""Pays for a text of the wanted length, falling softly to both sides; the unit is named.

    {unit: words, least: 1, most: 150, limit: 300}
    1 to 150 words      1.0
    225 words           0.5   half way from `most` to `limit`
    300 words or more   0.0
    no words            0.0   and below `least` in proportion: silence is not short

The slope between `most` and `limit` is the soft overlong punishment of DAPO (arXiv 2503.14476,
equation 13), there in tokens. Tokens are none of the units: they depend on a tokenizer that is not
part of the spec; a token of English is about four characters. A reply that only calls tools is not
applicable, except where calls are the unit.
"""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from tasks.core.records import Reply, Score, ToolCall
from tasks.core.section import Section
from tasks.rewards import NOT_APPLICABLE, Case, Prompt

_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。！？]")


class Settings(Section):
    unit: Literal["characters", "words", "sentences", "calls"] = "words"
    """Words stand between spaces; a sentence ends with a stop, and the last one without."""
    least: int = Field(default=1, ge=1)
    """From here on it is long enough."""
    most: int = Field(default=150, ge=1)
    """Up to here it is short enough."""
    limit: int = Field(default=300, ge=2)
    """From here on it is worth 0."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.least <= self.most < self.limit:
            raise ValueError(
                f"least {self.least}, most {self.most}, limit {self.limit}: expected "
                "least <= most < limit"
            )
        return self


def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply; see the module for the formula. Values are in [0, 1]."""
    if settings.unit != "calls" and reply.tool_calls and not reply.content.strip():
        return Score.unscored(NOT_APPLICABLE)
    length = measure(reply, settings.unit)
    if length < settings.least:
        return Score(value=length / settings.least, tier="too-short")
    if length <= settings.most:
        return Score(value=1.0, exact=True, tier="within")
    over = (length - settings.most) / (settings.limit - settings.most)
    return Score(value=max(0.0, 1 - over), tier="too-long")


def measure(reply: Reply, unit: str) -> int:
    """How long the reply is, in the unit."""
    text = reply.content.strip()
    if unit == "calls":
        return len(reply.tool_calls)
    if unit == "words":
        return len(text.split())
    if unit == "sentences":
        ends = [match.end() for match in _SENTENCE_END.finditer(text)]
        return len(ends) + bool(text[ends[-1] if ends else 0 :].strip())
    return len(text)


_ANY = Prompt((), (), None)
_SENTENCES = {"unit": "sentences", "most": 2}
CASES = (
    Case(_ANY, Reply(content="Your invoice is 12 euros."), 1.0),
    Case(_ANY, Reply(content="euros " * 150), 1.0),
    Case(_ANY, Reply(content="euros " * 225), 0.5),
    Case(_ANY, Reply(content="euros " * 300), 0.0),
    Case(_ANY, Reply(content=" \n"), 0.0),
    Case(_ANY, Reply(tool_calls=(ToolCall(name="get_invoice"),)), None),
    Case(_ANY, Reply(content="One. Two. Three."), 0.5, {**_SENTENCES, "limit": 4}),
    Case(_ANY, Reply(tool_calls=(ToolCall(name="get_invoice"),)), 1.0, {"unit": "calls"}),
)
