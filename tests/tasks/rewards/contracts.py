"""Other services' contracts as JSON Schemas, written down from their documentation."""

from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_TURNS = {
    "type": "array",
    "minItems": 1,
    "items": _object(
        {"role": {"enum": ["user", "assistant", "system", "developer"]}, "content": _TEXT},
        {"type": {"const": "message"}},
    ),
}


def _grader(kind: str, required: dict[str, Any], optional: dict[str, Any] | None = None) -> Schema:
    return _object({"type": {"const": kind}, **required}, {"name": _TEXT, **(optional or {})})


_SIMILARITIES = ["cosine", "fuzzy_match", "bleu", "gleu", "meteor", "rouge_l"]
_SIMILARITIES += [f"rouge_{n}" for n in range(1, 6)]
_ONE: list[Schema] = [
    _grader(
        "string_check",
        {
            "operation": {"enum": ["eq", "ne", "like", "ilike"]},
            "input": _TEXT,
            "reference": _TEXT,
        },
    ),
    _grader(
        "text_similarity",
        {"evaluation_metric": {"enum": _SIMILARITIES}, "input": _TEXT, "reference": _TEXT},
    ),
    _grader("python", {"source": {**_TEXT, "maxLength": 256 * 1024}}, {"image_tag": _TEXT}),
    _grader(
        "score_model",
        {"model": _TEXT, "input": _TURNS},
        {
            "range": {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
            "sampling_params": {"type": "object"},
        },
    ),
    _grader(
        "label_model",
        {
            "model": _TEXT,
            "input": _TURNS,
            "labels": {"type": "array", "items": _TEXT},
            "passing_labels": {"type": "array", "items": _TEXT},
        },
    ),
]
_MULTI = _grader(
    "multi",
    {
        # Without nesting: the graders of a multi grader are single ones.
        "graders": {"type": "object", "additionalProperties": {"oneOf": _ONE}, "minProperties": 1},
        "calculate_output": _TEXT,
    },
)
OPENAI_GRADER: Schema = {"oneOf": [*_ONE, _MULTI]}
AZURE_ENDPOINT = _grader(
    "endpoint",
    {"url": {"type": "string", "pattern": "^https?://"}},
    {
        "headers": {"type": "object", "additionalProperties": _TEXT},
        "rate_limit": {"type": "integer"},
        "pass_threshold": _NUMBER,
    },
)

_LAMBDA_MESSAGE = {
    "type": "object",
    "properties": {"role": _TEXT, "content": _TEXT},
    "required": ["role", "content"],
}
_LAMBDA_ROW: Schema = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "messages": {"type": "array", "items": _LAMBDA_MESSAGE, "minItems": 1},
    },
    "required": ["id", "messages"],
}
BEDROCK_EVENT: Schema = {
    "type": "array",
    "items": {
        "allOf": [
            _LAMBDA_ROW,
            {
                "required": ["metadata"],
                "properties": {"metadata": {"required": ["reference_answer"]}},
                "not": {"required": ["reference_answer"]},
            },
        ]
    },
}
SAGEMAKER_EVENT: Schema = {
    "type": "array",
    "items": {
        "allOf": [
            _LAMBDA_ROW,
            {"required": ["reference_answer"], "not": {"required": ["metadata"]}},
        ]
    },
}
LAMBDA_ANSWER: Schema = {
    "type": "array",
    "items": _object(
        {"id": _TEXT, "aggregate_reward_score": _NUMBER},
        {
            "metrics_list": {
                "type": "array",
                "items": _object(
                    {"name": _TEXT, "value": _NUMBER, "type": {"enum": ["Reward", "Metric"]}}
                ),
            },
            "reward_components": {"type": "object", "additionalProperties": _NUMBER},
        },
    ),
}
LAMBDA_ENVELOPE: Schema = _object(
    {"statusCode": {"const": 200}, "body": _TEXT}, {"headers": {"type": "object"}}
)


def faults(schema: Schema, value: Any) -> list[str]:
    """What the contract says against a value."""
    return [error.message for error in Draft202012Validator(schema).iter_errors(value)]
