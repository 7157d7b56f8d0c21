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
from tasks.rewards.attacks.situations import Situation
from tasks.rewards.rows import BadRowError, read
from tasks.rewards.spec import Spec

ATTACKED = 20
"""Rows in whose contexts a spec is attacked; each costs about a hundred replies."""


class OwnRows(NamedTuple):
    situations: tuple[Situation, ...]
    scores: tuple[Score, ...]
    """Of the completions, unscored ones among them."""
    bad: tuple[str, ...]
    """Lines that could not be read, each with what is wrong."""


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


def right_reply(reference: Reference | None) -> Reply | None:
    """What the reference says is right, as a reply; None where it gives no words for it."""
    if reference is None:
        return None
    if reference.behaviour == "execute":
        calls = tuple(ToolCall(name=c.name, arguments=c.arguments) for c in reference.calls)
        return Reply(tool_calls=calls) if calls else None
    return Reply(content=reference.text) if reference.text.strip() else None
