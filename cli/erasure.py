"""`ratchet erase`, and `ratchet audit --person`: what saw a person, and leaving them out."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import Json, Workspace, branches, emit, ranges, say

Person = Annotated[
    list[str],
    typer.Option(
        "--person",
        help="A value that names the person in the logs, as mia_li_3668; may be repeated.",
    ),
]


def erase(person: Person, workspace: Workspace = Path(), json: Json = False) -> None:
    """Leave a person out of the next dataset version, and list all that saw them so far."""
    from flows import environment

    environment.prepare(workspace)
    import msgspec

    from tasks.lineage import persons

    found: dict[str, Any] = msgspec.to_builtins(persons.erase(workspace, person))
    if json:
        emit(found)
        return
    show(found)
    say("Written down in annotations/erased.jsonl, as a keyed hash. What is left to do:")
    say(f"  ratchet curate -w {workspace}    makes the next dataset version, without this person")
    say("  take the lines above out of the raw logs: they are yours, and are not touched here")
    say("  train anew what has learnt from these versions, and delete those (`dvc gc`)")


def audit(workspace: Path, person: list[str], json: bool) -> None:
    """Walk from a person forward to the datasets and models that saw them."""
    import msgspec

    from tasks.lineage import persons

    found: dict[str, Any] = msgspec.to_builtins(persons.known(workspace, person))
    if json:
        emit(found)
        return
    show(found)


def show(found: dict[str, Any]) -> None:
    """Print what saw a person as a tree; the clear value is not repeated."""
    from rich.tree import Tree

    state = "erased" if found["erased"] else "not erased"
    tree = Tree(f"[bold]person[/] {', '.join(found['hashes'])}  key {found['key_id']}  ({state})")
    logs = tree.add(f"logs: {sum(len(source['lines']) for source in found['logs']):,} lines")
    for source in found["logs"]:
        logs.add(f"{source['uri']}  lines {ranges(source['lines'])}")
    data = tree.add(f"datasets: {len(found['datasets'])}")
    for version in found["datasets"]:
        held = [f"{n:,} {label}" for label, n in version["examples"].items()]
        held += ["the held-out test"] if version["sealed"] else []
        data.add(f"{version['version']}  md5 {version['md5']}  {', '.join(held)}")
    models = tree.add(f"models: {len(found['models'])}")
    for model in found["models"]:
        aliases = "".join(f" @{alias}" for alias in model["aliases"])
        models.add(f"{model['model']}{aliases}  {', '.join(model['how'])} on {model['dataset']}")
    branches(tree)
