"""The whole loop, small: logs of the tiny agent to a judged, tried and traced model."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import data
from flows import environment
from tasks.core import workspace
from tasks.core.closure import PROJECT
from tasks.demo.summary import summarise
from tasks.lineage.audit import trail
from tasks.lineage.overview import overview

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


def test_the_arms_answer_the_same_sealed_test(ran: tuple[Path, dict[str, Any]]) -> None:
    arms = ran[1]["finetune"]["evaluate"]["arms"]
    sizes = {modes["greedy"]["by_tools"]["held_out"]["n"] for modes in arms.values()}
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


def test_status_shows_the_run_and_the_champion(ran: tuple[Path, dict[str, Any]]) -> None:
    home, result = ran
    found = overview(home)
    assert found["dataset"] == "dataset-v1.0"
    assert found["runs"][0]["gate"] == result["finetune"]["gate"]["verdict"]
    assert found["aliases"]["champion"].startswith("models:/demo-agent/")
