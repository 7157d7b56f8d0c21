"""What an exported spec answers when AWS invokes it as a reward Lambda.

    [{"id": "1", "messages": [...], "metadata": {"reference_answer": "..."}}]
    -> [{"id": "1", "aggregate_reward_score": 0.85, "reward_components": {"tool_call": 0.85},
         "metrics_list": [{"name": "tool_call", "value": 0.85, "type": "Reward"},
                          {"name": "exact", "value": 0.0, "type": "Metric"}]}]

An event is such a list, with the reference in `metadata` (Bedrock) or at the root (SageMaker), one
element of it, or the event of a function URL with the list as its `body`, which is answered in the
same envelope. The contract has no word for a row that could not be scored: by default the
invocation fails and says why, so that nothing is trained on a zero that is none.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from tasks.core.errors import RatchetError, StageError
from tasks.core.records import Score
from tasks.rewards.exchange import row_scores
from tasks.rewards.specification.spec import Spec

Unscored = Literal["fail", "null"]
Handler = Callable[[Any, Any], Any]


def handler(
    path: str | Path, *, sha: str = "", unscored: Unscored = "fail", envelope: bool = False
) -> Handler:
    """The function that AWS calls, with the spec loaded already.

    `sha` is the spec's as it was exported; `envelope` answers `{"statusCode": 200, "body": ...}`
    whatever the event was.

    Raises:
        StageError: the spec or the code here is not what was exported.
    """
    spec = row_scores.loaded(path, sha)

    def lambda_handler(event: Any, context: Any) -> Any:
        del context
        rows, wrapped = _rows(event)
        found = answers(spec, rows, unscored)
        if not (wrapped or envelope):
            return found
        body = json.dumps(found)
        return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}

    return lambda_handler


def answers(spec: Spec, rows: list[Any], unscored: Unscored) -> list[dict[str, Any]]:
    """One answer for each row, in order.

    Raises:
        StageError: a row could not be scored, and `unscored` is `fail`.
    """
    found: list[dict[str, Any]] = []
    for row, score in zip(rows, row_scores.scores(spec, rows), strict=True):
        row_id = str(row.get("id", "")) if isinstance(row, dict) else ""
        if score.value is None and unscored == "fail":
            raise StageError(f"row {row_id!r} could not be scored: {score.reason}")
        found.append(_answer(row_id, score))
    return found


def _answer(row_id: str, score: Score) -> dict[str, Any]:
    if score.value is None:
        return {"id": row_id, "aggregate_reward_score": None, "error": score.reason}
    metrics = [
        {"name": name, "value": value, "type": "Reward"} for name, value in score.components.items()
    ]
    metrics.append({"name": "exact", "value": float(score.exact), "type": "Metric"})
    return {
        "id": row_id,
        "aggregate_reward_score": score.value,
        "reward_components": dict(score.components),
        "metrics_list": metrics,
    }


def _rows(event: Any) -> tuple[list[Any], bool]:
    """The rows of an event, and whether they came in an envelope."""
    if isinstance(event, dict) and "body" in event and "messages" not in event:
        body = event["body"]
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body)
        found = json.loads(body) if isinstance(body, str | bytes) else body
        return (found if isinstance(found, list) else [found]), True
    if isinstance(event, dict):
        return [event], False
    if not isinstance(event, list):
        raise _NotAnEventError(f"{type(event).__name__} is no event; expected a list of rows")
    return event, False


class _NotAnEventError(RatchetError):
    pass
