"""`ratchet init` and `ratchet curate`: a workspace, and its dataset."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import interruption
from cli.console import Json, Verbose, Workspace, emit, say, table

NAMED = 12
"""Held-out tools that are named on the terminal."""
SIZES = ("train", "validation", "test", "unlabelled")


def init(
    folder: Annotated[Path, typer.Argument(help="New folder for the workspace.")],
    logs: Annotated[list[str], typer.Option(help="fsspec uri of your logs; may be repeated.")],
    log_format: Annotated[
        str, typer.Option("--format", help="A file of tasks/formats/, a module of yours, or auto.")
    ] = "auto",
    feedback: Annotated[list[str] | None, typer.Option(help="fsspec uri of feedback.")] = None,
    look: Annotated[bool, typer.Option(help="Read a few records of each source first.")] = True,
) -> None:
    """Make a workspace of its own for an agent: git, DVC, and params.yaml filled in.

    A folder that holds something is refused, and so are logs of which no record can be read.
    """
    from tasks.core import workspace
    from tasks.core.closure import PROJECT

    workspace.vacant(folder)
    params = _filled_in((PROJECT / "params.yaml").read_text(), logs, log_format, feedback or [])
    if look:
        _look(params, folder)
    workspace.create(folder, params)
    say(f"Workspace {folder} is ready. Look through {folder}/params.yaml, then:")
    say(f"  ratchet curate -w {folder}")


def _filled_in(text: str, logs: list[str], log_format: str, feedback: list[str]) -> str:
    """params.yaml with these sources, its comments as they are."""
    from io import StringIO

    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    params = yaml.load(text)
    params["ingest"]["sources"] = [{"uri": _whole(uri), "format": log_format} for uri in logs]
    params["ingest"]["feedback"] = [_whole(uri) for uri in feedback]
    written = StringIO()
    yaml.dump(params, written)
    return written.getvalue()


def _look(text: str, folder: Path) -> None:
    """Say what the first records of each source are, before anything is written."""
    import yaml

    from tasks import ingest
    from tasks.core.curation_settings import IngestSettings

    settings = IngestSettings.model_validate(yaml.safe_load(text)["ingest"])
    for one in ingest.look(settings, folder / "data" / "ingested"):
        formats = f" ({', '.join(one.formats)})" if one.formats else ""
        say(
            f"{one.uri}: {one.objects:,} objects; {one.read} of the first {one.looked_at} records "
            f"can be read{formats}"
        )


def curate(workspace: Workspace = Path(), json: Json = False, verbose: Verbose = False) -> None:
    """Bring the dataset up to date with the logs: ingest, redact, dedup, validate, split."""
    from flows import environment

    environment.prepare(workspace, verbose=verbose)
    result = _unchanged(workspace) or _flow(workspace)
    if json:
        emit(result)
        return
    show(result)
    version = result["dataset"]["version"]
    say(f"Report: {(workspace / 'data' / 'report' / f'{version}.html').resolve()}")


def show(result: dict[str, Any]) -> None:
    """Print the counts of each stage and the dataset's version."""
    from tasks.dataset.datapage import first

    counts = ["read", "accepted", "rejected", "duplicate"]
    stages = {name: found for name, found in result.items() if name != "dataset"}
    table(
        f"{result['dataset']['version']}  md5 {result['dataset']['md5']}",
        ["stage", *counts, "seconds"],
        [
            [name, *(f"{s[c]:,}" for c in counts), f"{s['seconds']:.1f}"]
            for name, s in stages.items()
        ],
    )
    split = stages["split"]
    table(
        "split",
        ["partition", "examples"],
        [[name, f"{split[name]:,}"] for name in SIZES],
    )
    held = split["held_out_tools"]
    say(f"Held-out tools: {first(held, NAMED, 'data/split/manifest.json') or 'none'}")
    if waiting := stages["dedup"]["to_review"]:
        say(f"{waiting:,} decisions wait for a person's label: data/deduped/review.jsonl")


def flat(result: dict[str, Any]) -> dict[str, Any]:
    """The flow's result as machines get it: counts a stage, split sizes, dataset."""
    stages: dict[str, Any] = {}
    for name, found in result.items():
        if name == "dataset":
            continue
        stages[name] = {key: value for key, value in found.items() if key != "info"}
        if name == "split":
            stages[name] |= {key: found["info"][key] for key in (*SIZES, "held_out_tools")}
        if name == "dedup":
            stages[name]["to_review"] = found["info"]["to_review"]
    return {**stages, "dataset": result["dataset"]}


def _whole(uri: str) -> str:
    """A local path from the root, so that it means the same inside the workspace."""
    return uri if "://" in uri else str(Path(uri).resolve())


def _flow(workspace: Path) -> dict[str, Any]:
    interruption.ends_the_command()
    from flows.curate import curate as curate_flow

    return flat(curate_flow(str(workspace)))


def _unchanged(workspace: Path) -> dict[str, Any] | None:
    """The last result where logs, params and code are as they were: no flow needs to start."""
    from tasks.core import graph
    from tasks.core import workspace as home

    found = graph.unchanged(workspace)
    if found is None:
        return None
    say("Nothing new in the logs, the params or the code.")
    dataset = home.tag_dataset(workspace).model_dump(include={"version", "md5"})
    return flat({**found, "dataset": dataset})
