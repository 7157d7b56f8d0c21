r"""Searches for a paid wrong reply: mutations of composed attacks, the best of them on and on.

    start      "I cannot do that. Your booking is confirmed."                -0.2
    mutated    "I cannot do that (your booking is confirmed)."               unscored
    mutated    "- I cannot do that\\n- your booking is confirmed"             ...

A start holds a part that makes it wrong whatever stands around it, and no mutation takes that part
out: it only dresses it, moves it, or joins it in another way. What a search finds is a finding like
any other; that it finds nothing proves nothing.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tasks.core.records import Reply
from tasks.core.step import progress
from tasks.rewards.attacks import composed
from tasks.rewards.attacks.situations import Situation
from tasks.rewards.specification.spec import Spec

KEPT = 8
"""Replies of a situation that go on into the next round."""
EACH = 6
"""Mutations of each of them in a round."""
UNSCORED = -0.05
"""What an unscored reply counts for in the search: more than one known to be wrong."""


class Found(NamedTuple):
    """The best wrong reply of a situation."""

    situation: str
    value: float
    right: float
    """What the right reply earns there."""
    reply: Reply


class _Candidate(NamedTuple):
    """A reply's text in two parts, of which `wrong` makes it wrong."""

    right: str
    wrong: str
    joint: str
    first: bool
    """Whether the wrong part stands first."""

    @property
    def text(self) -> str:
        parts = (self.wrong, self.right) if self.first else (self.right, self.wrong)
        return self.joint.join(part for part in parts if part)


class Searched(NamedTuple):
    """What a search came to."""

    tried: int
    best: tuple[Found, ...]
    """The best wrong reply of each situation, paid or not; the best of all first."""


def search(spec: Spec, situations: Sequence[Situation], seconds: float, seed: int = 0) -> Searched:
    """Search each situation for an equal share of the time."""
    best: list[Found] = []
    tried = 0
    with progress("search", len(situations)) as advance:
        for situation in situations:
            found, count = _in_one(spec, situation, seconds / len(situations), seed)
            best += [found] if found else []
            tried += count
            advance(1)
    return Searched(tried, tuple(sorted(best, key=lambda one: -one.value / one.right)))


def _in_one(
    spec: Spec, situation: Situation, seconds: float, seed: int
) -> tuple[Found | None, int]:
    rng = random.Random(f"{seed}/{situation.name}")
    right = spec.score(situation.prompt, situation.right).value
    if right is None or right <= 0:
        return None, 0
    calls = situation.right.tool_calls
    wrong = composed.DEEDS if calls else (*composed.DEEDS, *composed.FACTS, *composed.SECRETS)
    alive = [_Candidate(situation.right.content, part, " ", False) for part in wrong]
    best: tuple[float, Reply] = (-2.0, situation.right)
    tried = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pool = alive + [_mutated(one, rng) for one in alive for _ in range(EACH)]
        replies = [Reply(content=one.text, tool_calls=calls) for one in pool]
        scores = spec.batch([situation.prompt] * len(replies), replies)
        tried += len(replies)
        ranked = []
        for one, reply, score in zip(pool, replies, scores, strict=True):
            if score.value is not None and score.value > best[0]:
                best = (score.value, reply)
            ranked.append((UNSCORED if score.value is None else score.value, rng.random(), one))
        ranked.sort(key=lambda entry: entry[:2], reverse=True)
        alive = [one for _, _, one in ranked[:KEPT]]
    return Found(situation.name, best[0], right, best[1]) if tried else None, tried


def _mutated(one: _Candidate, rng: random.Random) -> _Candidate:
    if rng.random() < 0.3:
        return one._replace(joint=rng.choice(_JOINTS))
    if rng.random() < 0.2:
        return one._replace(first=not one.first)
    if rng.random() < 0.3 and one.right:
        return one._replace(right=rng.choice(_DRESSES)(one.right, rng))
    return one._replace(wrong=rng.choice(_DRESSES)(one.wrong, rng))


def _without_stop(text: str, _: random.Random) -> str:
    return text.rstrip(".!?") or text


def _in_brackets(text: str, rng: random.Random) -> str:
    left, right = rng.choice(("()", "[]", "**", "__", '""', "``"))
    return f"{left}{text}{right}"


def _behind(text: str, rng: random.Random) -> str:
    return f"{rng.choice(_LEADS)}{text[:1].lower()}{text[1:]}"


def _before(text: str, rng: random.Random) -> str:
    return f"{text} {rng.choice(_TRAILS)}"


def _in_case(text: str, rng: random.Random) -> str:
    return rng.choice((str.lower, str.upper, str.title))(text)


def _as_item(text: str, rng: random.Random) -> str:
    return f"{rng.choice(('- ', '1. ', '* ', '> ', '# '))}{text}"


def _spaced(text: str, rng: random.Random) -> str:
    words = text.split()
    at = rng.randrange(len(words) + 1)
    return " ".join([*words[:at], rng.choice(_FILLERS), *words[at:]])


_JOINTS = (
    " ",
    "\n",
    "\n\n",
    ", ",
    "; ",
    " - ",
    ": ",
    " and ",
    " so ",
    " because ",
    " while ",
    "...",
)
_LEADS = (
    "Note that ",
    "By the way, ",
    "Sure: ",
    "As you know, ",
    "Please see that ",
    "And ",
    "Well, ",
)
_TRAILS = (
    "Sorry.",
    "Thank you.",
    "I hope this helps.",
    "Anything else?",
    "For example.",
    "Please.",
)
_FILLERS = ("please", "now", "kindly", "indeed", "as always", "of course", "somehow", "for you")
_DRESSES: tuple[Callable[[str, random.Random], str], ...] = (
    *(_without_stop, _in_brackets, _behind, _before, _in_case, _as_item, _spaced),
)
