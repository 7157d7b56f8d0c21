"""Measures the data stages, each as the process that the pipeline runs, and prints Markdown.

    python -m benchmarks.curate --records 20000 200000 --runs 3

For each size it makes logs, runs every stage in a workspace of its own, then adds 1 % new records
in one new file and runs every stage again: what that costs, against the first time, is what a
night with few new logs costs. Figures are medians over the runs. CPU seconds hold the start of the
interpreter and the imports; records/s is records read by CPU second, so that other work on the
machine does not change it much.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

import yaml

from benchmarks import corpus
from tasks.core import parts, step

ADDED = 0.01
KEEPS_HISTORY = "split"
"""An assignment to train or test holds for ever, so this stage alone depends on earlier runs."""


class Cost(NamedTuple):
    """Of one stage in one run."""

    stage: str
    read: int
    accepted: int
    wall_s: float
    cpu_s: float
    peak_mb: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, nargs="+", default=[20_000])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--stages", nargs="+", default=list(step.FOLDERS), choices=step.FOLDERS)
    parser.add_argument(
        "--check", action="store_true", help="compare with a full rebuild, but for split"
    )
    given = parser.parse_args()
    for records in given.records:
        with tempfile.TemporaryDirectory(prefix="ratchet-curate-") as name:
            _measure(Path(name), records, given.runs, given.stages, given.check)


def _measure(room: Path, records: int, runs: int, stages: Sequence[str], check: bool) -> None:
    stream = corpus.records()
    corpus.write(room / "old", islice(stream, records), "a")
    added = corpus.write(room / "new", islice(stream, max(1, round(records * ADDED))), "b")
    first: list[list[Cost]] = []
    second: list[list[Cost]] = []
    for number in range(runs):
        workspace = _workspace(room / str(number), room / "old")
        first.append([_run(stage, workspace) for stage in stages])
        _add(room / "new", workspace)
        second.append([_run(stage, workspace) for stage in stages])
        if check:
            _check(workspace, _workspace(room / "rebuilt", room / "old", room / "new"), stages)
        shutil.rmtree(workspace)
    print(f"\n### {records:,} records, {_size(room / 'old'):.0f} MB of gzip, median of {runs}\n")
    print("\n".join(_table(first)))
    print(f"\n{added:,} records more, in one new file:\n")
    print("\n".join(_second_table(first, second)), flush=True)


def _workspace(folder: Path, *logs: Path) -> Path:
    """A folder with params and logs, in which stages run."""
    folder.mkdir()
    params = yaml.safe_load((step.PROJECT / "params.yaml").read_text())
    params["ingest"] |= {"sources": [{"uri": "data/landing"}], "feedback": ["data/feedback"]}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    for found in logs:
        _add(found, folder)
    return folder


def _add(logs: Path, workspace: Path) -> None:
    for name in ("landing", "feedback"):
        shutil.copytree(
            logs / name, workspace / "data" / name, copy_function=os.link, dirs_exist_ok=True
        )


def _run(stage: str, workspace: Path) -> Cost:
    """One stage in a process of its own; its resources as the kernel counted them."""
    started = time.perf_counter()
    log = workspace / f"{stage}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", f"tasks.{stage}"],
            cwd=workspace,
            env=os.environ | {"PYTHONPATH": str(step.PROJECT), "OMP_NUM_THREADS": "1"},
            stdout=output,
            stderr=output,
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"stage {stage} failed ({process.returncode}): {log.read_text()}")
    counts = parts.require_manifest(workspace / "data" / step.FOLDERS[stage]).counts
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(stage, counts.read, counts.accepted, wall, cpu, usage.ru_maxrss / 1024)


def _check(grown: Path, rebuilt: Path, stages: Sequence[str]) -> None:
    """Stop if what grew from two runs differs from what one run makes of the same logs."""
    if (grown / ".ratchet").exists():
        # Surrogates depend on the workspace's key.
        shutil.copytree(grown / ".ratchet", rebuilt / ".ratchet")
    for stage in stages:
        if stage == KEEPS_HISTORY:
            continue
        _run(stage, rebuilt)
        here, there = (_state(found / "data" / step.FOLDERS[stage]) for found in (grown, rebuilt))
        if here != there:
            changed = sorted(name for name, _ in here.items() ^ there.items())
            raise SystemExit(f"{stage}: a rebuild gives other bytes in {', '.join(changed[:5])}")
    shutil.rmtree(rebuilt)


def _state(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*.gz")) / 1e6


def _table(runs: Sequence[Sequence[Cost]]) -> Iterator[str]:
    yield "| stage | read | accepted | records/s | CPU s | of all | wall s | peak RSS MB |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    costs = list(_medians(runs))
    total = sum(cost.cpu_s for cost in costs)
    for cost in costs:
        yield (
            f"| {cost.stage} | {cost.read:,} | {cost.accepted:,} | "
            f"{cost.read / cost.cpu_s:,.0f} | {cost.cpu_s:.2f} | {cost.cpu_s / total:.0%} | "
            f"{cost.wall_s:.2f} | {cost.peak_mb:.0f} |"
        )
    wall, peak = sum(cost.wall_s for cost in costs), max(cost.peak_mb for cost in costs)
    rate = costs[0].read / total
    yield f"| all | {costs[0].read:,} | {costs[-1].accepted:,} | {rate:,.0f} | {total:.2f} | " + (
        f"100% | {wall:.2f} | {peak:.0f} |"
    )


def _second_table(
    first: Sequence[Sequence[Cost]], second: Sequence[Sequence[Cost]]
) -> Iterator[str]:
    yield "| stage | CPU s | of the first run | of all | wall s | peak RSS MB |"
    yield "|---|--:|--:|--:|--:|--:|"
    before, after = list(_medians(first)), list(_medians(second))
    total = sum(cost.cpu_s for cost in after)
    for old, new in zip(before, after, strict=True):
        yield (
            f"| {new.stage} | {new.cpu_s:.2f} | {new.cpu_s / old.cpu_s:.0%} | "
            f"{new.cpu_s / total:.0%} | {new.wall_s:.2f} | {new.peak_mb:.0f} |"
        )
    share = total / sum(cost.cpu_s for cost in before)
    wall, peak = sum(cost.wall_s for cost in after), max(cost.peak_mb for cost in after)
    yield f"| all | {total:.2f} | {share:.0%} | 100% | {wall:.2f} | {peak:.0f} |"


def _medians(runs: Sequence[Sequence[Cost]]) -> Iterator[Cost]:
    for costs in zip(*runs, strict=True):
        yield costs[0]._replace(
            wall_s=median(cost.wall_s for cost in costs),
            cpu_s=median(cost.cpu_s for cost in costs),
            peak_mb=median(cost.peak_mb for cost in costs),
        )


if __name__ == "__main__":
    main()
