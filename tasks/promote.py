"""Moves the alias `champion`, and nothing else: forward on evidence, back in one call.

    python -m tasks.promote --job .ratchet/runs/20261122T014105-9f3a/job.json

    models:/agent@champion    what production serves
    models:/agent@previous    what it served before

A promotion is refused unless the verdicts of gate and canary are PASS for that very version, follow
from their rows, and the canary compared it with today's champion. `force` overrides that, with a
reason that stays in the ledger for ever. Each change is a line in .ratchet/releases.jsonl first and
a moved alias second: whatever dies in between, running it again ends in the same state.
"""

from pathlib import Path
from typing import Any

from tasks.core import tracking
from tasks.core.errors import EvidenceError
from tasks.core.job import Job
from tasks.evidence import confirm, reports
from tasks.evidence.reports import (
    ApprovalReport,
    CanaryReport,
    GateReport,
    PromotionReport,
    TrainReport,
)
from tasks.learning import learned
from tasks.learning.learned import CHALLENGER, CHAMPION, Registered
from tasks.lineage import release_ledger
from tasks.lineage.release_ledger import Release

PREVIOUS = "previous"
AUTOMATIC = "ratchet"
"""Who promotes where `promote.approval` is automatic."""

SETTLED = "ratchet.release"
"""Tag of the registered model: the last line of the ledger that its aliases have followed."""


def run(job: Job) -> PromotionReport:
    """Promote what the run trained; with `promote.approval: manual`, as approval.json says.

    Raises:
        EvidenceError: a verdict is missing, is not PASS, or is about something else; or nobody
            approved.
    """
    trained = reports.require(job, TrainReport)
    who, why = AUTOMATIC, f"gate and canary PASS in run {job.run_id}"
    if job.params.promote.approval == "manual":
        approval = reports.read(job, ApprovalReport)
        if approval is None:
            raise EvidenceError(
                "promote.approval is manual and nobody has approved: do so on Prefect's page, or "
                "with `ratchet promote --why ...`"
            )
        who, why = approval.who, approval.why
    name, version = job.params.model.name, trained.version
    return promote_version(Path(job.workspace), name, version, who=who, why=why)


def promote_version(
    workspace: Path, model: str, version: str = "", *, who: str, why: str, force: bool = False
) -> PromotionReport:
    """Make a version the champion (empty: the one under the alias `challenger`).

    Once more is as once.

    Raises:
        EvidenceError: no such version, or it lacks the evidence and `force` is not set; or no
            `why` was given.
    """
    _explained(why)
    mlflow = tracking.connect(tracking.tracking_uri(workspace))
    with release_ledger.held(workspace) as ledger:
        _settle(mlflow, ledger.standing(model))
        champion = learned.by_alias(mlflow, model, CHAMPION)
        wanted = _version(mlflow, model, version)
        if champion and champion.version == wanted.version:
            return _unchanged(ledger.standing(model), wanted)
        if not force:
            _require_evidence(mlflow, workspace, wanted, champion)
        made = ledger.append(
            "promote",
            model=model,
            version=wanted.version,
            previous=champion.version if champion else "",
            weights_sha256=wanted.weights_sha256,
            who=who,
            why=why,
            forced=force,
        )
        _settle(mlflow, made)
    return _told(made, changed=True)


def roll_back(workspace: Path, model: str, *, who: str, why: str) -> PromotionReport:
    """Give `champion` back to the version under the alias `previous`.

    Needs no evidence: going back is always safe to ask for. A second call goes no further back,
    because nothing is known of what was before.

    Raises:
        EvidenceError: there is no version to go back to, or no `why` was given.
    """
    _explained(why)
    mlflow = tracking.connect(tracking.tracking_uri(workspace))
    with release_ledger.held(workspace) as ledger:
        last = ledger.standing(model)
        _settle(mlflow, last)
        if last and last.action == "rollback":
            return _told(last, changed=False)
        champion = learned.by_alias(mlflow, model, CHAMPION)
        previous = learned.by_alias(mlflow, model, PREVIOUS)
        if champion is None or previous is None:
            raise EvidenceError(
                f"{model} has no version with alias {PREVIOUS}: nothing was promoted here, so "
                "there is nothing to go back to"
            )
        made = ledger.append(
            "rollback",
            model=model,
            version=previous.version,
            previous=champion.version,
            weights_sha256=previous.weights_sha256,
            who=who,
            why=why,
        )
        _settle(mlflow, made)
    return _told(made, changed=True)


def _settle(mlflow: Any, standing: Release | None) -> None:
    """Make the aliases say what the ledger says: after a crash between the two they do not.

    Raises:
        EvidenceError: the alias was moved by something else, and what production serves is not
            what the ledger says.
    """
    if standing is None:
        return
    client = mlflow.tracking.MlflowClient()
    name, version = standing.model, standing.version
    champion = learned.by_alias(mlflow, name, CHAMPION)
    settled = client.get_registered_model(name).tags.get(SETTLED) == standing.mark
    expected = {version} if settled else {version, standing.previous}
    if (champion.version if champion else "") not in expected:
        raise EvidenceError(
            f"{champion.uri if champion else 'nothing'} is the champion of {name}, but by "
            f"{release_ledger.LEDGER} it is version {version} ({standing.action} by "
            f"{standing.who}): the alias was moved by other means; give it back to version "
            f"{version} in MLflow first"
        )
    if settled:
        return
    for key in ("action", "who", "why", "at", "forced"):
        client.set_model_version_tag(name, version, f"release.{key}", str(getattr(standing, key)))
    if standing.previous:
        client.set_registered_model_alias(name, PREVIOUS, standing.previous)
    client.set_registered_model_alias(name, CHAMPION, version)
    client.set_registered_model_tag(name, SETTLED, standing.mark)


def _version(mlflow: Any, model: str, version: str) -> Registered:
    if not version:
        found = learned.by_alias(mlflow, model, CHALLENGER)
        if found is None:
            raise EvidenceError(f"{model} has no version with alias {CHALLENGER}: train one first")
        return found
    try:
        row = mlflow.tracking.MlflowClient().get_model_version(model, version)
        tags = row.tags
        return Registered(
            name=model,
            version=str(row.version),
            model_id=tags["model_id"],
            weights_sha256=tags["weights_sha256"],
            files_sha256=tags["files_sha256"],
        )
    except (mlflow.exceptions.MlflowException, KeyError) as error:
        raise EvidenceError(
            f"models:/{model}/{version} is no version that was registered here ({error}); see "
            "MLflow's model registry"
        ) from error


def _require_evidence(
    mlflow: Any, workspace: Path, wanted: Registered, champion: Registered | None
) -> None:
    """Both verdicts PASS, made again from their rows, about these weights and this champion."""
    client = mlflow.tracking.MlflowClient()
    tags = client.get_model_version(wanted.name, wanted.version).tags
    run_id = tags.get("ratchet.run", "")
    if not run_id:
        raise EvidenceError(f"{wanted.uri} was made by no run: there is no evidence for it")
    folder = workspace / ".ratchet" / "runs" / run_id
    for step, confirmed in (("gate", confirm.gate), ("canary", confirm.canary)):
        report: GateReport | CanaryReport = confirmed(folder)
        if report.verdict != "PASS":
            reasons = "; ".join(report.reasons)
            raise EvidenceError(
                f"{step} says {report.verdict} for {wanted.uri}: {reasons}; the champion stays"
            )
        if report.uri != wanted.uri or report.weights_sha256 != wanted.weights_sha256:
            raise EvidenceError(
                f"{step} of run {run_id} judged {report.uri} with weights "
                f"{report.weights_sha256[:12]}…, not {wanted.uri} with "
                f"{wanted.weights_sha256[:12]}…: judge this version first"
            )
        if isinstance(report, CanaryReport) and report.champion != (
            champion.uri if champion else ""
        ):
            raise EvidenceError(
                f"the canary compared {wanted.uri} with {report.champion}, which is not the "
                "champion any more: run the canary again"
            )


def _unchanged(standing: Release | None, wanted: Registered) -> PromotionReport:
    """Already the champion: by the ledger, or from the beginning."""
    if standing:
        return _told(standing, changed=False)
    return PromotionReport(model=wanted.name, version=wanted.version, changed=False)


def _explained(why: str) -> None:
    if not why.strip():
        raise EvidenceError("no reason was given: say why, it is kept with the version for ever")


def _told(release: Release, *, changed: bool) -> PromotionReport:
    line = {field: getattr(release, field) for field in release.__struct_fields__}
    return PromotionReport(**line, changed=changed)


if __name__ == "__main__":
    reports.main("promote", run)
