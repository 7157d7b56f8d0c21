"""Tries the tuned model on a share of sessions beside the champion, and decides by their outcomes.

    python -m tasks.canary --job .ratchet/runs/20261122T014105-9f3a/job.json

    canary.json                verdict, evidence at each look, sha256 of the sessions
    canary/sessions.jsonl      each session in order of start: arm, share, outcome
    canary/evidence.png        the e-values and both arms' running means, also in MLflow

Two model servers and the router run as processes for as long as it lasts. With `canary.traffic`
simulated users send the requests; without, it says where the router is and waits for real ones and
their feedback. Whatever ends it but a PASS switches the flag off. The rules stand in
`tasks.evidence.trial`; what they conclude can be made again from the sessions
(`tasks.evidence.confirm`).
"""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path

from tasks.core import parts, step, tracking
from tasks.core.errors import EvidenceError
from tasks.core.job import Job
from tasks.core.records import encode
from tasks.evidence import confirm, reports, trial
from tasks.evidence.reports import CanaryReport, TrainReport
from tasks.evidence.trial import Judge, Session, Trial
from tasks.learning import learned
from tasks.learning.checkpoints import file_sha256
from tasks.learning.learned import Registered
from tasks.serving import flags, load_generator
from tasks.serving.deployment import Deployment, deployed, places
from tasks.serving.sessions import Sessions

PAUSE_S = 0.25
"""Between two readings of the router's sessions."""


class Watch:
    """Follows the router's sessions and puts each finished one before the judge, once."""

    def __init__(self, job: Job) -> None:
        self._settings = job.params.canary
        self._experiment = job.run_id
        self._sessions = Sessions(places(job).sessions)
        self.judge = Judge(self._settings)
        self.rows: list[Session] = []
        """What the judge has seen, in its order."""

    @property
    def share(self) -> float:
        """Of new sessions that the challenger should see now."""
        return self._settings.share_after(self.judge.sessions)

    def read(self, advance: Callable[[int], None] = lambda _: None) -> bool:
        """Take in what is new; True once the judge has decided."""
        self._sessions.refresh()
        outcome_s = self._settings.outcome_s
        finished = self._sessions.finished(self._experiment, now=time.time(), outcome_s=outcome_s)
        for session in finished[len(self.rows) :]:
            if self.judge.decision:
                break
            self.rows.append(session)
            self.judge.add(session)
            advance(1)
        return self.judge.decision is not None


def run(job: Job) -> CanaryReport:
    """Conduct the canary of the run's model against the champion.

    Raises:
        EvidenceError: nothing was trained, or there is nothing else to compare it with.
        StageError: a server did not come up, or went away; or another canary is under way here.
    """
    champion, challenger = _models(job)
    # One flag says who sees the challenger: two canaries would move each other's share.
    with parts.single_writer(places(job).flags.parent / "canary"):
        watch = Watch(job)
        # A canary that was broken off after its decision only has to be written down.
        if not watch.read():
            _conduct(job, watch, champion, challenger)
        if watch.judge.decision != "promote":
            flags.disable(places(job).flags)
        return _report(job, watch, champion, challenger)


def _models(job: Job) -> tuple[Registered, Registered]:
    """The version that is champion now, and the one that this run trained."""
    trained = reports.require(job, TrainReport)
    name = job.params.model.name
    mlflow = tracking.connect(job.tracking.uri, job.tracking.experiment)
    champion = learned.by_alias(mlflow, name, learned.CHAMPION)
    challenger = learned.by_alias(mlflow, name, learned.CHALLENGER)
    if champion is None or challenger is None:
        lacking = "champion" if champion is None else "challenger"
        raise EvidenceError(f"the model {name} has no version with alias {lacking}: train one")
    if challenger.uri != trained.uri:
        raise EvidenceError(
            f"the challenger is {challenger.uri} by now, this run trained {trained.uri}: "
            "release the newest run"
        )
    if champion.version == challenger.version:
        raise EvidenceError(
            f"{challenger.uri} is the champion already: there is nothing to compare"
        )
    return champion, challenger


def _conduct(job: Job, watch: Watch, champion: Registered, challenger: Registered) -> None:
    """Serve both until the judge decides, sessions or time run out, or something breaks."""
    settings, flag = job.params.canary, places(job).flags
    if settings.traffic:
        load_generator.load(settings.traffic)  # a wrong name is said before any server starts
    flags.write(flag, experiment=job.run_id, share=watch.share)
    ended = False
    try:
        with deployed(job, champion, challenger) as deployment:
            asyncio.run(_watch(job, watch, deployment))
            ended = True
    finally:
        if not ended or watch.judge.decision != "promote":
            flags.disable(flag)


async def _watch(job: Job, watch: Watch, deployment: Deployment) -> None:
    settings = job.params.canary
    deadline = time.monotonic() + settings.max_hours * 3600
    traffic = asyncio.create_task(_traffic(job, deployment))
    try:
        with step.progress("canary", settings.max_sessions) as advance:
            share = watch.share
            while not watch.read(advance):
                if watch.share != share:
                    share = watch.share
                    flags.write(places(job).flags, experiment=job.run_id, share=share)
                if traffic.done():
                    traffic.result()
                    watch.read(advance)
                    break
                if time.monotonic() > deadline:
                    break
                deployment.check()
                await asyncio.sleep(PAUSE_S)
    finally:
        traffic.cancel()
        with suppress(asyncio.CancelledError):
            await traffic


async def _traffic(job: Job, deployment: Deployment) -> None:
    """Send simulated users; or say where real ones should go, and wait for them."""
    settings = job.params.canary
    if not settings.traffic:
        print(
            f"canary: send {deployment.url}/v1/chat/completions the agent's requests and "
            f"{deployment.url}/feedback their outcomes",
            file=sys.stderr,
        )
        await asyncio.Event().wait()
    visitors = load_generator.load(settings.traffic)(settings.seed)
    await load_generator.send(
        deployment.url,
        islice(visitors, settings.max_sessions),
        users=settings.users,
        temperature=job.params.model.temperature,
        max_tokens=job.params.model.max_new_tokens,
        # The router may wait for the challenger and then for the champion.
        timeout_s=2 * settings.timeout_s + 5,
    )


def _report(job: Job, watch: Watch, champion: Registered, challenger: Registered) -> CanaryReport:
    """Write the sessions, conclude from what was written, and publish it."""
    rows = Path(job.folder) / confirm.SESSIONS
    parts.replace(rows, b"".join(encode(row) + b"\n" for row in watch.rows))
    reached = trial.judge(confirm.sessions(rows), job.params.canary)
    report = CanaryReport(
        **{name: getattr(reached, name) for name in Trial.__struct_fields__},
        settings=job.params.canary.model_dump(mode="json"),
        rows_sha256=file_sha256(rows),
        sessions=len(watch.rows),
        sessions_challenger=sum(row.arm == "challenger" for row in watch.rows),
        failures=sum(row.failures for row in watch.rows),
        champion=champion.uri,
        uri=challenger.uri,
        weights_sha256=challenger.weights_sha256,
    )
    _publish(job, report, challenger)
    return report


def _publish(job: Job, report: CanaryReport, challenger: Registered) -> None:
    looks = report.looks
    picture = job.step_folder("canary") / "evidence.png"
    trial.plot(looks, picture, job.params.canary)
    with tracking.child_run(job, "canary") as mlflow:
        learned.log_input(mlflow, challenger)
        mlflow.log_params(report.settings)
        for look in looks:
            mlflow.log_metrics(
                {
                    "e.promote": look.promote,
                    "e.harm": look.harm,
                    "effect": look.effect,
                    "success.challenger": look.challenger_mean,
                    "success.champion": look.champion_mean,
                    "share": look.share,
                    **{f"{name}.effect": g.effect for name, g in look.guardrails.items()},
                    **{f"{name}.e.promote": g.promote for name, g in look.guardrails.items()},
                },
                step=look.sessions,
            )
        tags = ("verdict", "decision", "uri", "champion", "rows_sha256")
        mlflow.set_tags({key: getattr(report, key) for key in tags})
        mlflow.log_artifact(str(picture))
        mlflow.log_artifact(str(Path(job.folder) / confirm.SESSIONS))
        client = mlflow.tracking.MlflowClient()
        client.set_model_version_tag(challenger.name, challenger.version, "canary", report.verdict)


if __name__ == "__main__":
    reports.main("canary", run)
