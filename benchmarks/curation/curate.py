"""Measures the data stages, each as the process that the pipeline runs, and prints Markdown.

    python -m benchmarks curate --records 20000 200000 --runs 3 --profile --cores 2

For each size it makes logs, runs every stage in a workspace of its own on one core, then once more
with nothing new, then adds 1 % new records in one new file and runs every stage again. What a run
with nothing new costs is a fixed floor; what stands above it grows with the new logs. Figures are
medians over the runs. CPU seconds hold the start of the interpreter and the imports; records/s is
records read by CPU second, so that other work on the machine does not change it much.

`--cores 2` runs everything on two cores as well: wall time beside that of one, the same bytes.
`--profile` shows for each stage the functions in which its time goes.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from benchmarks.curation import hotspots, stage_runs, stage_tables
from benchmarks.curation.stage_runs import Cost
from benchmarks.made import invocation_logs as corpus
from tasks.core import step

ADDED = 0.01


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, nargs="+", default=[20_000])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--stages", nargs="+", default=list(step.FOLDERS), choices=step.FOLDERS)
    parser.add_argument("--cores", type=int, default=1, help="compare wall time with so many")
    parser.add_argument("--profile", action="store_true", help="show where each stage's time goes")
    parser.add_argument(
        "--check", action="store_true", help="compare with a full rebuild, but for split and drift"
    )
    given = parser.parse_args()
    by_size: dict[int, list[list[Cost]]] = {}
    for records in given.records:
        with tempfile.TemporaryDirectory(prefix="ratchet-curate-") as name:
            by_size[records] = _measure(Path(name), records, given)
    if len(by_size) > 1:
        _print("\n### Growth\n", stage_tables.growth(by_size))


def _measure(room: Path, records: int, given: argparse.Namespace) -> list[list[Cost]]:
    """All tables of one size; the costs of its full runs."""
    stages, old, new = given.stages, room / "old", room / "new"
    stream = corpus.records()
    corpus.write(old, islice(stream, records), "a")
    added = corpus.write(new, islice(stream, max(1, round(records * ADDED))), "b")
    full: list[list[Cost]] = []
    nothing: list[list[Cost]] = []
    more: list[list[Cost]] = []
    spread: list[list[Cost]] = []
    for number in range(given.runs):
        workspace = stage_runs.workspace(room / str(number), old)
        full.append(_all(stages, workspace))
        if given.cores > 1:
            spread.append(_spread(workspace, room / "spread", old, given))
        nothing.append(_all(stages, workspace))
        stage_runs.add(new, workspace)
        more.append(_all(stages, workspace))
        if given.check:
            _check(workspace, stage_runs.workspace(room / "rebuilt", old, new), stages)
        shutil.rmtree(workspace)
    size = sum(path.stat().st_size for path in old.rglob("*.gz")) / 1e6
    title = f"\n### {records:,} records, {size:.0f} MB of gzip, one core, median of {given.runs}\n"
    _print(title, stage_tables.first(full))
    _print(
        f"\nOnce more with nothing new, then with {added:,} records in one new file:\n",
        stage_tables.again(full, nothing, more),
    )
    if spread:
        _print("\nThe same bytes:\n", stage_tables.spread(full, spread, given.cores))
    if given.profile:
        workspace = stage_runs.workspace(room / "profiled", old)
        for cost in stage_tables.medians(full):
            _print("", hotspots.table(cost.stage, workspace, full[0][0].read, cost.cpu_s))
    return full


def _all(stages: Sequence[str], workspace: Path, cores: int = 1) -> list[Cost]:
    return [stage_runs.run(stage, workspace, cores) for stage in stages]


def _spread(alone: Path, room: Path, logs: Path, given: argparse.Namespace) -> list[Cost]:
    """A full run on several cores; stop if it wrote other bytes than that on one."""
    workspace = stage_runs.workspace(room, logs)
    stage_runs.share_key(alone, workspace)
    costs = _all(given.stages, workspace, given.cores)
    for stage in given.stages:
        stage_runs.same(stage, alone, workspace)
    shutil.rmtree(workspace)
    return costs


def _check(grown: Path, rebuilt: Path, stages: Sequence[str]) -> None:
    """Stop if what grew from several runs differs from what one run makes of the same logs."""
    stage_runs.share_key(grown, rebuilt)
    for stage in stages:
        if stage != stage_runs.KEEPS_HISTORY:
            stage_runs.run(stage, rebuilt)
            stage_runs.same(stage, grown, rebuilt, *stage_runs.TELLS_DRIFT)
    shutil.rmtree(rebuilt)


def _print(title: str, lines: Iterator[str]) -> None:
    print("\n".join([title, *lines] if title else lines), flush=True)


if __name__ == "__main__":
    main()
