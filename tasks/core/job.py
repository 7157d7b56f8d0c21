"""The job file that a model step runs from, and the folder it leaves its results in.

Training, evaluation and serving are processes of their own, perhaps in an environment that has
vLLM and no Prefect. All they are told stands in one JSON file:

    .ratchet/runs/20261122T014105-9f3a/
        job.json          params, dataset version, tracking server, parent run
        baseline.json     what a step found (`tasks.evidence.reports`); written last of all
        train.json
        train/model/      the files a step leaves beside its report
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from tasks.core import os_errors, parts
from tasks.core.closure import PROJECT
from tasks.core.errors import RatchetError
from tasks.core.section import Section
from tasks.core.settings import Params
from tasks.core.step import COMMAND


class DatasetRef(Section):
    """One version of the dataset."""

    version: str
    """Git tag, as `dataset-v1.2`; empty where nothing was tagged."""
    md5: str
    """Of the folder, from dvc.lock; the digest that MLflow shows."""
    folder: str
    """Absolute path of data/split."""


class Tracking(Section):
    """Where MLflow is and which run the steps' runs are children of."""

    uri: str
    experiment: str
    parent_run_id: str
    tags: dict[str, str] = {}
    """Put on every child too: `dvc.rev`, `prefect.flow_run_id`, `reward_sha`, ..."""


class Job(Section):
    run_id: str
    folder: str
    """Absolute path of this run's folder."""
    workspace: str
    """Absolute path of the folder with params.yaml; relative paths in params start there."""
    params: Params
    dataset: DatasetRef
    tracking: Tracking

    def step_folder(self, step: str) -> Path:
        """Where a step may leave files; made when asked for."""
        folder = Path(self.folder) / step
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def resolve(self, path: str) -> str:
        """A path of params.yaml: in the workspace, else in the project, else as it is (a name)."""
        places = (Path(self.workspace) / path, PROJECT / path)
        return next((str(place) for place in places if place.exists()), path)

    def save(self) -> Path:
        """Write job.json and return its path."""
        path = Path(self.folder) / "job.json"
        parts.replace(path, self.model_dump_json(indent=1, by_alias=True).encode() + b"\n")
        return path


def main(step: str, work: Callable[[Job], None]) -> None:
    """Run a model step as `python -m tasks.<step> --job FILE`."""
    parser = argparse.ArgumentParser(prog=f"python -m tasks.{step}")
    parser.add_argument("--job", required=True, type=Path, help="job.json of the run")
    job = Job.model_validate_json(parser.parse_args().job.read_bytes())
    os.chdir(job.workspace)
    try:
        work(job)
    except RatchetError as error:
        print(f"ratchet {step}: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from error
    except KeyboardInterrupt as interrupt:
        if COMMAND not in os.environ:
            print(f"ratchet {step}: interrupted; run it again", file=sys.stderr)
        raise SystemExit(130) from interrupt
    except OSError as error:
        told = os_errors.explained(error, job.folder)
        if not told:
            raise
        print(f"ratchet {step}: {told}", file=sys.stderr)
        raise SystemExit(4) from error
