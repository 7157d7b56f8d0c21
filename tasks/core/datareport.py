"""Draws the dataset's report: what each stage made of the logs, as one page of its own.

The page needs nothing beside it and holds counts and names of tools, never content. It has no
time in it: the same dataset gives the same page.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from tasks.core import figures, parts, step
from tasks.core.facts import LABEL, Facts
from tasks.core.parts import Manifest
from tasks.core.records import Example

SHOWN = 18
"""Bars of one chart at the most; the rest is summed up in its caption."""
PARTITIONS = ("train", "validation", "test")
_COLOURS = {
    "accepted": figures.TEAL,
    "rejected": figures.RED,
    "duplicate": figures.AMBER,
    "proved": figures.BLUE,
    "not proved": figures.GREY,
    "execute": figures.BLUE,
    "clarify": figures.TEAL,
    "refuse": figures.AMBER,
    "answer": figures.VIOLET,
    "count": figures.BLUE,
}


class _Card(NamedTuple):
    title: str
    text: str
    chart: str


def write_report(data: Path, out: Path) -> None:
    """Write the page about the stages' folders in `data` to `out`.

    Raises:
        StageError: a stage has not run.
    """
    stages = {name: parts.require_manifest(data / f) for name, f in step.FOLDERS.items()}
    facts = list(parts.read_parts(data / step.FOLDERS["validate"], Facts, LABEL))
    split = stages["split"].info
    cards = [
        _sizes(stages),
        _reasons(stages),
        _behaviours(split["behaviours"]),
        _truth(facts),
        _tools(facts, split["held_out_tools"]),
        _redacted(stages["redact"]),
        _Card(
            "Length of the context",
            "Characters of all messages before the decision; the axis is logarithmic.",
            figures.histogram([f.context_chars for f in facts], "characters", logarithmic=True),
        ),
        _Card(
            "Turns",
            "Assistant turns in the context, the decision itself included.",
            figures.histogram([f.turns for f in facts], "turns"),
        ),
    ]
    parts.replace(out, _page(_tiles(stages, facts), cards, _proof(split)).encode())
