"""One Prefect server for the session, and one workspace on the real airline logs."""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows import environment
from tasks.core import workspace
from tasks.core.closure import PROJECT

AIRLINE = (PROJECT / "../shared/data/airline").resolve()


@pytest.fixture(scope="session")
def prefect() -> Iterator[None]:
    """A real server, started once."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="session")
def curated(prefect: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A workspace on the airline logs but for two files, and what curating it returned."""
    if not AIRLINE.exists():
        pytest.skip(f"no airline logs at {AIRLINE}")
    home = tmp_path_factory.mktemp("airline") / "agent"
    params = yaml.safe_load((PROJECT / "params.yaml").read_text())
    params["ingest"] |= {
        "sources": [{"uri": "data/landing", "format": "auto"}],
        "feedback": ["data/feedback"],
    }
    workspace.create(home, params)
    (home / "data/feedback").mkdir(parents=True)
    shutil.copytree(AIRLINE / "bedrock", home / "data/landing/bedrock")
    shutil.copytree(AIRLINE / "openai", home / "data/landing/openai")
    shutil.copy(AIRLINE / "feedback.jsonl", home / "data/feedback/feedback.jsonl")
    for name in ("held-back.json.gz", "dropped.json.gz"):
        latest_log(home).rename(home / name)
    environment.prepare(home)
    from flows.curate import curate

    return home, curate(str(home))


def latest_log(home: Path) -> Path:
    """The last of the Bedrock log files."""
    return max((home / "data/landing/bedrock").rglob("*.json.gz"), key=lambda path: path.parts[-2:])


def records(path: Path) -> list[dict[str, Any]]:
    """The records of a log file."""
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]
