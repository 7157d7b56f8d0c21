"""A failing disk is one line with its cure, in a model step as in a data stage."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.core import job as jobs
from tasks.core import os_errors
from tasks.core.job import Job


def failing(number: int, *place: str) -> Callable[[Job], None]:
    def work(_: Job) -> None:
        raise OSError(number, os.strerror(number), *place)

    return work


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_a_full_or_broken_disk_ends_a_model_step_in_one_line(
    make_job: Callable[..., Job],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
) -> None:
    job = make_job(f"failing-{number}")
    monkeypatch.chdir(job.workspace)
    monkeypatch.setattr("sys.argv", ["train", "--job", str(Path(job.folder, "job.json"))])
    for place, named in (("optimizer.pt", "optimizer.pt"), ("", job.folder)):
        with pytest.raises(SystemExit) as ended:
            jobs.main("train", failing(number, *filter(None, [place])))
        assert ended.value.code == 4
        assert capsys.readouterr().err == (
            f"ratchet train: {os.strerror(number)}: {named}; {os_errors.CURES[number]} and run it "
            "again (what was committed before is untouched)\n"
        )
    assert not (Path(job.folder) / "train.json").exists()


def test_what_has_no_cure_is_a_fault_of_the_program(
    make_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job("faulty")
    monkeypatch.chdir(job.workspace)
    monkeypatch.setattr("sys.argv", ["train", "--job", str(Path(job.folder, "job.json"))])
    with pytest.raises(NotADirectoryError):
        jobs.main("train", failing(errno.ENOTDIR, "x"))
