"""`ratchet reward agreement` from the outside: a judge that agrees, and one that drifted."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tasks.core.closure import PROJECT
from tests.tasks.rewards import labelled_rows
from tests.tasks.rewards.graders import Graders, serve


def ratchet(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "cli", "reward", "agreement"),
            *("helpful.yaml", "labelled.jsonl", *arguments),
        ],
        cwd=folder,
        env={**os.environ, "RATCHET_JUDGE_URL": f"{url}/v1", "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_judge_that_agrees_passes_and_one_that_drifted_is_an_alarm(tmp_path: Path):
    labelled_rows.write(tmp_path)
    graders = Graders()
    with serve(graders.application()) as url:
        done = ratchet(tmp_path, url, "--out", "first.json")
        assert done.returncode == 0, done.stderr
        assert "kappa 0.90 [0.7" in done.stdout
        assert "on 80 rows, agreement 95.0%" in done.stdout
        assert "judge/calls 80, judge/prompt_tokens 8,000" in done.stderr
        graders.read = labelled_rows.drifted
        fallen = ratchet(tmp_path, url, "--before", "first.json", "--least", "0.6", "--json")
    assert fallen.returncode == 5
    assert "kappa fell from 0.90 to" in fallen.stderr
    assert len(json.loads(fallen.stdout)["alarms"]) == 2
