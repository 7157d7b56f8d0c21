import gzip
import json
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tasks.core.errors import SettingsError
from tasks.core.records import Feedback, Reply, Source
from tasks.demo import callers, lexicon, traffic, world
from tasks.demo.traffic import TrafficReport
from tasks.formats import bedrock_invocation

BASE = Path(__file__).parents[3] / "tasks/demo/base"
SESSIONS = 160


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrafficReport]:
    import torch

    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("logs")
    return out, traffic.write_logs(out, model=str(BASE), sessions=SESSIONS, seed=3)


@pytest.fixture(scope="module")
def lines(written: tuple[Path, TrafficReport]) -> list[str]:
    files = sorted(written[0].rglob("*.json.gz"))
    return [
        line for path in files for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]


def whole(lines: list[str]) -> list[dict[str, Any]]:
    """Records that can be read, each once."""
    torn = [line for line in lines if not line.endswith("}")]
    records = [json.loads(line) for line in sorted(set(lines) - set(torn))]
    return [record for record in records if record["schemaVersion"] == "1.0"]


def feedback(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "feedback.jsonl").read_text().splitlines()]


def catalogue(record: dict[str, Any]) -> str:
    body = record["input"]["inputBodyJson"]
    tools = body.get("tools") or [tool["toolSpec"] for tool in body["toolConfig"]["tools"]]
    unseen = {tool["name"].partition("_")[2] in lexicon.UNSEEN_NOUNS for tool in tools}
    assert len(unseen) == 1
    return "unseen" if unseen.pop() else "production"


def test_every_line_is_accounted_for(written: tuple[Path, TrafficReport], lines: list[str]) -> None:
    out, report = written
    assert report.lines == len(lines)
    assert report.lines == SESSIONS + report.redelivered + report.retried + report.torn + 1
    assert report.files == len(list(out.rglob("*.json.gz")))
    assert len(lines) - len(set(lines)) == report.redelivered > 0
    assert len(whole(lines)) == SESSIONS + report.retried
    assert report.torn == len([line for line in lines if not line.endswith("}")]) > 0
    assert sum('"schemaVersion": "2.0"' in line for line in lines) == report.unknown_version == 1


def test_the_files_lie_where_bedrock_puts_them(written: tuple[Path, TrafficReport]) -> None:
    hours = set()
    for path in written[0].rglob("*.json.gz"):
        parts = path.relative_to(written[0]).parts
        assert parts[:4] == (
            "AWSLogs",
            "123456789012",
            "BedrockModelInvocationLogs",
            "us-east-1",
        )
        assert path.name.startswith("".join(parts[4:8]) + "T0000000Z_")
        for line in gzip.decompress(path.read_bytes()).decode().splitlines():
            if line.endswith("}"):
                at = json.loads(line)["timestamp"]
                assert at[:13] == "{}-{}-{}T{}".format(*parts[4:8])
        hours.add(parts[4:7])
    assert hours == {("2026", "11", day) for day in ("16", "17", "18")}


def test_the_same_seed_gives_the_same_bytes(
    written: tuple[Path, TrafficReport], tmp_path: Path
) -> None:
    again = traffic.write_logs(tmp_path, model=str(BASE), sessions=SESSIONS, seed=3)
    assert again == written[1]
    names = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*.*"))
    assert names == sorted(p.relative_to(written[0]) for p in written[0].rglob("*.*"))
    files = [name for name in names if (tmp_path / name).is_file()]
    assert all((tmp_path / n).read_bytes() == (written[0] / n).read_bytes() for n in files)


def test_the_projects_own_reader_takes_every_whole_record(lines: list[str]) -> None:
    for record in whole(lines):
        line = json.dumps(record).encode()
        source = Source(uri="demo", line=1, format="bedrock_invocation")
        (sealed,) = bedrock_invocation.parse(line, source, "session_id")
        call = sealed.open()
        assert call.session_id == record["requestMetadata"]["session_id"]
        assert [message.role for message in call.messages] == ["system", "user"]
        assert len(call.tools) >= 2
        assert call.response.content or call.response.tool_calls
        assert call.usage.input_tokens == record["input"]["inputTokenCount"]
    assert {r["operation"] for r in whole(lines)} == {"Converse", "InvokeModel"}


def test_no_session_and_no_caller_works_with_both_catalogues(lines: list[str]) -> None:
    of_session: dict[str, set[str]] = {}
    of_person: dict[str, set[str]] = {}
    for record in whole(lines):
        kind, data = catalogue(record), record["requestMetadata"]
        of_session.setdefault(data["session_id"], set()).add(kind)
        for key in ("caller_name", "caller_email", "caller_phone"):
            of_person.setdefault(data[key], set()).add(kind)
    assert {len(kinds) for kinds in (*of_session.values(), *of_person.values())} == {1}
    share = Counter(next(iter(kinds)) for kinds in of_session.values())["unseen"] / SESSIONS
    assert 0.2 < share < 0.45


def test_personal_data_stands_in_metadata_and_system_text_only(lines: list[str]) -> None:
    for record in whole(lines):
        body, data = record["input"]["inputBodyJson"], record["requestMetadata"]
        system = body["system"] if isinstance(body["system"], str) else body["system"][0]["text"]
        said = json.dumps([body["messages"], record["output"]])
        for key in ("caller_name", "caller_email", "caller_phone"):
            assert data[key] in system
            assert data[key] not in said


def test_a_retry_says_the_same_under_a_new_request(lines: list[str]) -> None:
    records = whole(lines)
    counts = Counter(record["requestMetadata"]["session_id"] for record in records)
    session = next(name for name, count in counts.items() if count == 2)
    first, second = (r for r in records if r["requestMetadata"]["session_id"] == session)
    assert first["requestId"] != second["requestId"]
    assert first["timestamp"] != second["timestamp"]
    assert first["input"] == second["input"]


def test_feedback_comes_later_and_tells_what_the_world_thinks(
    written: tuple[Path, TrafficReport], lines: list[str]
) -> None:
    out, report = written
    at = {r["requestMetadata"]["session_id"]: r["timestamp"] for r in whole(lines)}
    rows = feedback(out)
    outcomes = {r["session_id"]: r["value"] for r in rows if r["metric"] == "task_success"}
    assert outcomes.keys() == at.keys()
    assert sum(outcomes.values()) == report.succeeded
    assert 0.4 < report.succeeded / SESSIONS < 0.75
    edits = [r for r in rows if r["source"] == "human_edit"]
    assert len(edits) == report.edits
    assert {outcomes[r["session_id"]] for r in edits} == {0}
    assert 0.7 < len(edits) / (SESSIONS - report.succeeded) < 1
    assert [r["timestamp"] for r in rows] == sorted(r["timestamp"] for r in rows)
    for row in rows:
        msgspec.convert(row, Feedback)
        assert row["timestamp"] > at[row["session_id"]]


def test_an_edit_is_the_right_reply(written: tuple[Path, TrafficReport], lines: list[str]) -> None:
    tools = {}
    for record in whole(lines):
        body = record["input"]["inputBodyJson"]
        listed = body.get("tools") or [tool["toolSpec"] for tool in body["toolConfig"]["tools"]]
        tools[record["requestMetadata"]["session_id"]] = {tool["name"] for tool in listed}
    kinds: Counter[str] = Counter()
    for row in feedback(written[0]):
        if row["source"] == "human_edit":
            reply = msgspec.convert(row["value"], Reply)
            called = {call.name for call in reply.tool_calls}
            assert called <= tools[row["session_id"]]
            kinds["call" if called else reply.content.split()[0]] += 1
    assert kinds["Please"] > 5
    assert kinds["No"] > 5


def test_callers_of_even_and_odd_numbers_share_nothing() -> None:
    people = [callers.person(number) for number in range(20_000)]
    even, odd = people[::2], people[1::2]
    for field in range(3):
        assert not {person[field] for person in even} & {person[field] for person in odd}
    assert len({person.email for person in people[:19_000]}) == 19_000
    assert callers.person(143).phone == "+1 203-555-0143"


def test_visitors_are_fresh_and_judge_for_themselves() -> None:
    first = list(islice(traffic.visitors(1), 60))
    assert first == list(islice(traffic.visitors(1), 60))
    other = list(islice(traffic.visitors(2), 60))
    assert not {v.session_id for v in first} & {v.session_id for v in other}
    assert {v.task.reference.behaviour for v in first} == {"execute", "clarify", "refuse"}
    for visitor in first:
        assert visitor.satisfied(world.right_reply(visitor.task))
        assert not visitor.satisfied(Reply(content="Have a nice day."))


def test_no_sessions_are_no_logs(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="0 sessions leave no logs; ask for at least 1"):
        traffic.write_logs(tmp_path, model=str(BASE), sessions=0, seed=1)
