"""Pays for likeness in meaning to the reference's text: the cosine of two embeddings.

    POST $RATCHET_EMBEDDINGS_URL/embeddings   {"model": "...", "input": [reply, reference]}
    reference  Refunds take 5 days.
    "You get your money back within five days."    0.83
    "Bananas are blue."                            0.07

    value = max(0, cos(embedding of the reply, embedding of the reference)), in [0, 1]

OpenAI's `text_similarity` grader with the metric `cosine` does this by text-embedding-3-large,
which nobody else can run; here it is any model behind an OpenAI-compatible endpoint (vLLM serves
one), pinned by name. Unlike texts have cosines well above 0 by most models: `floor` is the cosine
that is worth 0. Embeddings hardly see a changed figure or a `not`: never use it alone.
"""

import math
from typing import Any

from pydantic import Field

from tasks.core.records import Reference, Reply, Score, ToolCall
from tasks.rewards import Case, Prompt
from tasks.rewards.remote.endpoint import VARIABLE, Failure, Patience, Purse, address, post
from tasks.rewards.similarity import wanted_text
from tasks.rewards.texts.due import only_called

REQUIRES = ("httpx",)


class Settings(Patience):
    model: str = Field(default="Qwen/Qwen3-Embedding-0.6B", min_length=1)
    """Asked for by this name, and the endpoint must answer by it."""
    url_from: str = Field(default="RATCHET_EMBEDDINGS_URL", pattern=VARIABLE)
    """Environment variable with the address of an OpenAI-compatible API, `/v1` included."""
    key_from: str = Field(default="RATCHET_EMBEDDINGS_KEY", pattern=VARIABLE)
    floor: float = Field(default=0.0, ge=0, lt=1)
    """The cosine that is worth 0; what lies above is spread over [0, 1]."""
    longest: int = Field(default=20_000, ge=1)
    """Characters of a reply; a longer one is worth 0, and not asked about."""


_purse = Purse()


async def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply by asking; see the module for the formula. Values are in [0, 1].

    Raises:
        SettingsError: the environment does not say where the embeddings are made.
    """
    wanted = wanted_text(prompt.reference)
    if isinstance(wanted, Score):
        return wanted
    given = reply.content.strip()
    if (called := only_called(prompt, reply)) is not None:
        return called
    if not given or len(given) > settings.longest:
        return Score(value=0.0, tier="too-long" if given else "empty")
    found = await likeness([given, wanted], settings)
    if isinstance(found, Failure):
        return Score.unscored(found.reason)
    value = max(0.0, (found - settings.floor) / (1 - settings.floor))
    return Score(value=min(1.0, value), tier="alike" if value else "unlike")


def facts(settings: Settings) -> dict[str, str]:
    """What a score depends on beside the code: to be kept with the spec."""
    return {"embedding_model": settings.model}


def spent() -> dict[str, float]:
    """Calls, tries again, tokens and failures by reason since the process began."""
    return _purse.numbers()


async def likeness(texts: list[str], settings: Settings) -> float | Failure:
    """The cosine of two texts' embeddings, or why there is none."""
    where = address(settings.url_from, settings.key_from)
    body = {"model": settings.model, "input": texts, "encoding_format": "float"}
    answer = await post(where, "/embeddings", body, settings, _purse)
    if isinstance(answer, Failure):
        return Failure(f"embeddings-{answer.reason}")
    found = _cosine(answer.body, settings)
    if isinstance(found, Failure):
        _purse.failures[found.reason] += 1
    return found


def _cosine(body: Any, settings: Settings) -> float | Failure:
    try:
        rows = sorted(body["data"], key=lambda row: int(row["index"]))
        first, second = ([float(x) for x in row["embedding"]] for row in rows)
        model = body.get("model", settings.model)
        used = (body.get("usage") or {}).get("prompt_tokens", 0)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Failure("embeddings-answer-not-by-schema")
    if model != settings.model:
        return Failure("embeddings-by-another-model")
    _purse.prompt_tokens += used if isinstance(used, int) else 0
    length = math.hypot(*first) * math.hypot(*second)
    if len(first) != len(second) or not math.isfinite(length) or length == 0:
        return Failure("embeddings-answer-not-by-schema")
    return math.fsum(a * b for a, b in zip(first, second, strict=True)) / length


_ANSWER = Prompt((), (), Reference(behaviour="answer", text="Refunds take 5 days."))
CASES = (
    Case(_ANSWER, Reply(content="Refunds take 5 days."), 1.0),
    Case(_ANSWER, Reply(content="days 5 take Refunds."), 1.0),
    Case(_ANSWER, Reply(content="bananas are blue"), 0.0),
    Case(_ANSWER, Reply(content=""), 0.0),
    Case(_ANSWER, Reply(tool_calls=(ToolCall(name="get_policy"),)), 0.0),
    Case(_ANSWER._replace(reference=None), Reply(content="Refunds take 5 days."), None),
)
