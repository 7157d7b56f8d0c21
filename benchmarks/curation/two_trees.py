"""Curates the same logs by the code of two trees: are the bytes the same, and what does each cost?

    python -m benchmarks two_trees --before ../earlier --after . --records 20000 --runs 3
    python -m benchmarks two_trees --before ../earlier --after . --logs ../shared/data/airline

Each stage runs as a process of its own, in turn by one tree and by the other, in workspaces that
have one redaction key. Every file below `data/` is compared, but for the keys of parts, which hold
the code that made them: where they differ, part by part, is counted. `--logs` takes a folder with
logs (each folder in it one source) and `feedback.jsonl`; without it, records are made.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmarks.made import invocation_logs as corpus
from tasks.core import step
from tasks.core.closure import PROJECT

KEYS = frozenset(("key", "about"))
"""Fields of a manifest that hold a hash of code."""


class Cost(NamedTuple):
    cpu_s: float
    wall_s: float


def main() -> None:
    """Run both, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--before", type=Path, required=True, help="a checkout of the project")
    parser.add_argument("--after", type=Path, default=PROJECT, help="another one")
    parser.add_argument("--logs", type=Path, help="folder with folders of logs and feedback.jsonl")
    parser.add_argument("--records", type=int, default=20_000, help="where no --logs are named")
    parser.add_argument("--runs", type=int, default=1)
    given = parser.parse_args()
    trees = {"before": given.before.resolve(), "after": given.after.resolve()}
    costs: dict[str, dict[str, list[Cost]]] = {name: {} for name in trees}
    differing: set[str] = set()
    files = 0
    with tempfile.TemporaryDirectory(prefix="ratchet-two-trees-") as name:
        home = Path(name)
        params = _params(given, home)
        for number in range(given.runs):
            spaces = {tree: _workspace(home / f"{tree}-{number}", params, home) for tree in trees}
            for stage in step.FOLDERS:
                # The one that goes first finds cold caches: they take turns.
                for tree in sorted(trees, reverse=bool(number % 2)):
                    cost = _run(stage, spaces[tree], trees[tree])
                    costs[tree].setdefault(stage, []).append(cost)
            here, there = (_state(spaces[tree] / "data") for tree in trees)
            files += len(here)
            differing |= {path for path in here.keys() | there.keys() if _differ(path, here, there)}
    print("\n".join(_report(costs, differing, files)))
    raise SystemExit(bool(differing))


def _params(given: argparse.Namespace, home: Path) -> dict[str, Any]:
    params: dict[str, Any] = yaml.safe_load((PROJECT / "params.yaml").read_text())
    if given.logs:
        folders = sorted(path for path in given.logs.resolve().iterdir() if path.is_dir())
        sources = [{"uri": str(path), "format": "auto"} for path in folders]
        feedback = [str(given.logs.resolve() / "feedback.jsonl")]
    else:
        corpus.write(home / "made", islice(corpus.records(), given.records), "a")
        sources = [{"uri": str(home / "made" / "landing"), "format": "auto"}]
        feedback = [str(home / "made" / "feedback")]
    params["ingest"] |= {"sources": sources, "feedback": feedback}
    return params


def _workspace(folder: Path, params: dict[str, Any], home: Path) -> Path:
    folder.mkdir()
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    for name in ("annotations", "registers"):
        shutil.copytree(PROJECT / "annotations", folder / name)
    key = home / "key"
    if not key.exists():
        key.write_text(bytes(range(32)).hex())
        key.chmod(0o600)
    return folder


def _run(stage: str, folder: Path, tree: Path) -> Cost:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environment = os.environ | {
        "PYTHONPATH": str(tree),
        "OMP_NUM_THREADS": "1",
        "RATCHET_KEY_FILE": str(folder.parent / "key"),
    }
    done = subprocess.run(
        [sys.executable, "-m", f"tasks.{stage}"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"stage {stage} of {tree} failed ({done.returncode}): {done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(used, time.monotonic() - started)


def _state(data: Path) -> dict[str, Any]:
    """Each file's content; of a manifest what it says, without what hashes code."""
    state: dict[str, Any] = {}
    for path in sorted(data.rglob("*")):
        if path.is_file() and not path.name.endswith(".lock"):
            content = path.read_bytes()
            manifest = path.name == "manifest.json"
            state[str(path.relative_to(data))] = _bare(json.loads(content)) if manifest else content
    return state


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _bare(one) for name, one in value.items() if name not in KEYS}
    return [_bare(one) for one in value] if isinstance(value, list) else value


def _differ(path: str, here: dict[str, Any], there: dict[str, Any]) -> bool:
    return path not in here or path not in there or bool(here[path] != there[path])


def _report(
    costs: dict[str, dict[str, list[Cost]]], differing: set[str], files: int
) -> Iterator[str]:
    yield "| stage | before, CPU s | after, CPU s | after / before |"
    yield "|---|--:|--:|--:|"
    whole = dict.fromkeys(costs, 0.0)
    for stage in step.FOLDERS:
        used = {
            tree: statistics.median(cost.cpu_s for cost in stages[stage])
            for tree, stages in costs.items()
        }
        whole = {tree: total + used[tree] for tree, total in whole.items()}
        ratio = used["after"] / used["before"]
        yield f"| {stage} | {used['before']:.2f} | {used['after']:.2f} | {ratio:.2f} |"
    ratio = whole["after"] / whole["before"]
    yield f"| all | {whole['before']:.2f} | {whole['after']:.2f} | {ratio:.2f} |"
    yield ""
    yield f"{files} files compared, {len(differing)} differ" + (
        ": " + ", ".join(sorted(differing)[:10]) if differing else ""
    )


if __name__ == "__main__":
    main()
