"""Files that were made to fill memory or disk, and files that are not what their name says."""

import gzip
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tasks.core import parts
from tasks.core.closure import PROJECT
from tasks.core.errors import StageError
from tasks.logs import intake
from tests.tasks.raw_logs import TARGET, calls, requests, run, write

pytestmark = pytest.mark.usefixtures("workspace")

MIB = 1 << 20
CAP = 200
"""MiB that the whole process may have held at any time; without a bomb it holds about 45."""

STAGE = """
import re, runpy
from pathlib import Path
try:
    runpy.run_module("tasks.ingest", run_name="__main__")
finally:
    status = Path("/proc/self/status").read_text()
    print("peak", re.search(r"VmHWM:\\s+(\\d+)", status)[1])
"""
"""The stage as a process, with its own high-water mark: usage of a child begins at its parent's."""


def peak() -> int:
    """MiB of a process that reads `logs`, whatever it rejects."""
    params = yaml.safe_load((PROJECT / "params.yaml").read_text())
    params["ingest"] = {"sources": [{"uri": "logs"}], "max_rejected": 1}
    Path("params.yaml").write_text(yaml.safe_dump(params))
    ended = subprocess.run(
        [sys.executable, "-c", STAGE],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"^peak (\d+)$", ended.stdout, re.MULTILINE)
    assert found
    return int(found[1]) >> 10


def packed(piece: bytes, times: int) -> bytes:
    """Gzip of one MiB many times, made without holding it."""
    packer = zlib.compressobj(6, wbits=31)
    whole = piece * (MIB // len(piece))
    return b"".join(packer.compress(whole) for _ in range(times)) + packer.flush()


def spaces() -> bytes:
    """66 MiB in 66 kB: just beyond what may be unpacked whatever it was packed to."""
    return packed(b" ", 66)


def test_a_bomb_is_a_reject_and_what_stands_beside_it_is_read() -> None:
    write("a.log", calls(1))
    write("b.gz", gzip.compress(calls(2)) + spaces())
    manifest = run()
    assert manifest.counts.reasons == {"gzip-bomb": 1}
    assert requests() == ["request-1", "request-2"]


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "one line": (spaces, "gzip-bomb"),
    "a text without end": (lambda: packed(b'{"a":"', 1)[:-8] + packed(b"a", 70), "torn-gzip"),
    "in another": (lambda: gzip.compress(packed(b" ", 80)), "unknown-format"),
    "junk lines": (lambda: packed(b"{}\n\n", 4), "too-many-rejects"),
    "plain junk": (lambda: b"{}\n" * 400_000, "too-many-rejects"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_bomb_takes_more_memory_than_its_cap(name: str) -> None:
    made, reason = BOMBS[name]
    write("a.log", calls(1))
    write("b.gz", made())
    assert peak() < CAP
    manifest = parts.require_manifest(TARGET)
    assert reason in manifest.counts.reasons
    assert requests() == ["request-1"]
    assert sum(path.stat().st_size for path in TARGET.rglob("*")) < 64 * MIB


def test_many_large_records_take_the_memory_of_one() -> None:
    text = b"Weather in Oslo for Ada Example, please."
    with Path("logs/a.log").open("wb") as file:
        for number in range(24):
            file.write(calls(number).replace(text, b"word%02d " % number * 700_000))
    assert peak() < CAP  # 24 of 5 MB
    assert len(requests()) == 24


def test_an_object_that_is_mostly_no_log_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "JUNK", 30)
    write("a.log", calls(*range(31)) + b"{}\n" * 32 + calls(31, 32))
    write("b.log", calls(40) + b"{}\n" * 40 + calls(41))
    with pytest.raises(StageError, match=r"too-many-rejects 2, first at logs/a\.log:64"):
        run()
    made = run(max_rejected=1)
    # The first is cut where more was refused than read, the second at the limit.
    assert made.counts.reasons == {"too-many-rejects": 2, "unknown-schema-type": 62}
    assert len(requests()) == 32


def test_gzip_inside_gzip_is_not_unpacked_again() -> None:
    write("a.log", calls(1))
    write("b.gz", gzip.compress(gzip.compress(calls(2))))
    manifest = run(max_rejected=1)
    assert manifest.counts.accepted == 1
    assert set(manifest.counts.reasons) <= {"unknown-format"}


@pytest.mark.parametrize("name", ["b.gz", "b.zip", "b.json", "b.parquet", "b"])
def test_a_name_that_lies_about_its_content_does_not_matter(name: str) -> None:
    write("a.log", b"\xef\xbb\xbf" + calls(1))
    for number, content in enumerate((calls(2), gzip.compress(calls(2)))):
        write(name, content)
        assert run().counts.rejected == 0, number
        assert requests() == ["request-1", "request-2"]


def test_other_packed_files_are_rejects_whatever_their_name() -> None:
    write("a.log", calls(1))
    for name, magic in (
        ("b.gz", b"PK\x03\x04"),
        ("c.json", b"BZh91AY&SY"),
        ("d", b"\x28\xb5\x2f\xfd"),
    ):
        write(name, magic + bytes(range(256)) * 20)
    made = run(max_rejected=1)
    assert made.counts.accepted == 1
    assert made.counts.reasons.keys() == {"unknown-format"}
