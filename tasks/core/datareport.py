"""Draws the dataset's report: what each stage made of the logs, as one page of its own."""

from pathlib import Path

from tasks.core import pages, parts, step


def write_report(data: Path, out: Path) -> None:
    """Write the page about the stages' folders in `data` to `out`.

    Raises:
        StageError: a stage has not run.
    """
    stages = {name: parts.require_manifest(data / f) for name, f in step.FOLDERS.items()}
    rows = [
        (name, *(str(getattr(m.counts, c)) for c in ("read", "accepted", "rejected", "duplicate")))
        for name, m in stages.items()
    ]
    table = pages.Table("Stages", ("stage", "read", "accepted", "rejected", "duplicate"), rows)
    parts.replace(out, pages.html("Dataset report", (), (table,)).encode())
