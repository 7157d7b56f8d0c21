"""Says whether a reply had to say something, for rewards that look at its text.

    reference answer, clarify or refuse    text is due: a reply that only calls tools is a wrong one
    reference execute, or none at all      a call may be right, and a reward of texts has no say

Without this, calling any tool would be a way out of every reward of texts, and rows on which a
model takes it would be lost as unscored.
"""

from tasks.core.records import Reply, Score
from tasks.rewards import NOT_APPLICABLE, Prompt


def only_called(prompt: Prompt, reply: Reply, value: float = 0.0) -> Score | None:
    """The score of a reply that only calls tools; None where it has text, or no calls either.

    `value` is what it is worth where text was due.
    """
    if not reply.tool_calls or reply.content.strip():
        return None
    if prompt.reference is None or prompt.reference.behaviour == "execute":
        return Score.unscored(NOT_APPLICABLE)
    return Score(value=value, tier="only-called", behaviour="execute")
