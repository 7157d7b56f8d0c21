"""Logs that are rewritten or cut: told apart from those that grow, move or go by age."""

import gzip
import hashlib
import os
import random
from pathlib import Path

import pytest

from tasks.core.errors import StageError
from tasks.dataset import drifted
from tasks.logs import drift
from tasks.logs.losses import Lost
from tasks.logs.prefixes import Digest
from tests.tasks.raw_logs import TARGET, calls, is_as_rebuilt, requests, run, state, write

pytestmark = pytest.mark.usefixtures("workspace")


def lost() -> tuple[Lost, ...]:
    return drift.read(TARGET)[0].lost


def test_a_rewritten_log_and_a_cut_one_are_told_object_by_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("a.log", calls(0, 1, 2))
    write("b.log", calls(3, 4, 5))
    write("c.log", calls(6, 7))
    run(rewritten="stop")
    write("a.log", calls(0, 9, 2))
    os.truncate("logs/b.log", len(calls(3)))
    write("c.log", calls(6, 7, 8))
    run()
    assert capsys.readouterr().err.splitlines() == [
        "ratchet ingest: warning: source-rewritten: 3 records that the last run had are in no log "
        "any more, as 2 log objects were rewritten or cut: logs/a.log (1), logs/b.log (2); they "
        "leave the next version, data/.ingested.drift.json lists all (ingest.rewritten: stop "
        "refuses such a run)"
    ]
    assert lost() == (
        Lost(
            reason="source-rewritten",
            objects=2,
            records=3,
            first="logs/a.log",
            by_object={"logs/a.log": 1, "logs/b.log": 2},
        ),
    )
    assert "| logs/b.log | source-rewritten | records that are in no log any more | 2 |" in (
        drifted.markdown(Path("data")).splitlines()
    )
    assert is_as_rebuilt()


def test_a_run_may_be_refused_where_a_log_was_rewritten_and_goes_on_once_it_is_back() -> None:
    write("a.log", calls(*range(40)))
    run(rewritten="stop")
    before = state()
    write("a.log", calls(*range(10), *range(50, 80)))
    for _ in range(2):
        with pytest.raises(
            StageError,
            match=r"1 log objects were rewritten or cut since the last run, and 30 records that it "
            r"had are in no log any more: logs/a\.log \(30\)\. Put .* run once with "
            r"`ingest\.rewritten: warn`; nothing was committed",
        ):
            run(rewritten="stop")
    assert {name: found for name, found in state().items() if name in before} == before
    assert lost() == ()
    write("old.log", calls(*range(10, 40)))
    run(rewritten="stop")
    assert len(requests()) == 70
    assert is_as_rebuilt()


def test_a_log_that_grows_in_any_way_is_no_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    packed = gzip.compress(calls(1)), gzip.compress(calls(2))
    write("a.log", calls(3))
    write("b.log", calls(4).rstrip(b"\n"))
    write("c.gz", packed[0])
    run()
    write("a.log", calls(3, 5))
    write("b.log", calls(4, 6))
    write("c.gz", packed[0] + packed[1])
    assert run(rewritten="stop").counts.read == 6
    assert capsys.readouterr().err == ""
    assert lost() == ()


def test_a_filter_that_came_while_a_log_grew_has_rewritten_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("a.log", calls(1, 2))
    run()
    write("a.log", calls(1, 2, 3, 4))
    made = run(rewritten="stop", filter={"field": "request_id", "equals": "request-4"})
    assert made.counts.read == 4
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("seen", [True, False], ids=["between", "at once"])
def test_a_log_that_is_copied_and_truncated_is_no_alarm(
    capsys: pytest.CaptureFixture[str], *, seen: bool
) -> None:
    write("a.log", calls(1, 2))
    run()
    write("a.log.1", calls(1, 2))
    if seen:
        run()
    os.truncate("logs/a.log", 0)
    if seen:
        run(rewritten="stop")
    write("a.log", calls(3))
    assert run(rewritten="stop").counts.read == 3
    assert capsys.readouterr().err == ""
    assert is_as_rebuilt()


def test_logs_that_are_renamed_over_the_oldest_lose_it_by_age_and_not_by_rewriting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("a.log", calls(1))
    write("a.log.1", calls(2, 3))
    write("a.log.2", calls(4, 5, 6))
    run()
    for turn in range(3):
        Path("logs/a.log.1").rename("logs/a.log.2")
        with Path("logs/a.log").open("ab") as file:  # grown since it was read
            file.write(calls(10 + turn))
        Path("logs/a.log").rename("logs/a.log.1")
        write("a.log", calls(20 + turn))
        run(rewritten="stop")
        (line,) = capsys.readouterr().err.splitlines()
        assert "source-gone: " in line
        assert [one.reason for one in lost()] == ["source-gone"]
    assert requests() == [f"request-{number}" for number in (11, 12, 20, 21, 22)]
    assert is_as_rebuilt()


def test_the_same_lines_in_another_order_are_no_loss(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.log", calls(1, 2, 3))
    run()
    write("a.log", calls(3, 1, 2))
    run(rewritten="stop")
    assert capsys.readouterr().err == ""


def test_feedback_that_was_rewritten_is_told_as_well() -> None:
    def told(value: int) -> bytes:
        return (
            b'{"session_id": "s%d", "metric": "m", "value": %d, "source": "outcome", '
            b'"timestamp": "2026-11-03T15:00:00Z"}\n' % (value, value % 2)
        )

    write("a.log", calls(1))
    Path("told").write_bytes(told(1) + told(2))
    run(feedback=("told",))
    Path("told").write_bytes(told(1) + told(2) + told(3))
    run(feedback=("told",), rewritten="stop")
    Path("told").write_bytes(told(1) + told(2).replace(b'"value": 0', b'"value": 1') + told(3))
    with pytest.raises(StageError, match=r"1 records that it had .*: told \(1\)"):
        run(feedback=("told",), rewritten="stop")


def test_prefixes_are_hashed_in_the_same_pass_however_the_bytes_come() -> None:
    rng = random.Random(0)
    content = rng.randbytes(5000)
    sizes = [0, 1, 999, 1000, 1000, 4999, 5000, 5001]
    for most in (1, 7, 1000, 9000):
        digest = Digest(sizes)
        left = content
        while left:
            size = rng.randint(1, most)
            digest.update(left[:size])
            left = left[size:]
        wanted = {size: hashlib.sha256(content[:size]).hexdigest() for size in set(sizes[:-1])}
        assert (digest.size, digest.prefixes) == (5000, wanted)
        assert digest.hexdigest() == wanted[5000]
