"""Asks what only a server can answer for an OpenAI grader: a model's verdict, an embedding, a URL.

    score_model   RATCHET_JUDGE_URL        {"reason": "...", "result": 0.7}
    label_model   RATCHET_JUDGE_URL        {"reason": "...", "label": "good"}
    cosine        RATCHET_EMBEDDINGS_URL   the model of the reward `cosine`
    endpoint      RATCHET_GRADER_URL       {"sample", "item", "trace_id"} -> {"score": 7.5}

The places of a prompt's templates are not filled in where they stand: what a model wrote would
then speak to its judge. The prompt becomes the rubric, each place keeps its name, and the values
come below as data inside a block that nothing in them can close (see the reward `judge`).
Addresses come from the environment alone; the `url` and `headers` of an endpoint are not used.
"""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import msgspec

from tasks.rewards import cosine
from tasks.rewards.graders import openai, templates
from tasks.rewards.remote.endpoint import Failure, Patience, Purse, address, post
from tasks.rewards.remote.judging import JudgeSettings, Question, ask

Values = Mapping[str, Any]

_TASK = (
    "You are a careful judge. The rubric was written as a prompt with places in double braces, "
    "such as {{sample.output_text}}. What stands in each place is in the data, under the place's "
    "name. Say in `reason` in one or two sentences what you found, then decide."
)
_REASON = {"reason": {"type": "string"}}

_purse = Purse()


async def by_score(grader: openai.ScoreModel, values: Values) -> float | Failure:
    """A number in the grader's range."""
    low, high = grader.range
    result = {"result": {"type": "number", "minimum": low, "maximum": high}}
    verdict = await _asked(grader, values, result)
    return verdict if isinstance(verdict, Failure) else float(verdict["result"])


async def by_label(grader: openai.LabelModel, values: Values) -> float | Failure:
    """1 where the model gave a label that passes, else 0."""
    label = {"label": {"type": "string", "enum": list(grader.labels)}}
    verdict = await _asked(grader, values, label)
    if isinstance(verdict, Failure):
        return verdict
    return float(verdict["label"] in grader.passing_labels)


async def by_embedding(given: str, wanted: str) -> float | Failure:
    """The cosine of two texts, by the model of the reward `cosine`."""
    if not given.strip() or not wanted.strip():
        return float(given.strip() == wanted.strip())
    return await cosine.likeness([given, wanted], cosine.Settings())


async def by_endpoint(values: Values) -> float | Failure:
    """What Azure's contract answers."""
    where = address("RATCHET_GRADER_URL", "RATCHET_GRADER_KEY")
    sent = msgspec.json.encode([values["sample"], values["item"]], order="sorted")
    trace = hashlib.sha256(sent).hexdigest()[:32]
    body = {"sample": values["sample"], "item": values["item"], "trace_id": trace}
    answer = await post(where, "", body, Patience(), _purse)
    if isinstance(answer, Failure):
        return Failure(f"grader-{answer.reason}")
    given = answer.body.get("score") if isinstance(answer.body, dict) else None
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        return Failure("grader-answer-not-by-schema")
    return float(given)


def spent() -> dict[str, float]:
    """Calls, tries again, tokens and failures by reason since the process began."""
    return _purse.numbers()


async def _asked(
    grader: openai.ScoreModel | openai.LabelModel, values: Values, asked: dict[str, Any]
) -> Any | Failure:
    rubric = "\n\n".join(f"[{turn.role}]\n{turn.text}" for turn in grader.input)
    places = sorted(set(templates.names(rubric)), key=str)
    data = {_written(place): templates.value(place, values) for place in places}
    schema = {
        "type": "object",
        "properties": {**_REASON, **asked},
        "required": ["reason", *asked],
        "additionalProperties": False,
    }
    return await ask(Question(_TASK, data, schema), _settings(grader, rubric), _purse)


def _settings(grader: openai.ScoreModel | openai.LabelModel, rubric: str) -> JudgeSettings:
    params = (grader.sampling_params or {}) if isinstance(grader, openai.ScoreModel) else {}
    tokens = params.get("max_completion_tokens") or params.get("max_tokens") or 1024
    return JudgeSettings(
        model=grader.model,
        rubric=rubric.ljust(10),
        seed=params.get("seed") or 0,
        max_tokens=max(16, tokens),
    )


def _written(place: templates.Name) -> str:
    return ".".join(map(str, place))
