"""The data path on real sessions, from raw logs to the split."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tasks.core import parts
from tasks.core.closure import PROJECT
from tasks.core.parts import Counts, Manifest
from tasks.core.records import Example
from tasks.core.settings import load
from tasks.core.stages import FOLDERS
from tasks.dataset import proof
from tasks.dataset.datareport import write_report
from tasks.dataset.tables import LABEL, Table, gather
from tasks.dedup import dedup
from tasks.ingest import ingest
from tasks.redact import redact
from tasks.split import split
from tasks.validate import validate
from tests.tasks.curation_logs import content, stamps

AIRLINE = (PROJECT / "../shared/data/airline").resolve()
STAGES = tuple(FOLDERS)
KEY = bytes(range(32))


def run(
    stage: str, workspace: Path, *, stderr: int | None = None, **env: str
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"tasks.{stage}"],
        cwd=workspace,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **env},
        stdout=subprocess.DEVNULL,
        stderr=stderr,
    )


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All stages have run on both of the airline logs."""
    if not AIRLINE.is_dir():
        pytest.skip("needs the airline logs of the shared data")
    folder = tmp_path_factory.mktemp("airline")
    params = yaml.safe_load((PROJECT / "params.yaml").read_text())
    params["ingest"]["sources"] = [
        {"uri": str(AIRLINE / name), "format": "auto"} for name in ("bedrock", "openai")
    ]
    params["ingest"]["feedback"] = [str(AIRLINE / "feedback.jsonl")]
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    given, data = load(folder / "params.yaml"), folder / "data"
    ingest(given.ingest, data / "ingested")
    redact(given.redact, data / "ingested", data / "redacted", key=KEY, private=folder / "private")
    dedup(given.dedup, data / "redacted", data / "deduped")
    validate(given.validate_, data / "deduped", data / "validated")
    split(given.split, data / "validated", data / "split")
    return folder


def manifests(workspace: Path) -> dict[str, Manifest]:
    return {
        stage: parts.require_manifest(workspace / "data" / folder)
        for stage, folder in FOLDERS.items()
    }


def test_each_stage_reads_what_the_one_before_accepted(workspace: Path) -> None:
    counts = [manifest.counts for manifest in manifests(workspace).values()]
    assert counts[0] == Counts(read=1698, accepted=1698)
    assert [c.read for c in counts[1:]] == [c.accepted for c in counts[:-1]]


def test_every_decision_is_labelled_and_successful_ones_are_proved(workspace: Path) -> None:
    rows = list(parts.read_parts(workspace / "data" / "deduped", Example))
    behaviours = Counter(row.behaviour for row in rows)
    # What calls a tool is counted by the log itself; the rest is the labeller's judgement.
    assert behaviours["execute"] == 810
    assert behaviours.keys() == {"execute", "clarify", "answer", "refuse"}
    assert not any(row.confidence < 0.6 for row in rows)
    assert Counter(row.truth_source for row in rows) == {"none": 1279, "outcome": 419}
    # 36 of 120 sessions succeeded; 13 of their calls were answered with an error, and what one more
    # call did was set anew by a later one.
    succeeded = [row for row in rows if row.outcome == 1.0]
    assert len({row.session_id for row in succeeded}) == 36
    assert sum(row.reference is None for row in succeeded) == 14
    assert manifests(workspace)["dedup"].info["kept_out"] == {"failed-call": 13, "undone-later": 1}
    assert Counter(row.tags.language for row in rows) == {"en": 1698}


def test_no_argument_that_was_right_breaks_its_schema(workspace: Path) -> None:
    assert manifests(workspace)["validate"].counts.rejected == 0
    frame = gather(list(parts.read_parts(workspace / "data" / "validated", Table, LABEL)))
    assert frame.referenced.sum() == 419


def test_nothing_crosses_and_nothing_lacks(workspace: Path) -> None:
    info = manifests(workspace)["split"].info
    assert set(info["proof"].values()) == {0}
    assert min(info[name] for name in ("train", "validation", "test", "held_out")) > 0
    assert sum(info[name] for name in (*proof.PARTITIONS, "unlabelled")) == 1698
    assert len(info["held_out_tools"]) >= 1
    offered = {
        tool.name
        for label in ("train", "validation")
        for row in parts.read_parts(workspace / "data" / "split", Example, label)
        for tool in row.tools
    }
    assert offered and offered.isdisjoint(info["held_out_tools"])


def test_a_second_run_writes_nothing(workspace: Path) -> None:
    folders = [workspace / "data" / FOLDERS[stage] for stage in STAGES[2:]]
    before = [stamps(folder) for folder in folders]
    for stage in STAGES[2:]:
        assert run(stage, workspace).wait() == 0
    assert [stamps(folder) for folder in folders] == before


def test_processes_of_their_own_on_every_core_write_the_same_bytes(
    workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "params.yaml").write_bytes((workspace / "params.yaml").read_bytes())
    (tmp_path / "key").write_text(KEY.hex())
    (tmp_path / "key").chmod(0o600)
    for stage in STAGES:
        assert run(stage, tmp_path, RATCHET_KEY_FILE=str(tmp_path / "key")).wait() == 0
        folder = Path("data") / FOLDERS[stage]
        assert content(tmp_path / folder) == content(workspace / folder)


@pytest.mark.parametrize("stage", ["validate", "split"])
def test_killed_at_any_time_a_stage_ends_in_the_same_bytes(workspace: Path, stage: str) -> None:
    folder = workspace / "data" / FOLDERS[stage]
    before = content(folder)
    # All parts are to be made again, but for the places that sessions keep for ever.
    for path in folder.glob("parts/*.jsonl"):
        if not path.read_bytes().startswith(b'{"partition"'):
            path.unlink()
    for enough in (1, 20):
        started = run(stage, workspace)
        while started.poll() is None and len(list(folder.glob("parts/*.jsonl"))) <= enough:
            time.sleep(0.002)
        os.kill(started.pid, signal.SIGKILL)
        started.wait()
    assert run(stage, workspace).wait() == 0
    assert content(folder) == before


def test_ctrl_c_is_one_line_and_the_next_run_goes_on(workspace: Path) -> None:
    folder = workspace / "data" / FOLDERS["dedup"]
    before = content(folder)
    (folder / "manifest.json").unlink()
    for path in folder.glob("parts/*.jsonl"):
        path.unlink()
    started = run("dedup", workspace, stderr=subprocess.PIPE)
    while len(list(folder.glob("parts/*.jsonl"))) <= 1:
        assert started.poll() is None
        time.sleep(0.002)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate()
    assert started.returncode == 130
    assert said == b"ratchet dedup: interrupted; nothing was committed, run it again\n"
    assert not (folder / "manifest.json").exists()
    assert run("dedup", workspace).wait() == 0
    assert content(folder) == before


def test_the_report_is_drawn_from_all_stages(workspace: Path, tmp_path: Path) -> None:
    write_report(workspace / "data", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "<h1>1,698 examples from 1,698 logged calls</h1>" in page
    assert "left out here" not in page
