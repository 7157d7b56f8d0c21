"""`ratchet reward import` and `export`: other services' graders to specs, and specs to theirs."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cli.console import Json, emit, say
from cli.reward import SpecFile

Target = Literal["lambda", "openai", "trl", "eval-protocol"]


def import_(
    grader: Annotated[
        str,
        typer.Argument(
            help="A grader's JSON (OpenAI, Azure), a Python file with lambda_handler, grade or "
            "score, or the ARN or address of a deployed Lambda."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The reward spec to write.")],
    name: Annotated[str, typer.Option(help="Of the spec; else the grader's own.")] = "",
    kind: Annotated[
        Literal["auto", "openai", "azure", "lambda", "python"],
        typer.Option("--from", help="What the grader is, where the file does not say."),
    ] = "auto",
    event: Annotated[
        Literal["bedrock", "sagemaker"],
        typer.Option(help="Where a Lambda finds reference_answer: in metadata, or at the root."),
    ] = "sagemaker",
    scale: Annotated[
        tuple[float, float] | None,
        typer.Option("--range", help="The lowest and highest value that it gives."),
    ] = None,
    json: Json = False,
) -> None:
    """Make a reward spec out of a grader of OpenAI, Azure, Bedrock or SageMaker."""
    from tasks.core.errors import SettingsError
    from tasks.rewards.exchange import imported
    from tasks.rewards.specification.spec import load_spec

    if out.exists():
        raise SettingsError(f"{out} is there already; name another file, or remove it")
    found = imported.read(grader, name=name, kind=kind, event=event, scale=scale)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(imported.written(found))
    spec = load_spec(out)
    result = {"spec": spec.name, "version": spec.version, "sha": spec.sha, "out": str(out)}
    _end({**result, "rewards": [s.reward for s in spec.scorers], "notes": found.notes}, json)


def export(
    spec: SpecFile,
    to: Annotated[Target, typer.Option(help="What it shall be.")],
    out: Annotated[
        Path, typer.Option(help="A new folder, for `lambda` also a .zip, for `openai` a file.")
    ],
    unscored: Annotated[
        Literal["fail", "null"],
        typer.Option(help="lambda: a row that cannot be scored fails the invocation, or is null."),
    ] = "fail",
    envelope: Annotated[
        bool, typer.Option("--envelope", help="lambda: always answer {statusCode, body}.")
    ] = False,
    unsafe_without_sandbox: Annotated[
        bool,
        typer.Option(
            "--unsafe-without-sandbox",
            help="lambda: programs of yours run there with the Lambda's role as only wall.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Write a reward spec as a Lambda of AWS, OpenAI's grader JSON, or for TRL or eval-protocol."""
    from tasks.rewards.specification.spec import load_spec

    loaded = load_spec(spec)
    result: dict[str, Any] = {"spec": loaded.name, "version": loaded.version, "to": to}
    if to == "openai":
        result |= _as_openai(loaded, out)
    elif to == "lambda":
        from tasks.rewards.exchange import lambda_export

        result |= lambda_export.export(
            loaded,
            out,
            unscored=unscored,
            envelope=envelope,
            unsafe_without_sandbox=unsafe_without_sandbox,
        )._asdict()
    else:
        from tasks.rewards.exchange import framework_export

        result |= framework_export.export(loaded, out, to)._asdict()
    _end({**result, "out": str(out)}, json)


def _as_openai(spec: Any, out: Path) -> dict[str, Any]:
    from tasks.rewards.exchange import openai_export, portable

    portable.refuse_existing(out)
    said = openai_export.export(spec)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(openai_export.written(said.grader))
    return {"sha": spec.sha, "notes": said.notes}


def _end(result: dict[str, Any], json: bool) -> None:
    if json:
        emit(result)
        return
    for note in result.get("notes", ()):
        say(f"note: {note}")
    if result.get("packages"):
        say(f"packages: {', '.join(result['packages'])}")
    if result.get("runtime"):
        size = f"{result['megabytes']:.1f} MB"
        say(f"made for {result['runtime']}, {size}; AWS calls lambda_function.lambda_handler")
    say(f"Written: {result['out']} ({result['sha'][:12]})")
