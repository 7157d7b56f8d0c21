"""`ratchet review draw` and `ratchet review agree`: people judge both arms of a canary, blinded."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import Json, Workspace, emit, say

Folder = Annotated[Path, typer.Option(help="Where the review's two files are.")]


def draw(
    workspace: Workspace = Path(),
    count: Annotated[int, typer.Option(help="Sessions of each arm.", min=1)] = 25,
    into: Folder = Path("review"),
    seed: Annotated[int, typer.Option(help="Of the sample.")] = 0,
    json: Json = False,
) -> None:
    """Draw a blinded sample of the canary's traced sessions into a file for reviewers."""
    from tasks.evidence import spot_checks

    traces = workspace / ".ratchet" / "serving" / "traces"
    items = spot_checks.draw(traces, into, count=count, seed=seed)
    if json:
        emit({"items": items, "review": str(into / spot_checks.REVIEW)})
        return
    say(f"{items} replies in {into / spot_checks.REVIEW}: set `good` to true or false in each line")
    say(f"Nobody opens {into / spot_checks.KEY} before; then: ratchet review agree --into {into}")


def agree(
    into: Folder = Path("review"),
    second: Annotated[
        Path | None, typer.Option(help="Another reviewer's file of the same items.")
    ] = None,
    json: Json = False,
) -> None:
    """Say how good people call each arm, and how far they agree with the reported outcomes."""
    import msgspec

    from tasks.evidence import spot_checks

    found = spot_checks.agree(into / spot_checks.REVIEW, into / spot_checks.KEY, second)
    if json:
        emit(msgspec.to_builtins(found))
        return
    say(f"{found.reviewed} replies reviewed, {found.open} open")
    for arm, rate in found.good.items():
        low, high = ("?" if bound is None else f"{bound:.3f}" for bound in (rate.low, rate.high))
        say(f"{arm}: {rate.mean:.3f} [{low}, {high}] of {rate.n} called good")
    for name, kappa in (("outcome", found.with_outcome), ("second reviewer", found.between)):
        if kappa is not None:
            say(
                f"agreement with the {name}: {kappa.agreement:.0%}, kappa {kappa.value:.2f} "
                f"[{kappa.low:.2f}, {kappa.high:.2f}] on {kappa.rows}"
            )
