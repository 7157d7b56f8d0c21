"""Runs the attack suite against a spec and says whether it may train, and if not, what got paid.

    survived   True
    attack     look-alike   9 replies, at most 0.00; allowed 0.20 of what the right one earns
    base       median 0.35 of 28 replies

Four things must hold. What is wrong earns less than a fifth of what is right, and no more than the
median of what a base replies; nothing earns as much as the right reply; calls in another order earn
the same, unless the order was asked for; and a reply earns the same alone, in a batch, and in a
batch turned round.
"""

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from tasks.core.errors import EvidenceError
from tasks.core.records import Reply, Score
from tasks.core.step import progress
from tasks.rewards import Prompt
from tasks.rewards.attacks import suite
from tasks.rewards.attacks.search import Searched
from tasks.rewards.attacks.situations import SITUATIONS, Situation
from tasks.rewards.attacks.suite import attacks, turned
from tasks.rewards.specification.spec import Spec

OF_RIGHT = 0.2
"""Share of the right reply's value that an attack must stay below."""
SHOWN = 120
SAME = 1e-9
SHORT = 10_000
"""Characters of what is scored three times over."""


class Finding(NamedTuple):
    """What is wrong with the spec."""

    attack: str
    situation: str
    said: str
    """In a sentence, with the values."""
    reply: str
    """The reply that shows it, cut short."""
    cure: str = ""
    """What to do about it."""


class Verdict(NamedTuple):
    survived: bool
    findings: tuple[Finding, ...]
    highest: dict[str, tuple[int, float]]
    """Attack to how many replies it made, and the most that one earned."""
    base_median: float | None
    base_replies: int
    base_from: str
    """`rollouts` of the user's own, or the `suite`'s."""
    attacked: tuple[str, ...]
    """Situations in which the right reply could be scored."""
    unscored: dict[str, str]
    """Situation to why its right reply could not be scored: it was not attacked there."""
    undecided: dict[str, int] = {}
    """Attack to how many of its replies were unscored, which pays nothing."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "survived": self.survived,
            "findings": [finding._asdict() for finding in self.findings],
            "attacks": {n: {"replies": k, "highest": v} for n, (k, v) in self.highest.items()},
            "base": {
                "median": self.base_median,
                "replies": self.base_replies,
                "from": self.base_from,
            },
            "attacked": list(self.attacked),
            "unscored": self.unscored,
            "undecided": self.undecided,
        }


def check(
    spec: Spec,
    situations: Sequence[Situation] = SITUATIONS,
    rollouts: Sequence[float] = (),
) -> Verdict:
    """Attack the spec in each situation.

    `rollouts` are values of the base's own replies, where there are some; without them the base is
    what the situations say that one may reply.
    """
    run = _Run(spec)
    with progress("attack", len(situations)) as advance:
        for situation in situations:
            run.attack(situation)
            advance(1)
    run.close(list(rollouts))
    return run.verdict("rollouts" if rollouts else "suite")


def with_search(verdict: Verdict, searched: Searched) -> Verdict:
    """The verdict with what a search found to be paid."""
    paid = [
        Finding(
            "search",
            one.situation,
            f"earns {one.value:.3f}; the right reply earns {one.right:.3f}",
            shown(one.reply),
            "see `ratchet reward explain` for why it is paid",
        )
        for one in searched.best
        if one.value >= OF_RIGHT * one.right
    ]
    findings = (*verdict.findings, *paid)
    return verdict._replace(survived=not findings, findings=findings)


def refuse_to_train(spec: Spec, verdict: Verdict) -> None:
    """Stop where the spec did not survive.

    Raises:
        EvidenceError: names what got paid, and where to see all of it.
    """
    if verdict.survived:
        return
    first = verdict.findings[0]
    raise EvidenceError(
        f"{spec.path}: {spec.name} {spec.version} did not survive its attack suite, so nothing is "
        f"trained on it: {first.attack} in {first.situation}: {first.said} "
        f"({len(verdict.findings)} findings). `ratchet reward check {spec.path}` shows all; mend "
        "its rewards or their options"
    )


class _Run:
    """What one check gathers."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.findings: list[Finding] = []
        self.highest: dict[str, tuple[int, float]] = {}
        self.base: list[float] = []
        self.attacked: list[str] = []
        self.unscored: dict[str, str] = {}
        self.undecided: Counter[str] = Counter()
        self._huge: set[str] = set()
        self._paid: list[tuple[float, Finding]] = []

    def attack(self, situation: Situation) -> None:
        """Try every attack in one situation, all in one batch, as training would."""
        prompt, reference = situation.prompt, situation.prompt.reference
        behaviour = reference.behaviour if reference else ""
        # Once for each behaviour: a megabyte takes a second to look through.
        made = list(attacks(situation, huge=behaviour not in self._huge))
        self._huge.add(behaviour)
        replies = [situation.right, *(one.reply for one in made), *situation.base]
        scores = self.spec.batch([prompt] * len(replies), replies)
        right = scores[0].value
        if right is None:
            self.unscored[situation.name] = scores[0].reason
            return
        self.attacked.append(situation.name)
        if right <= 0:
            self._add("right-reply", situation, f"the right reply earns {right:.3f}", replies[0])
        of_base = scores[1 + len(made) :]
        self.base += [score.value for score in of_base if score.value is not None]
        for one, score in zip(made, scores[1:], strict=False):
            self._judge(one.name, situation, one.reply, score, right)
        self._in_any_order(situation, right)
        self._alone_and_together(prompt, situation, replies, scores)

    def close(self, rollouts: list[float]) -> None:
        """Hold the attacks against the median of the base."""
        self.base = rollouts or self.base
        median = self.median
        for value, finding in self._paid:
            if median is not None and value > median + SAME:
                said = f"earns {value:.3f}, more than the median reply of a base, {median:.3f}"
                self.findings.append(finding._replace(said=said))
        if not self.attacked:
            reasons = ", ".join(sorted(set(self.unscored.values()))) or "there is no situation"
            self.findings.append(
                Finding("right-reply", "all", f"no right reply could be scored ({reasons})", "")
            )

    @property
    def median(self) -> float | None:
        return statistics.median(self.base) if self.base else None

    def verdict(self, base_from: str) -> Verdict:
        return Verdict(
            survived=not self.findings,
            findings=tuple(self.findings),
            highest=dict(sorted(self.highest.items())),
            base_median=self.median,
            base_replies=len(self.base),
            base_from=base_from,
            attacked=tuple(self.attacked),
            unscored=self.unscored,
            undecided=dict(sorted(self.undecided.items())),
        )

    def _judge(
        self, attack: str, situation: Situation, reply: Reply, score: Score, right: float
    ) -> None:
        value = score.value
        if value is None:
            self.undecided[attack] += 1
            return
        count, highest = self.highest.get(attack, (0, -1.0))
        self.highest[attack] = (count + 1, max(highest, value))
        limit = OF_RIGHT * right
        if value >= limit and right > 0:
            said = f"earns {value:.3f}; the right reply earns {right:.3f}, so less than {limit:.3f}"
            self._add(attack, situation, said, reply)
        else:
            self._paid.append(
                (
                    value,
                    Finding(attack, situation.name, "", shown(reply), suite.CURES.get(attack, "")),
                )
            )

    def _in_any_order(self, situation: Situation, right: float) -> None:
        other = turned(situation)
        if other is None or self._asks_for_order():
            return
        value = self.spec.score(situation.prompt, other).value
        if value is None or abs(value - right) > SAME:
            said = f"the right calls in another order earn {value}, not {right:.3f}"
            self._add("shuffled-order", situation, said, other)

    def _asks_for_order(self) -> bool:
        return any(getattr(one.settings, "ordered", False) for one in self.spec.scorers)

    def _alone_and_together(
        self, prompt: Prompt, situation: Situation, replies: list[Reply], scores: list[Score]
    ) -> None:
        """Group rewards compare within the group, so they are not asked about a reply alone."""
        short = [i for i, reply in enumerate(replies) if len(reply.content) < SHORT]
        replies, scores = [replies[i] for i in short], [scores[i] for i in short]
        turned_round = self.spec.batch([prompt] * len(replies), replies[::-1])[::-1]
        grouped = any(one.grouped for one in self.spec.scorers)
        alone = scores if grouped else [self.spec.score(prompt, reply) for reply in replies]
        for reply, *found in zip(replies, scores, turned_round, alone, strict=True):
            values = {score.value for score in found}
            if len(values) > 1:
                said = f"the same reply earns {sorted(values, key=str)} in other company"
                self._add("other-company", situation, said, reply)
                return

    def _add(self, attack: str, situation: Situation, said: str, reply: Reply) -> None:
        cure = suite.CURES.get(attack, "")
        self.findings.append(Finding(attack, situation.name, said, shown(reply), cure))


def shown(reply: Reply) -> str:
    """A reply for a message, cut short."""
    calls = [
        f"{call.name}({call.raw_arguments[:SHOWN] or str(call.arguments)[:SHOWN]})"
        for call in reply.tool_calls[:6]
    ]
    text = reply.content[:SHOWN]
    return " ".join([*([repr(text)] if text or not calls else []), *calls])[: 2 * SHOWN]
