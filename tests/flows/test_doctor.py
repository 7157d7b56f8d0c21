"""`ratchet doctor` for real, from the project's own folder, which has a data graph too."""

import json
import subprocess
import sys

from tasks.core.closure import PROJECT


def test_all_is_well_on_a_machine_that_passes_these_tests() -> None:
    command = [sys.executable, "-m", "cli", "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert [check["detail"] for check in found["checks"] if not check["well"]] == []
    assert done.returncode == 0
    schedules = next(check for check in found["checks"] if check["name"] == "Prefect's schedules")
    assert "the scheduler made" in schedules["detail"]
