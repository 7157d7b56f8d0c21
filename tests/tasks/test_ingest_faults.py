"""What a disk, a shipper of logs or an attacker can do to ingest, and what must come of it."""

import errno
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core import parts, workers
from tasks.core.closure import PROJECT
from tasks.core.errors import SourceError, StageError
from tasks.core.records import Invocation
from tasks.logs import sources
from tests.tasks.raw_logs import TARGET, calls, is_as_rebuilt, requests, run, state, write

pytestmark = pytest.mark.usefixtures("workspace")


def test_a_log_that_is_rotated_by_renaming_counts_each_record_once() -> None:
    write("a.log", calls(1, 2))
    run()
    Path("logs/a.log").rename("logs/a.log.1")
    write("a.log", calls(3))
    assert run().counts.read == 3
    assert requests() == ["request-1", "request-2", "request-3"]
    assert is_as_rebuilt()


def test_a_log_that_is_copied_and_truncated_counts_each_record_once() -> None:
    write("a.log", calls(1, 2))
    run()
    write("a.log.1", Path("logs/a.log").read_bytes())
    os.truncate("logs/a.log", 0)
    assert run().counts.read == 2
    with Path("logs/a.log").open("ab") as file:
        file.write(calls(3))
    run()
    assert requests() == ["request-1", "request-2", "request-3"]
    assert is_as_rebuilt()


def test_a_log_that_was_rewritten_is_read_anew_and_nothing_of_the_old_one_stays() -> None:
    file = write("a.log", calls(1, 2, 3))
    run()
    content = bytearray(file.read_bytes())
    content[: len(calls(1))] = calls(7)
    file.write_bytes(bytes(content))
    run()
    assert requests() == ["request-2", "request-3", "request-7"]
    file.write_bytes(calls(2))
    run()
    assert requests() == ["request-2"]
    assert is_as_rebuilt()


def test_a_rewritten_log_with_its_old_size_and_time_is_noticed() -> None:
    file = write("a.log", calls(1))
    run()
    before = file.stat()
    file.write_bytes(calls(2))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    run()
    assert requests() == ["request-2"]


def test_a_last_line_without_its_newline_is_a_record() -> None:
    write("a.log", calls(1).rstrip(b"\n"))
    assert run().counts.accepted == 1


def test_parts_of_a_run_that_died_before_its_manifest_are_collected() -> None:
    write("a.log", calls(1))
    run()
    orphans = [TARGET / "parts" / f"{'0' * 64}.jsonl", TARGET / "parts" / ".4711.tmp"]
    for orphan in orphans:
        orphan.write_bytes(b"{}\n")
    assert requests() == ["request-1"]
    write("b.log", calls(2))
    run()
    assert not any(orphan.exists() for orphan in orphans)
    assert is_as_rebuilt()


def test_a_sync_that_fails_is_never_a_success(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.log", calls(1))
    run()
    before = (TARGET / "manifest.json").read_bytes()
    write("b.log", calls(2))

    def failing(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", failing)
        with pytest.raises(OSError, match="Input/output error"):
            run()
    assert (TARGET / "manifest.json").read_bytes() == before
    assert requests() == ["request-1"]
    run()
    assert is_as_rebuilt()


@pytest.fixture
def sealed_disk(workspace: Path) -> Iterator[Path]:
    """A file system for the workspace's data that can be made read-only."""
    place = workspace / "data"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a file system needs root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_folder_that_cannot_be_written_is_one_line(workspace: Path, sealed_disk: Path) -> None:
    write("a.log", calls(1))
    run()
    before = state()
    write("b.log", calls(2))
    subprocess.run(["mount", "-o", "remount,ro", str(sealed_disk)], check=True)
    params = yaml.safe_load((PROJECT / "params.yaml").read_text())
    params["ingest"] = {"sources": [{"uri": "logs"}], "feedback": [], "max_rejected": 0.05}
    Path("params.yaml").write_text(yaml.safe_dump(params))
    ended = subprocess.run(
        [sys.executable, "-m", "tasks.ingest"],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 4
    assert ended.stderr.startswith("ratchet ingest: Read-only file system: data")
    assert ended.stderr.count("\n") == 1
    assert state() == before


def test_planted_devices_and_sockets_are_refused_and_never_opened() -> None:
    write("a.log", calls(1))
    endless = os.makedev(1, 5)  # zeros without end
    try:
        os.mknod("logs/characters", stat.S_IFCHR | 0o666, endless)
        os.mknod("logs/blocks", stat.S_IFBLK | 0o666, endless)
    except PermissionError:
        pytest.skip("making a device needs root")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("logs/socket")
        manifest = run(max_rejected=1)
    assert (manifest.counts.accepted, manifest.counts.reasons) == (1, {"not-a-regular-file": 3})
    places = [reject.source for part in manifest.parts for reject in part.rejects]
    assert [place.uri for place in places if place] == [
        "logs/blocks",
        "logs/characters",
        "logs/socket",
    ]
    assert is_as_rebuilt(max_rejected=1)


def test_a_device_that_takes_a_listed_file_s_place_is_not_read() -> None:
    file = write("a.log", calls(1))
    (found,) = sources.objects_below("logs")
    file.unlink()
    try:
        os.mknod(file, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("making a device needs root")
    with pytest.raises(SourceError, match=r"a\.log was replaced while it was read"):
        next(sources.stored(found))


def drifted(number: int, **changed: Any) -> bytes:
    record: dict[str, Any] = json.loads(calls(number)) | changed
    return json.dumps(record).encode() + b"\n"


def test_a_schema_that_grows_is_read_and_one_that_breaks_stops_the_load() -> None:
    more = {"inferenceRegion": "eu-west-1", "guardrail": {"action": "NONE", "trace": [1]}}
    write("a.log", b"".join(drifted(n, **more) for n in range(30)))
    assert run().counts.accepted == 30
    before = state()
    write("b.log", b"".join(drifted(n, modelId={"arn": "x"}) for n in range(30, 60)))
    with pytest.raises(StageError, match=r"30 of 60 .* wrong-type 30, first at logs/b\.log:1"):
        run()
    write("b.log", b"".join(drifted(n, schemaVersion="2.0") for n in range(30, 60)))
    with pytest.raises(StageError, match=r"unknown-schema-version 30, first at logs/b\.log:1"):
        run()
    assert {name: found for name, found in state().items() if name in before} == before


def test_one_request_with_two_bodies_is_two_records_that_dedup_can_tell_apart() -> None:
    write("a.log", calls(1) + calls(1).replace(b"Ada Example", b"Bo Sample"))
    run()
    found = list(parts.read_parts(TARGET, Invocation))
    assert [row.request_id for row in found] == ["request-1", "request-1"]
    assert found[0].id != found[1].id


def test_a_clock_that_is_wrong_changes_no_count() -> None:
    times = ("1999-01-01T00:00:00Z", "2026-11-03T14:20:29Z", "2099-01-01T00:00:00+14:00")
    write("a.log", b"".join(drifted(n, timestamp=time) for n, time in enumerate(times)))
    assert run().counts.accepted == 3
    found = sorted(row.timestamp for row in parts.read_parts(TARGET, Invocation))
    assert found == ["1999-01-01T00:00:00Z", "2026-11-03T14:20:29Z", "2098-12-31T10:00:00Z"]


def test_two_processes_write_what_one_writes() -> None:
    for number in range(6):
        write(f"{number}.log", calls(number, number + 100))
    write("bad.log", b"{torn\n")
    with workers.use(2):
        run()
    assert len(requests()) == 12
    assert is_as_rebuilt()
