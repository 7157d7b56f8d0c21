"""Counts what the open examples of data/split hold; a large dataset is looked at in a sample.

    View(rows=1500, looked=1500, calls={"get_invoice": 412}, truth={"outcome": 1460, "none": 40},
         waiting=0, characters=(8120, ...), turns=(3, ...))

The held-out test is never opened: what is known of it stands in the manifest. A sample is the first
rows of every part, each part by its share, so that the same dataset always has the same one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from math import ceil
from pathlib import Path
from typing import NamedTuple

from tasks.core import collector, parts
from tasks.core.parts import Manifest, Part
from tasks.core.records import Example
from tasks.dataset.checks import context_chars

PROVED = ("outcome", "human_edit")
OPEN = ("train", "validation", "unlabelled")
MOST_ROWS = 20_000
MOST_BYTES = 96 * 2**20
"""What is read at most, so that a report takes seconds whatever the dataset's size."""


class View(NamedTuple):
    rows: int
    """Open examples that there are."""
    looked: int
    """Of these, how many were read; all counts below are about them."""
    calls: Counter[str]
    """Tool to how often a decision calls it: the reference, or else the logged reply."""
    truth: Counter[str]
    """Truth source to examples."""
    waiting: int
    """Proved, but without a reference: the label is not sure, and a person is asked."""
    characters: tuple[int, ...]
    """Of each context, arguments of earlier calls as JSON."""
    turns: tuple[int, ...]
    """Assistant turns of each, the decision itself included."""


def look(folder: Path, manifest: Manifest) -> View:
    """Read the open examples, all of them or a bounded sample.

    Raises:
        StageError: a part that the manifest names is missing or holds something else.
    """
    given = [part for part in manifest.parts if part.label in OPEN]
    calls: Counter[str] = Counter()
    truth: Counter[str] = Counter()
    characters: list[int] = []
    turns: list[int] = []
    waiting = 0
    with collector.paused():
        for example in _sample(folder, given):
            decision = example.reference.calls if example.reference else example.reply.tool_calls
            calls.update(call.name for call in decision)
            truth[example.truth_source] += 1
            waiting += example.reference is None and example.truth_source in PROVED
            characters.append(context_chars(example.messages))
            turns.append(example.tags.turns)
    rows = sum(part.rows for part in given)
    return View(rows, len(turns), calls, truth, waiting, tuple(characters), tuple(turns))


def _sample(folder: Path, given: Sequence[Part]) -> Iterator[Example]:
    share = _share(folder, given)
    for part in given:
        rows = parts.read_part(folder, part, Example)
        yield from rows if share == 1 else islice(rows, ceil(part.rows * share))


def _share(folder: Path, given: Sequence[Part]) -> float:
    """Of each part's rows. A missing file counts as empty here: reading it says what is wrong."""
    rows = sum(part.rows for part in given)
    paths = [parts.part_path(folder, part) for part in given]
    size = sum(path.stat().st_size for path in paths if path.exists())
    return min(1.0, MOST_ROWS / max(rows, 1), MOST_BYTES / max(size, 1))
