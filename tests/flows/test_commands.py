"""What a user sees when something is wrong: one line with the cure, and an exit code."""

import itertools
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cli import console
from tasks.core import step, workspace
from tasks.core.closure import PROJECT


def ratchet(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    params = yaml.safe_load((PROJECT / "params.yaml").read_text())
    return workspace.create(tmp_path / "agent", params)


def alone(stage: str, home: Path) -> "subprocess.CompletedProcess[str]":
    """A stage without DVC and Prefect."""
    return subprocess.run(
        [sys.executable, "-m", f"tasks.{stage}"],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )


def one_line(done: "subprocess.CompletedProcess[str]") -> str:
    (line,) = done.stderr.splitlines()
    return line


def test_help_names_every_command() -> None:
    shown = ratchet("--help").stdout
    commands = ("demo", "init", "run", "curate", "finetune", "release", "promote", "rollback")
    assert all(name in shown for name in (*commands, "status", "audit", "power", "up", "doctor"))


def test_an_unknown_key_is_named_with_its_cure(home: Path) -> None:
    params = yaml.safe_load((home / "params.yaml").read_text())
    params["dedup"]["similarty"] = 0.9
    (home / "params.yaml").write_text(yaml.safe_dump(params))
    done = ratchet("status", "-w", str(home))
    assert done.returncode == 2
    assert "dedup.similarty is no key of it; remove it or correct its name" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    done = ratchet("up", "-w", str(tmp_path))
    assert done.returncode == 2
    assert "make one with `ratchet init`" in done.stderr


@pytest.mark.parametrize(
    "command",
    [("curate",), ("run",), ("status",), ("erase", "--person", "u"), ("audit", "--person", "u")],
)
def test_a_folder_that_is_no_workspace_is_left_as_it_was(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = ratchet(*command, "-w", str(tmp_path))
    assert done.returncode == 2
    assert one_line(done) == (
        f"ratchet: no {tmp_path / 'params.yaml'} here: run this in a workspace, or make one with "
        "`ratchet init`"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_without_its_repositories_says_which(home: Path) -> None:
    gone = {".git": "no git repository", ".dvc": "no DVC repository", "dvc.yaml": "no dvc.yaml"}
    for name, message in gone.items():
        (home / name).rename(home.parent / "away")
        done = ratchet("erase", "--person", "mia", "-w", str(home))
        assert done.returncode == 2
        assert f"{home} is no workspace: it has {message}" in one_line(done)
        assert "make one with `ratchet init`" in done.stderr
        (home.parent / "away").rename(home / name)


def test_data_that_is_a_file_is_told_before_anything_starts(home: Path) -> None:
    (home / "data").write_text("")
    done = ratchet("curate", "-w", str(home))
    assert done.returncode == 4
    assert f"{home / 'data'} is a file: expected a folder" in one_line(done)
    stage = alone("redact", home)
    assert stage.returncode == 4
    assert one_line(stage).startswith("ratchet redact: data is a file: expected a folder")


def test_a_stage_before_the_one_that_it_needs_names_the_command(home: Path) -> None:
    for before, stage in itertools.pairwise(step.FOLDERS):
        done = alone(stage, home)
        assert done.returncode == 4
        assert (
            f"manifest.json is missing: stage {before} has not run here; run `ratchet curate`, or "
            f"that stage alone, in the workspace: `python -m tasks.{before}`"
        ) in one_line(done)


def test_a_person_of_a_workspace_that_was_never_curated(home: Path) -> None:
    for command in ("erase", "audit"):
        done = ratchet(command, "--person", "mia", "-w", str(home))
        assert done.returncode == 4
        assert "stage redact has not run here; run `ratchet curate`" in one_line(done)
    assert not (home / "annotations/erased.jsonl").exists()


def test_params_that_are_no_settings_stop_a_run_at_once(home: Path) -> None:
    (home / "params.yaml").write_text("")
    done = ratchet("curate", "-w", str(home))
    assert done.returncode == 2
    assert "params.yaml is empty: expected the sections" in one_line(done)


def test_a_port_in_use_names_the_option(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = ratchet("up", "-w", str(home), "--prefect-port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "name another with --prefect-port" in done.stderr
    assert not (home / ".ratchet/servers.json").exists()


def test_a_model_that_is_not_there_is_named(home: Path) -> None:
    done = ratchet("audit", "models:/agent@champion", "-w", str(home))
    assert done.returncode == 5
    assert "models:/agent@champion is not in the registry" in done.stderr


def test_line_numbers_are_told_all_of_them() -> None:
    assert console.ranges([3, 4, 5, 9, 11, 12]) == "3-5, 9, 11-12"
    assert console.ranges([]) == ""


def test_power_is_exact() -> None:
    found = json.loads(ratchet("power", "600", "--differ", "0.25", "--json").stdout)
    assert found["minimum_detectable_effect"] == pytest.approx(0.0505, abs=2e-4)


def test_init_fills_in_the_logs(tmp_path: Path) -> None:
    logs = ("--logs", "s3://bucket/logs", "--logs", "here")
    made = ratchet("init", str(tmp_path / "new"), *logs, "--no-look")
    assert made.returncode == 0, made.stderr
    text = (tmp_path / "new/params.yaml").read_text()
    params = yaml.safe_load(text)
    uris = [source["uri"] for source in params["ingest"]["sources"]]
    assert uris == ["s3://bucket/logs", str(Path("here").resolve())]
    assert "# raise by one: everything redacted again under a new key" in text


def test_init_refuses_a_workspace_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    arguments = ("init", str(tmp_path / "new"), "--logs", "s3://bucket/logs", "--no-look")
    assert ratchet(*arguments).returncode == 0
    params = tmp_path / "new/params.yaml"
    params.write_text(params.read_text() + "# mine\n")
    before = params.read_bytes()
    again = ratchet(*arguments)
    assert again.returncode == 4
    assert "is a workspace already" in again.stderr
    assert params.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (None, b"", "expected a file or folder"),
        ("notes.jsonl", b'{"a": 1}\n{"b": 2}\n', "none of the first 2 records"),
        ("page.jsonl", b"<html>\n</html>\n", "none of the first 2 records"),
        ("readme.md", b"# Logs\n", "none of the first 1 records"),
    ],
)
def test_init_looks_at_the_logs_first(
    tmp_path: Path, name: str | None, content: bytes, why: str
) -> None:
    logs = tmp_path / "logs"
    if name:
        logs.mkdir()
        (logs / name).write_bytes(content)
    made = ratchet("init", str(tmp_path / "new"), "--logs", str(logs))
    assert made.returncode in (3, 4), made.stderr
    assert why in " ".join(made.stderr.split())
    assert not (tmp_path / "new").exists()


def test_init_says_in_which_format_the_logs_are(tmp_path: Path) -> None:
    from tasks.formats import bedrock_invocation

    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/a.jsonl").write_bytes(bedrock_invocation.SAMPLE + b"\n" + b"torn {\n")
    made = ratchet("init", str(tmp_path / "new"), "--logs", str(tmp_path / "logs"))
    assert made.returncode == 0, made.stderr
    shown = " ".join((made.stdout + made.stderr).split())
    assert "1 of the first 2 records can be read (bedrock_invocation)" in shown
