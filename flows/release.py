"""A judged model to production: canary, approval where params ask for it, promotion."""

from pathlib import Path
from typing import Any

from prefect import flow, pause_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run

from flows.steps import model_step
from tasks.core.errors import EvidenceError
from tasks.core.job import Job
from tasks.evidence import reports
from tasks.evidence.reports import ApprovalReport, GateReport


class Approval(RunInput):
    """What a person fills in on Prefect's page before the champion changes."""

    who: str
    why: str
    promote: bool = False


@flow(name="release")
def release(folder: str = ".", run_id: str = "") -> dict[str, Any]:
    """Put the run's model on a share of traffic and promote it only when both verdicts are PASS.

    Returns `status` (promoted, kept, awaiting-approval, declined) and the steps' reports.
    """
    job_file = _job_of(Path(folder).resolve(), run_id)
    job = Job.model_validate_json(Path(job_file).read_bytes())
    judged = reports.require(job, GateReport)
    gate = reports.plain(judged)
    if judged.verdict != "PASS":
        return {"status": "kept", "run_id": job.run_id, "gate": gate}
    canary = model_step("canary", job_file)
    found = {"run_id": job.run_id, "gate": gate, "canary": canary}
    if canary["verdict"] != "PASS":
        return {"status": "kept", **found}
    if job.params.promote.approval == "manual":
        if not flow_run.deployment_id:  # nobody could answer a pause that no page shows
            return {"status": "awaiting-approval", **found}
        answer = pause_flow_run(wait_for_input=Approval, timeout=7 * 24 * 3600)
        if not answer.promote:
            return {"status": "declined", "who": answer.who, "why": answer.why, **found}
        reports.write(job, ApprovalReport(who=answer.who, why=answer.why))
    return {"status": "promoted", **found, "promote": model_step("promote", job_file)}


def _job_of(home: Path, run_id: str) -> str:
    """Path of the job file of a run, or of the newest run that has passed its gate."""
    runs = home / ".ratchet" / "runs"
    pattern = f"{run_id}/gate.json" if run_id else "*/gate.json"
    found = sorted(runs.glob(pattern))
    if not found:
        raise EvidenceError(f"no judged run {run_id} in {runs}: run `ratchet finetune` first")
    return str(found[-1].with_name("job.json"))
