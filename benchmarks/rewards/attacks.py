"""Puts published rewards for tool calls through our attack suite, beside ours.

    python -m benchmarks attacks

For each attack: the most that one of its replies earned, as a share of what the right reply earns
in the same situation; what is right earns 1.00, and an attack must stay below 0.20. `pays` counts
the replies that do not. A rule that pays nothing for a right question or refusal has no share
there; `unpaid` counts such situations.
"""

from collections import defaultdict
from collections.abc import Iterator

from tasks.core.records import Reply
from tasks.rewards import Prompt
from tasks.rewards.attacks import suite
from tasks.rewards.attacks.situations import SITUATIONS
from tasks.rewards.attacks.survival import OF_RIGHT
from tasks.rewards.specification.scoring import Scorer, alone, column, combined
from tasks.rewards.specification.spec import load_spec

PUBLISHED = ("aws_tiered", "toolrl", "tool_n1_binary")


class Rule:
    """What one rule made of the suite."""

    def __init__(self, name: str, scorers: tuple[Scorer, ...]) -> None:
        self.name = name
        self.pays: dict[str, int] = defaultdict(int)
        self.share: dict[str, float] = defaultdict(lambda: -1.0)
        self.unpaid = 0
        for situation in SITUATIONS:
            made = list(suite.attacks(situation, huge=False))
            replies = [situation.right, *(attack.reply for attack in made)]
            right, *others = _values(scorers, situation.prompt, replies)
            if not right or right <= 0:
                self.unpaid += 1
                continue
            for attack, value in zip(made, others, strict=True):
                share = -1.0 if value is None else value / right
                self.share[attack.name] = max(self.share[attack.name], share)
                self.pays[attack.name] += share >= OF_RIGHT


def main() -> None:
    """Attack and print Markdown."""
    ours = load_spec("specs/tool_calls.yaml").scorers
    rules = [Rule("ours", ours)]
    rules += [Rule(name, (alone("tool_call", {"preset": name}),)) for name in PUBLISHED]
    print(f"| attack | {' | '.join(rule.name for rule in rules)} |")
    print(f"|---|{'--:|' * len(rules)}")
    for name in suite.NAMES:
        if name != "huge":
            told = (f"{rule.share[name]:.2f}" if name in rule.share else "-" for rule in rules)
            print(f"| {name} | {' | '.join(told)} |")
    print(f"| replies that pay | {' | '.join(str(sum(r.pays.values())) for r in rules)} |")
    print(f"| right replies unpaid | {' | '.join(str(r.unpaid) for r in rules)} |")


def _values(
    scorers: tuple[Scorer, ...], prompt: Prompt, replies: list[Reply]
) -> Iterator[float | None]:
    columns = [column(one, [prompt] * len(replies), replies) for one in scorers]
    for row in zip(*columns, strict=True):
        yield combined(scorers, row, (-1.0, 1.0)).value


if __name__ == "__main__":
    main()
