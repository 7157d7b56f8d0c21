"""The data flow on real logs, through a real Prefect server and DVC."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from tasks.core import graph, step, tracking, workspace
from tasks.core.closure import PROJECT

Curated = tuple[Path, dict[str, Any]]


def test_every_record_is_accounted_for(curated: Curated) -> None:
    _, result = curated
    for name in step.FOLDERS:
        found = result[name]
        assert found["read"] == found["accepted"] + found["rejected"] + found["duplicate"]
    names = list(step.FOLDERS)
    for before, after in itertools.pairwise(names):
        assert result[after]["read"] == result[before]["accepted"]
    assert result["ingest"]["rejected"] == 0


def test_the_dataset_has_a_tag_and_an_md5(curated: Curated) -> None:
    home, result = curated
    lock = yaml.safe_load(workspace.git(home, "show", "dataset-v1.0:dvc.lock"))
    assert workspace.split_md5(lock) == result["dataset"]["md5"]
    assert result["dataset"]["version"] == "dataset-v1.0"
    assert (home / "data/report/dataset-v1.0.html").stat().st_size > 10_000


def test_whole_tools_are_held_out(curated: Curated) -> None:
    _, result = curated
    info = result["split"]["info"]
    assert info["held_out_tools"]
    assert info["held_out"] > 0
    assert set(info["proof"].values()) == {0}


def test_personal_data_is_not_in_what_dvc_keeps(curated: Curated) -> None:
    home, _ = curated
    kept = b"".join(path.read_bytes() for path in (home / "data/split/parts").iterdir())
    assert b"@example.com" not in kept
    assert b"mia_li_3668" not in kept


def test_what_was_replaced_is_a_metric_of_the_dataset_by_type(curated: Curated) -> None:
    home, result = curated
    mlflow = tracking.connect(tracking.tracking_uri(home))
    version = result["dataset"]["version"]
    (run,) = mlflow.search_runs(
        filter_string=f"tags.`dataset.version` = '{version}' and tags.step = 'curate'",
        output_format="list",
    )
    start = "redact.replaced."
    shown = {k.removeprefix(start): v for k, v in run.data.metrics.items() if k.startswith(start)}
    assert shown == result["redact"]["info"]["redacted"]
    assert shown["EMAIL"] > 0


def test_running_it_again_does_nothing(curated: Curated) -> None:
    home, result = curated
    before = stamps(home)
    again = graph.unchanged(home)
    assert again is not None
    assert again["split"]["accepted"] == result["split"]["accepted"]
    assert stamps(home) == before


def test_one_new_file_is_processed_alone(curated: Curated) -> None:
    home, result = curated
    before = stamps(home, "ingested")
    (home / "held-back.json.gz").rename(home / "data/landing/late.json.gz")
    command = [sys.executable, "-m", "cli", "curate", "--json", "-w", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert found["dataset"]["version"] == "dataset-v1.1"
    said = [line.split(":")[0] for line in done.stderr.splitlines() if ": read " in line]
    assert said == list(step.FOLDERS)
    assert found["ingest"]["read"] > result["ingest"]["read"]
    after = stamps(home, "ingested")
    touched = {path.name for path in before if before[path] != after[path]}
    assert touched <= {"manifest.json", "rejected.jsonl"}
    assert len(after.keys() - before.keys()) == 1


def test_a_person_key_that_no_record_has_stops_the_run_and_changes_nothing(
    curated: Curated,
) -> None:
    home, _ = curated
    before = {path: path.read_bytes() for path in stamps(home)}
    given = (home / "params.yaml").read_text()
    params = yaml.safe_load(given)
    params["redact"]["person_keys"].append("membr_id")
    (home / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    try:
        command = [sys.executable, "-m", "cli", "curate", "-w", str(home)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        (home / "params.yaml").write_text(given)
    assert done.returncode == 2
    told = [line for line in done.stderr.splitlines() if "redact.person_keys" in line]
    assert "records has 'membr_id', neither in metadata nor as a key of JSON" in told[0]
    assert (
        "their metadata has channel, domain, session_id. Correct the key in params.yaml" in told[0]
    )
    assert {path: path.read_bytes() for path in before} == before
    assert workspace.git(home, "status", "--porcelain", "params.yaml", "dvc.lock") == ""


def stamps(home: Path, *folders: str) -> dict[Path, int]:
    """When each committed file of the stages was last written."""
    return {
        path: path.stat().st_mtime_ns
        for folder in folders or step.FOLDERS.values()
        for path in (home / "data" / folder).rglob("*.json*")
    }


def test_ctrl_c_ends_a_flow_in_one_line(curated: Curated, tmp_path: Path) -> None:
    """All processes of a terminal's job are interrupted at once, Prefect's server too."""
    home, _ = curated
    params = yaml.safe_load((home / "params.yaml").read_text())
    params["ingest"]["sources"] = [{"uri": str(home / "data/landing"), "format": "auto"}]
    params["ingest"]["feedback"] = [str(home / "data/feedback")]
    agent = workspace.create(tmp_path / "agent", params)
    started = subprocess.Popen(
        [sys.executable, "-m", "cli", "curate", "-w", str(agent)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (agent / "data/redacted").exists():
        assert started.poll() is None
        time.sleep(0.05)
    os.killpg(started.pid, signal.SIGINT)
    _, told = started.communicate()
    assert started.returncode == 130
    assert told.splitlines()[1:] == ["ratchet: interrupted; run it again, it goes on where it was"]
    assert not (agent / "data/redacted/manifest.json").exists()
