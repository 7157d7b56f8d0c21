"""Work in several processes is what it would be in one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.core import workers
from tasks.core.errors import StageError


@pytest.fixture
def two() -> Iterator[None]:
    with workers.use(2):
        yield


def where(number: int) -> tuple[int, int]:
    return number, os.getpid()


def test_one_process_is_this_one() -> None:
    assert list(workers.each(where, [1, 2])) == [(1, os.getpid()), (2, os.getpid())]


def test_order_is_kept_and_work_is_elsewhere(two: None) -> None:
    found = list(workers.each(where, range(20)))
    assert [number for number, _ in found] == list(range(20))
    assert os.getpid() not in {process for _, process in found}


def test_one_item_needs_no_second_process(two: None) -> None:
    assert list(workers.each(where, [7])) == [(7, os.getpid())]


def test_what_is_to_be_done_meanwhile_is_done_here_and_only_beside_workers() -> None:
    done: list[int] = []

    def meanwhile() -> None:
        done.append(os.getpid())

    assert len(list(workers.each(where, [1, 2], meanwhile=meanwhile))) == 2
    assert done == []
    with workers.use(2):
        assert len(list(workers.each(where, [1, 2], meanwhile=meanwhile))) == 2
    assert done == [os.getpid()]


def test_a_worker_knows_that_it_is_one(two: None) -> None:
    assert list(workers.each(lambda _: workers.is_worker(), [1, 2])) == [True, True]
    assert not workers.is_worker()


def test_ctrl_c_while_workers_start_is_not_lost(two: None) -> None:
    def interrupt(number: int) -> int:
        if number == 0:
            os.kill(os.getppid(), signal.SIGINT)
            time.sleep(0.2)
        return number

    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            list(workers.each(interrupt, range(4)))
    assert list(workers.each(lambda number: number, [3, 4])) == [3, 4]


def test_an_error_comes_through(two: None) -> None:
    def fail(number: int) -> int:
        if number == 1:
            raise StageError("part 1 is torn; run ingest again")
        return number

    with pytest.raises(StageError, match="part 1 is torn; run ingest again"):
        list(workers.each(fail, range(4)))
    assert [number for number, _ in workers.each(where, [3, 4])] == [3, 4]


def test_a_worker_that_is_killed_is_an_error_with_its_cure(two: None) -> None:
    def eat(number: int) -> int:
        os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does when memory runs out
        return number

    with pytest.raises(StageError, match="one of 2 worker processes was killed, most likely"):
        list(workers.each(eat, range(4)))


def test_workers_die_with_the_one_who_started_them(tmp_path: Path) -> None:
    script = """
import os, sys, time
from pathlib import Path
from tasks.core import workers

def linger(number):
    (Path(sys.argv[1]) / str(os.getpid())).touch()
    time.sleep(600)

with workers.use(2):
    list(workers.each(linger, [1, 2]))
"""
    started = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    while len(list(tmp_path.iterdir())) < 2:
        assert started.poll() is None
        time.sleep(0.05)
    started.kill()
    started.wait()
    lingering = [Path("/proc") / path.name / "stat" for path in tmp_path.iterdir()]
    while any(stat.exists() and stat.read_text().split()[2] != "Z" for stat in lingering):
        time.sleep(0.05)  # ends by the suite's time limit if a worker stays
