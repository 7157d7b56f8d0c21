"""Measures how fast logs are read, beside the parsers that are read with otherwise.

    python -m benchmarks ingest --records 20000 200000 --runs 3
    python -m benchmarks ingest --records --one-object 20000 200000 1000000

Each row is a process of its own over the same files; rows take turns, and the figure is the median
of the runs in CPU seconds, so that other work on the machine does not change it much. Packed lines
are compared with gzip and orjson, which leaves dicts that nobody has checked; plain lines with
json.loads. "Typed, validated" decodes every block of every turn into the structs of the format and
refuses what does not fit; like its peers it hashes nothing. "Records" goes on to what ingest
writes: turns, tools and reply in one form whatever the service, with the id that is a hash of them,
and the hash of the object. The stage is `python -m tasks.ingest` as the pipeline runs it: imports,
parts, fsync and all; its peak of memory is not below that of the process that measures.

`--one-object` shows the memory of that stage, as the process itself has it, over a single object of
so many distinct records: those of the corpus over and over, each with an id of its own.
"""

import argparse
import contextlib
import gzip
import hashlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import msgspec

from benchmarks.curation import stage_runs
from benchmarks.made import invocation_logs as corpus
from tasks.core.records import Source
from tasks.formats import _converse, bedrock_invocation
from tasks.logs import sources

STAGE = "stage"
SOURCE = Source(uri="logs/a", line=1, format="bedrock_invocation")


class Figure(NamedTuple):
    """Of one way to read, in one run."""

    cpu_s: float
    peak_mb: float


class _Body(_converse.Request):
    """A request whose turns are decoded with it, and not one by one as they are met anew."""

    messages: list[_converse._Message]  # type: ignore[assignment]
    system: str | list[_converse._Block] | None = None  # type: ignore[assignment]


class _Input(msgspec.Struct, rename="camel"):
    input_body_json: _Body


class _Typed(msgspec.Struct, rename="camel"):
    schema_type: str
    schema_version: str
    timestamp: str
    request_id: str
    operation: str
    model_id: str
    input: _Input
    output: bedrock_invocation._ConverseOutput
    request_metadata: dict[str, str | int | float | bool | None] | None = None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, nargs="*", default=[20_000])
    parser.add_argument("--one-object", type=int, nargs="+", default=[])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--way", choices=[*WAYS, STAGE], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        _one(given.way, given.folder)
        return
    for records in given.records:
        with tempfile.TemporaryDirectory(prefix="ratchet-ingest-") as name:
            _measure(Path(name), records, given.runs)
    if given.one_object:
        print("\n| records in one object | GB of lines | CPU s | records/s | peak RSS MB |")
        print("|--:|--:|--:|--:|--:|")
    for records in given.one_object:
        with tempfile.TemporaryDirectory(prefix="ratchet-ingest-") as name:
            _one_object(Path(name), records)


def _measure(room: Path, records: int, runs: int) -> None:
    corpus.write(room / "packed", islice(corpus.records(), records))
    plain = room / "plain" / "landing" / "lines.jsonl"
    plain.parent.mkdir(parents=True)
    with plain.open("wb") as file:
        for path in sorted((room / "packed").rglob("*.gz")):
            file.write(gzip.decompress(path.read_bytes()))
    found: dict[str, list[Figure]] = {}
    for _ in range(runs):  # the ways take turns
        for way in WAYS:
            folder = room / ("plain" if way.startswith("plain") else "packed")
            found.setdefault(way, []).append(_process(way, folder / "landing"))
        stage = _stage(room)
        found.setdefault("stage", []).append(stage)
    size = plain.stat().st_size / 1e6
    print(f"\n### {records:,} records, {size:.0f} MB of lines, median of {runs}\n")
    print("| | CPU s | records/s | MB/s | against the first | peak RSS MB |")
    print("|---|--:|--:|--:|--:|--:|")
    for group in ("packed", "plain", "stage"):
        rows = {way: figures for way, figures in found.items() if way.startswith(group)}
        first = 0.0
        for way, figures in rows.items():
            seconds = median(figure.cpu_s for figure in figures)
            first = first or seconds
            peak = median(figure.peak_mb for figure in figures)
            print(
                f"| {TITLES[way]} | {seconds:.3f} | {records / seconds:,.0f} | "
                f"{size / seconds:,.0f} | {first / seconds:.2f} | {peak:.0f} |"
            )
    sys.stdout.flush()


def _one_object(room: Path, records: int) -> None:
    workspace = stage_runs.workspace(room / "w")
    (workspace / "data" / "feedback").mkdir(parents=True)
    size = _repeated(workspace / "data" / "landing" / "all.gz", records)
    figure = _process(STAGE, workspace)
    print(
        f"| {records:,} | {size / 1e9:.2f} | {figure.cpu_s:.1f} | "
        f"{records / figure.cpu_s:,.0f} | {figure.peak_mb:.0f} |",
        flush=True,
    )


def _repeated(path: Path, records: int) -> int:
    """Write the corpus's first records as often as it takes, each with another id; their bytes."""
    from isal import igzip

    texts = [json.loads(one.line) for one in islice(corpus.records(), 1_000)]
    path.parent.mkdir(parents=True)
    size = 0
    with igzip.open(path, "wb", compresslevel=1) as file:
        for number in range(records):
            text = texts[number % len(texts)]
            text["requestId"] = f"{number:032x}"
            size += file.write(msgspec.json.encode(text) + b"\n")
    return size


def _process(way: str, folder: Path) -> Figure:
    command = [
        sys.executable,
        "-m",
        "benchmarks.curation.ingest",
        "--way",
        way,
        "--folder",
        str(folder),
    ]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Figure(*json.loads(told))


def _one(way: str, folder: Path) -> None:
    """Read everything one way and print CPU seconds, without imports, and the peak of memory."""
    if way == STAGE:
        os.chdir(folder)
        with contextlib.redirect_stdout(sys.stderr):
            runpy.run_module("tasks.ingest", run_name="__main__")
        print(json.dumps([time.process_time(), _peak_mb()]))
        return
    files = sources.objects_below(str(folder))
    started = time.process_time()
    WAYS[way](files)
    spent = time.process_time() - started
    print(json.dumps([spent, _peak_mb()]))


def _peak_mb() -> float:
    """Of this process; what `getrusage` says begins with the size of the parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _stage(room: Path) -> Figure:
    """The whole stage over the packed logs, in a workspace of its own."""
    with tempfile.TemporaryDirectory(dir=room) as name:
        workspace = stage_runs.workspace(Path(name) / "w", room / "packed")
        cost = stage_runs.run("ingest", workspace)
    return Figure(cost.cpu_s, cost.peak_mb)


class _Unhashed:
    """Stands for the hash of an object's bytes, by which ingest knows what it has read."""

    def update(self, chunk: bytes) -> None:
        """Take nothing."""


def _lines(files: list[sources.LogObject], digest: Callable[[], Any]) -> Iterator[bytes]:
    for found in files:
        for line in sources.read_lines(found, digest()):
            yield line.content


def _gzip_orjson(files: list[sources.LogObject]) -> None:
    import orjson

    for found in files:
        with gzip.open(found.place) as lines:
            for line in lines:
                orjson.loads(line)


def _json(files: list[sources.LogObject]) -> None:
    for found in files:
        with Path(found.place).open("rb") as lines:
            for line in lines:
                json.loads(line)


def _typed(files: list[sources.LogObject]) -> None:
    decoder = msgspec.json.Decoder(_Typed)
    for line in _lines(files, _Unhashed):
        decoder.decode(line)


def _records(files: list[sources.LogObject]) -> None:
    for line in _lines(files, hashlib.sha256):
        bedrock_invocation.parse(line, SOURCE, "session_id")


WAYS: dict[str, Callable[[list[sources.LogObject]], Any]] = {
    "packed-peer": _gzip_orjson,
    "packed-typed": _typed,
    "packed-records": _records,
    "plain-peer": _json,
    "plain-typed": _typed,
    "plain-records": _records,
}
TITLES = {
    "packed-peer": "gzip, orjson: dicts",
    "packed-typed": "gzip, Ratchet: typed, validated",
    "packed-records": "gzip, Ratchet: records",
    "plain-peer": "plain, json.loads: dicts",
    "plain-typed": "plain, Ratchet: typed, validated",
    "plain-records": "plain, Ratchet: records",
    "stage": "the stage `ingest`",
}

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
