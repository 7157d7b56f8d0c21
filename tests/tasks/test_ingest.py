import gzip
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core import parts
from tasks.core.curation_settings import IngestSettings, LogSource
from tasks.core.errors import SettingsError, SourceError, StageError
from tasks.core.parts import Manifest
from tasks.core.records import Feedback, Invocation, Rejected
from tasks.formats import openai_chat
from tasks.ingest import ingest
from tasks.logs import sources
from tasks.logs.tolerance import TOLERATED
from tests.tasks.raw_logs import SAMPLE, TARGET, calls, state

pytestmark = pytest.mark.usefixtures("workspace")

PROJECT = Path(__file__).parents[2]
AIRLINE = (Path(__file__).parents[2] / "../shared/data/airline").resolve()
OUTCOME = (
    b'{"session_id": "s-12", "metric": "task_success", "value": 1, "source": "outcome", '
    b'"timestamp": "2026-11-03T15:00:00Z"}\n'
)


def write(path: str, content: bytes) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def run(
    *uris: str, feedback: tuple[str, ...] = (), target: Path = TARGET, **settings: Any
) -> Manifest:
    found = {
        "sources": tuple(LogSource(uri=uri) for uri in uris or ("logs",)),
        "feedback": feedback,
        "max_rejected": 0.05,
    }
    return ingest(IngestSettings(**(found | settings)), target)


def requests(target: Path = TARGET) -> list[str]:
    return [found.request_id for found in parts.read_parts(target, Invocation)]


def rejects(target: Path = TARGET) -> list[tuple[str, int, str]]:
    lines = (target / "rejected.jsonl").read_bytes().splitlines()
    found = [Rejected(**json.loads(line)) for line in lines]
    return [(r.source["uri"], r.source["line"], r.reason) for r in found]  # type: ignore[index]


def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Uris of the objects whose bytes are read from now on."""
    found: list[str] = []
    read = sources._chunks

    def noted(one: sources.LogObject) -> Iterator[bytes]:
        found.append(one.uri)
        return read(one)

    monkeypatch.setattr(sources, "_chunks", noted)
    return found


def rebuilt(**settings: Any) -> dict[str, bytes]:
    """What a run without any history writes."""
    run(target=Path("rebuilt/ingested"), **settings)
    return state(Path("rebuilt/ingested"))


@pytest.mark.skipif(not AIRLINE.is_dir(), reason="the airline logs are not on this machine")
def test_real_logs_are_read_without_a_reject() -> None:
    manifest = run(
        str(AIRLINE / "bedrock"),
        str(AIRLINE / "openai"),
        feedback=(str(AIRLINE / "feedback.jsonl"),),
    )
    counts = manifest.counts
    assert (counts.read, counts.accepted, counts.rejected, counts.duplicate) == (1698, 1698, 0, 0)
    by_format = {"bedrock_invocation": 0, "openai_chat": 0, "feedback": 0}
    for part in manifest.parts:
        by_format[part.info["format"]] += part.rows
    assert by_format == {"bedrock_invocation": 851, "openai_chat": 847, "feedback": 120}
    sessions = {found.session_id for found in parts.read_parts(TARGET, Invocation)}
    told = {found.session_id for found in parts.read_parts(TARGET, Feedback, "feedback")}
    assert len(sessions) == len(told) == 120
    assert sessions == told


@pytest.mark.skipif(not AIRLINE.is_dir(), reason="the airline logs are not on this machine")
def test_real_calls_of_every_operation_have_a_reply() -> None:
    run(str(AIRLINE / "bedrock"))
    replies: dict[str, list[bool]] = {}
    read = {found.request_id: found for found in parts.read_parts(TARGET, Invocation)}
    for file in (AIRLINE / "bedrock").rglob("*.gz"):
        for line in gzip.decompress(file.read_bytes()).splitlines():
            record = json.loads(line)
            reply = read[record["requestId"]].response
            calls_ = [call for call in reply.tool_calls if not call.raw_arguments]
            replies.setdefault(record["operation"], []).append(bool(reply.content or calls_))
    assert {name: len(found) for name, found in replies.items()} == {
        "Converse": 597,
        "InvokeModel": 119,
        "InvokeModelWithResponseStream": 135,
    }
    assert all(all(found) for found in replies.values())


def test_each_object_is_a_part_and_the_order_is_that_of_the_uris() -> None:
    write("logs/b.jsonl", calls(3))
    write("logs/a.json.gz", gzip.compress(calls(1, 2)))
    manifest = run()
    assert [part.info["uri"] for part in manifest.parts] == ["logs/a.json.gz", "logs/b.jsonl"]
    assert requests() == ["request-1", "request-2", "request-3"]
    (first, *_) = parts.read_parts(TARGET, Invocation)
    assert first.source.uri == "logs/a.json.gz"
    assert (first.source.line, first.source.format) == (1, "bedrock_invocation")


def test_a_large_object_becomes_several_parts() -> None:
    write("logs/a", calls(*range(5)))
    manifest = run(part_records=2)
    assert [part.rows for part in manifest.parts] == [2, 2, 1]
    assert len({part.key for part in manifest.parts}) == 3
    assert requests() == [f"request-{n}" for n in range(5)]


def test_a_second_run_opens_nothing_and_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    write("logs/a", calls(1))
    write("logs/b", calls(2))
    run()
    before = {path: path.stat() for path in TARGET.rglob("*")}
    read = opened(monkeypatch)
    run()
    assert read == []
    assert {path: path.stat() for path in TARGET.rglob("*")} == before


def test_one_new_object_is_read_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    write("logs/b", calls(1))
    run()
    write("logs/a", calls(2))
    read = opened(monkeypatch)
    run()
    assert read == ["logs/a"]
    assert requests() == ["request-2", "request-1"]
    assert state() == rebuilt()


def test_an_object_that_was_touched_keeps_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    file = write("logs/a", calls(1))
    run()
    before = {path: path.stat() for path in TARGET.rglob("*")}
    file.unlink()
    write("logs/a", calls(1))
    read = opened(monkeypatch)
    run()
    assert read == ["logs/a"], "hashed, not parsed: nothing is written again"
    assert {path: path.stat() for path in TARGET.rglob("*")} == before
    run()
    assert read == ["logs/a"], "its new etag is known now"


def test_without_the_memory_of_etags_objects_are_hashed_and_nothing_else() -> None:
    write("logs/a", calls(1))
    run()
    before = {path: path.stat() for path in TARGET.rglob("*")}
    for name, content in (("gone", None), ("torn", b"{"), ("other", b'{"logs/a": 3}')):
        memory = Path("data/.ingested.etags.json")
        assert memory.is_file(), name
        if content is None:
            memory.unlink()
        else:
            memory.write_bytes(content)
        run()
        assert {path: path.stat() for path in TARGET.rglob("*")} == before


def test_an_object_that_grew_is_read_again() -> None:
    write("logs/a", calls(1))
    run()
    write("logs/a", calls(1, 2))
    run()
    assert requests() == ["request-1", "request-2"]
    assert state() == rebuilt()


def test_a_deleted_object_takes_its_records_with_it() -> None:
    write("logs/a", calls(1))
    file = write("logs/b", calls(2))
    run()
    file.unlink()
    run()
    assert requests() == ["request-1"]
    assert state() == rebuilt()


def test_other_settings_read_everything_again(monkeypatch: pytest.MonkeyPatch) -> None:
    write("logs/a", calls(1))
    run()
    read = opened(monkeypatch)
    run(session_key="domain")
    assert "logs/a" in read
    (found,) = parts.read_parts(TARGET, Invocation)
    assert found.session_id == "weather"


def test_a_part_that_is_gone_is_made_again() -> None:
    write("logs/a", calls(1))
    (part,) = run().parts
    parts.part_path(TARGET, part).unlink()
    run()
    assert requests() == ["request-1"]


def test_a_record_that_stands_twice_counts_once() -> None:
    respaced = json.dumps(json.loads(calls(1))).encode() + b"\n"
    write("logs/a", calls(1, 1, 2) + respaced)
    counts = run().counts
    assert (counts.read, counts.accepted, counts.duplicate) == (4, 2, 2)
    assert counts.reasons == {"redelivered": 2}


def test_the_same_record_in_two_objects_is_left_to_dedup() -> None:
    write("logs/a", calls(1))
    write("logs/b", calls(1))
    assert run().counts.accepted == 2
    assert len({found.id for found in parts.read_parts(TARGET, Invocation)}) == 1


def test_every_bad_line_is_a_reject_with_its_place() -> None:
    deep = SAMPLE.replace(b'{"type":"integer"}', b"[" * 3000 + b"]" * 3000)
    lines = [
        calls(1).strip(),
        b"not json",
        b"",
        SAMPLE.replace(b"Oslo", b"\xff"),
        deep,
        SAMPLE.replace(b'"1.0"', b'"9.0"'),
        SAMPLE.replace(b'"accountId"', b'"errorCode":"ThrottlingException","accountId"'),
        SAMPLE[:-40],
    ]
    write("logs/a", b"\n".join(lines))
    manifest = run(max_rejected=1, torn_after_s=0)
    assert rejects() == [
        ("logs/a", 2, "not-json"),
        ("logs/a", 4, "bad-utf8"),
        ("logs/a", 5, "too-deep"),
        ("logs/a", 6, "unknown-schema-version"),
        ("logs/a", 7, "error-response"),
        ("logs/a", 8, "torn"),
    ]
    assert (manifest.counts.read, manifest.counts.accepted, manifest.counts.rejected) == (7, 1, 6)
    assert b"Oslo" not in (TARGET / "rejected.jsonl").read_bytes()


def test_torn_gzip_keeps_what_came_before_the_tear() -> None:
    packed = gzip.compress(b"".join(calls(n) for n in range(300)), compresslevel=1)
    write("logs/a.gz", packed[: len(packed) // 2])
    manifest = run(torn_after_s=0)
    assert manifest.counts.reasons == {"torn-gzip": 1}
    assert manifest.counts.accepted == len(requests()) > 10


def test_planted_links_and_pipes_are_refused_and_counted() -> None:
    write("secret/a", calls(9))
    write("logs/a", calls(1))
    Path("logs/link").symlink_to(Path("secret/a").resolve())
    os.mkfifo("logs/pipe")
    manifest = run()
    assert rejects() == [("logs/link", 0, "symlink"), ("logs/pipe", 0, "not-a-regular-file")]
    assert (manifest.counts.read, manifest.counts.accepted) == (3, 1)
    before = state()
    run()
    assert state() == before == rebuilt()


def test_an_unknown_format_rejects_each_line_and_says_why() -> None:
    write("logs/a", calls(1))
    write("logs/b", b'{"prompt": "hello"}\n' * 3)
    manifest = run()
    assert manifest.counts.reasons == {"unknown-format": 3}
    detail = json.loads((TARGET / "rejected.jsonl").read_text().splitlines()[0])["detail"]
    assert "bedrock_invocation: expected" in detail
    assert "openai_chat: expected" in detail


def test_a_format_that_is_named_is_not_guessed() -> None:
    write("logs/a", openai_chat.SAMPLE + b"\n")
    log = LogSource(uri="logs", format="bedrock_invocation")
    with pytest.raises(StageError, match=r"1 of 1 log records .*unknown-schema-type 1"):
        run(sources=(log,))


def test_too_many_rejects_stop_the_stage_and_change_nothing() -> None:
    write("logs/a", calls(*range(30)))
    run()
    before = state()
    write("logs/b", b"x\n" * (TOLERATED + 1))
    with pytest.raises(
        StageError,
        match=r"21 of 51 log records were rejected, at most 5% may be: unknown-format 21, first at "
        r"logs/b:1 \(.*\)\. Correct .* nothing was committed",
    ):
        run()
    assert {name: found for name, found in state().items() if name in before} == before
    assert requests() == [f"request-{n}" for n in range(30)]


def test_a_few_rejects_stop_nothing_whatever_their_share() -> None:
    write("logs/a", calls(1) + b"x\n" * TOLERATED)
    assert run().counts.rejected == TOLERATED


def test_nothing_but_rejects_stops_the_stage() -> None:
    write("logs/a", b"x\n")
    with pytest.raises(StageError, match="1 of 1 log records were rejected"):
        run()


def test_a_missing_source_is_named() -> None:
    with pytest.raises(SourceError, match="no nowhere: expected a file or folder"):
        run("nowhere")
    with pytest.raises(SourceError, match="no nowhere: expected a file or folder"):
        write("logs/a", calls(1))
        run(feedback=("nowhere",))


def test_an_empty_source_is_named() -> None:
    write("logs/.gitignore", b"*")
    with pytest.raises(SourceError, match="no log files under logs: expected files of JSON lines"):
        run()


def test_an_empty_file_is_no_fault() -> None:
    write("logs/a", calls(1))
    write("logs/b", b"")
    assert (run().counts.read, len(requests())) == (1, 1)


def test_bodies_that_are_kept_apart_are_passed_over() -> None:
    write("logs/2026/data/1_input.json.gz", gzip.compress(b'{"messages": []}'))
    write("logs/2026/a", calls(1))
    manifest = run()
    assert (manifest.counts.read, manifest.info["skipped"]) == (1, 1)


def test_feedback_is_counted_on_its_own() -> None:
    write("logs/a", calls(1))
    write("feedback/a.jsonl", OUTCOME + OUTCOME + b'{"metric": "x"}\n')
    manifest = run(feedback=("feedback",))
    assert (manifest.counts.read, manifest.counts.rejected) == (1, 0)
    assert manifest.info["feedback"] == {
        "read": 3,
        "accepted": 1,
        "rejected": 1,
        "duplicate": 1,
        "reasons": {"missing-field": 1, "redelivered": 1},
    }
    (found,) = parts.read_parts(TARGET, Feedback, "feedback")
    assert (found.session_id, found.value) == ("s-12", 1.0)
    assert rejects() == [("feedback/a.jsonl", 3, "missing-field")]


def test_bad_feedback_stops_the_stage_too() -> None:
    write("logs/a", calls(1))
    write("feedback/a", b"{}\n")
    with pytest.raises(StageError, match="1 of 1 feedback records were rejected"):
        run(feedback=("feedback",))


def test_an_empty_feedback_folder_is_no_fault() -> None:
    write("logs/a", calls(1))
    Path("feedback").mkdir()
    assert run(feedback=("feedback",)).info["feedback"]["read"] == 0


def test_feedback_inside_the_logs_is_read_once_as_feedback() -> None:
    write("logs/a", calls(1))
    write("logs/feedback/a", OUTCOME)
    manifest = run(feedback=("logs/feedback",))
    assert (manifest.counts.read, manifest.info["feedback"]["read"]) == (1, 1)


def test_the_same_uri_cannot_be_logs_and_feedback() -> None:
    write("logs/a", calls(1))
    with pytest.raises(SettingsError, match="logs is named as auto and as feedback"):
        run(feedback=("./logs",))


def test_overlapping_sources_are_read_once_as_the_nearer_says() -> None:
    write("logs/a", calls(1))
    write("logs/pairs/a", openai_chat.SAMPLE)
    near = LogSource(uri="logs/pairs", format="openai_chat")
    manifest = run(sources=(LogSource(uri="logs"), near, LogSource(uri="./logs")))
    assert [part.info["format"] for part in manifest.parts] == ["bedrock_invocation", "openai_chat"]


@pytest.mark.parametrize("uri", ["data", ".", "data/ingested"])
def test_a_stage_does_not_read_what_it_writes(uri: str) -> None:
    write("data/a", calls(1))
    with pytest.raises(SettingsError, match="holds data/ingested, which this stage writes"):
        run(uri)


def stage(folder: Path, **options: Any) -> "subprocess.Popen[bytes]":
    """The stage as a process of its own in a workspace that reads `logs`."""
    params = yaml.safe_load((PROJECT / "params.yaml").read_text())
    params["ingest"] = {"sources": [{"uri": "logs"}], "feedback": [], "max_rejected": 0.05}
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    return subprocess.Popen(
        [sys.executable, "-m", "tasks.ingest"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def ended(process: "subprocess.Popen[bytes]") -> tuple[int, str, str]:
    out, error = process.communicate(timeout=60)
    return process.returncode, out.decode(), error.decode()


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, ended(process)
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_stage_killed_at_any_time_and_run_again_loses_and_doubles_nothing(
    workspace: Path,
) -> None:
    for number in range(30):
        lines = calls(*range(number * 50, number * 50 + 50))
        write(f"logs/{number:02}.gz", gzip.compress(lines, compresslevel=1))
    shutil.copytree("logs", "whole/logs")
    code, out, error = ended(stage(workspace / "whole"))
    assert (code, error) == (0, "")
    assert out == "ingest: read 1500 = 1500 accepted + 0 rejected + 0 duplicate\n"
    for wanted in (1, 15):
        killed = stage(workspace)
        made = Path("data/ingested/parts")
        # Whatever an earlier kill left there is written again under the same names.
        shutil.rmtree(made, ignore_errors=True)
        wait_for(lambda: len(list(made.glob("*.jsonl"))) >= wanted, killed)  # noqa: B023
        killed.send_signal(signal.SIGKILL)
        assert ended(killed)[0] == -signal.SIGKILL
        assert parts.read_manifest(TARGET) is None
    assert ended(stage(workspace))[0] == 0
    assert state() == state(Path("whole/data/ingested"))


def test_a_stage_killed_while_it_adds_leaves_the_old_state(workspace: Path) -> None:
    write("logs/00", calls(1))
    assert ended(stage(workspace))[0] == 0
    before = (TARGET / "manifest.json").read_bytes()
    for number in range(1, 20):
        write(f"logs/{number:02}", calls(*range(number * 100, number * 100 + 100)))
    killed = stage(workspace)
    wait_for(lambda: len(list((TARGET / "parts").glob("*.jsonl"))) > 2, killed)
    killed.send_signal(signal.SIGKILL)
    assert ended(killed)[0] == -signal.SIGKILL
    assert (TARGET / "manifest.json").read_bytes() == before
    assert requests() == ["request-1"]
    assert ended(stage(workspace))[0] == 0
    assert state() == rebuilt()


@pytest.fixture
def small_disk(workspace: Path) -> Iterator[Path]:
    """A file system of 400 kB for the workspace's data."""
    place = workspace / "data"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_one_line_and_changes_nothing(workspace: Path, small_disk: Path) -> None:
    write("logs/a", calls(1))
    assert ended(stage(workspace))[0] == 0
    before = (TARGET / "manifest.json").read_bytes()
    more = write("logs/b", calls(*range(1000)))
    code, out, error = ended(stage(workspace))
    assert (code, out) == (4, "")
    assert error.startswith("ratchet ingest: 1 new log objects need about 1.6 MB in data/ingested")
    # Packed so well that nobody can tell beforehand.
    more.write_bytes(gzip.compress(more.read_bytes()))
    code, out, error = ended(stage(workspace))
    assert (code, out) == (4, "")
    assert error == (
        "ratchet ingest: No space left on device: data; make room and run it again "
        "(what was committed before is untouched)\n"
    )
    assert (TARGET / "manifest.json").read_bytes() == before
    assert requests() == ["request-1"]
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    assert ended(stage(workspace))[0] == 0
    assert len(requests()) == 1001
    assert state() == rebuilt()


def test_a_file_that_may_not_grow_fails_the_stage_and_changes_nothing(workspace: Path) -> None:
    write("logs/a", calls(1))
    assert ended(stage(workspace))[0] == 0
    before = state()
    write("logs/b", calls(*range(1000)))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    code, out, _ = ended(stage(workspace, preexec_fn=limit))
    assert code != 0
    assert out == ""
    assert {name: found for name, found in state().items() if name in before} == before
    assert ended(stage(workspace))[0] == 0
    assert state() == rebuilt()
