"""Writes a spec as a reward function of TRL, or as an evaluator of eval-protocol.

    reward.py         `from reward import reward` for GRPOTrainer(reward_funcs=[reward])     trl
    test_reward.py    a pytest evaluator over rows.jsonl, and `evaluate(row)`      eval-protocol
    spec.yaml, tasks/, requirements.txt   as portable.py writes them, packages by name

The folder has to stand first on the import path; the two files see to that themselves.
"""

from pathlib import Path
from typing import Literal, NamedTuple

from tasks.rewards.exchange import portable
from tasks.rewards.specification.spec import Spec

Framework = Literal["trl", "eval-protocol"]

_HEAD = '''"""{name} {version}{what}"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
'''
_TRL = """
from tasks.rewards.exchange.row_scores import trl  # noqa: E402

reward = trl(HERE / "spec.yaml", sha="{sha}")
"""
_EVAL_PROTOCOL = '''
from eval_protocol.models import EvaluateResult, EvaluationRow, MetricResult  # noqa: E402
from eval_protocol.pytest import NoOpRolloutProcessor, evaluation_test  # noqa: E402

from tasks.rewards.exchange.row_scores import evaluator  # noqa: E402

score = evaluator(HERE / "spec.yaml", sha="{sha}")


def evaluate(row: EvaluationRow) -> EvaluationRow:
    """The row with its result; a score that is none is marked so, and is no zero."""
    found = score(row.model_dump(mode="json", exclude_none=True))
    row.evaluation_result = EvaluateResult(
        score=found["score"],
        is_score_valid=found["valid"],
        reason=found["reason"],
        metrics={{
            name: MetricResult(score=value, reason=name)
            for name, value in found["metrics"].items()
        }},
    )
    return row


if (HERE / "rows.jsonl").exists():

    @evaluation_test(
        input_dataset=[str(HERE / "rows.jsonl")],
        rollout_processor=NoOpRolloutProcessor(),
        mode="pointwise",
    )
    def test_reward(row: EvaluationRow) -> EvaluationRow:
        return evaluate(row)
'''
_FILES: dict[Framework, tuple[str, str, str]] = {
    "trl": ("reward.py", " as a reward function of TRL: `from reward import reward`.", _TRL),
    "eval-protocol": (
        "test_reward.py",
        """ as an evaluator of eval-protocol.

`pytest test_reward.py` scores the replies in rows.jsonl beside it: a line has `messages` (the last
one is the reply), `tools` and `ground_truth`. To roll out a model instead, give `evaluation_test`
the rollout processor and `completion_params` of your choice.
""",
        _EVAL_PROTOCOL,
    ),
}


class Written(NamedTuple):
    path: Path
    """The file to import or to run."""
    sha: str
    """Of the spec as it stands in the folder."""
    packages: tuple[str, ...]


def export(spec: Spec, target: Path, framework: Framework) -> Written:
    """Write the folder.

    Raises:
        SettingsError: the target is there already.
    """
    portable.refuse_existing(target)
    runtime = "tasks.rewards.exchange.row_scores"
    sha, packages = portable.write(spec, target, runtime, vendored=False)
    file, what, body = _FILES[framework]
    head = _HEAD.format(name=spec.name, version=spec.version, what=what)
    (target / file).write_text(head + body.format(sha=sha))
    return Written(target / file, sha, packages)
