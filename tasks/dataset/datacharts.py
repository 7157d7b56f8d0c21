"""Draws the dataset report's pictures as SVG that stands in a page: text stays text, no links.

Bar("get_invoice", 412), Bar("void_invoice", 31, "held out", marked=True)
"""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, PLAIN = "#1b2733", "#5d6b7a", "#a9b8c8"
ACCENT = "#0b63a5"
ALARM = "#d55e00"
"""Okabe and Ito's vermilion: told from the blue by every kind of colour vision."""

WIDTH = 10.0
"""Inches; the page scales the picture to its column."""
ROW = 0.29
LETTER = 0.073
"""Inches of one letter, for the room that names need."""
LONGEST = 40
"""Letters of a name that are shown."""
BINS = 40


class Bar(NamedTuple):
    name: str
    value: int
    note: str = ""
    """Stands behind the value."""
    marked: bool = False


class Stack(NamedTuple):
    name: str
    accepted: int
    duplicate: int
    rejected: int


class Spread(NamedTuple):
    """A histogram."""

    title: str
    values: Sequence[int]


def bars(title: str, rows: Sequence[Bar]) -> str:
    """One bar a row, its name before it and its value behind it."""
    gutter = _gutter([row.name for row in rows])
    with _drawing(title, len(rows) * ROW + 0.1) as drawing:
        axes = drawing.axes(gutter, 0.05, WIDTH - gutter - 2.6, len(rows) * ROW)
        _rows(axes, rows, max(1, *(row.value for row in rows)))
    return drawing.svg


def stacks(title: str, rows: Sequence[Stack]) -> str:
    """What each stage did with what it read: accepted, duplicate, rejected."""
    gutter = _gutter([row.name for row in rows])
    height = len(rows) * ROW * 1.25
    with _drawing(title, height + 0.1) as drawing:
        axes = drawing.axes(gutter, 0.05, WIDTH - gutter - 3.0, height)
        most = max(1, *(sum(row[1:]) for row in rows))
        _frame(axes, len(rows), most)
        for y, row in enumerate(rows):
            _name(axes, y, row.name)
            left = 0
            for value, colour in zip(row[1:], (ACCENT, PLAIN, ALARM), strict=True):
                _bar(axes, y, value, colour=colour, left=left)
                left += value
            _value(axes, y, left / most, f"{row.accepted:,}", _lost(row))
    return drawing.svg


def multiples(title: str, panels: Sequence[tuple[str, Sequence[Bar]]]) -> str:
    """Panels side by side over the same names, each bar as its share of the panel."""
    names = [bar.name for bar in panels[0][1]]
    gutter = _gutter(names)
    width = (WIDTH - gutter) / len(panels)
    height = len(names) * ROW
    with _drawing(title, height + 0.4) as drawing:
        for number, (head, rows) in enumerate(panels):
            axes = drawing.axes(gutter + number * width, 0.05, width - 1.05, height)
            whole = max(1, sum(row.value for row in rows))
            shares = [row._replace(note=f"{row.value / whole:.0%}") for row in rows]
            _rows(axes, shares, whole, names=number == 0)
            axes.text(0, -0.75, head, va="bottom", weight="bold")
    return drawing.svg


def spreads(title: str, panels: Sequence[Spread]) -> str:
    """Histograms side by side, each with its median."""
    width, height = WIDTH / len(panels), 1.55
    with _drawing(title, height + 0.95) as drawing:
        for number, panel in enumerate(panels):
            axes = drawing.axes(number * width + 0.1, 0.35, width - 0.6, height)
            _histogram(axes, panel)
    return drawing.svg


class _Drawing:
    """A figure measured in inches from its lower left corner."""

    svg = ""

    def __init__(self, figure: "Figure", height: float) -> None:
        self.figure, self.height = figure, height

    def axes(self, left: float, bottom: float, width: float, height: float) -> "Axes":
        place = (left / WIDTH, bottom / self.height, width / WIDTH, height / self.height)
        return self.figure.add_axes(place)


@contextmanager
def _drawing(title: str, height: float) -> Iterator[_Drawing]:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": title,
        "font.family": "DejaVu Sans",
        "font.size": 9.5,
        "text.parse_math": False,
        "text.color": INK,
    }
    with mpl.rc_context(settings):
        drawing = _Drawing(Figure(figsize=(WIDTH, height)), height)
        FigureCanvasSVG(drawing.figure)
        yield drawing
        file = io.StringIO()
        drawing.figure.savefig(file, format="svg", transparent=True, metadata=_NO_METADATA)
    drawing.svg = _inline(file.getvalue(), title)


_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def _inline(text: str, title: str) -> str:
    """Without the head that a file of its own needs; names made its own among other pictures."""
    mark = re.sub(r"\W+", "-", title.lower())
    head, body = text[text.index("<svg") :].split(">", 1)
    view = re.search(r'viewBox="[^"]*"', head)
    body = re.sub(r'(\sid="|url\(#|href="#)', rf"\g<1>{mark}-", body)
    box = view.group() if view else ""
    return f'<svg role="img" aria-label="{escape(title)}" {box}>{body.strip()}'


def _gutter(names: Sequence[str]) -> float:
    return min(LONGEST, max(map(len, names))) * LETTER + 0.25


def _frame(axes: "Axes", rows: int, most: float) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, most)
    axes.set_ylim(rows - 0.5, -0.5)


def _rows(axes: "Axes", rows: Sequence[Bar], most: float, *, names: bool = True) -> None:
    _frame(axes, len(rows), most)
    for y, row in enumerate(rows):
        if names:
            _name(axes, y, row.name, ACCENT if row.marked else INK)
        _bar(axes, y, row.value, colour=ACCENT if row.marked else PLAIN)
        _value(axes, y, row.value / most, f"{row.value:,}", row.note)
    axes.plot([0, 0], [-0.5, len(rows) - 0.5], color=MUTED, linewidth=0.8, clip_on=False)


def _bar(axes: "Axes", y: int, value: float, *, colour: str, left: float = 0) -> None:
    axes.barh(y, value, left=left, height=0.62, color=colour, clip_on=False)


def _name(axes: "Axes", y: int, name: str, colour: str = INK) -> None:
    short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    axes.annotate(
        short, (0, y), (-8, 0), textcoords="offset points", ha="right", va="center", color=colour
    )


def _value(axes: "Axes", y: int, at: float, text: str, note: str) -> None:
    """The number in bold at the bar's end, `at` as a share of the axes, and the note behind it."""
    beside = 12 + sum(3.0 if letter == "," else 6.0 for letter in text)
    for words, x, colour, weight in ((text, 6.0, INK, "bold"), (note, beside, MUTED, "normal")):
        axes.annotate(
            words,
            (at, y),
            (x, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            color=colour,
            weight=weight,
        )


def _lost(row: Stack) -> str:
    twice = "duplicate" if row.duplicate == 1 else "duplicates"
    named = ((twice, row.duplicate), ("rejected", row.rejected))
    return ", ".join(f"{count:,} {name}" for name, count in named if count)


def _histogram(axes: "Axes", panel: Spread) -> None:
    import numpy as np

    values = np.asarray(panel.values)
    top = int(values.max())
    whole = top <= BINS
    edges = np.arange(-0.5, top + 1.5) if whole else np.linspace(0, top, BINS + 1)
    counts, edges = np.histogram(values, edges)
    axes.bar(edges[:-1], counts, np.diff(edges) * 0.92, align="edge", color=PLAIN, clip_on=False)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, max(1, counts.max()))
    axes.set_yticks([])
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(length=0, colors=MUTED)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.locator_params(axis="x", nbins=6, integer=True)
    middle = float(np.median(values))
    axes.axvline(middle, color=ACCENT, linewidth=1.6, ymax=1.08, clip_on=False)
    axes.annotate(
        f"median {middle:,.0f}",
        (middle, 1.05),
        (5, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        color=ACCENT,
        weight="bold",
        va="center",
    )
    axes.set_title(panel.title, loc="left", weight="bold", fontsize=9.5, pad=20)
