"""The house keeps its shape: steps, params and graph agree, files stay readable."""

import importlib.util
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tasks.core import step
from tasks.core.settings import Params, load

ROOT = Path(__file__).parents[1]
MODEL_STEPS = {"baseline", "train", "evaluate", "gate", "canary", "promote"}


def tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split()]


def test_every_step_is_one_file_and_every_file_a_step() -> None:
    files = {path.stem for path in (ROOT / "tasks").glob("*.py")} - {"__init__"}
    assert files == set(step.FOLDERS) | MODEL_STEPS


def test_the_graph_has_the_data_stages_in_order() -> None:
    graph = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    assert list(graph) == list(step.FOLDERS)
    for name, stage in graph.items():
        assert stage["cmd"] == f"python -m tasks.{name}"
        assert stage["params"] == [name]
        assert next(iter(stage["outs"][0])) == f"data/{step.FOLDERS[name]}"
        assert stage["desc"]


def test_what_holds_personal_data_is_never_cached() -> None:
    graph = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    uncached = {
        name for name, s in graph.items() if next(iter(s["outs"][0].values())).get("cache") is False
    }
    assert uncached == {"ingest"}


@pytest.mark.parametrize("path", ["params.yaml", "tasks/demo/params.yaml"])
def test_checked_in_params_parse(path: str) -> None:
    params = load(ROOT / path)
    assert (ROOT / params.reward.spec).is_file()


def test_params_have_a_section_for_each_step() -> None:
    sections = {field.alias or name for name, field in Params.model_fields.items()}
    assert sections >= set(step.FOLDERS) | MODEL_STEPS


@pytest.mark.parametrize("path", tracked("*.py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_short(path: Path) -> None:
    folder = path.relative_to(ROOT).parts[0]
    limit = {"flows": 160, "tests": 600}.get(folder, 400)
    assert len(path.read_text().splitlines()) <= limit


def test_no_two_modules_share_a_name() -> None:
    paths = [path for folder in ("cli", "flows", "tasks") for path in tracked(f"{folder}/*.py")]
    names = [path.stem for path in paths if not path.stem.startswith("__")]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_core_stays_small() -> None:
    lines = sum(len(path.read_text().splitlines()) for path in tracked("tasks/core/*.py"))
    assert lines <= 3000


def test_no_flow_file_shadows_a_package() -> None:
    """Prefect puts flows/ first on the import path when it loads a flow by file."""
    names = {path.stem for path in (ROOT / "flows").iterdir() if not path.name.startswith("_")}
    assert [name for name in names if importlib.util.find_spec(name)] == []


def test_make_help_names_every_target() -> None:
    made = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"demo", "test", "check", "base", "help"} <= set(targets)
    assert all(f"make {target}" in made.stdout for target in targets)


def test_the_tour_is_twelve_files_and_short() -> None:
    named = re.findall(r"^\| `([\w/.]+\.py)` \|", (ROOT / "docs/tour.md").read_text(), re.MULTILINE)
    assert len(named) == 12
    assert sum(len((ROOT / name).read_text().splitlines()) for name in named) <= 2200


def test_pages_for_the_first_minute_stay_short() -> None:
    assert len((ROOT / "README.md").read_bytes()) <= 8000
    assert len((ROOT / "docs/glossary.md").read_text().splitlines()) <= 40
