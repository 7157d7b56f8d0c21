"""A filter on what is known of a call leaves it out and counts it; a wrong one is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tasks.core import parts
from tasks.core.closure import PROJECT
from tasks.core.curation_settings import IngestSettings, LogSource
from tasks.core.errors import SettingsError, StageError
from tasks.core.parts import Manifest
from tasks.core.records import Feedback, Invocation
from tasks.core.settings import load
from tasks.formats import openai_chat
from tasks.ingest import ingest

TARGET = Path("data/ingested")
CALLS = (
    {"id": "c-0", "model": "gpt-4o", "domain": "weather", "day": 1},
    {"id": "c-1", "model": "gpt-4o-mini", "domain": "travel", "day": 2},
    {"id": "c-2", "model": "claude", "domain": "weather", "day": 3, "beta": True},
    {"id": "c-3", "model": "claude", "day": 4, "tokens": 5000},
)


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write("logs/a", [line(**call) for call in CALLS])
    return tmp_path


def line(id: str, model: str, day: int, tokens: int = 31, **metadata: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(openai_chat.SAMPLE)
    found["timestamp"] = f"2026-11-0{day}T00:00:00Z"
    found["request"]["metadata"] = {"session_id": f"s-{id}"} | metadata
    found["response"] |= {"id": id, "model": model}
    found["response"]["usage"]["completion_tokens"] = tokens
    return found


def write(path: str, rows: list[dict[str, Any]]) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(condition: Any, target: Path = TARGET, **settings: Any) -> Manifest:
    given = {"sources": [{"uri": "logs"}], "max_rejected": 0.05, "filter": condition} | settings
    return ingest(IngestSettings.model_validate(given), target)


def kept(condition: Any) -> list[int]:
    run(condition)
    found = [row.request_id for row in parts.read_parts(TARGET, Invocation)]
    return [int(name.removeprefix("c-")) for name in found]


def state(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


WEATHER = {"field": "metadata.domain", "equals": "weather"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (WEATHER, [0, 2]),
        ({"not": WEATHER}, [1, 3]),
        ({"field": "metadata.domain", "in": ["weather", "travel"]}, [0, 1, 2]),
        ({"field": "metadata.domain", "exists": False}, [3]),
        ({"field": "metadata.domain", "exists": True}, [0, 1, 2]),
        ({"field": "metadata.beta", "equals": True}, [2]),
        ({"field": "model", "matches": "gpt-4o*"}, [0, 1]),
        ({"field": "model", "equals": "gpt-4o"}, [0]),
        ({"field": "time", "since": "2026-11-02"}, [1, 2, 3]),
        ({"field": "time", "since": "2026-11-02", "until": "2026-11-03T00:00:00Z"}, [1]),
        ({"field": "output_tokens", "at_least": 32}, [3]),
        ({"field": "output_tokens", "below": 32}, [0, 1, 2]),
        ({"field": "session_id", "equals": "s-c-1"}, [1]),
        ({"field": "format", "equals": "openai_chat"}, [0, 1, 2, 3]),
        ({"field": "uri", "matches": "logs/*"}, [0, 1, 2, 3]),
        ({"all": [WEATHER, {"field": "model", "equals": "claude"}]}, [2]),
        ({"any": [WEATHER, {"field": "model", "equals": "claude"}]}, [0, 2, 3]),
        ({"all": [{"not": WEATHER}, {"any": [{"field": "model", "equals": "claude"}]}]}, [3]),
        ({"not": {"any": [WEATHER, {"field": "time", "until": "2026-11-03"}]}}, [3]),
    ],
)
def test_what_is_wanted_is_kept(condition: Any, expected: list[int]) -> None:
    assert kept(condition) == expected


def test_what_is_left_out_is_counted_and_not_listed() -> None:
    counts = run(WEATHER).counts
    assert (counts.read, counts.accepted, counts.rejected, counts.duplicate) == (4, 2, 2, 0)
    assert counts.reasons == {"filtered": 2}
    assert (TARGET / "rejected.jsonl").read_bytes() == b""


def test_what_is_left_out_is_no_fault_but_a_bad_line_is_still_one() -> None:
    rows = [line(f"d-{n}", "gpt-4o", 1, domain="other") for n in range(100)]
    write("logs/b", rows)
    assert run(WEATHER).counts.reasons == {"filtered": 102}
    Path("logs/c").write_text("{torn\n" * 30)
    with pytest.raises(StageError, match="30 of 32 log records were rejected"):
        run(WEATHER)


def test_a_filter_that_leaves_nothing_stops_the_stage() -> None:
    with pytest.raises(StageError, match=r"all 4 log records were left out \(filtered 4\)"):
        run({"field": "model", "equals": "gpt-9"})


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"field": "modle", "equals": "x"}, "unknown field 'modle'; expected time, model,"),
        ({"field": "metadata.", "equals": "x"}, "unknown field 'metadata.'"),
        ({"field": "model"}, "field model is not asked for anything"),
        (
            {"field": "model", "like": "x"},
            "unknown like; expected all, any, not, field, equals, in",
        ),
        ({"field": "model", "since": "2026-11-01"}, "since and until are for the field time"),
        ({"field": "time", "since": "yesterday"}, "expected a date, or a time as 2026-11-03T"),
        ({"equals": "x"}, "expected exactly one of all, any, not and field"),
        ({"all": [], "any": []}, "expected exactly one of all, any, not and field"),
        ([{"field": "model", "equals": "x"}], "several stand in a list under all or any"),
        ({"all": [], "equals": 1}, "equals needs a field beside it"),
        ({"not": {"field": "colour", "equals": 1}}, "unknown field 'colour'"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(condition: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        run(condition)


def test_the_place_in_the_params_is_named(workspace: Path) -> None:
    written = (PROJECT / "params.yaml").read_text()
    params = written.replace(
        "  session_key:", "  filter: {all: [{field: modle, equals: x}]}\n  session_key:"
    )
    (workspace / "params.yaml").write_text(params)
    with pytest.raises(SettingsError, match=r"ingest\.filter\.all\.0: unknown field 'modle'"):
        load(workspace / "params.yaml")


def test_metadata_that_no_call_has_are_refused_and_change_nothing() -> None:
    run(WEATHER)
    before = state(TARGET)
    with pytest.raises(
        SettingsError,
        match=r"ingest\.filter: no call has metadata\.domian; the logs have metadata\.beta, "
        r"metadata\.domain, metadata\.session_id\. Correct",
    ):
        run({"any": [WEATHER, {"field": "metadata.domian", "equals": "weather"}]})
    assert {name: found for name, found in state(TARGET).items() if name in before} == before


def outcome(value: float, **about: str) -> dict[str, Any]:
    beside = {"metric": "task_success", "source": "outcome", "timestamp": "2026-11-05T00:00:00Z"}
    return {**about, "value": value, **beside}


def test_outcomes_come_from_feedback_and_a_later_one_changes_what_is_kept() -> None:
    good = {"field": "outcome", "at_least": 0.5}
    write("told/a", [outcome(1, session_id="s-c-0"), outcome(0, session_id="s-c-1")])
    settings: dict[str, Any] = {"feedback": ("told",), "sources": (LogSource(uri="logs"),)}

    def kept_now(target: Path = TARGET) -> list[str]:
        run(good, target, **settings)
        return [row.request_id for row in parts.read_parts(target, Invocation)]

    assert kept_now() == ["c-0"]
    write("told/b", [outcome(1, request_id="c-1"), outcome(0.9, session_id="s-c-3")])
    assert kept_now() == ["c-0", "c-1", "c-3"]
    kept_now(Path("rebuilt"))
    assert state(TARGET) == state(Path("rebuilt"))
    run({"field": "outcome", "exists": False}, **settings)
    assert [row.request_id for row in parts.read_parts(TARGET, Invocation)] == ["c-2"]


def test_only_what_the_filter_changes_is_read_again() -> None:
    first = run(WEATHER)
    assert run(WEATHER) == first
    assert run(None).counts.accepted == 4


def test_a_training_row_that_is_left_out_takes_its_truth_with_it() -> None:
    asked = [{"role": "user", "content": "Weather?"}]
    rows = [
        {"id": name, "messages": asked, "reference_answer": f"{name}?", "domain": name}
        for name in ("weather", "travel")
    ]
    write("rows/a", rows)
    manifest = run(WEATHER, sources=(LogSource(uri="rows"),))
    assert (manifest.counts.accepted, manifest.info["feedback"]["accepted"]) == (1, 1)
    (truth,) = parts.read_parts(TARGET, Feedback, "feedback")
    assert truth.request_id == "weather"
