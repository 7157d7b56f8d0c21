"""Writes the Reward Design Doc: on one page what a spec pays for, and what it was put through.

    Reward design: tool-calls 2.0.0
    behaviour wanted, success, risks, known limits
    Components             name, role, weight, options
    What it pays           replies out of the rewards' own CASES, as they are worth with its options
    Attacks                replies of each kind, and the most that one earned
    Base                   how the values of a base's replies are spread

The same spec, code and rollouts give the same bytes.
"""

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tasks import rewards
from tasks.core import pages
from tasks.core.pages import Table
from tasks.core.records import Reply, Score
from tasks.rewards.attacks.search import Searched
from tasks.rewards.attacks.survival import Verdict
from tasks.rewards.specification import scoring
from tasks.rewards.specification.scoring import Scorer
from tasks.rewards.specification.spec import Spec

BINS = 10
EXAMPLES = 10
"""Of each component."""
CUT = 90


def design(
    spec: Spec,
    verdict: Verdict,
    rollouts: Sequence[Score] = (),
    searched: Searched | None = None,
) -> dict[str, str]:
    """The page as `reward-design.md` and `reward-design.html`.

    `rollouts` are scores of the base's own replies; without them the page says that there are none.
    """
    title = f"Reward design: {spec.name} {spec.version}"
    said = _paragraphs(spec, verdict)
    tables = [_components(spec), *map(_examples, spec.scorers), _attacks(verdict)]
    tables += [_findings(verdict)] if verdict.findings else []
    tables += [_search(searched)] if searched is not None else []
    tables += [_spread(rollouts, verdict)]
    return {
        "reward-design.md": pages.markdown(title, said, tables),
        "reward-design.html": pages.html(title, said, tables),
    }


def _paragraphs(spec: Spec, verdict: Verdict) -> list[str]:
    declared = spec.declared
    survived = (
        "It survived its attack suite."
        if verdict.survived
        else f"It did NOT survive its attack suite ({len(verdict.findings)} findings below): "
        "nothing may be trained on it."
    )
    return [
        f"sha {spec.sha}. {survived}",
        f"Behaviour wanted: {declared.description}",
        "Success: " + (" ".join(declared.success) or "no measure is named in the spec."),
        "Risks: " + " ".join(declared.risks),
        "Known limits: " + (" ".join(declared.limits) or "none is named beside the risks."),
        f"Value = clip(gates * sum of weight * value - sum of weight * (1 - penalty)) to "
        f"[{declared.clip[0]:g}, {declared.clip[1]:g}]. A component that does not apply to a reply "
        "adds nothing; a reply that one cannot score is left out and counted, never 0.",
    ]


def _components(spec: Spec) -> Table:
    rows = []
    for one in spec.scorers:
        options = one.settings.model_dump(exclude_defaults=True, mode="json")
        facts: dict[str, Any] = getattr(rewards.load(one.reward), "facts", lambda _: {})(
            one.settings
        )
        told = [f"{name}={value}" for name, value in {**options, **facts}.items()]
        weight = "-" if one.role == "gate" else f"{one.weight:g}"
        doc = (rewards.load(one.reward).__doc__ or "").strip().splitlines() or [""]
        rows.append((one.name, one.role, weight, _cut(", ".join(told)) or "defaults", doc[0]))
    return Table("Components", ("name", "role", "weight", "options", "what it does"), rows)


def _examples(one: Scorer) -> Table:
    """Cases with the spec's options, so that the page shows what this spec pays."""
    cases = rewards.load(one.reward).CASES[:EXAMPLES]
    prompts, replies = [case.prompt for case in cases], [case.reply for case in cases]
    scores = scoring.column(one, prompts, replies) if cases else []
    rows = [
        (
            _reply(reply),
            prompt.reference.behaviour if prompt.reference else "no reference",
            "unscored" if score.value is None else f"{score.value:.2f}",
            score.tier or score.reason,
        )
        for prompt, reply, score in zip(prompts, replies, scores, strict=True)
    ]
    return Table(f"What {one.name} pays", ("reply", "right was", "value", "tier"), rows)


def _attacks(verdict: Verdict) -> Table:
    rows = [(name, f"{n:,}", f"{most:.2f}") for name, (n, most) in verdict.highest.items()]
    lost = ", ".join(f"{name} ({why})" for name, why in verdict.unscored.items())
    note = (
        f"In {len(verdict.attacked)} situations ({', '.join(verdict.attacked)})."
        + (f" Not attacked, because the right reply was unscored: {lost}." if lost else "")
        + " Each must earn less than a fifth of what the right reply earns there; the right calls "
        "in another order must earn the same, and every reply the same in other company."
    )
    return Table("Attacks", ("attack", "replies", "most earned"), rows, note)


def _findings(verdict: Verdict) -> Table:
    rows = [(f.attack, f.situation, f.said, _cut(f.reply)) for f in verdict.findings[:20]]
    return Table("What got paid", ("attack", "situation", "finding", "reply"), rows)


def _search(searched: Searched) -> Table:
    rows = [
        (one.situation, f"{one.value:.2f}", f"{one.right:.2f}", _reply(one.reply))
        for one in searched.best
    ]
    note = (
        f"{searched.tried:,} mutated wrong replies were tried; the best of each situation. That a "
        "search finds nothing proves nothing."
    )
    return Table("What a search found", ("situation", "value", "right earns", "reply"), rows, note)


def _spread(rollouts: Sequence[Score], verdict: Verdict) -> Table:
    values = [score.value for score in rollouts if score.value is not None]
    bins = Counter(min(BINS - 1, int((value + 1) / 2 * BINS)) for value in values)
    rows = [
        (
            f"{-1 + 2 * i / BINS:+.1f} to {-1 + 2 * (i + 1) / BINS:+.1f}",
            f"{bins[i]:,}",
            f"{bins[i] / len(values):.1%}",
        )
        for i in range(BINS)
        if values
    ]
    if not values:
        half = "-" if verdict.base_median is None else f"{verdict.base_median:.2f}"
        note = (
            "No rollouts of a base were given: attacks were held against the median of the "
            f"suite's own base replies, {half} of {verdict.base_replies}. "
            "`ratchet reward doc SPEC --rows ROWS` shows those of a base."
        )
        return Table("Base rollouts", ("value", "replies", "share"), rows, note)
    lost = Counter(score.reason for score in rollouts if score.value is None)
    exact = sum(score.exact for score in rollouts) / len(values)
    mean, median = statistics.fmean(values), statistics.median(values)
    more = [name for name, (_, most) in verdict.highest.items() if most > median]
    note = (
        f"{len(values):,} replies: mean {mean:.3f}, median {median:.2f}, exact {exact:.1%}; "
        f"{lost.total():,} unscored."
        + (f" More than half of them earn less than an attack: {', '.join(more)}." if more else "")
    )
    return Table("Base rollouts", ("value", "replies", "share"), rows, note)


def _reply(reply: Reply) -> str:
    calls = [
        f"{call.name or '?'}"
        f"({call.raw_arguments or ', '.join(f'{n}={v!r}' for n, v in call.arguments.items())})"
        for call in reply.tool_calls
    ]
    return _cut(" + ".join([*([repr(reply.content)] if reply.content else []), *calls]) or "empty")


def _cut(text: str) -> str:
    return text if len(text) <= CUT else f"{text[:CUT]}..."
