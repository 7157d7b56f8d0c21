"""`ratchet base`: a published model becomes a folder that can be trained."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import Json, emit, say


def base(
    source: Annotated[
        str, typer.Argument(help="smollm2, a .gguf file, or a folder with safetensors.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to be made; model.path names it.")] = Path(
        "models/agent"
    ),
    template: Annotated[
        str,
        typer.Option(
            help="A Jinja chat template; `tools` for the one here, which writes calls in Hermes' "
            "dialect; empty keeps a folder's own."
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Make a base from a published model: weights, a chat template with tools, and their sha256."""
    from tasks.core.errors import SettingsError
    from tasks.learning import bases

    text = bases.TOOL_TEMPLATE if template in ("", "tools") else _read(Path(template))
    path = Path(source)
    if source in bases.PACKAGES:
        made = bases.from_package(bases.PACKAGES[source], out)
    elif path.suffix == ".gguf":
        made = bases.from_gguf(path, out, template=text)
    elif path.is_dir():
        made = bases.from_folder(path, out, template=text if template else "")
    else:
        raise SettingsError(
            f"{source}: expected {', '.join(bases.PACKAGES)}, a .gguf file, or a folder with "
            "safetensors and a tokenizer"
        )
    if json:
        emit(made._asdict())
        return
    say(
        f"{made.folder}: {made.parameters:,} parameters from {made.source}, calls in {made.dialect}"
    )
    for note in made.notes:
        say(note)
    say(f"sha256 of the weights {made.weights_sha256}; name the folder in params.yaml: model.path")


def _read(file: Path) -> str:
    from tasks.core.errors import SettingsError

    if not file.is_file():
        raise SettingsError(f"--template {file}: no such file")
    return file.read_text()
