"""What every data stage does when it is killed, or the machine fails it, at any of its commits.

A fault is put at an exact call of the operating system; what must come of it is told by the bytes
of a run that nothing disturbed.
"""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tasks.core import disk_space, parts
from tasks.core.closure import PROJECT
from tasks.core.errors import StageError
from tasks.core.stages import FOLDERS
from tasks.formats import bedrock_invocation
from tests.tasks.curation_logs import content

STAGES = tuple(FOLDERS)
SAMPLE = json.loads(bedrock_invocation.SAMPLE)
CITIES = ("Oslo", "Bergen", "Rome", "Lima", "Quito", "Paris", "Turin", "Basel", "Accra", "Delhi")


class Ended(NamedTuple):
    code: int
    stderr: str
    calls: int
    """Commits (or the calls asked about) until it ended."""


Run = Callable[..., Ended]


def log(number: int) -> bytes:
    """Ten sessions of one call, half of them of another tool."""
    made = []
    for session, city in enumerate(CITIES):
        tool = "get_weather" if session % 2 else "get_forecast"
        name = f"{number}-{session}"
        asked = f"What of {city} on day {number} of week {session}, for traveller {name}?"
        spec = {
            "name": tool,
            "inputSchema": {"json": {"type": "object", "properties": {"city": {"type": "string"}}}},
        }
        use = {"toolUseId": name, "name": tool, "input": {"city": city, "day": number}}
        given = {
            "messages": [{"role": "user", "content": [{"text": asked}]}],
            "toolConfig": {"tools": [{"toolSpec": spec}]},
        }
        reply = {"message": {"role": "assistant", "content": [{"toolUse": use}]}}
        answered = {"output": reply, "stopReason": "tool_use", "usage": {}}
        record = SAMPLE | {
            "requestId": f"r-{name}",
            "requestMetadata": {"session_id": f"s-{name}", "user_id": f"ada_{name}"},
            "input": {"inputBodyJson": given},
            "output": {"outputBodyJson": answered},
        }
        made.append(json.dumps(record).encode() + b"\n")
    return b"".join(made)


def outcomes(number: int) -> bytes:
    told = {"metric": "task_success", "value": 1, "source": "outcome"}
    told["timestamp"] = "2026-11-04T00:00:00Z"
    rows = [told | {"session_id": f"s-{number}-{session}"} for session in range(len(CITIES))]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def add(workspace: Path, *numbers: int) -> None:
    for number in numbers:
        for folder, made in (("logs", log), ("told", outcomes)):
            (workspace / folder).mkdir(exist_ok=True)
            (workspace / folder / f"{number}.jsonl").write_bytes(made(number))


def folder(workspace: Path, stage: str) -> Path:
    return workspace / "data" / FOLDERS[stage]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A library that makes a disk fail below Python; empty where nothing can compile it."""
    made = tmp_path_factory.mktemp("disk") / "faulty_disk.so"
    source = PROJECT / "tests" / "tasks" / "faulty_disk.c"
    compiler = shutil.which("cc") or shutil.which("gcc")
    command = [str(compiler), "-shared", "-fPIC", "-o", str(made), str(source), "-ldl"]
    if compiler and not subprocess.run(command, check=False, capture_output=True).returncode:
        return str(made)
    return ""


@pytest.fixture(scope="module")
def run(disk: str) -> Iterator[Run]:
    """Runs a stage in a workspace, with the fault that is asked for."""
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.tasks.faulty_stage"],
        cwd=PROJECT,
        env=os.environ
        | {"PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"}
        | ({"LD_PRELOAD": disk} if disk else {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ordered(stage: str, workspace: Path, **fault: Any) -> Ended:
        assert server.stdin is not None and server.stdout is not None
        order = {"stage": stage, "workspace": str(workspace), **fault}
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        return Ended(**json.loads(server.stdout.readline()))

    yield ordered
    server.stdin and server.stdin.close()
    assert server.wait(timeout=30) == 0


@pytest.fixture(scope="module")
def states(run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """For each stage a workspace in which it has something new to do, and one where it is done."""
    home = tmp_path_factory.mktemp("curation")
    now = home / "now"
    now.mkdir()
    params = yaml.safe_load((PROJECT / "params.yaml").read_text())
    params["ingest"] = {"sources": [{"uri": "logs"}], "feedback": ["told"], "max_rejected": 0.05}
    params["validate"]["min_examples"] = 10
    params["split"] |= {"held_out_tools": 0, "validation": 0.2, "test": 0.2}
    (now / "params.yaml").write_text(yaml.safe_dump(params))
    add(now, 1, 2)
    for stage in STAGES:
        # `redact` says that no name model is set; nothing else is to be said.
        ended = run(stage, now)
        lines = [line for line in ended.stderr.splitlines() if "no name model" not in line]
        assert (ended.code, lines) == (0, [])
        assert run(stage, now).calls == 0, "a second run commits nothing"
    add(now, 3)
    found = {}
    for stage in STAGES:
        shutil.copytree(now, home / f"before-{stage}")
        assert run(stage, now).code == 0
        shutil.copytree(now, home / f"after-{stage}")
        found[stage] = home / f"before-{stage}", home / f"after-{stage}"
    return found


def committed(workspace: Path, stage: str) -> int:
    """Rows that a reader of the stage's folder sees; every part is read to its end."""
    place = folder(workspace, stage)
    manifest = parts.require_manifest(place)
    return sum(len(list(parts.read_part(place, part, dict))) for part in manifest.parts)  # type: ignore[type-var]


@pytest.mark.parametrize("stage", STAGES)
def test_killed_at_each_of_its_commits_a_stage_ends_in_the_same_bytes(
    run: Run, states: dict[str, tuple[Path, Path]], tmp_path: Path, stage: str
) -> None:
    before, after = states[stage]
    workspace = tmp_path / "killed"
    shutil.copytree(before, workspace)
    manifest = folder(workspace, stage) / parts.MANIFEST
    was, rows = manifest.read_bytes(), committed(workspace, stage)
    # At the second one five times, so that a run begins with what others left.
    points = [1, 2, 2, 2, 2, 2, *range(3, 40)]
    for at in points:
        ended = run(stage, workspace, call="rename", at=at, fault="kill")
        if ended.code == 0:
            break
        assert ended.code == -9
        if manifest.read_bytes() == was:
            assert committed(workspace, stage) == rows
    assert at > 3
    assert run(stage, workspace).code == 0
    assert content(folder(workspace, stage)) == content(folder(after, stage))


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("fault", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
def test_after_a_sync_that_fails_nothing_is_committed(
    run: Run, states: dict[str, tuple[Path, Path]], tmp_path: Path, stage: str, fault: int
) -> None:
    before, after = states[stage]
    workspace = tmp_path / "failed"
    shutil.copytree(before, workspace)
    manifest = folder(workspace, stage) / parts.MANIFEST
    was = manifest.read_bytes()
    for at in range(1, 4):
        ended = run(stage, workspace, call="fsync", at=at, fault=fault)
        assert (ended.code, ended.stderr.count("\n")) == (4, 1)
        assert ended.stderr.startswith(f"ratchet {stage}: {os.strerror(fault)}: ")
        assert manifest.read_bytes() == was
    assert run(stage, workspace).code == 0
    assert content(folder(workspace, stage)) == content(folder(after, stage))


@pytest.mark.parametrize("stage", STAGES)
def test_a_write_that_is_cut_short_changes_nothing(
    run: Run, states: dict[str, tuple[Path, Path]], tmp_path: Path, stage: str
) -> None:
    before, after = states[stage]
    workspace = tmp_path / "cut"
    shutil.copytree(before, workspace)
    was = content(folder(workspace, stage))
    ended = run(stage, workspace, bytes=300)
    assert (ended.code, ended.stderr.count("\n")) == (4, 1)
    assert ended.stderr.startswith(f"ratchet {stage}: File too large: ")
    now = content(folder(workspace, stage))
    assert {name: now[name] for name in was} == was
    assert run(stage, workspace).code == 0
    assert content(folder(workspace, stage)) == content(folder(after, stage))


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_a_disk_that_fails_below_python_is_never_a_success(
    run: Run,
    disk: str,
    states: dict[str, tuple[Path, Path]],
    tmp_path: Path,
    *,
    stage: str,
    call: str,
) -> None:
    if not disk:
        pytest.skip("no C compiler here")
    before, after = states[stage]
    workspace = tmp_path / "broken"
    shutil.copytree(before, workspace)
    place = folder(workspace, stage)
    was = (place / parts.MANIFEST).read_bytes()
    failed = 0
    for at in range(1, 100):
        told = {"under": f"{place}/", "call": call, "at": at, "errno": errno.EIO}
        ended = run(stage, workspace, disk=told)
        if ended.code == 0:
            break
        failed += 1
        assert (ended.code, ended.stderr.count("\n")) == (4, 1)
        assert ended.stderr.startswith(f"ratchet {stage}: Input/output error: ")
        if (place / parts.MANIFEST).read_bytes() != was:
            # Only behind the rename that commits may a call still fail; the state is then the new.
            assert content(place).items() >= content(folder(after, stage)).items()
            break
    assert failed >= 2
    assert run(stage, workspace).code == 0
    assert content(place) == content(folder(after, stage))


@pytest.mark.parametrize("stage", STAGES)
def test_a_disk_that_takes_half_of_each_write_is_given_the_rest(
    run: Run, disk: str, states: dict[str, tuple[Path, Path]], tmp_path: Path, stage: str
) -> None:
    if not disk:
        pytest.skip("no C compiler here")
    before, after = states[stage]
    workspace = tmp_path / "short"
    shutil.copytree(before, workspace)
    told = {"under": f"{workspace}/data/", "call": "write", "short": 1}
    assert run(stage, workspace, disk=told).code == 0
    assert content(folder(workspace, stage)) == content(folder(after, stage))


@pytest.mark.parametrize("stage", STAGES)
def test_a_folder_of_another_user_is_refused_before_anything_is_made(
    run: Run, states: dict[str, tuple[Path, Path]], tmp_path: Path, stage: str
) -> None:
    if os.geteuid() != 0:
        pytest.skip("to give a folder to another user needs root")
    workspace = tmp_path / "theirs"
    shutil.copytree(states[stage][0], workspace)
    for place in (workspace, *workspace.rglob("*")):
        os.chown(place, 65534, 65534)
    was = content(workspace / "data")
    ended = run(stage, workspace, unprivileged=True)
    assert ended.code == 4
    assert ended.stderr.startswith(
        f"ratchet {stage}: data cannot be written by root: it belongs to nobody, mode "
    )
    assert content(workspace / "data") == was


def test_room_is_looked_for_before_a_stage_works(
    states: dict[str, tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = states["redact"]
    source, target = folder(before, "ingest"), folder(before, "redact")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 0, 5000))
    with pytest.raises(
        StageError,
        match=r"10 new records need about \d+\.\d kB in .*, and 5\.0 kB are free: make room for "
        r"\d+\.\d kB more, or put data/ on a larger disk; nothing was written",
    ):
        disk_space.between("redact", source, target)
    # Nothing new needs nothing, and neither does what was never written by the stage before.
    disk_space.between("redact", folder(after, "ingest"), folder(after, "redact"))
    disk_space.between("redact", before / "nowhere", target)


@pytest.mark.parametrize("stage", STAGES[1:])
def test_what_a_stage_is_said_to_need_is_about_what_it_writes(
    states: dict[str, tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    needed: list[int] = []
    monkeypatch.setattr(disk_space, "enough", lambda *given: needed.append(given[1]))
    before, after = states[stage]
    source = folder(before, STAGES[STAGES.index(stage) - 1])
    disk_space.between(stage, source, folder(before, stage))
    disk_space.between(stage, source, before / "never")
    had, has = (
        disk_space._size(folder(w, stage), parts.require_manifest(folder(w, stage)))
        for w in (before, after)
    )
    grown, first = needed
    assert 0.5 * (has - had) < grown < 1.5 * (has - had)
    assert first < 1.1 * has
