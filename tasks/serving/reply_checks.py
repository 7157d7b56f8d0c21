"""Rules on replies while they are served: the rewards' own, to watch or to block.

    serve:
      checks:
        - {reward: pii_leak, mode: block}
        - {reward: policy, mode: observe, options: {patterns: {vow: "(?i)guarantee"}}}

A check is a reward that needs no reference. A reply that it scores below `below` breaks the rule:
it is counted, and where the mode is `block` the client gets a refusal in its place. What a reward
cannot score is counted as unscored and passes.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from pydantic import ValidationError

from tasks import rewards
from tasks.core.errors import SettingsError
from tasks.core.records import Reply
from tasks.core.settings import CheckSettings
from tasks.rewards import Prompt
from tasks.serving import chat


class _Loaded(NamedTuple):
    check: CheckSettings
    module: Any
    settings: Any


class Held(NamedTuple):
    """What the rules say of one reply."""

    blocking: str = ""
    """Name of the rule that forbids it; empty where none does."""
    broken: bool = False
    """Some rule is broken, whether it blocks or watches."""


class Checks:
    """All rules of a gateway."""

    def __init__(self, checks: Sequence[CheckSettings]) -> None:
        """Load the rewards.

        Raises:
            SettingsError: a reward does not take its options.
        """
        self.counts: Counter[tuple[str, str]] = Counter()
        """By reward and outcome: `passed`, `broken`, `blocked`, `unscored`."""
        self._loaded: list[_Loaded] = []
        for check in checks:
            module = rewards.load(check.reward)
            try:
                settings = module.Settings.model_validate(check.options)
            except ValidationError as error:
                raise SettingsError(f"serve.checks, {check.reward}: {error}") from error
            self._loaded.append(_Loaded(check, module, settings))

    def __bool__(self) -> bool:
        return bool(self._loaded)

    @property
    def block(self) -> bool:
        """Whether any rule may keep a reply from its client."""
        return any(check.mode == "block" for check, _, _ in self._loaded)

    def broken(self, prompt: Prompt, reply: Reply) -> tuple[str, ...]:
        """Names of the rules that a reply breaks; what a reward cannot score breaks none."""
        scores = [
            (one.check, one.module.score(prompt, reply, one.settings)) for one in self._loaded
        ]
        return tuple(
            check.reward
            for check, score in scores
            if score.value is not None and score.value < check.below
        )

    def held(self, request: dict[str, Any], body: bytes) -> Held:
        """What the rules say of the reply in a response's body.

        A body that is no chat completion is left to the client.
        """
        try:
            asked = msgspec.convert(request, chat.Request)
            messages, tools = chat.context(asked)
            reply = chat.reply_of(msgspec.json.decode(body)["choices"][0]["message"])
        except (msgspec.MsgspecError, chat.Refused, KeyError, IndexError, TypeError):
            self.counts["any", "unread"] += 1
            return Held()
        blocking, broken = "", False
        for check, module, settings in self._loaded:
            score = module.score(Prompt(messages, tools, None), reply, settings)
            if score.value is None:
                self.counts[check.reward, "unscored"] += 1
            elif score.value >= check.below:
                self.counts[check.reward, "passed"] += 1
            elif check.mode == "observe":
                self.counts[check.reward, "broken"] += 1
                broken = True
            else:
                self.counts[check.reward, "blocked"] += 1
                blocking, broken = blocking or check.reward, True
        return Held(blocking, broken)
