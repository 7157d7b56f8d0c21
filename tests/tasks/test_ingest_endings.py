"""Last lines that break off: held back while they may still be written, rejects after that."""

import gzip
import os
import time
from pathlib import Path
from typing import Any

import fsspec
import pytest

from tasks.core import parts, workers
from tasks.core.curation_settings import IngestSettings, LogSource
from tasks.core.parts import Manifest
from tasks.core.records import Feedback
from tasks.ingest import ingest
from tasks.logs import sources
from tests.tasks.raw_logs import SAMPLE, TARGET, calls, requests, state

pytestmark = pytest.mark.usefixtures("workspace")

HOUR = 3600


def write(name: str, content: bytes, *, age: float = 0) -> Path:
    file = Path("logs", name)
    file.write_bytes(content)
    be(file, age)
    return file


def be(file: Path, age: float) -> None:
    changed = time.time() - age
    os.utime(file, (changed, changed))


def run(target: Path = TARGET, uri: str = "logs", **settings: Any) -> Manifest:
    given: dict[str, Any] = {"sources": (LogSource(uri=uri),), "max_rejected": 1} | settings
    return ingest(IngestSettings(**given), target)


def is_as_rebuilt(**settings: Any) -> bool:
    run(Path("rebuilt"), **settings)
    return state() == state(Path("rebuilt"))


def test_half_a_line_is_held_back_and_told_until_it_is_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("a.log", calls(1) + calls(2)[:300])
    made = run()
    assert (made.counts.read, made.counts.accepted, made.counts.reasons) == (1, 1, {})
    assert made.info["held"] == {"logs/a.log": 1}
    assert capsys.readouterr().err == (
        "ratchet ingest: warning: 1 log objects end inside a record, first logs/a.log: that is "
        "held back until it is whole, and a reject once its object has not changed for 3600 s "
        "(ingest.torn_after_s)\n"
    )
    assert is_as_rebuilt()
    write("a.log", calls(1, 2))
    made = run()
    assert (made.counts.read, made.counts.rejected, made.info["held"]) == (2, 0, {})
    assert is_as_rebuilt()


@pytest.mark.parametrize("count", [1, 40, 300, len(SAMPLE) - 1])
def test_however_much_of_a_line_is_there_it_is_held_back(count: int) -> None:
    write("a.log", calls(1) + SAMPLE[:count])
    write("b.log", SAMPLE[:count])
    made = run()
    assert made.counts.rejected == 0
    assert made.info["held"] == {"logs/a.log": 1, "logs/b.log": 1}
    write("b.log", calls(2, 3))
    assert run().info["held"] == {"logs/a.log": 1}
    assert requests() == ["request-1", "request-2", "request-3"]


def test_half_a_line_in_a_file_that_is_still_is_a_reject_though_nothing_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write("a.log", calls(1) + calls(2)[:300])
    write("b.log", calls(3))
    run()
    content = {name: found for name, found in state().items() if name.startswith("parts/")}
    capsys.readouterr()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + HOUR - 5)
    assert run().info["held"] == {"logs/a.log": 1}
    monkeypatch.setattr(time, "time", lambda: now + HOUR + 5)
    made = run()
    assert (made.counts.read, made.counts.reasons, made.info["held"]) == (3, {"torn": 1}, {})
    (reject,) = made.parts[0].rejects
    assert reject.source is not None
    assert (reject.source.uri, reject.source.line) == ("logs/a.log", 2)
    assert {name: found for name, found in state().items() if name.startswith("parts/")} == content
    assert is_as_rebuilt()
    # The clock decides that one word; whoever waits longer has it held back again.
    assert run(torn_after_s=2 * HOUR).info["held"] == {"logs/a.log": 1}
    assert is_as_rebuilt(torn_after_s=2 * HOUR)
    file.write_bytes(calls(1, 2))
    assert run().counts.rejected == 0


def test_what_is_old_when_it_comes_is_torn_at_once_and_so_is_all_where_nothing_is_waited_for() -> (
    None
):
    write("a.log", calls(1) + calls(2)[:300], age=2 * HOUR)
    assert run().counts.reasons == {"torn": 1}
    write("a.log", calls(1) + calls(2)[:300])
    assert run(torn_after_s=0).counts.reasons == {"torn": 1}


def test_a_time_of_change_that_lies_ahead_holds_nothing_back_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("a.log", calls(1) + calls(2)[:300], age=-1000 * HOUR)
    assert run().info["held"] == {"logs/a.log": 1}
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + HOUR + 5)
    assert run().counts.reasons == {"torn": 1}


def test_only_the_beginning_of_a_record_in_a_last_line_is_held_back() -> None:
    write("a.log", calls(1) + b"not json\n" + calls(2)[:300] + b"\n" + calls(3) + b"half a log li")
    write("b.log", calls(4) + SAMPLE.replace(b'"1.0"', b'"9.0"'))
    write("c.log", gzip.compress(gzip.compress(calls(5))))
    made = run()
    assert made.info["held"] == {}
    reasons = made.counts.reasons
    assert (reasons["not-json"], reasons["unknown-schema-version"]) == (3, 1)
    assert reasons["unknown-format"] > 0
    assert requests() == ["request-1", "request-3", "request-4"]


def test_packed_logs_that_end_too_early_are_held_back_and_damaged_ones_are_not() -> None:
    packed = gzip.compress(b"".join(calls(n) for n in range(300)), compresslevel=1)
    write("a.gz", packed[: len(packed) // 2])
    made = run()
    assert (made.counts.rejected, made.info["held"]) == (0, {"logs/a.gz": 1})
    assert made.counts.accepted > 10
    be(Path("logs/a.gz"), age=2 * HOUR)
    made = run()
    assert (made.counts.reasons, made.info["held"]) == ({"torn-gzip": 1}, {})
    assert is_as_rebuilt()
    write("a.gz", packed)
    assert run().counts.accepted == 300
    write("b.gz", gzip.compress(calls(1))[:-8] + b"damaged!")
    made = run()
    assert (made.counts.reasons["torn-gzip"], made.info["held"]) == (1, {})


def test_half_a_line_of_feedback_is_held_back_as_well() -> None:
    told = b'{"session_id": "s", "metric": "m", "value": 1, "source": "outcome", "timestamp": '
    told += b'"2026-11-03T15:00:00Z"}\n'
    write("a.log", calls(1))
    Path("told").write_bytes(told + told[:40])
    made = run(feedback=("told",))
    assert made.info["held"] == {"told": 1}
    assert made.info["feedback"]["read"] == len(
        list(parts.read_parts(TARGET, Feedback, "feedback"))
    )


def test_a_load_of_which_nothing_is_whole_yet_is_no_bad_load() -> None:
    write("a.log", calls(1)[:200])
    made = run(max_rejected=0)
    assert (made.counts.read, made.info["held"]) == (0, {"logs/a.log": 1})


def test_two_processes_hold_back_what_one_does() -> None:
    for number in range(4):
        write(f"{number}.log", calls(number) + calls(9)[: 100 + number])
    with workers.use(2):
        assert len(run().info["held"]) == 4
    assert is_as_rebuilt()


def test_a_store_that_puts_objects_whole_never_shows_half_of_one() -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/whole/a.log", calls(1) + calls(2)[:300])
    made = run(uri="memory://whole")
    assert (made.counts.reasons, made.info["held"]) == ({"torn": 1}, {})
    store.rm("/whole", recursive=True)


@pytest.mark.parametrize(
    ("told", "modified"),
    [
        ({"ETag": '"0af1"', "mtime": 5.0}, 0.0),
        ({"etag": "0af1"}, 0.0),
        ({"mtime": 5}, 5.0),
        ({}, 0.0),
    ],
)
def test_of_remote_files_only_those_can_grow_that_have_a_time_and_no_etag(
    told: dict[str, Any], modified: float
) -> None:
    assert sources._modified(told) == modified
