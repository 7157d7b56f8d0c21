"""Trains the base on its own attempts at logged tasks, each scored by the reward (GRPO).

    python -m tasks.train --job .ratchet/runs/20261122T014105-9f3a/job.json

    train/model/          the trained model by itself, safetensors and tokenizer
    train/adapter/        the LoRA adapter, where one was trained
    train/curve.jsonl     one line a step; curve.png is its picture
    train/checkpoints/    the last and the best, from which a killed run goes on

The checkpoint is chosen on validation. The held-out test is not read here.
Source: Shao et al., "DeepSeekMath" (arXiv 2402.03300), as TRL's GRPOTrainer implements it, with
its token-level loss ("dapo").
"""

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tasks import dialects
from tasks.core import step, tracking
from tasks.core.job import Job
from tasks.core.records import Example, Reply, Score
from tasks.evidence import held_out, metrics, reports
from tasks.evidence.judged import Scorer
from tasks.evidence.reports import Change, TrainReport
from tasks.evidence.validation import Validation
from tasks.learning import checkpoints, footprint, grpo, learned, prompts, runtime, weights
from tasks.learning.curve import REWARD, Curve, Publisher, plot, publisher
from tasks.learning.observer import Observer
from tasks.learning.prompts import Prompted, Prompts
from tasks.rewards import Prompt
from tasks.rewards.registry import registration
from tasks.rewards.specification.spec import Spec, columns, load_spec, trl_reward

PROBES = 4
"""Prompts on which the saved model is compared with the trained one."""


class Data(NamedTuple):
    codec: dialects.Codec
    train: Prompts
    validation: Prompts


def run(job: Job) -> TrainReport:
    """Train, choose the best checkpoint, save it as a model and register it.

    Raises:
        StageError: no prompt can be used, the reward scores too little, the loss is lost, or what
            the run writes will not fit on its disks.
        EvidenceError: the saved model is not the trained one, or is still the base; or the reward
            pays for an attack.
    """
    runtime.settle(job.params.compute.threads)
    footprint.look_for_room(job, Path(_base(job)), bf16=grpo.on_gpu())
    spec = load_spec(job.resolve(job.params.reward.spec))
    data = read(job)
    with tracking.child_run(job, "train") as mlflow:
        reward = registration.for_training(spec, mlflow=mlflow)
        registration.link(mlflow, reward)
        base = learned.register_base(mlflow, _base(job), name=job.params.model.name)
        learned.log_input(mlflow, base)
        tracking.log_dataset(mlflow, job.dataset, "training")
        mlflow.log_params({"base": base.uri, **job.params.train.model_dump()})
        curve = _learn(job, spec, data, publisher(mlflow))
        best = curve.best(REWARD) or job.params.train.steps
        _export(job, data, best)
        _log_files(job, mlflow, curve, best)
        made = learned.register(
            mlflow,
            job.step_folder("train") / "model",
            name=job.params.model.name,
            tags=_tags(job, reward, best, data.codec.sha),
        )
    return _report(job, curve, best, data, made)


def read(job: Job) -> Data:
    """Tokenizer and prompts; what is left out is counted."""
    codec = prompts.codec(_base(job), job.params.model)
    step.warn("train", [f"model.path: {note}" for note in codec.notes])
    folder, settings = Path(job.dataset.folder), job.params.train
    longest = settings.max_prompt_tokens
    return Data(
        codec,
        prompts.render(
            held_out.read_split(folder, "train"),
            codec,
            max_tokens=longest,
            max_skipped=settings.max_skipped,
        ),
        prompts.render(
            held_out.read_split(folder, "validation"),
            codec,
            max_tokens=longest,
            max_skipped=settings.max_skipped,
            limit=settings.validation_limit,
        ),
    )


def _learn(job: Job, spec: Spec, data: Data, publish: Publisher) -> Curve:
    """Run GRPO to its last step, from the last whole checkpoint where there is one."""
    folder = job.step_folder("train")
    root = folder / "checkpoints"
    checkpoints.discard_torn(root)
    last = checkpoints.last_complete(root)
    done = checkpoints.step_of(last) if last else 0
    curve = Curve(folder / "curve.jsonl", upto=done)
    validated = Validation(
        base=_base(job),
        adapters=job.params.train.lora is not None,
        prompted=data.validation.kept,
        score=_judge_of_checkpoints(job, spec, data.validation.kept),
        model=job.params.model,
    )
    if REWARD not in curve.at(0):
        curve.add(0, validated.measure(None))
        publish(curve.at(0), 0)
    with Observer(
        curve=curve,
        root=root,
        steps=job.params.train.steps,
        validate=validated.measure,
        publish=publish,
        max_unscored=job.params.reward.max_unscored,
    ) as observer:
        if done < job.params.train.steps:
            setup = grpo.Setup(
                base=_base(job),
                tokenizer=data.codec.tokenizer,
                rows=rows(job, data.train.kept),
                longest=data.train.longest,
                reward=_reward(job, spec, data.train.kept, observer),
                root=root,
                model=job.params.model,
                train=job.params.train,
            )
            trainer = grpo.trainer(setup, observer.callback())
            trainer.train(resume_from_checkpoint=str(last) if last else None)
    return curve


def rows(job: Job, kept: Sequence[Prompted]) -> list[grpo.Row]:
    """A row a prompt; under `shuffled_reference` what scores it is another prompt's."""
    scored_as = list(range(len(kept)))
    if job.params.train.control == "shuffled_reference":
        scored_as = _shuffled(len(kept), job.params.train.seed)
    return [
        {"prompt": p.text, "index": i, **columns(_prompt(kept[other].example))}
        for i, (p, other) in enumerate(zip(kept, scored_as, strict=True))
    ]


def _shuffled(count: int, seed: int) -> list[int]:
    """For each index another one."""
    order, found = list(range(count)), list(range(count))
    random.Random(f"shuffled/{seed}").shuffle(order)
    for here, there in zip(order, [*order[1:], order[0]], strict=True):
        found[here] = there
    return found


def _judge_of_checkpoints(job: Job, spec: Spec, kept: Sequence[Prompted]) -> Scorer:
    """The reward that the best checkpoint is chosen by.

    A control chooses by its own: chosen by the true one, the best of many blind steps would count
    as learnt.
    """
    control, seed = job.params.train.control, job.params.train.seed
    if control == "random_reward":

        def drawn(example: Example, reply: Reply) -> Score:
            key = f"random/{seed}/{example.id}/{dialects.write(reply)}"
            return Score(value=random.Random(key).random())

        return drawn
    scored_as = {p.example.id: p.example for p in kept}
    if control == "shuffled_reference":
        others = _shuffled(len(kept), seed)
        scored_as = {kept[i].example.id: kept[j].example for i, j in enumerate(others)}
    return lambda example, reply: spec.score(_prompt(scored_as[example.id]), reply)


def _reward(job: Job, spec: Spec, kept: Sequence[Prompted], observer: Observer) -> grpo.Reward:
    """The spec as TRL calls it, with what it could not score counted and the rest measured.

    `exact` and `invented` come from the evaluation's metrics, so a reward that is being gamed
    shows as a gap between the two.
    """
    scored = trl_reward(spec)
    settings = job.params.train

    def reward(
        *,
        completion_ids: Sequence[Sequence[int]],
        index: Sequence[int],
        trainer_state: Any,
        log_metric: Callable[[str, float], None],
        **given: Any,
    ) -> list[float | None]:
        # TRL's text has lost the special tokens, in which calls and thoughts may stand.
        replies = [kept[i].read_ids(ids) for i, ids in zip(index, completion_ids, strict=True)]
        values = scored(**{**given, "completions": replies})
        observer.count(values)
        found = [metrics.measure(kept[i].example, r) for i, r in zip(index, replies, strict=True)]
        known = [measured for measured in found if measured]
        log_metric("exact", sum(measured.exact for measured in known) / len(known))
        log_metric("invented", sum(measured.invented for measured in known) / len(known))
        if settings.control == "random_reward":
            draw = random.Random(f"random/{settings.seed}/{trainer_state.global_step}")
            return [draw.random() for _ in values]
        return values

    reward.__name__ = spec.name
    return reward


def _export(job: Job, data: Data, best: int) -> None:
    """Write the best checkpoint as a model of its own, and its adapter beside it."""
    folder = job.step_folder("train")
    checkpoint = checkpoints.path_of(folder / "checkpoints", best)
    adapter = job.params.train.lora is not None
    kept = data.validation.kept
    weights.export(
        checkpoint,
        _base(job),
        folder / "model",
        adapter=adapter,
        prompts=[prompted.text for prompted in kept[:PROBES]],
        bf16=grpo.on_gpu(),
    )
    data.codec.save(folder / "model")
    if adapter:
        target = folder / "adapter"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for path in checkpoint.glob("adapter_*"):
            shutil.copy(path, target)


def _log_files(job: Job, mlflow: Any, curve: Curve, best: int) -> None:
    picture = job.step_folder("train") / "curve.png"
    plot(curve.rows(), picture, best=best)
    mlflow.log_artifact(str(picture))
    mlflow.log_artifact(str(curve.path))


def _tags(
    job: Job, reward: registration.RegisteredReward, best: int, codec_sha: str
) -> dict[str, str]:
    """What leads from a version back to all it was made of."""
    return {
        "ratchet.run": job.run_id,
        "dataset.version": job.dataset.version,
        "dvc.md5": job.dataset.md5,
        "reward_uri": reward.uri,
        "reward_sha": reward.sha,
        "codec_sha": codec_sha,
        "step": str(best),
    }


def _report(job: Job, curve: Curve, best: int, data: Data, made: learned.Registered) -> TrainReport:
    before, after = curve.at(0), curve.at(best)
    return TrainReport(
        steps=job.params.train.steps,
        best_step=best,
        validation={
            name: Change(before=before.get(f"validation/{name}"), after=after[f"validation/{name}"])
            for name in ("reward", "exact", "invented", "over_refusal")
            if f"validation/{name}" in after
        },
        prompts={"train": len(data.train.kept), "validation": len(data.validation.kept)},
        skipped={"train": data.train.skipped, "validation": data.validation.skipped},
        completions=int(curve.total("completions")),
        unscored=int(curve.total("unscored")),
        step_seconds=round(curve.total("step_time"), 1),
        model=str(job.step_folder("train") / "model"),
        weights_sha256=made.weights_sha256,
        version=made.version,
        uri=made.uri,
        model_id=made.model_id,
        control=job.params.train.control,
        engine=job.params.model.engine,
        precision="bf16" if grpo.computes_in_bf16(job.params.train.bf16) else "fp32",
    )


def _base(job: Job) -> str:
    return job.resolve(job.params.model.path)


def _prompt(example: Example) -> Prompt:
    return Prompt(example.messages, example.tools, example.reference)


if __name__ == "__main__":
    reports.main("train", run)
