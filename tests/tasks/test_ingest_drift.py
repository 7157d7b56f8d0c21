"""Logs whose schema changes, and logs that lose what was read: seen, told, and stopped in time."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tasks.core import parts, workers
from tasks.core.curation_settings import LogSource
from tasks.core.errors import StageError
from tasks.dataset import drifted
from tasks.formats import openai_chat
from tasks.logs import drift, profile
from tasks.logs.drift import Fields
from tasks.logs.losses import Lost
from tests.tasks.raw_logs import REQUEST, SAMPLE, TARGET, is_as_rebuilt, run, state

pytestmark = pytest.mark.usefixtures("workspace")


def calls(numbers: Iterable[int], without: str = "", **changed: Any) -> bytes:
    made = []
    for number in numbers:
        record = json.loads(SAMPLE.replace(REQUEST, b"request-%d" % number)) | changed
        record.pop(without, None)
        made.append(json.dumps(record).encode() + b"\n")
    return b"".join(made)


def write(name: str, content: bytes) -> Path:
    file = Path(name)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    return file


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_field_that_is_new_is_a_warning_and_its_records_are_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("logs/a.log", calls(range(5)))
    run()
    assert told(capsys) == []
    more = {"guardrail": {"action": "NONE", "trace": [1]}, "inferenceRegion": "eu-west-1"}
    write("logs/b.log", calls(range(5, 10), without="region", **more))
    assert run().counts.accepted == 10
    assert told(capsys) == [
        "ratchet ingest: warning: the schema of bedrock_invocation in logs changed: new fields "
        "guardrail object, inferenceRegion string; fields that are gone region string"
    ]
    (found,) = drift.read(TARGET)[0].fields
    assert found == Fields(
        source="logs",
        format="bedrock_invocation",
        new=("guardrail object", "inferenceRegion string"),
        gone=("region string",),
    )
    assert is_as_rebuilt()
    told(capsys)
    run()
    assert told(capsys) == []
    assert drift.read(TARGET)[0].fields == (found,), "what the last change brought stays"
    write("logs/c.log", calls(range(10, 15), **more))
    run()
    assert told(capsys) == [], "its fields are known by now"


def test_a_field_of_another_type_that_nobody_reads_is_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("logs/a.log", calls(range(5), accountId="1"))
    run()
    write("logs/b.log", calls(range(5, 10), accountId=1))
    assert run().counts.rejected == 0
    (line,) = told(capsys)
    assert line.endswith("fields of another type accountId: string, now number")


def test_the_manifest_holds_names_and_types_and_no_value() -> None:
    write("logs/a.log", calls(range(3), secretive="s3cr3t-value"))
    made = run()
    table = made.info["fields"]["bedrock_invocation"]
    assert "secretive string" in table
    assert "output.outputBodyJson.output.message.content[].toolUse.name string" in table
    # What a tool was called with and what it answered is data, names included.
    assert not [field for field in table if "toolUse.input." in field or ".json." in field]
    assert "s3cr3t-value" not in (TARGET / "manifest.json").read_text()
    (part,) = made.parts
    assert part.info["fields"]["looked"] == 3
    assert profile.read(part, made.info["fields"]).some == frozenset(table)


def test_a_map_of_many_names_is_data() -> None:
    write("logs/a.log", calls(range(2), users={f"u{n}": n for n in range(50)}))
    assert [f for f in run().info["fields"]["bedrock_invocation"] if f.startswith("users")] == [
        "users object",
        "users.* number",
    ]


def test_profiles_are_the_same_by_one_or_two_processes_and_however_they_came() -> None:
    for number in range(6):
        extra = {f"field{number % 3}": number}
        write(f"logs/{number}.log", calls(range(number * 3, number * 3 + 3), **extra))
        if number % 2:
            with workers.use(2):
                run()
    assert is_as_rebuilt()
    Path("logs/2.log").unlink()
    Path("logs/5.log").unlink()
    made = run()
    assert not [field for field in made.info["fields"]["bedrock_invocation"] if "field2" in field]
    assert is_as_rebuilt()


def test_only_some_records_of_an_object_are_looked_at() -> None:
    write("logs/a.log", calls(range(450)))
    assert run().parts[0].info["fields"]["looked"] == 8


def test_records_that_break_are_one_report_with_path_type_and_count(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("logs/a.log", calls(range(60)))
    run()
    write(
        "logs/b.log",
        calls(range(60, 180))
        + calls(range(180, 183), modelId={"arn": "x"})
        + calls(range(183, 184), without="requestId"),
    )
    made = run()
    assert made.counts.reasons == {"missing-field": 1, "wrong-type": 3}
    first, second = made.info["breaking"]
    assert first == {
        "source": "logs",
        "format": "bedrock_invocation",
        "reason": "wrong-type",
        "path": "modelId",
        "expected": "str",
        "seen": "object",
        "count": 3,
        "first": "logs/b.log:121",
    }
    assert (second["path"], second["expected"], second["count"]) == ("requestId", "text", 1)
    assert told(capsys) == [
        "ratchet ingest: warning: records that do not fit their format: bedrock_invocation "
        "modelId: expected str, object in 3 (wrong-type, first at logs/b.log:121); "
        "bedrock_invocation requestId: expected text, something else in 1 (missing-field, first at "
        "logs/b.log:124)"
    ]
    assert is_as_rebuilt()


def test_a_load_that_breaks_is_stopped_with_the_report() -> None:
    write("logs/a.log", calls(range(30)))
    run()
    before = state(TARGET)
    write("logs/b.log", calls(range(30, 60), modelId={"arn": "x"}, tenant="t"))
    with pytest.raises(
        StageError,
        match=r"30 of 60 log records were rejected.*new fields modelId\.arn string, tenant string; "
        r"fields of another type modelId: string, now object; records that do not fit their "
        r"format: bedrock_invocation modelId: expected str, object in 30",
    ):
        run()
    assert {name: found for name, found in state(TARGET).items() if name in before} == before
    assert drift.read(TARGET)[0] == drift.Drift(), "what was not committed is not kept"


@pytest.mark.parametrize("field", ["timestamp", "requestId", "modelId", "operation", "output"])
def test_more_than_a_hundredth_without_a_needed_field_stops_the_stage(field: str) -> None:
    write("logs/a.log", calls(range(98)))
    run()
    write("logs/b.log", calls([98]) + calls([99], without=field))
    assert run().counts.rejected == 1, "one in a hundred is an accident"
    before = state(TARGET)
    write("logs/c.log", calls([100], without=field))
    with pytest.raises(
        StageError,
        match=rf"2 of 101 records of logs lack a field .* at most 1\.0% may .*: bedrock_invocation "
        rf"{field}.* in 2 \(missing-field, first at logs/b\.log:2\)\. Correct .*nothing was",
    ):
        run()
    assert {name: found for name, found in state(TARGET).items() if name in before} == before
    assert run(max_missing=0.05).counts.rejected == 2


def test_a_source_is_judged_by_its_own_records() -> None:
    write("logs/a.log", calls(range(300)))
    write("pairs/a.log", (openai_chat.SAMPLE + b"\n") + b'{"request": {}, "response": {}}\n' * 2)
    wanted = (LogSource(uri="logs"), LogSource(uri="pairs", format="openai_chat"))
    with pytest.raises(StageError, match="2 of 3 records of pairs lack a field"):
        run(sources=wanted)


def test_a_log_that_was_rewritten_says_what_it_lost(capsys: pytest.CaptureFixture[str]) -> None:
    write("logs/a.log", calls(range(5)))
    write("logs/b.log", calls(range(5, 10)))
    run()
    write("logs/a.log", calls([0, 1, 7]))
    write("logs/b.log", calls(range(5, 12)))
    run()
    (line,) = told(capsys)
    assert line.startswith(
        "ratchet ingest: warning: source-rewritten: 3 records that the last run had are in no log "
        "any more, as 1 log objects were rewritten or cut: logs/a.log (3)"
    )
    (lost,) = drift.read(TARGET)[0].lost
    assert lost == Lost(
        reason="source-rewritten",
        objects=1,
        records=3,
        first="logs/a.log",
        by_object={"logs/a.log": 3},
    )
    assert is_as_rebuilt()


def test_a_log_that_is_gone_says_so_and_one_that_moved_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("logs/a.log", calls(range(5)))
    write("logs/b.log", calls(range(5, 10)))
    run()
    Path("logs/a.log").rename("logs/a.log.1")
    run()
    assert told(capsys) == []
    Path("logs/b.log").unlink()
    run()
    (line,) = told(capsys)
    assert "source-gone: 5 records" in line
    assert parts.read_manifest(TARGET) is not None


def test_report_and_page_show_what_changed(tmp_path: Path) -> None:
    data = Path("data")
    write("logs/a.log", calls(range(30)))
    run()
    assert drifted.markdown(data) == ""
    assert "every record fits its format" in drifted.section(data)
    write("logs/b.log", calls(range(30, 60), guardrail="on") + calls([60], modelId=7))
    run()
    lines = drifted.markdown(data).splitlines()
    assert "| bedrock_invocation in logs | new field | guardrail string |  |" in lines
    assert (
        "| bedrock_invocation in logs | wrong-type | modelId: expected str, int found | 1 |"
    ) in lines
    shown = drifted.section(data)
    assert "<td class=t>guardrail string</td>" in shown
    assert "modelId: expected str, int found" in shown
