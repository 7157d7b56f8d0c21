"""Makes situations of a user's own rows, and takes their completions for what the base replies.

row        messages, tools, reference, completion       as of `ratchet reward score`
right      the calls of the reference, or its text
rollouts   what the spec gives the completions
"""

from itertools import islice
from pathlib import Path
from typing import NamedTuple

from tasks.core.errors import SourceError
from tasks.core.records import Reference, Reply, Score, ToolCall
from tasks.rewards.attacks.situations import SITUATIONS, Situation
from tasks.rewards.attacks.survival import Verdict, check
from tasks.rewards.reading.rows import BadRowError, read
from tasks.rewards.specification.spec import Spec

ATTACKED = 20
"""Rows in whose contexts a spec is attacked; each costs about a hundred replies."""


class OwnRows(NamedTuple):
    situations: tuple[Situation, ...]
    scores: tuple[Score, ...]
    """Of the completions, unscored ones among them."""
    bad: tuple[str, ...]
    """Lines that could not be read, each with what is wrong."""

    @property
    def values(self) -> list[float]:
        return [score.value for score in self.scores if score.value is not None]


def own_rows(spec: Spec, path: Path, most: int = ATTACKED) -> OwnRows:
    """Read rows; the first `most` of which a right reply can be made are situations.

    Raises:
        SourceError: no such file, or no row in it that can be read.
    """
    if not path.is_file():
        raise SourceError(f"no rows: {path} is no file; expected JSON lines, one row a line")
    rows, bad = [], []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    rows.append(read(line.rstrip(b"\r\n")))
                except BadRowError as error:
                    bad.append(f"line {number}: {error}")
    if not rows:
        raise SourceError(f"{path} has no row that can be read: {'; '.join(bad[:3]) or 'empty'}")
    found = (
        Situation(f"row {row.id}", row.prompt, right)
        for row in rows
        if (right := right_reply(row.prompt.reference)) is not None
    )
    scores = spec.batch([row.prompt for row in rows], [row.reply for row in rows])
    return OwnRows(tuple(islice(found, most)), tuple(scores), tuple(bad))


def situations_of(spec: Spec, rows: Path | None = None) -> tuple[OwnRows | None, list[Situation]]:
    """The rows at hand (given, or those that the spec names) and the situations to attack in.

    Rows take the place of the suite's own situations: replies may have another form there.

    Raises:
        SourceError: no such file, or no row in it that can be read.
    """
    named = spec.declared.examples
    path = rows or (spec.path.parent / named if named else None)
    if path is None:
        return None, list(SITUATIONS)
    own = own_rows(spec, path)
    return own, list(own.situations or SITUATIONS)


def survival(spec: Spec) -> Verdict:
    """The verdict without rows of a user's; a spec that survived is not attacked again."""
    known = _survived.get(spec.sha)
    if known is None:
        own, situations = situations_of(spec)
        known = check(spec, situations, own.values if own else ())
        if known.survived:
            _survived[spec.sha] = known
    return known


_survived: dict[str, Verdict] = {}


def right_reply(reference: Reference | None) -> Reply | None:
    """What the reference says is right, as a reply; None where it gives no words for it."""
    if reference is None:
        return None
    if reference.behaviour == "execute":
        calls = tuple(ToolCall(name=c.name, arguments=c.arguments) for c in reference.calls)
        return Reply(tool_calls=calls) if calls else None
    return Reply(content=reference.text) if reference.text.strip() else None
