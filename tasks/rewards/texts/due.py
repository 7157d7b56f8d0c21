"""Says whether a reply had to say something, and says it in text, for rewards of texts.

    reference answer, clarify or refuse    text is due: a reply that only calls tools is a wrong one
    reference execute, or none at all      a call may be right, and a reward of texts has no say

Without this, calling any tool would be a way out of every reward of texts, and rows on which a
model takes it would be lost as unscored.
"""

from tasks.core.records import Reply, Score
from tasks.rewards import NOT_APPLICABLE, Prompt
from tasks.rewards.texts.markup import is_call_left


def only_called(prompt: Prompt, reply: Reply, value: float = 0.0) -> Score | None:
    """The score of a reply that only calls tools; None where it has text, or no calls either.

    A call that is left in the text makes the reply malformed. `value` is what either is worth where
    text was due.
    """
    if reply.content.strip():
        if is_call_left(reply.content, prompt.tools):
            return Score(value=min(0.0, value), tier="malformed", behaviour="execute")
        return None
    if not reply.tool_calls:
        return None
    if prompt.reference is None or prompt.reference.behaviour == "execute":
        return Score.unscored(NOT_APPLICABLE)
    return Score(value=value, tier="only-called", behaviour="execute")
