"""The learning curve of a training run: a JSON line a step, kept in step with the checkpoints.

    {"step":8,"reward":0.61,"entropy":0.19,"unscored":0,"validation/reward":0.87}

A run that goes on from checkpoint 8 drops what was written of later steps, so that each step
stands once, whatever broke off and when.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tasks.core import parts

Row = dict[str, float | int]
Publisher = Callable[[Row, int], None]
"""Sends the figures of a step to where runs are tracked."""

REWARD = "validation/reward"
"""The figure that the best checkpoint is chosen by."""

SHOWN = ("reward", "exact", "entropy")
"""Measured on what training sampled; the plot sets them beside the validation."""


class Curve:
    """All rows so far, in memory and in `path`."""

    def __init__(self, path: Path, *, upto: int) -> None:
        """Take over the rows of a broken-off run as far as step `upto`."""
        self.path = path
        self._rows: dict[int, Row] = {}
        if path.exists():
            for line in path.read_bytes().splitlines():
                row = msgspec.json.decode(line, type=Row)
                if row["step"] <= upto:
                    self._rows[int(row["step"])] = row
        self._write()

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Add values to a step's row."""
        self._rows[step] = {**self._rows.get(step, {"step": step}), **values}
        self._write()

    def rows(self) -> list[Row]:
        """By step; step 0 is the base."""
        return [self._rows[step] for step in sorted(self._rows)]

    def at(self, step: int) -> Row:
        """The row of a step; empty where nothing is known of it."""
        return self._rows.get(step, {})

    def total(self, name: str) -> float:
        """Sum over all steps."""
        return sum(row.get(name, 0) for row in self.rows())

    def best(self, name: str) -> int | None:
        """The earliest trained step whose value is highest, or None where no step has one."""
        steps = [row for row in self.rows() if row["step"] > 0 and name in row]
        return int(max(steps, key=lambda row: row[name])["step"]) if steps else None

    def _write(self) -> None:
        lines = (msgspec.json.encode(row, order="sorted") + b"\n" for row in self.rows())
        parts.replace(self.path, b"".join(lines))


def publisher(mlflow: Any) -> Publisher:
    """Sends to the active MLflow run what it does not have yet: a run may go on from before."""
    client = mlflow.tracking.MlflowClient()
    run_id = mlflow.active_run().info.run_id
    sent = {
        name: max(point.step for point in client.get_metric_history(run_id, name))
        for name in client.get_run(run_id).data.metrics
    }

    def publish(row: Row, step: int) -> None:
        new = {
            name: float(v)
            for name, v in row.items()
            if name != "step" and step > sent.get(name, -1)
        }
        mlflow.log_metrics(new, step=step)

    return publish


def plot(rows: Iterable[Row], target: Path, *, best: int) -> None:
    """Draw reward and exact match by step, training against validation, as a PNG."""
    from matplotlib.figure import Figure

    known = list(rows)
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    panels = figure.subplots(1, len(SHOWN))
    for panel, name in zip(panels, SHOWN, strict=True):
        for key, label, style in (
            (name, "training, sampled", "-"),
            (f"validation/{name}", "validation, greedy", "o-"),
        ):
            points = [(row["step"], row[key]) for row in known if key in row]
            if points:
                panel.plot(*zip(*points, strict=True), style, label=label, markersize=4)
        panel.axvline(best, color="0.7", linewidth=1, zorder=0)
        panel.set(title=name, xlabel="step")
        panel.grid(alpha=0.3)
    panels[0].legend(frameon=False)
    figure.savefig(target, dpi=110)
