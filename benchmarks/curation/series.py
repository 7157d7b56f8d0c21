"""Measures the whole of curation beside what its steps are otherwise done with, in series.

    python -m benchmarks series --records 20000 --runs 3 --peers ~/peers/bin/python

Ours are the five stages as the pipeline runs them, each a process: start, imports, parts, fsync and
all. Peers are counted without start, import and output, on the same generated logs in memory:
gzip and json.loads; Presidio on every text field, with its findings cut out; a MinHash library on
what was said in each call; jsonschema on every record and Great Expectations on a flat table.
Everything runs in turn on one core; figures are medians of CPU seconds. Presidio reads a sample,
another one in each run, and its time is put forward linearly; everything else reads everything.
The MinHash libraries need an environment of their own, see `benchmarks/curation/neardup.py`; a
library that is not there is told, and no sum is shown that would need it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

from benchmarks.curation import neardup, series_peers, stage_runs
from benchmarks.made import invocation_logs as corpus
from tasks.core import step

MINHASH = ("datasketch", "datatrove")
STEPS = {
    "ingest": ("parse",),
    "redact": ("default", "six"),
    "dedup": MINHASH,
    "validate": ("jsonschema", "gx"),
    "split": (),
}
"""By stage, the peers that do what it does as far as they do."""
TITLES = {
    "parse": "gzip, json.loads",
    "default": "Presidio, default registry",
    "six": "Presidio, its six useful recognisers",
    "datasketch": "datasketch, MinHashLSH(128), word 3-grams, 0.7",
    "datatrove": "datatrove, MinHash 14 x 8, word 3-grams",
    "jsonschema": "jsonschema, Draft 2020-12",
    "gx": "Great Expectations, 14 expectations",
}
SERIES = {
    "peers in series": ("parse", "default", "datasketch", "jsonschema", "gx"),
    "peers in series, six recognisers": ("parse", "six", "datasketch", "jsonschema", "gx"),
    "peers in series, datatrove": ("parse", "default", "datatrove", "jsonschema", "gx"),
}
MISSING = {
    "reading": "late and torn objects, ids that stay the same, feedback that comes later",
    "redaction": "secrets; names, ids and birth dates that the session tells; what is encoded; one "
    "keyed surrogate for one value, so that arguments still match; the audit and the check after",
    "near-duplicates": "folding a session's calls into one transcript; what is a decision, what "
    "proves it; a guard for rows that differ in an argument alone",
    "validation": "drift, shares of behaviours and proofs, personal data that is left",
    "split": "all of it: groups, held-out tools, the proof that nothing crosses",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sample", type=int, default=150, help="records a run that Presidio reads")
    parser.add_argument("--peers", default="", help="Python of an environment with the peers.")
    given = parser.parse_args()
    # Children have the same core: neither side gains by threads.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="ratchet-series-") as name:
        room = Path(name)
        corpus.write(room / "logs", islice(corpus.records(), given.records))
        taken: dict[str, list[float]] = defaultdict(list)
        for run in range(given.runs):
            for who, seconds in _all(room, given, run):
                print(f"run {run + 1}: {who} {seconds:.2f} CPU s", file=sys.stderr, flush=True)
                taken[who].append(seconds)
    print("\n".join(_table({who: median(of) for who, of in taken.items()}, given)))


def _all(room: Path, given: argparse.Namespace, run: int) -> Iterator[tuple[str, float]]:
    """Every stage and every peer once, and its CPU seconds for all records."""
    workspace = stage_runs.workspace(room / "workspace", room / "logs")
    for stage in step.FOLDERS:
        yield stage, stage_runs.run(stage, workspace).cpu_s
    shutil.rmtree(workspace)
    for peer in series_peers.PEERS:
        command = [
            sys.executable,
            "-m",
            "benchmarks.curation.series_peers",
            peer,
            str(room / "logs"),
        ]
        command += [f"--sample={given.sample}", f"--draw={run}"]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        yield peer, json.loads(done.stdout.splitlines()[-1])
    if not given.peers:
        return
    said = room / "said.jsonl"
    if not said.exists():
        texts = (series_peers.said(record) for record in series_peers.records(room / "logs"))
        said.write_text("".join(json.dumps(text) + "\n" for text in texts))
    for name in MINHASH:
        if name == "datatrove" and run:
            continue  # minutes: once
        found = neardup.peer(given.peers, name, said)
        if found is not None:
            yield name, found.seconds


def _table(taken: dict[str, float], given: argparse.Namespace) -> Iterator[str]:
    records, ours = given.records, sum(taken[stage] for stage in step.FOLDERS)
    yield f"\n{records:,} records, one core, CPU seconds, median of {given.runs}. Presidio read"
    yield f"{given.sample} records in each run, drawn anew; its time is put forward to all.\n"
    yield "| stage | ours, CPU s | records/s | peer | CPU s | records/s | ours is |"
    yield "|---|--:|--:|---|--:|--:|--:|"
    for stage, peers in STEPS.items():
        mine = f"| {stage} | {taken[stage]:.2f} | {records / taken[stage]:,.0f} |"
        for peer in peers or [""]:
            yield f"{mine} {_cells(TITLES.get(peer, 'none'), taken.get(peer), records)}" + (
                f" {taken[peer] / taken[stage]:.1f} times |" if peer in taken else " |"
            )
            mine = "| | | |"
    mine = f"| **all** | {ours:.2f} | {records / ours:,.0f} |"
    for title, series in SERIES.items():
        whole = sum(taken[p] for p in series) if all(p in taken for p in series) else None
        yield f"{mine} {_cells(title, whole, records)}" + (
            f" **{whole / ours:.1f} times** |" if whole else " |"
        )
        mine = "| | | |"
    yield "\nWhat the peers leave out and ours do in that time:\n"
    yield from (f"- {name}: {what}" for name, what in MISSING.items())


def _cells(title: str, seconds: float | None, records: int) -> str:
    if seconds is None:
        return f"{title} | {'' if title == 'none' else 'not run'} | |"
    return f"{title} | {seconds:.2f} | {records / seconds:,.0f} |"


if __name__ == "__main__":
    main()
