"""`ratchet reward score`: a reward spec on the command line, as it scores in training."""

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands.console import Json, emit, say, table

SpecFile = Annotated[Path, typer.Argument(help="The reward spec, a YAML file.", metavar="SPEC")]


def score(
    spec: SpecFile,
    rows: Annotated[
        Path,
        typer.Argument(
            help="JSON lines with id, messages, tools, reference and completion.", metavar="ROWS"
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="JSON lines with id, score, components, tier and error.")
    ],
    max_unscored: Annotated[
        float, typer.Option(help="Largest share of rows that may be unscored.", min=0, max=1)
    ] = 0.01,
    json: Json = False,
) -> None:
    """Score rows with a reward spec, exactly as training does."""
    from tasks.rewards.scored_file import refuse_too_many_unscored, score_file
    from tasks.rewards.spec import load_spec

    loaded = load_spec(spec)
    summary = score_file(loaded, rows, out)
    found = {"spec": loaded.name, "version": loaded.version, "sha": loaded.sha, "out": str(out)}
    found |= summary.as_dict()
    if json:
        emit(found)
    else:
        _show(found)
    refuse_too_many_unscored(summary, max_unscored, out)


def _show(found: dict[str, Any]) -> None:
    title = f"{found['spec']} {found['version']} ({found['sha'][:12]})"
    counts = [f"{found[name]:,}" for name in ("rows", "scored", "unscored")]
    means = ["-" if found[m] is None else f"{found[m]:.3f}" for m in ("reward", "exact")]
    table(title, ["", "rows", "scored", "unscored", "reward", "exact"], [["all", *counts, *means]])
    table("Tiers", ["tier", "rows"], [[name, f"{n:,}"] for name, n in found["tiers"].items()])
    for bad in found["bad_rows"]:
        say(f"bad row: {bad}")
    say(f"Scores: {found['out']}")
