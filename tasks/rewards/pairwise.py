"""Ranks the replies to one prompt against each other and the logged reply, by a judge.

    logged   "I do not know."                       rank 3 of 3
    group    "Refunds take 5 days."                 rank 1       1.0
             "Refunds take some days."              rank 2       0.5

    value = share of the other candidates that it is better than, in [0, 1],
            mean of two rankings: one in an order set by the candidates' hashes, one in its reverse

Judges prefer places: each candidate stands as often early as late, and its letter changes. Where
the two rankings go against each other (Kendall's tau below `least_agreement`), the judge went by
place, and the whole group is unscored: `judge-goes-by-place`. Of two candidates that take turns in
winning neither is better: both get 0.5. Equal replies are shown once and worth the same; the order
and number of them in the group change nothing. A reply that says nothing is worth 0 and not shown.

The logged reply is the reference's text, or its calls; without a reference the group is ranked by
itself. Where nothing is left to compare with, the reward is not applicable. No reference answer is
needed, as in RULER (openpipe-art), which shows all in one order and takes the judge's own numbers.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from tasks.core.records import Message, Reference, Reply, Score, ToolCall
from tasks.rewards import NOT_APPLICABLE, Case, Prompt
from tasks.rewards.remote.endpoint import Failure, Purse
from tasks.rewards.remote.judging import JudgeSettings, Question, answer, ask, context, prompt_sha

REQUIRES = ("httpx",)

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_SAYS = re.compile(r"\w")
_TASK = (
    "You are a careful judge. You are given a conversation, the tools that were offered, and "
    "candidates for the assistant's next message, each under a letter. Rank all candidates from "
    "best to worst. The order in which they stand says nothing about them, nor does their length."
)


class Settings(JudgeSettings):
    rubric: str = Field(
        default="Better is what moves the conversation on to what the user wants: right, complete, "
        "plain, without anything made up. Worse is what is wrong, off the subject or empty.",
        min_length=10,
    )
    least_agreement: float = Field(default=0.0, ge=-1, le=1)
    """Kendall's tau of the two rankings, of three candidates and more."""
    logged: bool = True
    """Whether the logged reply is one of the candidates."""


_purse = Purse()


async def score_group(
    prompts: Sequence[Prompt], replies: Sequence[Reply], settings: Settings
) -> list[Score]:
    """Rank the replies to one prompt; see the module for the formula. One `Score` for each reply.

    Raises:
        SettingsError: the environment does not say where the judge is.
    """
    prompt = prompts[0]
    keys = [_key(answer(reply)) for reply in replies]
    shown = {k: answer(r) for k, r in zip(keys, replies, strict=True) if _shows(r, settings)}
    silent = Score(value=0.0, tier="says-nothing")
    logged = _logged(prompt.reference) if settings.logged else None
    if logged is not None:
        shown.setdefault(_key(logged), logged)
    if len(shown) < 2:
        alone = Score.unscored(NOT_APPLICABLE)
        return [alone if key in shown else silent for key in keys]
    if len(shown) > len(LETTERS):
        return [Score.unscored("group-too-large-to-rank")] * len(replies)
    ranks = await _ranks(prompt, shown, settings)
    if isinstance(ranks, Failure):
        return [Score.unscored(ranks.reason) if key in shown else silent for key in keys]
    return [_valued(ranks[key], len(shown)) if key in shown else silent for key in keys]


def facts(settings: Settings) -> dict[str, str]:
    """What a score depends on beside the code: to be kept with the spec."""
    sha = prompt_sha(_question({}, 2), settings)
    return {"pairwise_model": settings.model, "pairwise_prompt_sha256": sha}


def spent() -> dict[str, float]:
    """Calls, tries again, tokens, cost and failures by reason since the process began."""
    return _purse.numbers()


async def _ranks(
    prompt: Prompt, shown: dict[str, dict[str, Any]], settings: Settings
) -> dict[str, float] | Failure:
    """Mean rank of each candidate from 0, over both orders."""
    forth = sorted(shown)
    found: list[dict[str, int]] = []
    for order in (forth, forth[::-1]):
        letters = dict(zip(LETTERS, order, strict=False))
        data = {
            **context(prompt._replace(reference=None), settings),
            "candidates": {letter: shown[key] for letter, key in letters.items()},
        }
        verdict = await ask(_question(data, len(order)), settings, _purse)
        if isinstance(verdict, Failure):
            return verdict
        ranking = verdict["ranking"]
        if sorted(ranking) != sorted(letters):
            return Failure("judge-verdict-not-a-ranking")
        found.append({letters[letter]: rank for rank, letter in enumerate(ranking)})
    first, second = ([ranks[key] for key in forth] for ranks in found)
    if len(forth) > 2 and _tau(first, second) < settings.least_agreement:
        return Failure("judge-goes-by-place")
    return {key: (found[0][key] + found[1][key]) / 2 for key in forth}


def _question(data: dict[str, Any], count: int) -> Question:
    letters = list(LETTERS[:count])
    ranking = {"type": "array", "items": {"type": "string", "enum": letters}, "minItems": count}
    schema = {
        "type": "object",
        "properties": {"reason": {"type": "string"}, "ranking": {**ranking, "maxItems": count}},
        "required": ["reason", "ranking"],
        "additionalProperties": False,
    }
    return Question(_TASK, data, schema)


def _tau(first: Sequence[int], second: Sequence[int]) -> float:
    """Kendall's tau-a of two rankings without ties."""
    n = len(first)
    pairs = [(i, j) for i in range(n) for j in range(i)]
    agree = sum((first[i] - first[j]) * (second[i] - second[j]) > 0 for i, j in pairs)
    return 2 * agree / len(pairs) - 1


def _valued(rank: float, count: int) -> Score:
    value = (count - 1 - rank) / (count - 1)
    tier = "first" if rank == 0 else "last" if rank == count - 1 else "between"
    return Score(value=value, exact=rank == 0, tier=tier)


def _shows(reply: Reply, settings: Settings) -> bool:
    says = bool(reply.tool_calls) or _SAYS.search(reply.content) is not None
    return says and len(str(answer(reply))) <= settings.answer_characters


def _logged(reference: Reference | None) -> dict[str, Any] | None:
    if reference is None or not (reference.text or reference.calls):
        return None
    calls = tuple(ToolCall(name=call.name, arguments=call.arguments) for call in reference.calls)
    return answer(Reply(content=reference.text, tool_calls=calls))


def _key(shown: dict[str, Any]) -> str:
    """Equal for equal replies; as an order it is nobody's choice."""
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


_ASKED = Prompt(
    (Message(role="user", content="How long do refunds take?"),),
    (),
    Reference(behaviour="answer", text="Refunds are handled."),
)
CASES = (
    Case(_ASKED, Reply(content="Refunds take long: 5 days."), 1.0),
    Case(_ASKED, Reply(content="Bananas are blue."), 0.0),
    Case(_ASKED, Reply(content="..."), 0.0),
    Case(_ASKED, Reply(content="Refunds are handled."), None),
    Case(_ASKED._replace(reference=None), Reply(content="Refunds take 5 days."), None),
)
