"""What commands share: their options, how they fail, and how they print."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from tasks.core.errors import RatchetError

Workspace = Annotated[
    Path,
    typer.Option(
        "--workspace",
        "-w",
        envvar="RATCHET_WORKSPACE",
        help="Folder with params.yaml and data/.",
        show_default="this folder",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="End with one JSON object, for machines.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show Prefect's log too.")]


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what a user can put right into one line on standard error and an exit code."""
    try:
        yield
    except RatchetError as error:
        print(f"ratchet: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        print("ratchet: interrupted; run it again, it goes on where it was", file=sys.stderr)
        # Prefect's client threads would hold the interpreter back for a minute.
        os._exit(130)


def emit(result: Any) -> None:
    """Print one JSON object."""
    print(json.dumps(result, sort_keys=True, default=str))


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Print a table; the first column is text, the others numbers."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table(title=title, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        drawn.add_column(column, justify="right" if index else "left")
    for row in rows:
        drawn.add_row(*row)
    Console().print(drawn)


def say(message: str) -> None:
    """Print a line a person reads; machines read standard output, so this goes beside it."""
    from rich.console import Console

    # A path that is broken in two can be neither clicked nor copied.
    Console(stderr=True, highlight=False).print(message, soft_wrap=True)


def branches(tree: Any) -> None:
    """Print a tree; in a file or a pipe a line is never broken."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 100_000
    Console(highlight=False, width=width).print(tree)


def ranges(numbers: Sequence[int]) -> str:
    """Sorted line numbers, all of them, as `3-15, 20`."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in found)
