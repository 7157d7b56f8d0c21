"""Says why a reply earned what it earned, component by component.

    tool_call  0.35  partial     get_invoice: month is "june", right is "may"
    decision   -     not-applicable
    total      0.35

A reward says more where it has `explain(prompt, reply, settings)`, a list of sentences; of any
other the tier or the reason has to do.
"""

from typing import NamedTuple

from tasks import rewards
from tasks.core.records import Reply, Score
from tasks.rewards import Prompt
from tasks.rewards.specification import scoring
from tasks.rewards.specification.spec import Spec


class Explained(NamedTuple):
    """One component's part in a score."""

    name: str
    role: str
    weight: float
    value: float | None
    tier: str
    """Or the reason of what is unscored."""
    why: tuple[str, ...]
    """Sentences about each point that was lost."""


def explain(spec: Spec, prompt: Prompt, reply: Reply) -> tuple[Score, list[Explained]]:
    """The score of a reply, and what each component had to do with it."""
    table = scoring.columns(spec.scorers, [prompt], [reply])
    parts = []
    for one, (score,) in zip(spec.scorers, table, strict=True):
        module = rewards.load(one.reward)
        says = getattr(module, "explain", None)
        lost = score.value is None or score.value < 1
        why = tuple(says(prompt, reply, one.settings)) if says is not None and lost else ()
        tier = score.tier or score.reason
        parts.append(Explained(one.name, one.role, one.weight, score.value, tier, why))
    row = [score for (score,) in table]
    return scoring.combined(spec.scorers, row, spec.declared.clip), parts
