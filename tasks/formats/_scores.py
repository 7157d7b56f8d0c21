"""What a tracing tool's scores and assessments are as feedback.

    Langfuse  {"name": "helpfulness", "value": 4, "source": "ANNOTATION", "data_type": "NUMERIC"}
    MLflow    {"assessment_name": "helpfulness", "source": {"source_type": "HUMAN"},
               "feedback": {"value": 4}}

A person's is a `human_rating`, any other a `judge`: neither proves anything. That a score tells
whether a session succeeded is the user's to say, by its name in `ingest.outcomes`.
"""

from typing import Any

from tasks.core.records import Feedback
from tasks.logs.json_lines import NOT_A_CHAT, Malformed, utc

_PEOPLE = ("ANNOTATION", "HUMAN")
_WORDS = {"yes": 1.0, "no": 0.0}
"""What MLflow's own judges answer."""


def score(
    name: str, value: Any, source: str, timestamp: str, *, session: str = "", request: str = ""
) -> Feedback:
    """The feedback on a session or on one call.

    Raises:
        Malformed: missing-field without a name or a target, bad-timestamp; not-a-chat for a value
            that is no number.
    """
    if not name:
        raise Malformed("missing-field", "a score: expected a name")
    if not session and not request:
        raise Malformed("no-target", "a score: expected what it is about")
    if isinstance(value, str):
        value = _WORDS.get(value.lower())
    if not isinstance(value, int | float) or not -1e300 < value < 1e300:
        raise Malformed(NOT_A_CHAT, "a score that is no number")
    return Feedback(
        session_id="" if request else session,
        request_id=request,
        metric=name,
        value=float(value),
        source="human_rating" if source.upper() in _PEOPLE else "judge",
        timestamp=utc(timestamp),
    )
