"""Draws small charts as SVG text, to stand in a page: equal figures give equal bytes.

Text stays text, so it takes the page's font and can be searched and read out.
"""

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

INK, MUTED, GRID = "#1f2733", "#6b7685", "#e6eaf0"
BLUE, TEAL, AMBER, RED, VIOLET, GREY = (
    "#3b6fd4",
    "#2a9d8f",
    "#e3a32b",
    "#cf5361",
    "#8466c4",
    "#b8c1cc",
)
_WIDTH = 6.4
_ROW = 0.36
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ratchet",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": INK,
}


def bars(
    names: Sequence[str],
    series: Mapping[str, Sequence[float]],
    colours: Mapping[str, str],
    shares: bool = False,
) -> str:
    """Horizontal bars, one a name, stacked by series; as shares of each bar where asked for.

    A bar's total, or in a share each piece of 8 % and more, is written beside or into it.
    """
    figure, axes = _canvas(len(names) * _ROW + (0.75 if len(series) > 1 else 0.35))
    at = range(len(names))
    totals = [sum(values[i] for values in series.values()) for i in at]
    left = [0.0] * len(names)
    for label, values in series.items():
        widths = [v / t if shares and t else v for v, t in zip(values, totals, strict=True)]
        axes.barh(at, widths, 0.66, left=left, color=colours[label], label=label)
        if shares:
            _write_shares(axes, values, widths, left)
        left = [a + b for a, b in zip(left, widths, strict=True)]
    for i in at:
        axes.annotate(
            f"{totals[i]:,.0f}", (left[i], i), (5, 0), textcoords="offset points", va="center"
        )
    axes.set_yticks(at, names)
    axes.invert_yaxis()
    axes.set_xlim(0, (max(left) or 1) * 1.13)
    axes.xaxis.set_visible(False)
    axes.spines[:].set_visible(False)
    if len(series) > 1:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.01, 1.0),
            ncols=len(series),
            frameon=False,
            handlelength=0.9,
            handleheight=0.9,
            columnspacing=1.4,
        )
    return _svg(figure)


def histogram(values: Sequence[float], label: str, logarithmic: bool = False) -> str:
    """How many examples have which value; the median is marked."""
    import numpy as np

    figure, axes = _canvas(2.3)
    low, high = min(values, default=0), max(values, default=1)
    if logarithmic:
        edges = np.geomspace(max(low, 1), max(high, 2), 25)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    else:
        edges = np.arange(low, high + 2) - 0.5 if high - low < 40 else np.linspace(low, high, 25)
    axes.hist(values, edges, color=BLUE, edgecolor="white", linewidth=0.8)
    if len(values):
        middle = float(np.median(values))
        axes.axvline(middle, color=AMBER, linewidth=1.6)
        axes.annotate(
            f"median {middle:,.0f}",
            (middle, 1),
            (5, -3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
            color=INK,
        )
    axes.set_xlabel(label)
    axes.yaxis.grid(True, color=GRID)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0, labelcolor=MUTED)
    return _svg(figure)


def _canvas(height: float) -> tuple[Any, Any]:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        axes = figure.subplots()
        axes.tick_params(length=0)
        return figure, axes


def _write_shares(
    axes: Any, values: Sequence[float], widths: Sequence[float], left: Sequence[float]
) -> None:
    for i, (value, width) in enumerate(zip(values, widths, strict=True)):
        if width >= 0.08:
            middle = left[i] + width / 2
            axes.text(middle, i, f"{value:,.0f}", ha="center", va="center", color="white")


def _svg(figure: Any) -> str:
    from matplotlib import rc_context

    out = StringIO()
    with rc_context(_STYLE):
        figure.savefig(
            out, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    text = out.getvalue()
    return text[text.index("<svg") :].replace("'DejaVu Sans', sans-serif", "inherit")
