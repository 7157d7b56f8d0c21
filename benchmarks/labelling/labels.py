"""Tests the labelling rules on wordings of our own, beside a classifier that learnt from half.

    python -m benchmarks labels [--when2call ../shared/data/when2call.jsonl]

The classifier is a multinomial logistic regression over hashed words, pairs of words and letter
trigrams, fitted on the wordings for development. Both are shown the wordings for the test, which
neither was made on, and with `--when2call` the written answers of that test set too. Printed are
right labels by behaviour, the parameters that a question asks for, and labels a second.
"""

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from benchmarks.labelling import phrasings, when2call
from benchmarks.labelling.phrasings import Bank
from tasks.core.records import Behaviour, Reply, Tool
from tasks.labelling.behaviour import classify

WORDS = re.compile(r"[a-z']+|\?")
SIZE = 1 << 14
BEHAVIOURS: tuple[Behaviour, ...] = ("clarify", "refuse", "answer")
SETS: tuple[tuple[Bank, str], ...] = (
    ("common", "development"),
    ("common", "test"),
    ("rarer", "development"),
    ("rarer", "test"),
    ("odd", "development"),
    ("odd", "test"),
)
Text = tuple[str, Sequence[Tool], str]
"""A text, the tools on offer, and what it does."""


class Learned:
    """Fitted on texts; labels a text by its n-grams, whatever the tools are."""

    def __init__(self, texts: Sequence[Text], decay: float = 1e-3) -> None:
        from scipy import optimize, sparse

        rows = [_features(text) for text, _, _ in texts]
        at = np.array([(i, j) for i, row in enumerate(rows) for j in row])
        x: Any = sparse.csr_matrix((np.ones(len(at)), (at[:, 0], at[:, 1])), (len(rows), SIZE))
        y = np.array([[did == b for b in BEHAVIOURS] for _, _, did in texts], float)

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            weights = flat.reshape(SIZE, len(BEHAVIOURS))
            logits = x @ weights
            logits -= logits.max(1, keepdims=True)
            p = np.exp(logits)
            p /= p.sum(1, keepdims=True)
            cost = -np.log(p[y > 0]).mean() + decay / 2 * (flat @ flat)
            return float(cost), (x.T @ (p - y) / len(rows) + decay * weights).ravel()

        start = np.zeros(SIZE * len(BEHAVIOURS))
        found = optimize.minimize(
            loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}
        )
        self.weights = found.x.reshape(SIZE, len(BEHAVIOURS))

    def __call__(self, text: str, tools: Sequence[Tool]) -> str:
        return BEHAVIOURS[int(self.weights[_features(text)].sum(0).argmax())]


def rules(text: str, tools: Sequence[Tool]) -> str:
    """What the product's labeller says."""
    return classify(Reply(content=text), tools).behaviour


def _features(text: str) -> list[int]:
    words = WORDS.findall(text.lower())
    letters = " ".join(words)
    grams = [*words, *map(" ".join, pairwise(words))]
    grams += [letters[i : i + 3] for i in range(len(letters) - 2)]
    return sorted({crc32(gram.encode()) % SIZE for gram in grams})


def shares(texts: Sequence[Text], label: Callable[[str, Sequence[Tool]], str]) -> dict[str, float]:
    """Share of right labels by what the text does, and `macro`."""
    right, total = Counter[str](), Counter[str]()
    for text, tools, did in texts:
        total[did] += 1
        right[did] += label(text, tools) == did
    found: dict[str, float] = {did: right[did] / total[did] for did in BEHAVIOURS}
    return found | {"macro": sum(found.values()) / len(found)}


def of_part(bank: Bank, part: str) -> list[Text]:
    """Our own texts in the wordings of one bank that are for development or for the test."""
    found = phrasings.replies(0, bank)
    return [(s.text, s.tools, s.behaviour) for s in found if s.part == part]


def asked_right(bank: Bank, part: str) -> tuple[int, int]:
    """Questions whose parameters were found, exactly, and all questions."""
    found = phrasings.replies(0, bank)
    asked = [s for s in found if s.part == part and s.behaviour == "clarify"]
    right = sum(classify(Reply(content=s.text), s.tools).missing == s.missing for s in asked)
    return right, len(asked)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--when2call", type=Path)
    given = parser.parse_args()
    sets = {f"{bank} wordings, {part}": of_part(bank, part) for bank, part in SETS}
    seen = [of_part(bank, part) for bank, part in SETS if part == "development"]
    learned = Learned([text for texts in seen for text in texts])
    if given.when2call:
        sets["When2Call"] = [
            (text, item.prompt.tools, when2call.KINDS[kind])
            for item in when2call.items(given.when2call)
            for kind, text in item.answers.items()
            if kind != "tool_call"
        ]
    print("| texts | by | clarify | refuse | answer | macro | labels/s |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for name, texts in sets.items():
        for by, label in (("rules", rules), ("classifier", learned)):
            found = shares(texts, label)
            cells = " | ".join(f"{share:.1%}" for share in found.values())
            print(f"| {name} ({len(texts)}) | {by} | {cells} | {_speed(texts, label):,.0f} |")
    for bank, part in SETS:
        right, asked = asked_right(bank, part)
        print(f"\nparameters found, {bank} wordings, {part}: {right} of {asked} questions")


def _speed(texts: Sequence[Text], label: Callable[[str, Sequence[Tool]], str]) -> float:
    """Labels a CPU second, the best of five."""
    best = 0.0
    for _ in range(5):
        started = time.process_time()
        for text, tools, _ in texts:
            label(text, tools)
        best = max(best, len(texts) / (time.process_time() - started))
    return best


if __name__ == "__main__":
    main()
