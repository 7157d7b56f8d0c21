"""Shows what the last change of the logs brought: in the data report, and on Prefect's page.

| bedrock_invocation in s3://logs | new | `guardrail object` |
"""

from pathlib import Path
from typing import NamedTuple

from tasks.core import step
from tasks.dataset.datapage import table, text
from tasks.logs import drift
from tasks.logs.losses import REWRITTEN

COLUMNS = ("where", "what", "which", "records")
MOST = 60


class Row(NamedTuple):
    where: str
    what: str
    which: str
    records: str = ""


def rows(data: Path) -> list[Row]:
    """What changed, a row each; `data` is the folder with the stages' folders."""
    found, broken = drift.read(data / step.FOLDERS["ingest"])
    told = [
        Row(f"{one.format} in {one.source}", what, field)
        for one in found.fields
        for what, fields in (
            ("new field", one.new),
            ("field that is gone", one.gone),
            ("field of another type", one.changed),
        )
        for field in fields
    ]
    told += [
        Row(one.first, one.reason, f"{one.objects} log objects, this one first", f"{one.records:,}")
        for one in found.lost
        if one.reason != REWRITTEN
    ]
    told += [
        Row(uri, one.reason, "records that are in no log any more", f"{count:,}")
        for one in found.lost
        if one.reason == REWRITTEN
        for uri, count in one.by_object.items()
    ]
    told += [
        Row(
            f"{one.format or 'unknown format'} in {one.source}",
            one.reason,
            f"{one.path}: expected {one.expected}, {one.seen or 'something else'} found",
            f"{one.count:,}",
        )
        for one in broken
    ]
    return told


def section(data: Path) -> str:
    """The same as HTML."""
    found = rows(data)
    if not found:
        return text("The logs have the fields that they had, and every record fits its format.")
    return text(
        "Fields that are new or gone in the objects that came last, records that were read before "
        "and are in the logs no more, and records that do not fit their format. Of each object the "
        "first records and every hundredth were looked at."
    ) + table(COLUMNS, found[:MOST])


def markdown(data: Path) -> str:
    """The same as a table of Markdown, empty where nothing changed."""
    found = rows(data)
    if not found:
        return ""
    lines = "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
        for row in found[:MOST]
    )
    return (
        f"\n## What changed in the logs\n\n| {' | '.join(COLUMNS)} |\n|---|---|---|--:|\n{lines}\n"
    )
