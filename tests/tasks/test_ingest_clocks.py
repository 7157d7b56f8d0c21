"""Data that come late, and clocks that are wrong: nothing is lost for its time, and it is told."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.core import parts
from tasks.core.curation_settings import DedupSettings, IngestSettings, LogSource, RedactSettings
from tasks.core.parts import Manifest
from tasks.core.records import Example, Feedback, Invocation
from tasks.dedup import dedup
from tasks.formats import bedrock_invocation
from tasks.ingest import ingest
from tasks.redact import redact

SAMPLE: dict[str, Any] = json.loads(bedrock_invocation.SAMPLE)
CITIES = ("Oslo", "Bergen", "Rome", "Lima")
NOW = datetime(2026, 11, 3, 14, 20, 29, tzinfo=UTC)
LATE = {
    "1 h": timedelta(hours=1),
    "3 d": timedelta(days=3),
    "60 d": timedelta(days=60),
    "a day ahead": timedelta(days=-1),
}
TARGET = Path("data/ingested")


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "logs").mkdir()
    (tmp_path / "told").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def session(name: str, city: str, moment: datetime) -> list[bytes]:
    """Two calls of a session, the second one repeating the first."""
    made = []
    turns: list[dict[str, Any]] = []
    for number, asked in enumerate((f"What of {city}, says {name}?", f"And {city} by {name} now?")):
        turns = [*turns, {"role": "user", "content": [{"text": asked}]}]
        reply = {"role": "assistant", "content": [{"text": f"{city} is sunny, {number} {name}."}]}
        record = SAMPLE | {
            "timestamp": stamp(moment + timedelta(seconds=number)),
            "requestId": f"r-{name}-{number}",
            "requestMetadata": {"session_id": name},
            "input": {"inputBodyJson": {"messages": turns}},
            "output": {"outputBodyJson": {"output": {"message": reply}, "stopReason": "end_turn"}},
        }
        turns = [*turns, reply]
        made.append(json.dumps(record).encode() + b"\n")
    return made


def outcome(name: str, moment: datetime, value: float = 1) -> bytes:
    told = {"session_id": name, "metric": "task_success", "value": value, "source": "outcome"}
    return json.dumps(told | {"timestamp": stamp(moment)}).encode() + b"\n"


def write(path: str, *lines: bytes, written: datetime = NOW) -> None:
    Path(path).write_bytes(b"".join(lines))
    os.utime(path, (written.timestamp(), written.timestamp()))


def run(root: Path = Path("data")) -> Manifest:
    settings = IngestSettings(
        sources=(LogSource(uri="logs"),), feedback=("told",), max_rejected=0.05
    )
    return ingest(settings, root / "ingested")


def curate(root: Path) -> dict[str, tuple[Any, ...]]:
    """Each decision's request with what proves it and what it follows, whatever its time."""
    run(root)
    redact(
        RedactSettings(min_confidence=0.35, person_keys=("user_id",)),
        root / "ingested",
        root / "redacted",
        key=bytes(range(32)),
        private=root / "private",
    )
    dedup(DedupSettings(similarity=0.7), root / "redacted", root / "deduped")
    return {
        row.invocations[0]: (row.messages, row.reply, row.truth_source, row.session_id)
        for row in parts.read_parts(root / "deduped", Example)
    }


def state(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
def test_late_calls_and_feedback_are_joined_as_if_they_had_come_in_time(late: timedelta) -> None:
    told = session("s-1", CITIES[0], NOW - late)
    write("logs/0.log", *session("s-0", CITIES[1], NOW), told[0])
    write("told/0", outcome("s-0", NOW))
    before = curate(Path("data"))
    # The session's second call and its outcome come later; the clock of both is behind or ahead.
    write("logs/1.log", told[1])
    write("told/1", outcome("s-1", NOW - late))
    after = curate(Path("data"))
    assert (len(before), len(after)) == (3, 4)
    assert {row[2] for row in after.values()} == {"outcome"}
    assert after == curate(Path("rebuilt"))
    for folder in ("ingested", "redacted", "deduped"):
        assert state(Path("data", folder)) == state(Path("rebuilt", folder))


@pytest.mark.parametrize("skew", [timedelta(days=1), timedelta(days=-1)], ids=["ahead", "behind"])
def test_hosts_whose_clocks_differ_by_a_day_give_the_same_decisions(
    skew: timedelta, capsys: pytest.CaptureFixture[str]
) -> None:
    def logs(skewed: timedelta) -> None:
        later = NOW + timedelta(hours=1)
        for number, city in enumerate(CITIES):
            lines = session(f"s-{number}", city, NOW + timedelta(minutes=number))
            write(f"logs/{number}.log", lines[0])
            # The second call of a session was logged by another host.
            moved = json.loads(lines[1])
            moved["timestamp"] = stamp(datetime.fromisoformat(moved["timestamp"]) + skewed)
            write(f"logs/host-{number}.log", json.dumps(moved).encode() + b"\n", written=later)
            write(f"told/{number}", outcome(f"s-{number}", NOW + skewed))

    logs(timedelta())
    wanted = curate(Path("right"))
    logs(skew)
    assert curate(Path("skewed")) == wanted
    assert len(wanted) == 8
    assert "dated" not in capsys.readouterr().err


def test_a_clock_that_runs_ahead_by_more_than_a_day_is_told_once_and_costs_no_record(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("logs/0.log", *session("s-0", CITIES[0], NOW))
    write("logs/1.log", *session("s-1", CITIES[1], NOW + timedelta(days=2)))
    write("told/0", outcome("s-1", datetime(2099, 1, 1, tzinfo=UTC)))
    made = run()
    assert (made.counts.accepted, made.counts.rejected) == (4, 0)
    assert len(list(parts.read_parts(TARGET, Feedback, "feedback"))) == 1
    assert capsys.readouterr().err == (
        "ratchet ingest: warning: 2 log objects hold records that are dated more than a day after "
        "the object was written, first logs/1.log (2026-11-05T14:20:30Z): correct the clock that "
        "wrote them; of several values of one metric the latest counts\n"
    )
    assert {part.info["uri"]: part.info["latest"] for part in made.parts} == {
        "logs/0.log": "2026-11-03T14:20:30Z",
        "logs/1.log": "2026-11-05T14:20:30Z",
        "told/0": "2099-01-01T00:00:00Z",
    }
    run()
    assert capsys.readouterr().err == ""
    write("logs/2.log", *session("s-2", CITIES[2], NOW))
    run()
    assert capsys.readouterr().err == "", "what was told before is not told again"
    # What is copied later looks no earlier: only a time that is ahead of the copy is told.
    assert len({row.id for row in parts.read_parts(TARGET, Invocation)}) == 6


def test_where_the_time_of_writing_is_later_than_now_this_clock_judges(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ahead = datetime.now(UTC) + timedelta(days=900)
    write("logs/0.log", *session("s-0", CITIES[0], ahead), written=ahead)
    run()
    assert "1 log objects hold records that are dated" in capsys.readouterr().err
