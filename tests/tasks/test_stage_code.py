"""A change of code makes again what depends on it and nothing else, and the result is a rebuild."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core import closure, dependencies
from tasks.core.closure import PROJECT
from tasks.core.curation_settings import load
from tasks.core.stages import FOLDERS
from tasks.formats import openai_chat
from tests.tasks.curation_logs import content, stamps

COPIED = ("cli", "flows", "tasks", "specs", "annotations", "dvc.yaml", "params.yaml")
STAGES = tuple(FOLDERS)
TOOLS = ("get_order", "cancel_order", "find_parcel", "send_refund")
WORDS = tuple(f"{one}{other}" for one in "kaleidoscope" for other in "abcdefghijklmnopqrstuvwxyz")
RUN = """
import sys
from pathlib import Path
from tasks.core import graph
for stage in sys.argv[1:]:
    graph.reproduce(stage, Path())
"""
LOADED = """
import json, os, runpy, sys
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])  # no workers, whose imports none would see
runpy.run_module(f"tasks.{sys.argv[1]}", run_name="__main__")
files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
print(json.dumps([file for file in files if file]))
"""
PARTLY_LOST = """

_as_logged = join


def join(feedback):
    ledger = _as_logged(feedback)
    return Ledger(
        {name: one._replace(outcome=float(name > "s-12")) for name, one in ledger.sessions.items()},
        ledger.requests,
    )
"""


def python(project: Path, workspace: Path, *arguments: str) -> str:
    """Standard output of Python in a workspace, with the code of a project."""
    binaries = Path(sys.executable).parent
    environment = os.environ | {
        "PYTHONPATH": str(project),
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "RATCHET_KEY_FILE": str(project / "key"),
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=workspace,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def lines() -> Iterator[dict[str, Any]]:
    """Logged calls of distinct sessions."""
    rng = random.Random(0)
    for number in range(32):
        row = json.loads(openai_chat.SAMPLE)
        words = " ".join(rng.choices(WORDS, k=24))
        tools = [
            {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
            for name in TOOLS
        ]
        row["request"] |= {
            "messages": [{"role": "user", "content": f"Please see to {words}."}],
            "tools": tools,
            "metadata": {"session_id": f"s-{number:02d}", "user_id": f"user-{number}"},
        }
        called = {"name": TOOLS[number % 4], "arguments": "{}"}
        message = {"role": "assistant", "content": None}
        message |= {"tool_calls": [{"id": "t", "type": "function", "function": called}]}
        row["response"] |= {"id": f"c-{number}"}
        row["response"]["choices"][0]["message"] = message
        yield row


def write_logs(workspace: Path) -> None:
    for name in ("landing", "feedback"):
        (workspace / "data" / name).mkdir(parents=True)
    rows = "".join(json.dumps(row) + "\n" for row in lines())
    (workspace / "data/landing/calls.jsonl").write_text(rows)
    told = {"metric": "solved", "source": "outcome", "timestamp": "2026-11-20T00:00:00Z"}
    feedback = (
        {"session_id": f"s-{number:02d}", "value": float(number % 2), **told}
        for number in range(32)
    )
    text = "".join(json.dumps(row) + "\n" for row in feedback)
    (workspace / "data/feedback/outcomes.jsonl").write_text(text)


def make(project: Path, workspace: Path, **ingest: Any) -> Path:
    """A workspace of a copied project, with logs."""
    params = yaml.safe_load((project / "params.yaml").read_text())
    params["ingest"] |= {"sources": [{"uri": "data/landing", "format": "openai_chat"}]}
    params["ingest"] |= {"feedback": ["data/feedback"], **ingest}
    params["validate"] |= {"min_examples": 1}
    params["split"] |= {"held_out_tools": 0, "validation": 0.2, "test": 0.2}
    program = "import sys, yaml; from pathlib import Path; from tasks.core import workspace; "
    program += "workspace.create(Path(sys.argv[1]), yaml.safe_load(sys.argv[2]))"
    python(project, project, "-c", program, str(workspace), yaml.safe_dump(params))
    write_logs(workspace)
    return workspace


def copied(folder: Path) -> Path:
    """A copy of the project, to be changed."""
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.safetensors")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    (folder / "key").write_text(bytes(range(32)).hex())
    (folder / "key").chmod(0o600)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("copied"))


@pytest.fixture(scope="module")
def workspace(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All stages have run in it, through DVC."""
    made = make(project, tmp_path_factory.mktemp("stages") / "agent")
    python(project, made, "-c", RUN, *STAGES)
    return made


def code(stage: str, project: Path, workspace: Path) -> list[Path]:
    """Files of a copied project that a stage's key is made of."""
    plugged = dependencies.plugins(stage, load(workspace / "params.yaml"))
    return closure.files(f"tasks.{stage}", *plugged, project=project, path=())


def key(stage: str, project: Path, workspace: Path) -> str:
    plugged = dependencies.plugins(stage, load(workspace / "params.yaml"))
    return closure.sha(f"tasks.{stage}", *plugged, project=project, path=())


pytestmark = pytest.mark.slow


@pytest.mark.parametrize("stage", STAGES)
def test_all_that_a_run_loads_is_in_its_stages_graph(
    stage: str, project: Path, workspace: Path
) -> None:
    """What Python really loaded is the measure of what was read from source."""
    out = python(project, workspace, "-c", LOADED, stage).splitlines()[-1]
    loaded = {Path(file).resolve() for file in json.loads(out)}
    ours = {file for file in loaded if file.is_relative_to(project.resolve())}
    assert len(ours) > 20
    graph = yaml.safe_load((workspace / "dvc.yaml").read_text())["stages"][stage]
    deps = {(workspace / dep).resolve() for dep in graph["deps"]}
    assert ours - deps == set()


@pytest.mark.parametrize("stage", STAGES)
def test_each_file_of_a_stage_changes_its_key(stage: str, project: Path, workspace: Path) -> None:
    before = key(stage, project, workspace)
    files = [file for file in code(stage, project, workspace) if file.suffix == ".py"]
    assert len(files) > 20
    for file in files:
        text = file.read_text()
        file.write_text(text + "# A comment.\n")
        assert key(stage, project, workspace) != before, file
        file.write_text(text)
    assert key(stage, project, workspace) == before


def test_a_part_carries_its_stages_key(project: Path, workspace: Path, tmp_path: Path) -> None:
    """A comment in one file of each stage alone: its parts have other keys, the same bytes."""
    changed = copied(tmp_path / "changed")
    for stage in STAGES:
        file = changed / f"tasks/{stage}.py"
        file.write_text(file.read_text() + "# A comment.\n")
    again = tmp_path / "again"
    shutil.copytree(workspace, again)
    python(changed, again, "-c", RUN, *STAGES)
    for folder in FOLDERS.values():
        before, after = (
            json.loads((home / "data" / folder / "manifest.json").read_text())["parts"]
            for home in (workspace, again)
        )
        assert [part["sha256"] for part in after] == [part["sha256"] for part in before]
        keys = [
            (one["key"], other["key"])
            for one, other in zip(before, after, strict=True)
            if one.get("key")
        ]
        assert keys
        assert all(one != other for one, other in keys)


def test_what_is_no_stages_code_changes_nothing(project: Path, workspace: Path) -> None:
    """Each other file of the project at once: no key changes, no stage runs, the lock stays."""
    inside = {file for stage in STAGES for file in code(stage, project, workspace)}
    others = [file for name in ("cli", "flows", "tasks") for file in (project / name).rglob("*.py")]
    before = {file: file.read_text() for file in others if file.resolve() not in inside}
    assert {project / "tasks/canary.py", project / "tasks/train.py"} <= before.keys()
    keys = [key(stage, project, workspace) for stage in STAGES]
    python(project, workspace, "-c", RUN, *STAGES)
    ran = {name: stamp for name, stamp in stamps(workspace).items() if in_data(name)}
    lock = (workspace / "dvc.lock").read_text()
    for file, text in before.items():
        file.write_text(text + "# A comment.\n")
    assert [key(stage, project, workspace) for stage in STAGES] == keys
    python(project, workspace, "-c", RUN, *STAGES)
    for file, text in before.items():
        file.write_text(text)
    assert {name: stamp for name, stamp in stamps(workspace).items() if in_data(name)} == ran
    assert (workspace / "dvc.lock").read_text() == lock


def in_data(path: str) -> bool:
    """What a stage touches when it runs; `ingest` runs each time, to look at its sources."""
    return "/data/" in path and not path.endswith(".ingested.lock")


def test_another_way_to_join_outcomes_is_read_again_and_is_a_rebuild(tmp_path: Path) -> None:
    """What a filter asks of feedback is code of `ingest`, though it is loaded on the way only."""
    changed = copied(tmp_path / "changed")
    chosen = {"filter": {"field": "outcome", "at_least": 0.5}}
    grown = make(changed, tmp_path / "grown", **chosen)
    python(changed, grown, "-c", RUN, *STAGES)
    first = json.loads((grown / "data/ingested/manifest.json").read_text())["counts"]
    assert first["accepted"] == 16
    file = changed / "tasks/labelling/decisions.py"
    file.write_text(file.read_text() + PARTLY_LOST)
    shutil.rmtree(grown / "data/split")  # a place in the split holds for ever
    python(changed, grown, "-c", RUN, *STAGES)
    second = json.loads((grown / "data/ingested/manifest.json").read_text())["counts"]
    assert second["accepted"] == 19
    rebuilt = make(changed, tmp_path / "rebuilt", **chosen)
    python(changed, rebuilt, "-c", RUN, *STAGES)
    for folder in FOLDERS.values():
        one, other = (content(home / "data" / folder) for home in (grown, rebuilt))
        if folder == "validated":  # tells drift against the version before
            for state in (one, other):
                del state["expectations.json"], state["expectations.html"]
        assert one == other


def test_a_format_of_the_users_own_is_code_of_ingest_alone(project: Path, tmp_path: Path) -> None:
    """By its dotted path, with what it imports beside it; in the graph and in the keys."""
    home = make(project, tmp_path / "agent", sources=[{"uri": "data/landing", "format": "own.log"}])
    (home / "own").mkdir()
    (home / "own/log.py").write_text(
        "from own.words import NOTHING\nfrom tasks.formats.openai_chat import SAMPLE, parse, "
        "recognises\n"
    )
    (home / "own/words.py").write_text("NOTHING = ''\n")
    python(project, home, "-c", RUN, "ingest", "redact")
    stages = yaml.safe_load((home / "dvc.yaml").read_text())["stages"]
    assert {"own/log.py", "own/words.py"} <= set(stages["ingest"]["deps"])
    assert not {"own/log.py", "own/words.py"} & set(stages["redact"]["deps"])
    before = json.loads((home / "data/ingested/manifest.json").read_text())["parts"][-1]["key"]
    (home / "own/words.py").write_text("NOTHING = ' '\n")
    python(project, home, "-c", RUN, "ingest")
    after = json.loads((home / "data/ingested/manifest.json").read_text())["parts"][-1]["key"]
    assert before != after


def test_the_projects_graph_is_as_its_code_is() -> None:
    """`make graph` writes it."""
    assert (PROJECT / "dvc.yaml").read_text() == dependencies.graph(PROJECT)
