"""A reward spec: which rewards, how much each weighs, what it is for and what could go wrong.

    name: tool-calls
    version: 1.0.0
    description: The agent takes the right next action.
    risks: [A tool's side effects are guessed from its name.]
    components:
      - {reward: tool_call, weight: 1.0, options: {wrong_tool: 0.0}}
      - {reward: decision, weight: 1.0}
    combine: weighted_sum

The value of a reply is the sum of each component's value times its weight, clipped to [-1, 1]. A
component that is not applicable to a row adds nothing to it. Where a component could not be scored
for any other reason, or none is applicable, the row is unscored.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from pydantic import Field, ValidationError

from tasks import rewards
from tasks.core.dialects import parse
from tasks.core.errors import SettingsError
from tasks.core.records import Message, Reference, Reply, Score, Tool
from tasks.core.settings import Section
from tasks.core.step import PROJECT, code_sha
from tasks.rewards import NOT_APPLICABLE, Prompt, spec_file
from tasks.rewards.spec_file import Place

SHARED = (
    "tasks/rewards/spec.py",
    "tasks/rewards/assignment.py",
    "tasks/rewards/matching.py",
    "tasks/rewards/side_effects.py",
    "tasks/core/behaviour",
)
"""Code that every reward's value depends on, beside its own file."""

_SEMVER = r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$"


class Component(Section):
    reward: str
    """Name of a file in tasks/rewards, or a dotted path to a module of the user's own."""
    weight: float = Field(gt=0, le=1)
    options: dict[str, Any] = {}
    """What the reward's `Settings` take."""


class Declaration(Section):
    """The YAML file as it stands."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: str = Field(pattern=_SEMVER)
    """Semantic version: raised with every change of the file or of a reward in it."""
    description: str = Field(min_length=1)
    """What it is meant to make better."""
    risks: tuple[str, ...] = Field(min_length=1)
    """What could go wrong when a model is trained on it."""
    components: tuple[Component, ...] = Field(min_length=1)
    combine: Literal["weighted_sum"]


@dataclass(frozen=True)
class Scorer:
    """One component, ready to score."""

    reward: str
    weight: float
    settings: Section
    score: Callable[[Prompt, Reply, Any], Score]


@dataclass(frozen=True)
class Spec:
    """A spec whose rewards are loaded and whose options were checked."""

    path: Path
    declared: Declaration
    scorers: tuple[Scorer, ...]
    sha: str
    """sha256 over what the file says and the source of every reward in it."""

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def version(self) -> str:
        return self.declared.version

    def score(self, prompt: Prompt, reply: Reply) -> Score:
        """Score one reply; `components` holds each applicable component's value, not weighted."""
        found: dict[str, Score] = {}
        for scorer in self.scorers:
            score = scorer.score(prompt, reply, scorer.settings)
            if score.value is not None:
                found[scorer.reward] = score
            elif score.reason != NOT_APPLICABLE:
                return Score.unscored(score.reason)
        if not found:
            return Score.unscored(NOT_APPLICABLE)
        return self._combined(found)

    def batch(self, prompts: Sequence[Prompt], replies: Sequence[Reply]) -> list[Score]:
        """Score each reply to the prompt at the same position."""
        return [self.score(p, r) for p, r in zip(prompts, replies, strict=True)]

    def _combined(self, found: dict[str, Score]) -> Score:
        total = sum(
            s.weight * (found[s.reward].value or 0.0) for s in self.scorers if s.reward in found
        )
        first = next(iter(found.values()))
        return Score(
            value=max(-1.0, min(1.0, total)),
            exact=all(score.exact for score in found.values()),
            tier=first.tier,
            behaviour=first.behaviour,
            components={name: score.value or 0.0 for name, score in found.items()},
        )


def load_spec(path: str | Path) -> Spec:
    """Read a spec, load its rewards and check their options.

    A relative path is looked for here and then in the project, which holds the default spec.

    Raises:
        SettingsError: names the file, the line, the value and the cure.
    """
    file = _find(Path(path))
    values, places = spec_file.read(file)
    try:
        declared = Declaration.model_validate(values)
    except ValidationError as error:
        raise spec_file.refused(file, places, error) from error
    names = [component.reward for component in declared.components]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise spec_file.error(
                file, places, ("components", i), f"reward {name} stands twice; join the two"
            )
    scorers = tuple(_scorer(file, places, i, c) for i, c in enumerate(declared.components))
    return Spec(path=file, declared=declared, scorers=scorers, sha=_sha(declared, scorers))


class TrlReward:
    """A spec as a reward function of TRL 1.16's GRPOTrainer, which logs it under the spec's name.

    The dataset's columns `messages`, `tools` and `reference` hold JSON, because Arrow would give
    every row the union of all rows' keys. Unscored completions are None, which TRL leaves out of
    the group's mean and gives no advantage; they are counted here.
    """

    def __init__(self, spec: Spec) -> None:
        self.__name__ = spec.name
        self.spec = spec
        self.scored = 0
        self.unscored: Counter[str] = Counter()
        """By reason."""

    def __call__(
        self,
        prompts: Sequence[str],
        completions: Sequence[str],
        *,
        messages: Sequence[str],
        tools: Sequence[str],
        reference: Sequence[str],
        log_metric: Callable[[str, float], None] | None = None,
        **_columns: Any,
    ) -> list[float | None]:
        """One value for each completion, None where it is unscored."""
        rows = zip(messages, tools, reference, strict=True)
        asked = [Prompt(_messages(m), _tools(t), _reference(r)) for m, t, r in rows]
        scores = self.spec.batch(asked, [parse(completion) for completion in completions])
        self.unscored.update(score.reason for score in scores if score.value is None)
        found = [score for score in scores if score.value is not None]
        self.scored += len(found)
        if log_metric is not None and scores:
            log_metric("unscored", (len(scores) - len(found)) / len(scores))
        if log_metric is not None and found:
            log_metric("exact", sum(score.exact for score in found) / len(found))
            for tier in ("invented", "over-refusal"):
                share = sum(score.tier == tier for score in found) / len(found)
                log_metric(tier.replace("-", "_"), share)
        return [score.value for score in scores]

    @property
    def unscored_share(self) -> float:
        """Of all completions so far; 0 where there were none."""
        lost = self.unscored.total()
        return lost / (self.scored + lost) if lost else 0.0


def trl_reward(spec: Spec) -> TrlReward:
    """The spec as TRL calls it."""
    return TrlReward(spec)


def columns(prompt: Prompt) -> dict[str, str]:
    """The dataset columns from which `TrlReward` reads a prompt back."""
    fields = {"messages": prompt.messages, "tools": prompt.tools, "reference": prompt.reference}
    return {
        name: msgspec.json.encode(value, order="sorted").decode() for name, value in fields.items()
    }


# A prompt comes once for each of its completions, and again in each epoch.
@lru_cache(maxsize=1024)
def _messages(column: str) -> tuple[Message, ...]:
    return msgspec.json.decode(column, type=tuple[Message, ...])


@lru_cache(maxsize=1024)
def _tools(column: str) -> tuple[Tool, ...]:
    return msgspec.json.decode(column, type=tuple[Tool, ...])


@lru_cache(maxsize=1024)
def _reference(column: str) -> Reference | None:
    return msgspec.json.decode(column, type=Reference | None)


def _find(path: Path) -> Path:
    return path if path.is_absolute() or path.exists() else PROJECT / path


def _scorer(file: Path, places: dict[Place, int], position: int, component: Component) -> Scorer:
    at: Place = ("components", position)
    try:
        module = rewards.load(component.reward)
    except SettingsError as error:
        raise spec_file.error(file, places, (*at, "reward"), str(error)) from error
    try:
        settings = module.Settings.model_validate(component.options)
    except ValidationError as error:
        raise spec_file.refused(file, places, error, (*at, "options")) from error
    return Scorer(component.reward, component.weight, settings, module.score)


def _sha(declared: Declaration, scorers: Sequence[Scorer]) -> str:
    content = {
        "declared": declared.model_dump(mode="json"),
        "settings": [scorer.settings.model_dump(mode="json") for scorer in scorers],
        "sources": {scorer.reward: rewards.source_sha(scorer.reward) for scorer in scorers},
        "shared": code_sha(*SHARED),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
