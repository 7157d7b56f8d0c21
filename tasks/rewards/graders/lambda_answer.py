"""Reads what a reward Lambda answered, in each form that AWS documents.

    [{"id": "1", "aggregate_reward_score": 0.85, "metrics_list": [...]}]        Bedrock, SageMaker
    {"statusCode": 200, "headers": {}, "body": "[{...}]"}                       its envelope
    {"id": "1", "aggregate_reward_score": 0.85, "reward_components": {...}}     some samples

It imports the standard library alone and raises ValueError, because its source also runs in the
sandbox, behind a handler of the user's.
"""

import json


def scores(answer: object) -> dict[str, float | None]:
    """Id to score of each row answered; None where the handler itself gave null.

    Raises:
        ValueError: a status that is no success, or a form that is none of these.
    """
    if isinstance(answer, dict) and "statusCode" in answer:
        if answer["statusCode"] != 200:
            raise ValueError(f"statusCode {answer['statusCode']}")
        answer = answer.get("body")
    if isinstance(answer, str | bytes):
        answer = json.loads(answer)
    rows = answer if isinstance(answer, list) else [answer]
    found: dict[str, float | None] = {}
    for row in rows:
        if not isinstance(row, dict) or "aggregate_reward_score" not in row:
            raise ValueError("no aggregate_reward_score")
        score = row["aggregate_reward_score"]
        if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
            raise ValueError("aggregate_reward_score is no number")
        found[str(row.get("id", ""))] = score
    return found


def score_of(answer: object, row_id: str) -> float | None:
    """The score of one row, also where the answer to that row alone leaves its id out.

    Raises:
        ValueError: as `scores`, or another row was answered.
    """
    found = scores(answer)
    if row_id in found:
        return found[row_id]
    if list(found) == [""]:
        return found[""]
    raise ValueError("no answer for the row")
