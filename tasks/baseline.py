"""Says how good the champion is by its own logs, and whether the base has something to gain.

    python -m tasks.baseline --job .ratchet/runs/20261122T014105-9f3a/job.json

    baseline/card.json  card.md  card.html    the champion's report card, from logged replies alone
    baseline/attempts.jsonl                   the base's replies to validation, judged

Training is refused where the base is right already (mean reward above baseline.max_reward), and
where no prompt's samples differ in reward, because then there is nothing to learn from. Without a
model at hand the card is made alone. The held-out test is not read here.
Source of the first limit: AWS, "Best practices for reinforcement fine-tuning on Amazon Bedrock".
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tasks.core import parts, tracking
from tasks.core.errors import EvidenceError
from tasks.core.job import Job
from tasks.core.pages import html, markdown
from tasks.core.records import Example, Reply, Score
from tasks.evidence import held_out, judged, reports
from tasks.evidence.judged import Cell, Judged
from tasks.evidence.reports import BaseFigures, BaselineReport
from tasks.learning import prompts, sampling
from tasks.learning.prompts import Prompts
from tasks.rewards import Prompt
from tasks.rewards.registry import registration
from tasks.rewards.specification import card
from tasks.rewards.specification.spec import Spec, load_spec

OPEN = ("train", "validation", "unlabelled")
"""Parts of data/split that may be read; the held-out test is the one that may not."""

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


class Verdict(NamedTuple):
    verdict: str
    """`train`, `nothing to gain`, `no signal` or `card only`."""
    reason: str


def run(job: Job) -> BaselineReport:
    """Make the report card, measure the base, and refuse where training could gain nothing.

    Raises:
        EvidenceError: nothing to gain, no signal, or a reward that cannot score enough. The files
            are written and logged before.
    """
    spec = load_spec(job.resolve(job.params.reward.spec))
    with tracking.child_run(job, "baseline") as mlflow:
        registered = registration.register(spec, mlflow=mlflow)
        registration.link(mlflow, registered)
        tracking.log_dataset(mlflow, job.dataset, "baseline")
        logged = _report_card(job, spec)
        model, verdict = _measure(job, spec)
        if model:
            registration.log_design(registered, spec, _rollouts(job), mlflow=mlflow)
        mlflow.log_metrics(_figures(logged, model))
        mlflow.set_tag("verdict", verdict.verdict)
        mlflow.log_artifacts(str(job.step_folder("baseline")), "baseline")
    if verdict.verdict not in ("train", "card only"):
        raise EvidenceError(f"{verdict.verdict}: {verdict.reason}")
    return BaselineReport(
        reward_uri=registered.uri,
        reward_sha=registered.sha,
        card=logged,
        model=model,
        verdict=verdict.verdict,
        reason=verdict.reason,
    )


def _rollouts(job: Job) -> list[Score]:
    """What the base's sampled replies are worth, for the reward's design page."""
    rows = judged.read(job.step_folder("baseline") / "attempts.jsonl")
    return [
        Score(value=row.reward, exact=row.measured.exact, tier=row.tier, reason=row.unscored)
        for row in rows
        if row.mode == "sampled"
    ]


def _report_card(job: Job, spec: Spec) -> dict[str, Any]:
    """Count the logged replies and write the card's three files."""
    folder = Path(job.dataset.folder)

    def examples() -> Iterator[Example]:
        return chain.from_iterable(parts.read_parts(folder, Example, label) for label in OPEN)

    logged = card.report_card(examples, spec)
    title = f"Report card of the logged replies: {job.dataset.version or job.dataset.md5[:12]}"
    paragraphs, tables = card.paragraphs(logged, spec), card.tables(logged)
    into = job.step_folder("baseline")
    content = msgspec.json.format(msgspec.json.encode(logged, order="sorted"), indent=1)
    parts.replace(into / "card.json", content + b"\n")
    parts.replace(into / "card.md", markdown(title, paragraphs, tables).encode())
    parts.replace(into / "card.html", html(title, paragraphs, tables).encode())
    return logged


def _measure(job: Job, spec: Spec) -> tuple[BaseFigures | None, Verdict]:
    """The base's figures on validation, greedy and sampled, and the verdict on them."""
    path = job.resolve(job.params.model.path)
    if not _at_hand(path):
        reason = f"there is no model at {path}, so only the logs were looked at; set model.path"
        return None, Verdict("card only", reason)
    settings = job.params.baseline
    asked = _prompts(job, path)
    sampler = sampling.load(
        path,
        engine=job.params.model.engine,
        batch_size=job.params.model.batch_size,
        dtype=job.params.model.dtype,
        options=job.params.model.engine_options,
    )

    def complete(samples: int, temperature: float) -> list[Judged]:
        return judged.complete(
            sampler,
            asked.kept,
            _scorer(spec),
            arm="base",
            samples=samples,
            temperature=temperature,
            max_new_tokens=job.params.model.max_new_tokens,
            seed=settings.seed,
        )

    greedy, sampled = complete(1, 0), complete(settings.samples, settings.temperature)
    judged.write(job.step_folder("baseline") / "attempts.jsonl", [*greedy, *sampled])
    model = BaseFigures(
        path=job.params.model.path,
        prompts=len(asked.kept),
        skipped=asked.skipped,
        greedy=judged.summarise(greedy),
        sampled=judged.summarise(sampled),
        with_variance=with_variance(sampled),
    )
    return model, decide(job, model)


def decide(job: Job, model: BaseFigures) -> Verdict:
    """Whether training may start, from the figures of the base."""
    for mode, cell in _modes(model).items():
        replies = cell.overall.n
        if cell.overall.reward is None or cell.unscored > job.params.reward.max_unscored * replies:
            return Verdict(
                "no signal",
                f"the reward could not score {cell.unscored} of {replies} "
                f"{mode} replies, more than reward.max_unscored = "
                f"{job.params.reward.max_unscored}; see their reasons in baseline/attempts.jsonl",
            )
    earned, most = model.greedy.overall.reward, job.params.baseline.max_reward
    reward = earned.mean if earned else 0.0
    if reward > most:
        return Verdict(
            "nothing to gain",
            f"the base's mean reward on {model.prompts} validation prompts is {reward:.3f}, "
            f"above baseline.max_reward = {most}; bring harder logs, or keep the model you have",
        )
    if model.with_variance == 0:
        return Verdict(
            "no signal",
            f"on none of {model.prompts} validation prompts do the base's samples differ in "
            "reward, so GRPO has nothing to compare; raise baseline.temperature or "
            "baseline.samples, or fine-tune the base on examples first",
        )
    differ = f"samples differ on {model.with_variance:.0%} of prompts"
    return Verdict("train", f"mean reward {reward:.3f}; {differ}")


def with_variance(rows: Sequence[Judged]) -> float:
    """Share of prompts whose samples do not all earn the same: what GRPO can learn from."""
    rewards: dict[str, set[float]] = defaultdict(set)
    for row in rows:
        if row.reward is not None:
            rewards[row.measured.example].add(row.reward)
    return sum(len(values) > 1 for values in rewards.values()) / max(1, len(rewards))


def _at_hand(path: str) -> bool:
    if Path(path).is_dir() or not _HUB_NAME.fullmatch(path):
        return Path(path).is_dir()
    from transformers import AutoConfig

    try:
        AutoConfig.from_pretrained(path)
    except OSError:  # no such model, or no hub that could be reached
        return False
    return True


def _prompts(job: Job, path: str) -> Prompts:
    return prompts.render(
        held_out.read_split(Path(job.dataset.folder), "validation"),
        prompts.codec(path, job.params.model),
        max_tokens=job.params.train.max_prompt_tokens,
        max_skipped=job.params.train.max_skipped,
        limit=job.params.baseline.limit,
    )


def _scorer(spec: Spec) -> judged.Scorer:
    def score(example: Example, reply: Reply) -> Score:
        return spec.score(Prompt(example.messages, example.tools, example.reference), reply)

    return score


def _figures(logged: dict[str, Any], model: BaseFigures | None) -> dict[str, float]:
    """What MLflow draws."""
    overall = logged["overall"]
    figures = {f"logged/{name}": float(overall[name]) for name in ("replies", *card.STANDINGS)}
    if overall["reward"]:
        figures["logged/reward_corrected"] = overall["reward"]["mean"]
    if model is None:
        return figures
    for mode, cell in _modes(model).items():
        rates = cell.overall.rates()
        for name in ("reward", "exact", "invented", "malformed", "over_refusal", "acted_instead"):
            if name in rates:
                figures[f"base/{mode}/{name}"] = rates[name].mean
    return {**figures, "base/with_variance": model.with_variance}


def _modes(model: BaseFigures) -> dict[str, Cell]:
    return {"greedy": model.greedy, "sampled": model.sampled}


if __name__ == "__main__":
    reports.main("baseline", run)
