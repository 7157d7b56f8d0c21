"""Lets arms answer the held-out test and keeps every judged answer.

    python -m tasks.evaluate --job .ratchet/runs/20261122T014105-9f3a/job.json

    evaluate/rows.jsonl    one judged completion a line; what the gate makes its verdict of
    evaluate/cases.jsonl   ten tasks that teach most, with what each arm replied
    evaluate/arms.png      exact match and reward of each arm, greedy and sampled

The arms are the base, the base with a better prompt, the tuned model, and the champion where
production runs another model than the base. `better-prompt` is the base with a system text on top:
a gain that a prompt alone gives is not claimed for training. All arms answer the same prompts with
the same seeds. The read of the held-out test is written to the ledger, once a run, before a row of
it is seen.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tasks.core import step, tracking
from tasks.core.errors import EvidenceError
from tasks.core.job import Job
from tasks.core.records import Example, Reply, Score
from tasks.core.settings import EndpointSettings
from tasks.evidence import arms, cases, held_out, judged, reports, text_judge
from tasks.evidence.arms import Compared
from tasks.evidence.judged import Arm, Cell, Judged, Mode
from tasks.evidence.reports import EvaluationReport, TrainReport
from tasks.learning import checkpoints, learned, prompts, runtime, sampling
from tasks.learning.learned import Registered
from tasks.learning.prompts import Prompts
from tasks.rewards import Prompt
from tasks.rewards.registry import registration
from tasks.rewards.specification.spec import Spec, load_spec
from tasks.serving.reply_checks import Checks

PER_THOUSAND = ("parse_errors_per_thousand", "violations_per_thousand")


class Asked(NamedTuple):
    """The held-out test as each arm reads it."""

    plain: Prompts
    better: Prompts

    @property
    def prompt_seen(self) -> bool:
        """False where the chat template leaves the better prompt out, and the arms are one."""
        return [p.text for p in self.plain.kept] != [p.text for p in self.better.kept]


def run(job: Job) -> EvaluationReport:
    """Evaluate the run's trained model against its base; `train` must have ended.

    Raises:
        EvidenceError: there is no trained model, or its files are not those that it left.
    """
    runtime.settle(job.params.compute.threads)
    trained = reports.require(job, TrainReport)
    tuned = Path(trained.model)
    if checkpoints.weights_sha256(tuned) != trained.weights_sha256:
        raise EvidenceError(f"{tuned} was changed after it was trained: train the run again")
    spec = load_spec(job.resolve(job.params.reward.spec))
    with tracking.child_run(job, "evaluate") as mlflow:
        registration.link(mlflow, registration.register(spec, mlflow=mlflow))
        tracking.log_dataset(mlflow, job.dataset, "evaluation")
        mlflow.log_params(job.params.evaluate.model_dump())
        asked = read(job)
        champion = _champion(job, mlflow, trained)
        rows, seconds = _answers(job, spec, asked, tuned, champion)
        compared = arms.compare(rows)
        _log(job, mlflow, compared, trained)
    written = job.step_folder("evaluate") / "rows.jsonl"
    return EvaluationReport(
        **{name: getattr(compared, name) for name in Compared.__struct_fields__},
        prompt_seen=asked.prompt_seen,
        skipped=asked.plain.skipped,
        reads=held_out.reads(_ledger(job), job.dataset.md5),
        rows=str(written),
        rows_sha256=checkpoints.file_sha256(written),
        weights_sha256=trained.weights_sha256,
        champion=champion.uri if champion else "",
        seconds_per_reply=seconds,
    )


def _champion(job: Job, mlflow: Any, trained: TrainReport) -> Registered | None:
    """What production runs, where that is neither the base nor what was trained."""
    name = job.params.model.name
    base = learned.register_base(mlflow, job.resolve(job.params.model.path), name=name)
    champion = learned.by_alias(mlflow, name, learned.CHAMPION)
    if champion is None or champion.weights_sha256 in (base.weights_sha256, trained.weights_sha256):
        return None
    return champion


def read(job: Job) -> Asked:
    """The held-out test's prompts, plain and with the better prompt; the read is entered first."""
    examples = held_out.read_test(
        Path(job.dataset.folder),
        reader="evaluate",
        run_id=job.run_id,
        ledger=_ledger(job),
        md5=job.dataset.md5,
    )
    codec = prompts.codec(job.resolve(job.params.model.path), job.params.model)
    text = job.params.evaluate.better_prompt
    plain = prompts.render(
        examples,
        codec,
        max_tokens=job.params.train.max_prompt_tokens,
        max_skipped=job.params.train.max_skipped,
    )
    # Where the plain prompt fits, the better one is asked too, however long it makes it.
    better = prompts.render(
        [prompts.with_system(p.example, text) for p in plain.kept], codec, max_tokens=None
    )
    return Asked(plain, better)


def _answers(
    job: Job, spec: Spec, asked: Asked, tuned: Path, champion: Registered | None
) -> tuple[list[Judged], dict[str, float]]:
    """Every arm's judged answers, also written to rows.jsonl, and the seconds that a reply took."""
    base = job.resolve(job.params.model.path)
    seconds: dict[str, float] = {}
    rows = _ask(job, spec, base, asked.plain, "base", seconds=seconds)
    if asked.prompt_seen:
        rows += _ask(job, spec, base, asked.better, "better-prompt", seconds=seconds)
    else:
        rows += arms.as_arm(rows, "better-prompt")
    rows += _ask(job, spec, str(tuned), asked.plain, "tuned", seconds=seconds)
    if champion:
        folder = str(learned.download(champion.uri))
        own = prompts.render(
            [p.example for p in asked.plain.kept],
            prompts.codec(folder, job.params.model),
            max_tokens=None,
        )
        rows += _ask(job, spec, folder, own, "champion", seconds=seconds)
    examples = [p.example for p in asked.plain.kept]
    if job.params.gate.judge:
        rows = _judge(job.params.gate.judge, rows, examples)
    judged.write(job.step_folder("evaluate") / "rows.jsonl", rows)
    cases.write(job.step_folder("evaluate") / "cases.jsonl", cases.instructive(rows, examples))
    return rows, seconds


def _judge(endpoint: EndpointSettings, rows: list[Judged], examples: list[Example]) -> list[Judged]:
    """The rows with texts judged by a model that got the controls right."""
    judge = text_judge.TextJudge(endpoint)
    judge.check()
    return judge.judge(rows, examples)


def _ask(
    job: Job, spec: Spec, model: str, asked: Prompts, arm: Arm, *, seconds: dict[str, float]
) -> list[Judged]:
    """One arm's judged answers, greedy and sampled; the model is given up at the end."""
    settings, engine = job.params.evaluate, job.params.model

    def score(example: Example, reply: Reply) -> Score:
        return spec.score(Prompt(example.messages, example.tools, example.reference), reply)

    sampler = sampling.load(
        model,
        engine=engine.engine,
        batch_size=engine.batch_size,
        dtype=engine.dtype,
        options=engine.engine_options,
    )
    checks = Checks(job.params.serve.checks)

    def check(example: Example, reply: Reply) -> tuple[str, ...]:
        return checks.broken(Prompt(example.messages, example.tools, None), reply)

    rows: list[Judged] = []
    for samples, temperature in ((1, 0.0), (settings.samples, settings.temperature)):
        mode = "sampled" if temperature else "greedy"
        started = time.monotonic()
        with step.progress(f"evaluate {arm}, {mode}", samples * len(asked.kept)) as advance:
            rows += judged.complete(
                sampler,
                asked.kept,
                score,
                arm=arm,
                samples=samples,
                temperature=temperature,
                max_new_tokens=engine.max_new_tokens,
                seed=settings.seed,
                check=check if checks else None,
                progress=_since_last(advance),
            )
        taken = (time.monotonic() - started) / max(1, samples * len(asked.kept))
        seconds[f"{arm}, {mode}"] = round(taken, 4)
    sampler.close()  # before the next model needs the memory
    return rows


def _since_last(advance: Callable[[int], None]) -> sampling.Progress:
    """A sampler tells how much is done in all, a progress bar wants what is new."""
    before = 0

    def tell(done: int, _all: int) -> None:
        nonlocal before
        advance(done - before)
        before = done

    return tell


def _log(job: Job, mlflow: Any, compared: Compared, trained: TrainReport) -> None:
    """Figures to the run and to the models they are of, and the files beside them.

    A model's figures are logged from this run, not from training: MLflow makes a model that a run
    logs figures of an input of that run.
    """
    folder = job.step_folder("evaluate")
    base = learned.register_base(
        mlflow, job.resolve(job.params.model.path), name=job.params.model.name
    )
    models: tuple[tuple[Arm, str], ...] = (("base", base.model_id), ("tuned", trained.model_id))
    for arm, model_id in models:
        mlflow.log_metrics(_metrics(compared.arms[arm]), model_id=model_id)
    every = {
        f"{arm}/{name}": value
        for arm, modes in compared.arms.items()
        for name, value in _metrics(modes).items()
    }
    lifts = {
        f"lift_over_{arm}/{mode}/{name}": lift.mean
        for arm, modes in compared.lift.items()
        for mode, names in modes.items()
        for name, lift in names.items()
        if lift
    }
    mlflow.log_metrics({**every, **lifts})
    arms.plot(compared, folder / "arms.png")
    mlflow.log_artifact(str(folder / "arms.png"))
    mlflow.log_artifact(str(folder / "rows.jsonl"))
    mlflow.log_artifact(str(folder / "cases.jsonl"))


def _metrics(modes: Mapping[Mode, Cell]) -> dict[str, float]:
    """An arm's figures by `mode/name`."""
    figures: dict[str, float] = {}
    for mode, cell in modes.items():
        rates = cell.overall.rates()
        figures |= {f"{mode}/{name}": rate.mean for name, rate in rates.items()}
        for name in ("macro_f1", "three_way_f1", "tokens", "truncated", *PER_THOUSAND):
            value = getattr(cell, name)
            if value is not None:
                figures[f"{mode}/{name}"] = value
        for name in ("tool_f1", "argument_f1"):
            value = getattr(cell.overall, name)
            if value is not None:
                figures[f"{mode}/{name}"] = value
    return figures


def _ledger(job: Job) -> Path:
    return Path(job.workspace) / held_out.LEDGER


if __name__ == "__main__":
    reports.main("evaluate", run)
