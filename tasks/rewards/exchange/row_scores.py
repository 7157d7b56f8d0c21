"""Calls an exported spec as TRL and eval-protocol call a reward.

    reward = trl("spec.yaml")
    reward(prompts=[...], completions=[...], tools=[...], ground_truth=[...])    [1.0, None]

    score = evaluator("spec.yaml")
    score({"messages": [..., {"role": "assistant", ...}], "tools": [...], "ground_truth": "Oslo"})
        {"score": 1.0, "valid": True, "reason": "exact", "metrics": {"tool_call": 1.0}}

What would have been right stands in `reference`, `reference_answer` or `ground_truth`, as an object
or as JSON text; so do `messages` and `tools`. TRL leaves out what is None; eval-protocol has a flag
for a score that is none.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tasks.core.errors import StageError
from tasks.core.records import Score
from tasks.rewards.reading import lambda_rows
from tasks.rewards.reading.rows import BadRowError
from tasks.rewards.specification.spec import Spec, load_spec

_AS_JSON = ("messages", "tools", "reference")


def trl(path: str | Path, *, sha: str = "") -> Callable[..., list[float | None]]:
    """A reward function for TRL's GRPOTrainer, which logs it under the spec's name.

    Raises:
        StageError: the spec or the code here is not what was exported.
    """
    spec = loaded(path, sha)

    def reward(
        prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        count = len(completions)
        kept = {
            name: values
            for name, values in columns.items()
            if isinstance(values, list) and len(values) == count
        }
        rows = [
            _trl_row(prompts[i], completions[i], {name: v[i] for name, v in kept.items()})
            for i in range(count)
        ]
        return [score.value for score in scores(spec, rows, strict=True)]

    reward.__name__ = spec.name
    return reward


def evaluator(path: str | Path, *, sha: str = "") -> Callable[[dict[str, Any]], dict[str, Any]]:
    """From a row of eval-protocol, as a dict, to what its `EvaluateResult` takes.

    Raises:
        StageError: the spec or the code here is not what was exported.
    """
    spec = loaded(path, sha)

    def evaluate(row: dict[str, Any]) -> dict[str, Any]:
        (score,) = scores(spec, [row])
        return {
            "score": score.value or 0.0,
            "valid": score.value is not None,
            "reason": score.reason or score.tier,
            "metrics": dict(score.components),
        }

    return evaluate


def loaded(path: str | Path, sha: str) -> Spec:
    """The spec, if it is the one that was exported.

    Raises:
        StageError: the spec or the code here is not what was exported.
    """
    spec = load_spec(path)
    if sha and spec.sha != sha:
        raise StageError(
            f"{path} was exported as {sha[:12]} and is {spec.sha[:12]} here: a file of this folder "
            "was changed, or other code is imported in its place; export it again"
        )
    return spec


def scores(spec: Spec, rows: Sequence[Any], *, strict: bool = False) -> list[Score]:
    """A score for each row; one that cannot be read is unscored.

    Raises:
        StageError: where it is `strict`, a row's reference, tools or messages cannot be read: what
            calls it has no place for a reason, and would train on fewer rows in silence.
    """
    read = [_read(row, strict=strict) for row in rows]
    good = [row for row in read if isinstance(row, lambda_rows.LambdaRow)]
    found = iter(spec.batch([row.prompt for row in good], [row.reply for row in good]))
    return [row if isinstance(row, Score) else next(found) for row in read]


def _read(row: Any, *, strict: bool) -> lambda_rows.LambdaRow | Score:
    try:
        return lambda_rows.read(row)
    except BadRowError as problem:
        if strict and problem.key != "sample_parse_error":
            raise StageError(f"{problem.key}: {problem}") from problem
        return Score.unscored(f"{problem.key}: {problem}")


def _trl_row(prompt: Any, completion: Any, columns: dict[str, Any]) -> dict[str, Any]:
    said = {name: _decoded(value) if name in _AS_JSON else value for name, value in columns.items()}
    before = said.pop("messages", None) or (
        prompt if isinstance(prompt, list) else [{"role": "user", "content": prompt}]
    )
    if isinstance(completion, list):
        answer = completion[-1] if completion else {}
    else:
        answer = {"role": "assistant", "content": completion}
    return {**said, "id": "", "messages": [*before, answer]}


def _decoded(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str) and value else value
