"""A reward spec: which rewards, how much each weighs, what it is for and what could go wrong.

    name: tool-calls
    version: 1.0.0
    description: The agent takes the right next action.
    risks: [A tool's side effects are guessed from its name.]
    success: [Share of sessions that reach their goal without a human.]
    components:
      - {reward: tool_call, weight: 1.0, options: {wrong_tool: 0.0}}
      - {reward: decision, weight: 1.0}
      - {reward: pii_leak, role: gate}
      - {reward: length, role: penalty, weight: 0.2}
    clip: [-1, 1]

How the components' values become one is said in `scoring`, and what the file may say in `declared`.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError

from tasks import rewards
from tasks.core import closure
from tasks.core.closure import PROJECT
from tasks.core.errors import SettingsError
from tasks.core.records import Message, Reference, Reply, Score, Tool
from tasks.dialects import parse
from tasks.rewards import Prompt
from tasks.rewards.specification import declared as declared_in
from tasks.rewards.specification import scoring
from tasks.rewards.specification.declared import Declaration, Placed
from tasks.rewards.specification.scoring import Scorer, combined, scorer


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
        return self.batch([prompt], [reply])[0]

    def batch(self, prompts: Sequence[Prompt], replies: Sequence[Reply]) -> list[Score]:
        """Score each reply to the prompt at the same position.

        Raises:
            ValueError: not as many replies as prompts.
            StageError: a reward returned something else than one `Score` a reply.
        """
        if len(prompts) != len(replies):
            raise ValueError(f"{len(prompts)} prompts and {len(replies)} replies; one is shorter")
        table = scoring.columns(self.scorers, prompts, replies)
        clip = self.declared.clip
        return [combined(self.scorers, row, clip) for row in zip(*table, strict=True)]


def load_spec(path: str | Path) -> Spec:
    """Read a spec, load its rewards and check their options.

    A relative path is looked for here and then in the project, which holds the default spec.

    Raises:
        SettingsError: names the file, the line, the value and the cure.
    """
    file = _find(Path(path))
    declared, placed = declared_in.read(file)
    scorers = tuple(map(_scorer, placed))
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
        completions: Sequence[str | Reply],
        *,
        messages: Sequence[str],
        tools: Sequence[str],
        reference: Sequence[str],
        log_metric: Callable[[str, float], None] | None = None,
        **_columns: Any,
    ) -> list[float | None]:
        """One value for each completion, a text or a reply read from one; None where unscored."""
        rows = zip(messages, tools, reference, strict=True)
        asked = [Prompt(_messages(m), _tools(t), _reference(r)) for m, t, r in rows]
        replies = [one if isinstance(one, Reply) else parse(one) for one in completions]
        scores = self.spec.batch(asked, replies)
        self.unscored.update(score.reason for score in scores if score.value is None)
        found = [score for score in scores if score.value is not None]
        self.scored += len(found)
        if log_metric is not None:
            for name, used in self.spent().items():
                log_metric(name, used)
        if log_metric is not None and scores:
            log_metric("unscored", (len(scores) - len(found)) / len(scores))
        if log_metric is not None and found:
            log_metric("exact", sum(score.exact for score in found) / len(found))
            for tier in ("invented", "over-refusal"):
                share = sum(score.tier == tier for score in found) / len(found)
                log_metric(tier.replace("-", "_"), share)
        return [score.value for score in scores]

    def spent(self) -> dict[str, float]:
        """What remote rewards used up so far, as `judge/calls` or `judge/cost_usd`."""
        modules = {one.reward: rewards.load(one.reward) for one in self.spec.scorers}
        return {
            f"{name}/{kind}": float(used)
            for name, module in modules.items()
            if hasattr(module, "spent")
            for kind, used in module.spent().items()
        }

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


def _scorer(one: Placed) -> Scorer:
    component = one.component
    try:
        module = rewards.load(component.reward)
    except SettingsError as error:
        raise one.error(str(error), "reward") from error
    try:
        settings = module.Settings.model_validate(component.options)
    except ValidationError as error:
        raise one.refused(error, "options") from error
    return scorer(
        component.reward,
        module,
        settings,
        name=component.name,
        role=component.role,
        weight=1.0 if component.weight is None else component.weight,
        concurrency=component.concurrency,
        timeout_s=component.timeout_s,
        asked=component.asked,
    )


def _sha(declared: Declaration, scorers: Sequence[Scorer]) -> str:
    content = {
        "declared": declared.model_dump(mode="json", by_alias=True),
        "settings": [scorer.settings.model_dump(mode="json") for scorer in scorers],
        "sources": {scorer.reward: rewards.source_sha(scorer.reward) for scorer in scorers},
        "shared": closure.sha(__name__),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
