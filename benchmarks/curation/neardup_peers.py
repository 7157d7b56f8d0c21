"""Runs one of the peers of benchmarks/curation/neardup.py, in an environment that has it.

    python neardup_peers.py rensa documents.jsonl 0.7   ->   {"seconds": 1.2, "gone": [17, 40]}

Each is used as its own documentation does it: 3-word shingles, 128 permutations, the first of a
group stays. Stands alone: nothing of ratchet can be imported where this runs.
"""

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def main() -> None:
    """Run the peer that is named, and print what it found."""
    name, path, threshold = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    documents = [json.loads(line) for line in path.read_text().splitlines()]
    print(json.dumps(_PEERS[name](documents, threshold)))


def _shingles(text: str) -> list[str]:
    words = re.findall(r"[\w@']+", text.lower())
    return [" ".join(words[at : at + 3]) for at in range(max(1, len(words) - 2))]


def _rensa(documents: list[str], threshold: float) -> dict[str, object]:
    from rensa import RMinHash, RMinHashLSH

    started = time.process_time()
    index = RMinHashLSH(threshold=threshold, num_perm=128, num_bands=16)
    made, gone = [], []
    for at, text in enumerate(documents):
        sketch = RMinHash(num_perm=128, seed=42)
        sketch.update(_shingles(text))
        made.append(sketch)
        if any(made[other].jaccard(sketch) >= threshold for other in index.query(sketch)):
            gone.append(at)
        else:
            index.insert(at, sketch)
    return {"seconds": time.process_time() - started, "gone": gone}


def _datasketch(documents: list[str], threshold: float) -> dict[str, object]:
    from datasketch import MinHash, MinHashLSH

    started = time.process_time()
    index, gone = MinHashLSH(threshold=threshold, num_perm=128), []
    for at, text in enumerate(documents):
        sketch = MinHash(num_perm=128)
        sketch.update_batch([shingle.encode() for shingle in _shingles(text)])
        if index.query(sketch):
            gone.append(at)
        else:
            index.insert(str(at), sketch)
    return {"seconds": time.process_time() - started, "gone": gone}


def _datatrove(documents: list[str], threshold: float) -> dict[str, object]:
    from datatrove.data import Document
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig

    rows = [Document(text=text, id=str(at)) for at, text in enumerate(documents)]
    started = time.process_time()
    with tempfile.TemporaryDirectory() as room:
        config = MinhashConfig(n_grams=3, num_buckets=14, hashes_per_bucket=8)
        signed, buckets, removed = (f"{room}/{name}" for name in ("s", "b", "r"))
        MinhashDedupSignature(output_folder=signed, config=config).run(iter(rows), 0, 1)
        for bucket in range(config.num_buckets):
            MinhashDedupBuckets(input_folder=signed, output_folder=buckets, config=config).run(
                None, bucket, config.num_buckets
            )
        MinhashDedupCluster(input_folder=buckets, output_folder=removed, config=config).run(
            None, 0, 1
        )
        kept = {d.id for d in MinhashDedupFilter(input_folder=removed).run(iter(rows), 0, 1)}
    gone = [at for at in range(len(documents)) if str(at) not in kept]
    return {"seconds": time.process_time() - started, "gone": gone}


_PEERS: dict[str, Callable[[list[str], float], dict[str, object]]] = {
    "rensa": _rensa,
    "datasketch": _datasketch,
    "datatrove": _datatrove,
}

if __name__ == "__main__":
    main()
