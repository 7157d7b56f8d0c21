"""What an object has delivered is remembered, in memory and beyond it."""

import errno
import hashlib
import resource
from contextlib import closing
from pathlib import Path

import pytest

from tasks.logs.seen import Seen


def digests(count: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in range(count)]


@pytest.mark.parametrize("kept", [1, 7, 100, 101, 1000])
def test_a_digest_is_known_from_its_second_time_on_wherever_it_is_kept(
    tmp_path: Path, kept: int
) -> None:
    known: set[bytes] = set()
    asked = [digest for one in digests(101) for digest in (one, digests(101)[0], one)]
    with closing(Seen(tmp_path, kept)) as seen:
        for digest in asked:
            assert seen.add(digest) is (digest in known)
            known.add(digest)


def test_nothing_is_written_before_memory_is_full_and_nothing_is_left(tmp_path: Path) -> None:
    with closing(Seen(tmp_path, kept=10)) as seen:
        for digest in digests(9):
            seen.add(digest)
        assert not list(tmp_path.rglob("*"))
        seen.add(b"the tenth")
        assert [path.suffix for path in tmp_path.rglob("*.seen")] == [".seen"]
    assert not list(tmp_path.rglob("*.seen"))


def test_what_a_killed_run_has_left_is_not_believed(tmp_path: Path) -> None:
    seen = Seen(tmp_path, kept=1)
    seen.add(b"of the first run")  # and it is never closed
    with closing(Seen(tmp_path, kept=1)) as again:
        assert not again.add(b"of the first run")


def test_a_disk_that_is_full_is_told_as_for_any_part(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(Seen(tmp_path, kept=4000)) as seen:
        resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 10, hard))
        try:
            with pytest.raises(OSError, match=r"\.seen") as found:
                for digest in digests(4000):
                    seen.add(digest)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert found.value.errno in (errno.ENOSPC, errno.EIO)
