"""Pays what a judge gives by your rubric: any model behind an OpenAI-compatible endpoint.

    {rubric: "5: answers all that was asked, and is right. 1: does not.", model: gpt-4.1-2025-04-14}
    "Refunds take 5 days."    {"reason": "It says what was asked.", "score": 5}     1.0
    "Refunds take long."      {"reason": "How long is left out.", "score": 3}       0.5
    "Bananas."                {"reason": "It is off the subject.", "score": 1}      0.0
                              I would say it is a 4.                                unscored

    value = (score - low) / (high - low), in [0, 1]

Where the verdict cannot be had or read, the reply is unscored and says why: `judge-timeout`,
`judge-status-503`, `judge-verdict-unreadable`, `judge-refused`, `judge-is-another-model` (what
answered is not what was pinned) and so on. It is never a zero and never the middle.

Not asked about: a reply without a letter or digit in it, one longer than `answer_characters`, and
one that is only an opening. They are worth 0: judges have been seen to pass ":" and "Thought
process:" as right (arXiv 2507.08794, "One Token to Fool LLM-as-a-Judge"). Nor is one that only
calls tools, unless `calls` is set: it is worth 0 where the reference is no call, and not applicable
else.
"""

import re
from typing import Any, Self

from pydantic import Field, model_validator

from tasks.core.records import Message, Reference, Reply, Score, ToolCall
from tasks.rewards import Case, Prompt
from tasks.rewards.remote.endpoint import Failure, Purse
from tasks.rewards.remote.judging import JudgeSettings, Question, answer, ask, context, prompt_sha
from tasks.rewards.texts.due import only_called

REQUIRES = ("httpx",)

# Openings that the paper found to pass for answers, and what they are in other languages.
_OPENINGS = frozenset(
    (
        "thought process",
        "solution",
        "let's solve this problem step by step",
        "let us think step by step",
        "the answer is",
        "answer",
        "final answer",
        "解",
        "解答",
        "かいせつ",
        "respuesta",
        "solución",
        "lösung",
        "réponse",
    )
)
_SAYS = re.compile(r"\w")
_TASK = (
    "You are a careful judge. You are given a conversation, the tools that were offered, where "
    "there is one a reference, and the answer of an assistant. Say in `reason` in one or two "
    "sentences what is right and wrong with the answer, then give it a score from {low} (worst) "
    "to {high} (best)."
)


class Settings(JudgeSettings):
    rubric: str = Field(
        default="The best answer says all that was asked, in plain words, and nothing that the "
        "conversation or the reference contradicts. The worst one is wrong, off the subject or "
        "says nothing.",
        min_length=10,
    )
    low: int = 1
    high: int = 5
    calls: bool = False
    """Whether a reply that only calls tools is judged too."""

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low {self.low}, high {self.high}: expected low < high")
        return self


_purse = Purse()


async def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply by asking; see the module for what is paid. Values are in [0, 1].

    Raises:
        SettingsError: the environment does not say where the judge is.
    """
    text = reply.content.strip()
    if not settings.calls and (called := only_called(prompt, reply)) is not None:
        return called
    if not reply.tool_calls and not _says(text):
        return Score(value=0.0, tier="says-nothing")
    shown = answer(reply)
    if len(str(shown)) > settings.answer_characters:
        return Score(value=0.0, tier="too-long")
    data = {**context(prompt, settings), "answer": shown}
    verdict = await ask(_question(data, settings), settings, _purse)
    if isinstance(verdict, Failure):
        return Score.unscored(verdict.reason)
    given = verdict["score"]
    value = (given - settings.low) / (settings.high - settings.low)
    return Score(value=value, exact=value == 1, tier=f"score-{given}")


def facts(settings: Settings) -> dict[str, str]:
    """What a score depends on beside the code: to be kept with the spec."""
    sha = prompt_sha(_question({}, settings), settings)
    return {"judge_model": settings.model, "judge_prompt_sha256": sha}


def spent() -> dict[str, float]:
    """Calls, tries again, tokens, cost and failures by reason since the process began."""
    return _purse.numbers()


def _says(text: str) -> bool:
    return bool(_SAYS.search(text)) and text.casefold().strip(" .:!*#\n") not in _OPENINGS


def _question(data: dict[str, Any], settings: Settings) -> Question:
    schema = {
        "type": "object",
        "properties": {
            "reason": {"type": "string"},
            "score": {"type": "integer", "minimum": settings.low, "maximum": settings.high},
        },
        "required": ["reason", "score"],
        "additionalProperties": False,
    }
    return Question(_TASK.format(low=settings.low, high=settings.high), data, schema)


_ASKED = Prompt(
    (Message(role="user", content="How long do refunds take?"),),
    (),
    Reference(behaviour="answer", text="Refunds take 5 days."),
)
CASES = (
    Case(_ASKED, Reply(content="Refunds take 5 days."), 1.0),
    Case(_ASKED, Reply(content="Bananas are blue."), 0.0),
    Case(_ASKED, Reply(content=""), 0.0),
    Case(_ASKED, Reply(content=":"), 0.0),
    Case(_ASKED, Reply(content="Thought process:"), 0.0),
    Case(_ASKED, Reply(tool_calls=(ToolCall(name="get_policy"),)), 0.0),
    Case(_ASKED._replace(reference=None), Reply(tool_calls=(ToolCall(name="f"),)), None),
)
