"""The whole loop, small: logs of the tiny agent to a judged, tried and traced model."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import data
from flows import environment
from tasks.core import tracking, workspace
from tasks.core.closure import PROJECT
from tasks.demo.summary import summarise
from tasks.lineage.audit import trail
from tasks.lineage.overview import overview
from tasks.lineage.verification import verify
from tasks.promote import promote_version, roll_back

SMALLER: dict[str, dict[str, Any]] = {
    "validate": {"min_examples": 200},
    "baseline": {"samples": 2, "limit": 24},
    "train": {"steps": 2, "prompts_per_step": 8, "generations": 4, "validate_every": 2},
    "evaluate": {"samples": 1},
    "canary": {"min_sessions": 10, "max_sessions": 60},
}


@pytest.fixture(scope="module")
def ran(prefect: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """One run to its end on 420 sessions, with two steps of training."""
    from tasks.demo import traffic

    home = tmp_path_factory.mktemp("loop") / "agent"
    params = yaml.safe_load((PROJECT / "tasks/demo/params.yaml").read_text())
    for section, values in SMALLER.items():
        params[section] |= values
    workspace.create(home, params)
    base = str(PROJECT / "tasks/demo/base")
    traffic.write_logs(home / "data/landing", model=base, sessions=420, seed=1)
    environment.prepare(home)
    from flows.finetune import finetune
    from flows.pipeline import pipeline
    from flows.release import release

    result = pipeline(str(home), until="gate")
    again = finetune(str(home), run_id=result["finetune"]["run_id"])
    assert again["train"]["weights_sha256"] == result["finetune"]["train"]["weights_sha256"]
    return home, {**result, "again": again, "release": release(str(home))}


def test_what_the_agent_logged_adds_up(ran: tuple[Path, dict[str, Any]]) -> None:
    curated = ran[1]["curate"]
    assert curated["ingest"]["rejected"] > 0
    assert curated["dedup"]["duplicate"] > 0
    for found in (curated[name] for name in ("ingest", "redact", "dedup", "validate", "split")):
        assert found["read"] == found["accepted"] + found["rejected"] + found["duplicate"]


def test_the_arms_answer_the_same_held_out_test(ran: tuple[Path, dict[str, Any]]) -> None:
    arms = ran[1]["finetune"]["evaluate"]["arms"]
    sizes = {
        modes["greedy"]["by_tools"]["held_out"]["overall"]["n"] for modes in arms.values() if modes
    }
    assert len(sizes) == 1
    assert sizes.pop() > 50
    assert ran[1]["finetune"]["evaluate"]["reads"] == 1


def test_a_run_that_goes_on_repeats_nothing(ran: tuple[Path, dict[str, Any]]) -> None:
    again = ran[1]["again"]
    assert all(again[step]["seconds"] < 1 for step in ("baseline", "train", "evaluate", "gate"))


def test_the_verdicts_come_with_reasons(ran: tuple[Path, dict[str, Any]]) -> None:
    gate = ran[1]["finetune"]["gate"]
    assert gate["verdict"] in ("PASS", "FAIL", "INCONCLUSIVE")
    assert gate["reasons"]
    if gate["verdict"] != "PASS":
        assert ran[1]["release"]["status"] == "kept"


def test_machines_are_told_each_arm_each_verdict_and_the_seconds(
    ran: tuple[Path, dict[str, Any]],
) -> None:
    result = ran[1]
    found = summarise({**result, "curate": data.flat(result["curate"])}, {"traffic": 1.0}, 7)
    for arm in (found["base"], found["tuned"]):
        assert arm["n"] == sum(its["n"] for its in arm["exact_by_behaviour"].values()) > 50
        for name in ("reward", "exact"):
            assert arm[name]["low"] <= arm[name]["value"] <= arm[name]["high"]
        assert 0 <= arm["over_refusal"] <= 1
    assert found["seeds"] == [7]
    assert all(found[step]["reasons"] for step in ("gate", "canary"))
    if found["gate"]["verdict"] != "PASS":
        assert found["canary"]["verdict"] == "INCONCLUSIVE"
    assert found["model_uri"] == result["finetune"]["train"]["uri"]
    assert {"traffic", "ingest", "split", "train", "gate"} <= set(found["seconds"])


def test_the_model_leads_back_to_log_lines(ran: tuple[Path, dict[str, Any]]) -> None:
    home, result = ran
    found = trail(home, result["finetune"]["train"]["uri"])
    assert found.dataset == "dataset-v1.0"
    assert found.dataset_md5 == result["curate"]["dataset"]["md5"]
    assert found.run == result["finetune"]["run_id"]
    assert found.reward.startswith("models:/reward-tool-calls/")
    assert all((home / source.uri).is_file() for source in found.sources)
    lines = sum(len(source.lines) for source in found.sources)
    assert lines >= found.examples["train"] + found.examples["validation"]


def failed(home: Path, uri: str) -> list[tuple[str, str]]:
    return [(check.what, check.subject) for check in verify(home, uri) if not check.passed]


def test_an_untouched_workspace_is_verified(ran: tuple[Path, dict[str, Any]]) -> None:
    home, result = ran
    checks = verify(home, result["finetune"]["train"]["uri"])
    assert [check for check in checks if not check.passed] == []
    assert {check.what for check in checks} >= {
        *("lineage", "logs", "dataset", "weights", "reward", "gate", "run", "alias", "ledger")
    }


def test_each_tampering_is_named(ran: tuple[Path, dict[str, Any]]) -> None:
    home, result = ran
    uri = result["finetune"]["train"]["uri"]
    run = home / ".ratchet" / "runs" / result["finetune"]["run_id"]
    log = trail(home, uri).sources[0].uri
    for path, spoil, what in (
        (home / log, Path.unlink, ("logs", log)),
        (home / log, lambda path: path.write_bytes(path.read_bytes()[::-1]), ("logs", log)),
        (
            run / "evaluate" / "rows.jsonl",
            lambda path: path.write_text(path.read_text().replace("false", "true", 1)),
            ("gate", run.name),
        ),
        (
            run / "gate.json",
            lambda path: path.write_text(path.read_text().replace('"tasks": ', '"tasks": 1')),
            ("gate", run.name),
        ),
    ):
        kept = path.read_bytes()
        spoil(path)
        assert what in failed(home, uri), path
        path.write_bytes(kept)
    assert failed(home, uri) == []


def test_an_edited_run_and_a_moved_alias_are_named(ran: tuple[Path, dict[str, Any]]) -> None:
    home, result = ran
    uri, name = result["finetune"]["train"]["uri"], "demo-agent"
    run = home / ".ratchet" / "runs" / result["finetune"]["run_id"]
    client = tracking.connect(tracking.tracking_uri(home)).tracking.MlflowClient()
    gate = (run / "gate.mlflow-run").read_text()
    client.set_tag(gate, "verdict", "BETTER")
    assert failed(home, uri) == [("run", f"{run.name}, gate")]
    client.set_tag(gate, "verdict", result["finetune"]["gate"]["verdict"])
    promote_version(home, name, uri.rpartition("/")[2], who="ann", why="a test", force=True)
    roll_back(home, name, who="ann", why="a test")
    assert failed(home, uri) == []
    champion = client.get_registered_model(name).aliases["champion"]
    client.set_registered_model_alias(name, "champion", uri.rpartition("/")[2])
    assert failed(home, uri) == [("alias", f"{name}@champion")]
    client.set_registered_model_alias(name, "champion", champion)
    ledger = home / ".ratchet" / "releases.jsonl"
    kept = ledger.read_bytes()
    ledger.write_bytes(kept.replace(b"a test", b"a jest", 1))
    assert failed(home, uri) == [("ledger", ".ratchet/releases.jsonl")]
    ledger.write_bytes(kept)
    assert failed(home, uri) == []


def test_status_shows_the_run_and_the_champion(ran: tuple[Path, dict[str, Any]]) -> None:
    home, result = ran
    found = overview(home)
    assert found["dataset"] == "dataset-v1.0"
    assert found["runs"][0]["gate"] == result["finetune"]["gate"]["verdict"]
    assert found["aliases"]["champion"].startswith("models:/demo-agent/")
