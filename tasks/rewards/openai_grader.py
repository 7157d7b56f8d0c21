"""Scores by a grader of OpenAI's reinforcement fine-tuning, as its JSON stands.

    options:
      grader:
        type: string_check
        name: city
        operation: ilike
        input: "{{sample.output_text}}"
        reference: "{{item.reference_answer}}"

`string_check`, `text_similarity`, `python` (in the sandbox, see the reward `python`), `score_model`
and `label_model` (by your own endpoint, see the reward `judge`), `multi` with its formula, and
Azure's `endpoint`; what is asked where is said in tasks/rewards/graders/model_grading.py.

`item` is the row: its own columns, and `messages`, `tools`, `reference` and `reference_answer`.
`sample` is the reply: `output_text`, `output_json`, `output_tools`, `choices`.

The value is divided by the greater end of `range`. What fails is unscored; OpenAI scores it 0.
"""

from functools import lru_cache
from typing import Any, Self

import msgspec
from pydantic import model_validator

from tasks.core.errors import SettingsError
from tasks.core.records import Reference, Reply, Score
from tasks.core.section import Section
from tasks.rewards import Case, Prompt
from tasks.rewards.graders import grading, model_grading, openai
from tasks.rewards.reading import namespaces
from tasks.sandbox import source

REQUIRES = ("httpx", "nltk", "rapidfuzz", "rouge-score", "sacrebleu")


class Settings(Section):
    grader: dict[str, Any]
    range: tuple[float, float] | None = None
    """What it may find; by default what the grader says, and else -1 to 1."""
    packages: tuple[str, ...] = ()
    """Installed packages that a python grader may import beside the standard library."""
    unsafe_without_sandbox: bool = False
    """Run a python grader as a process like any other where no sandbox works."""

    @model_validator(mode="after")
    def _is_a_grader(self) -> Self:
        try:
            grader = openai.read(self.grader, "grader")
            parts = grader.graders.values() if isinstance(grader, openai.Multi) else (grader,)
            for part in parts:
                if isinstance(part, openai.Python):
                    _read(part, self.packages)
        except SettingsError as problem:
            raise ValueError(str(problem)) from problem
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError(f"range {list(self.range)}: the first must be less than the second")
        return self


async def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply by the grader.

    Raises:
        SettingsError: no sandbox works here, or a program fails when it is loaded.
    """
    grader = _grader(msgspec.json.encode(settings.grader))
    values = {"item": namespaces.item(prompt), "sample": namespaces.sample(reply)}
    sandbox = grading.Sandbox(settings.packages, settings.unsafe_without_sandbox)
    found = await grading.grade(grader, values, sandbox)
    if found.value is None:
        return Score.unscored(found.reason)
    low, high = settings.range or openai.highest_and_lowest(grader) or (-1.0, 1.0)
    if not low <= found.value <= high:
        return Score.unscored("openai-out-of-range")
    size = max(abs(low), abs(high))
    tier = "full" if found.value == high else "some" if found.value > max(low, 0.0) else "none"
    components = {name: value / size for name, value in found.parts.items()}
    return Score(
        value=found.value / size, exact=found.value == high, tier=tier, components=components
    )


def spent() -> dict[str, float]:
    """Calls, tries again, tokens and failures by reason since the process began."""
    return model_grading.spent()


@lru_cache(maxsize=64)
def _grader(written: bytes) -> openai.One | openai.Multi:
    return openai.read(msgspec.json.decode(written), "grader")


def _read(grader: openai.Python, packages: tuple[str, ...]) -> None:
    program = source.read(grader.source, name=grader.name or "source", packages=packages)
    if program.function != "grade":
        raise SettingsError("a python grader defines `def grade(sample, item)`; it has `score`")


_SAME = {
    "grader": {
        "type": "string_check",
        "name": "city",
        "operation": "ilike",
        "input": "{{sample.output_text}}",
        "reference": "{{item.reference_answer}}",
    }
}
_BOTH = {
    "grader": {
        "type": "multi",
        "name": "both",
        "graders": {
            "city": _SAME["grader"],
            "short": {
                "type": "python",
                "name": "short",
                "source": "def grade(sample, item): return float(len(sample['output_text']) < 9)",
            },
        },
        "calculate_output": "0.8 * city + 0.2 * short",
    }
}
_UNFILLED = {"grader": {**_SAME["grader"], "reference": "{{item.town}}"}}
_PROMPT = Prompt((), (), Reference(behaviour="answer", text="Oslo"))
CASES = (
    Case(_PROMPT, Reply(content="It is oslo."), 1.0, _SAME),
    Case(_PROMPT, Reply(content="Bergen"), 0.0, _SAME),
    Case(_PROMPT, Reply(content="Oslo"), 1.0, _BOTH),
    Case(_PROMPT, Reply(content="It is Oslo."), 0.8, _BOTH),
    Case(_PROMPT._replace(item={"town": "Oslo"}), Reply(content="Oslo"), 1.0, _UNFILLED),
    Case(_PROMPT, Reply(content="Oslo"), None, _UNFILLED),
)
