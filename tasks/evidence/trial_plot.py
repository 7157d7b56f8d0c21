"""Draws a canary: its e-values against the line where they decide, and both arms' running means."""

from collections.abc import Sequence
from pathlib import Path

from tasks.core.settings import CanarySettings
from tasks.evidence.trial import Look

SIZE = (8.0, 6.0)
"""Inches."""


def plot(looks: Sequence[Look], path: Path, settings: CanarySettings) -> None:
    """Write the picture of all looks as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True)
    sessions = [look.sessions for look in looks]
    upper.plot(sessions, [look.promote for look in looks], label="to promote", color="tab:green")
    upper.plot(sessions, [look.harm for look in looks], label="to roll back", color="tab:red")
    upper.axhline(1 / settings.alpha, color="black", linestyle="--", linewidth=1, label="decides")
    upper.set_yscale("log")
    upper.set_ylabel("e-value")
    lower.plot(sessions, [look.challenger_mean for look in looks], label="challenger")
    lower.plot(sessions, [look.champion_mean for look in looks], label="champion")
    lower.set_ylim(0, 1)
    lower.set_ylabel("mean session outcome")
    lower.set_xlabel("sessions, in order of start")
    for axes in (upper, lower):
        axes.legend(frameon=False)
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120, metadata={"Software": None})
