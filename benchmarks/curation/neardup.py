"""Finds near-duplicate transcripts of the benchmark's corpus, beside what others find and cost.

    python -m benchmarks neardup --documents 20000 --peers ~/peers/bin/python

The corpus is one whole transcript a session, shuffled by nothing: of each, what was said, called
and answered (no system prompt, no tool list). 12 % are an earlier one with 1 to 8 words changed and
are to go; 8 % are siblings, which share half their sentences, and have to stay. A transcript that
goes is rightly gone where another telling of the same story stays. CPU seconds are of the work on
texts in memory, on one core: no import, no reading. Peers run in an environment of their own
(`pip install datasketch rensa "datatrove[processing]" "xxhash<4"`); one that is not there is told.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.made import invocation_logs as corpus
from benchmarks.made import stories

SIMILARITY = 0.7
PEERS = ("rensa", "datasketch", "datatrove")
PEERS_HELP = "Python of an environment with the peers."
WORKER = Path(__file__).with_name("neardup_peers.py")


class Told(NamedTuple):
    """One transcript."""

    texts: list[str]
    """Last of all the calls, which have to be the same."""
    story: int
    """The first transcript that tells the same."""


class Result(NamedTuple):
    seconds: float
    gone: list[int]


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", default="", help=PEERS_HELP)
    parser.add_argument("--only", nargs="+", default=list(PEERS), choices=PEERS)
    given = parser.parse_args()
    told = list(transcripts(given.documents))
    rows = {"ratchet": _median([_ours(told) for _ in range(given.runs)])}
    if given.peers:
        with tempfile.TemporaryDirectory(prefix="ratchet-neardup-") as room:
            path = Path(room) / "documents.jsonl"
            path.write_text("".join(json.dumps("\n".join(t.texts[:-1])) + "\n" for t in told))
            for name in given.only:
                runs = 1 if name == "datatrove" else given.runs
                found = [peer(given.peers, name, path) for _ in range(runs)]
                rows[name] = _median([r for r in found if r is not None])
    _print(told, rows)


def transcripts(count: int, seed: int = 0) -> Iterator[Told]:
    """Transcripts in the order of their sessions, always the same for a seed."""
    rng = random.Random(f"corpus/{seed}")
    known: list[tuple[str, stories.Story]] = []
    first: dict[str, int] = {}
    for number in range(count):
        name = str(number)
        kind, of, story = corpus.next_story(rng, known, number)
        known.append((name, story))
        del known[: -corpus.REMEMBERED]
        first[name] = first[of] if kind == "near" else number
        yield Told(_texts(stories.messages(rng, story)), first[name])


def _texts(messages: Iterator[dict[str, Any]]) -> list[str]:
    said, calls = [], []
    for block in (block for message in messages for block in message["content"]):
        if "text" in block:
            said.append(block["text"])
        elif "toolUse" in block:
            used = block["toolUse"]
            calls.append(json.dumps([used["name"], used["input"]], sort_keys=True))
            said.append(calls[-1])
        else:
            said.append(json.dumps(block["toolResult"]["content"]))
    return [*said, "\n".join(calls)]


def _ours(told: Sequence[Told]) -> Result:
    """As `dedup` finds them: shingles, pairs by real Jaccard, the guard, clusters."""
    import numpy as np
    from xxhash import xxh3_64_intdigest

    from tasks.core import collector
    from tasks.labelling.near_duplicates import components, similar_pairs, told_apart
    from tasks.labelling.part_index import shingled

    started = time.process_time()
    with collector.paused():
        found = shingled([t.texts for t in told])
        calls = np.array([xxh3_64_intdigest(t.texts[-1].encode()) for t in told], np.uint64)
        exact = found.negations ^ calls
        pairs = similar_pairs(found.shingles, found.ends, SIMILARITY)
        pairs = pairs[exact[pairs[:, 0]] == exact[pairs[:, 1]]]
        pairs = pairs[~told_apart(found.names, found.name_ends, pairs)]
        kept = components(pairs, len(told))
        gone = np.flatnonzero(kept != np.arange(len(told))).tolist()
    return Result(time.process_time() - started, gone)


def peer(python: str, name: str, path: Path) -> Result | None:
    """Run a peer in its own environment on a file of texts; None, and told, where it fails."""
    command = [python, str(WORKER), name, str(path), str(SIMILARITY)]
    env = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "HOME": os.environ["HOME"],
           "HF_HUB_OFFLINE": "1", "RAYON_NUM_THREADS": "1"}  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    found = json.loads(done.stdout.splitlines()[-1])
    return Result(found["seconds"], found["gone"])


def _median(results: Sequence[Result]) -> Result | None:
    if not results:
        return None
    return results[0]._replace(seconds=median(result.seconds for result in results))


def _print(told: Sequence[Told], rows: dict[str, Result | None]) -> None:
    sizes = Counter(t.story for t in told)
    wanted = sum(size - 1 for size in sizes.values())
    ours = rows["ratchet"]
    print(f"{len(told):,} transcripts, {wanted:,} of them to go, similarity {SIMILARITY}\n")
    print("| | CPU s | documents/s | ratchet is | precision | recall | lost |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, found in rows.items():
        if found is None or ours is None:
            print(f"| {name} | not run | | | | | |")
            continue
        gone = set(found.gone)
        stays = Counter(t.story for at, t in enumerate(told) if at not in gone)
        right = sum(stays[told[at].story] > 0 for at in gone)
        lost = sum(not stays[story] for story in sizes)
        print(
            f"| {name} | {found.seconds:.2f} | {len(told) / found.seconds:,.0f} | "
            f"{found.seconds / ours.seconds:.1f} x | {right / max(1, len(gone)):.4f} | "
            f"{right / wanted:.4f} | {lost} |"
        )


if __name__ == "__main__":
    main()
