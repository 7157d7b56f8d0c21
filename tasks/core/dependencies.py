"""The data graph for DVC: `dvc.yaml` with the code that each stage depends on, read from source.

    python -m tasks.core.dependencies    writes the project's own dvc.yaml anew

The project's dvc.yaml says everything else; the files of code in it are generated, and those in the
graph of another workspace are named from there. Which plug-ins are meant is read from its params.
"""

import os
import sys
from pathlib import Path
from typing import Any

import yaml

from tasks.core import closure, stages
from tasks.core.closure import PROJECT
from tasks.core.curation_settings import PARAMS_FILE, CurationParams, load

GRAPH = "dvc.yaml"
GENERATED = "# Made from the project's dvc.yaml, and made again when its code changes.\n"
_CODE = "      # Generated from the imports of tasks/{stage}.py: `make graph`."


def graph(folder: Path) -> str:
    """What dvc.yaml has to say in a workspace, or in the project itself.

    Raises:
        SettingsError: its params.yaml cannot be read, or a source is no Python.
    """
    template = (PROJECT / GRAPH).read_text()
    params = load(folder / PARAMS_FILE)
    code = {stage: code_of(stage, params, folder) for stage in stages.FOLDERS}
    if folder.resolve() == PROJECT:
        return _in_place(template, code)
    stated: dict[str, Any] = yaml.safe_load(template)
    for name, stage in stated["stages"].items():
        annotations = stages.annotations_of(folder).name
        data = [dep for dep in stage["deps"] if not is_code(dep)]
        data = [annotations if dep == stages.ANNOTATIONS else dep for dep in data]
        stage["deps"] = data + code[name]
    return GENERATED + yaml.safe_dump(stated, sort_keys=False)


def code_of(stage: str, params: CurationParams, folder: Path) -> list[str]:
    """Files that a stage is made of with these params, and its name model, from `folder` on."""
    python = [str(folder.resolve()), *sys.path]
    files = closure.files(f"tasks.{stage}", *plugins(stage, params), path=python)
    places = [os.path.relpath(file, folder.resolve()) for file in files]
    model = params.redact.ner_model if stage == "redact" else ""
    return [*places, model] if model and (folder / model).is_dir() else places


def plugins(stage: str, params: CurationParams) -> list[str]:
    """Modules that a stage is told by name to load."""
    if stage == "redact":
        return [name for name in params.redact.recognizers if "." in name]
    if stage != "ingest":
        return []
    package = "tasks.formats"
    names = {source.format for source in params.ingest.sources}
    names |= set(closure.plugins(package)) if "auto" in names else set()
    return [name if "." in name else f"{package}.{name}" for name in sorted(names)]


def is_code(dep: str) -> bool:
    """Whether a dependency is a stage's code, and not what it reads."""
    return dep.partition("/")[0] not in ("data", stages.ANNOTATIONS, stages.FORMER)


def _in_place(text: str, code: dict[str, list[str]]) -> str:
    """The text with other files of code, its comments as they are."""
    lines: list[str] = []
    stage, listing = "", False
    for line in text.splitlines():
        key = line.strip().removesuffix(":")
        if line.startswith("  ") and line[2:3].isalpha() and key in code:
            stage = key
        if line == "    deps:":
            listing = True
        elif listing and not line.startswith("      "):
            listing = False
            lines += [_CODE.format(stage=stage), *(f"      - {file}" for file in code[stage])]
        generated = line.strip().startswith("# Generated") or (
            line.strip().startswith("- ") and is_code(line.strip()[2:])
        )
        if not (listing and generated):
            lines.append(line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (PROJECT / GRAPH).write_text(graph(PROJECT))
