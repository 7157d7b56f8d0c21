"""Tags an example by simple rules, so that evidence can be cut into slices.

domain      `domain` of the log's own metadata
intent      what the user wants: the tool that it comes to (`intents`), `closing` or `other`
difficulty  easy, medium or hard: no point, one, or more
tools       what the reference calls, else what was called
language    of what the user said first (`tasks.languages`); "und" where that is not known
turns       assistant turns, the decision itself included

Each of these is a point of difficulty: tools answered in more than 5 earlier turns; in more than
10; the calls have more than 3 arguments; there is more than one call; the decision is to ask or to
decline while nothing was looked up yet. The limits were set on the airline logs, where more
sessions of harder decisions fail (`python -m benchmarks tags`), the last point after the demo's
failures had been seen; they are the same for all data.

Tags are for slices and balance; no model reads them. `split` takes names of held-out tools out of
the intents of train and validation.
"""

from tasks.core.records import Behaviour, Reference, Reply, Tags

_HOLDS_BACK = frozenset(["clarify", "refuse"])


def tag(
    reply: Reply,
    *,
    turns: int,
    answered: int,
    intent: str,
    language: str,
    behaviour: Behaviour,
    reference: Reference | None,
    domain: str,
) -> Tags:
    """Tags of one decision; by the reference where there is one, else by what was answered.

    Args:
        reply: what was answered.
        turns: assistant turns before the decision.
        answered: those of them whose calls tools answered.
        intent: of the decision.
        language: of what the user said first.
        behaviour: of the reply.
        reference: what would have been right, where that is known.
        domain: as the log itself names it.
    """
    calls = reference.calls if reference else reply.tool_calls
    names = tuple(dict.fromkeys([call.name for call in calls]))
    arguments = sum([len(call.arguments) for call in calls])
    did = reference.behaviour if reference else behaviour
    return Tags(
        domain=domain,
        intent=intent,
        difficulty=_difficulty(answered, arguments, len(calls), holds_back=did in _HOLDS_BACK),
        tools=names,
        language=language,
        turns=1 + turns,
    )


def _difficulty(answered: int, arguments: int, calls: int, *, holds_back: bool) -> str:
    long, early = (answered > 5) + (answered > 10), answered == 0 and holds_back
    points = long + (arguments > 3) + (calls > 1) + early
    return ("easy", "medium", "hard")[min(points, 2)]
