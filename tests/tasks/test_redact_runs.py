import base64
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
import yaml

from tasks import redact
from tasks.core import parts, workers
from tasks.core.curation_settings import RedactSettings
from tasks.core.errors import StageError
from tasks.core.parts import Counts, Part
from tasks.core.records import Feedback, Invocation, Reply, encode
from tasks.redaction.keys import key_id
from tasks.redaction.lines import Finding
from tests.tasks.redaction_logs import (
    BY,
    KEY,
    ROOT,
    SESSION,
    SETTINGS,
    TOOL,
    call,
    ingested,
    invocation,
    redacted,
    run,
    state,
    user,
)


def labels(made: Iterable[Part]) -> list[str]:
    return [part.label for part in made]


def test_the_audit_says_where_and_what_and_never_the_value(tmp_path: Path) -> None:
    redacted(tmp_path, *SESSION)
    found = list(parts.read_parts(tmp_path / "redacted", Finding, "audit"))
    asked = [one for one in found if one.path == "messages.0.content"]
    assert [(one.type, one.rule, one.start, one.end) for one in asked] == [
        ("NAME", "known", 8, 11),
        ("PERSON_ID", "known", 20, 31),
        ("BIRTH_DATE", "known", 38, 51),
    ]
    assert {one.record for one in asked} == {SESSION[0].id}
    assert asked[1].hash == BY.mark("PERSON_ID", "mia_li_3668")
    shown = b"".join(state(tmp_path / "redacted").values())
    assert b"mia_li" not in shown.replace(TOOL.description.encode(), b"")


def test_counts_by_type_stand_in_parts_and_manifest(tmp_path: Path) -> None:
    manifest = run(ingested(tmp_path / "ingested", SESSION))
    counts = manifest.info["redacted"]
    assert counts["EMAIL"] == counts["POSTCODE"] == 1
    assert manifest.labelled("")[0].info["redacted"] == counts
    assert sum(counts.values()) == manifest.labelled("audit")[0].rows
    assert manifest.info["key_id"] == key_id(KEY)
    assert manifest.counts == Counts(read=2, accepted=2)


def test_a_second_run_works_on_nothing_and_equals_a_rebuild(tmp_path: Path) -> None:
    source = ingested(tmp_path / "ingested", SESSION[:1], SESSION[1:])
    run(source)
    before = state(tmp_path / "redacted")
    touched = {path: path.stat().st_mtime_ns for path in (tmp_path / "redacted").rglob("*.jsonl")}
    run(source)
    assert state(tmp_path / "redacted") == before
    assert touched == {path: path.stat().st_mtime_ns for path in touched}


def test_a_new_part_makes_again_only_what_it_teaches_something_about(tmp_path: Path) -> None:
    other = [invocation(1, user("Hello from Omar"), session_id="s9")]
    source = ingested(tmp_path / "ingested", SESSION[:1], other)
    before = run(source).labelled("")
    ingested(source, SESSION[:1], other, SESSION[1:])
    after = run(source).labelled("")
    assert after[1].key == before[1].key
    assert after[0].key != before[0].key
    grown = state(tmp_path / "redacted")
    fresh = tmp_path / "fresh"
    redact.redact(SETTINGS, source, fresh, key=KEY, private=tmp_path / "fresh-private")
    assert state(fresh) == grown


def test_what_the_sessions_know_is_private_and_may_be_deleted(tmp_path: Path) -> None:
    source = ingested(tmp_path / "ingested", SESSION)
    run(source)
    before = state(tmp_path / "redacted")
    private = tmp_path / "private"
    (lesson,) = private.glob("*.json")
    assert private.stat().st_mode & 0o777 == 0o700
    assert lesson.stat().st_mode & 0o777 == 0o600
    lesson.unlink()
    run(source)
    assert state(tmp_path / "redacted") == before


def test_two_processes_write_what_one_writes(tmp_path: Path) -> None:
    told = Feedback(session_id="s1", metric="ok", value=1.0, source="outcome", timestamp="t")
    other = [invocation(1, user("Hello from Omar, omar@mail.example"), session_id="s9")]
    source = ingested(tmp_path / "ingested", SESSION[:1], other, SESSION[1:], feedback=[told])
    run(source)
    with workers.use(2):
        redact.redact(SETTINGS, source, tmp_path / "two", key=KEY, private=tmp_path / "private-2")
    assert state(tmp_path / "two") == state(tmp_path / "redacted")
    assert state(tmp_path / "private-2") == state(tmp_path / "private")


def test_an_audit_part_that_is_gone_is_made_again(tmp_path: Path) -> None:
    source = ingested(tmp_path / "ingested", SESSION)
    manifest = run(source)
    before = state(tmp_path / "redacted")
    parts.part_path(tmp_path / "redacted", manifest.labelled("audit")[0]).unlink()
    run(source)
    assert state(tmp_path / "redacted") == before


def test_another_key_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    source = ingested(tmp_path / "ingested", SESSION)
    run(source)
    before = state(tmp_path / "redacted")
    with pytest.raises(StageError, match=f"under key {key_id(KEY)}"):
        run(source, key=bytes(32))
    assert state(tmp_path / "redacted") == before


def test_a_raised_rotation_makes_everything_again_under_a_new_key(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    ingested(tmp_path / "data" / "ingested", SESSION)
    stage(tmp_path)
    before = state(tmp_path / "data" / "redacted")
    stage(tmp_path)
    assert state(tmp_path / "data" / "redacted") == before
    params = yaml.safe_load((tmp_path / "params.yaml").read_text())
    params["redact"]["key_rotation"] = 1
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    stage(tmp_path)
    after = state(tmp_path / "data" / "redacted")
    assert before.keys() & after.keys() == {"manifest.json", "rejected.jsonl"}
    old, new = (json.loads(found["manifest.json"])["info"] for found in (before, after))
    assert (new["key_rotation"], new["redacted"]) == (1, old["redacted"])
    keys = {path.name for path in (tmp_path / ".ratchet").glob("redaction.key*")}
    assert keys == {"redaction.key", f"redaction.key.{old['key_id']}"}


def stage(workspace: Path) -> None:
    """The stage as the pipeline runs it."""
    subprocess.run(
        [sys.executable, "-m", "tasks.redact"],
        cwd=workspace,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )


def test_a_record_that_cannot_be_searched_whole_is_refused_and_counted(tmp_path: Path) -> None:
    deep = "[" * 20_000 + '"mia@mail.example"' + "]" * 20_000
    broken = invocation(3, user(deep))
    source = ingested(tmp_path / "ingested", [*SESSION, broken])
    manifest = run(source)
    assert manifest.counts == Counts(
        read=3, accepted=2, rejected=1, reasons={"redaction-failed": 1}
    )
    (reject,) = manifest.labelled("")[0].rejects
    assert (reject.id, reject.source, reject.detail) == (broken.id, broken.source, "RecursionError")
    assert b"mia@mail" not in b"".join(state(tmp_path / "redacted").values())


def test_a_record_on_which_a_recogniser_breaks_is_refused_and_counted(tmp_path: Path) -> None:
    broken = invocation(3, user("boom for Mia"), session_id="s3")
    source = ingested(tmp_path / "ingested", [*SESSION, broken])
    plugged = ("tests.tasks.redaction_logs.BrokenRecognizer",)
    manifest = run(source, SETTINGS.model_copy(update={"recognizers": plugged}))
    assert manifest.counts == Counts(
        read=3, accepted=2, rejected=1, reasons={"redaction-failed": 1}
    )
    (reject,) = manifest.labelled("")[0].rejects
    assert (reject.id, reject.detail) == (broken.id, "FinderFailed")
    assert b"boom" not in b"".join(state(tmp_path / "redacted").values())


@pytest.mark.parametrize(
    ("name", "text", "detail"),
    [
        ("HangingRecognizer", f"{'a' * 50} boom", "FinderTimedOut"),
        ("DyingRecognizer", "boom for Mia", "FinderFailed"),
    ],
)
def test_a_recogniser_that_hangs_or_dies_costs_one_record(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, text: str, detail: str
) -> None:
    """The calls after it repeat its text: they are refused at once, and others are redacted."""
    broken = [invocation(n, user(text), session_id="s3") for n in (3, 4)]
    source = ingested(tmp_path / "ingested", [*SESSION, *broken, invocation(5, session_id="s5")])
    settings = {"recognizers": (f"tests.tasks.redaction_logs.{name}",), "timeout_s": 2.0}
    manifest = run(source, SETTINGS.model_copy(update=settings))
    assert manifest.counts == Counts(
        read=5, accepted=3, rejected=2, reasons={"redaction-failed": 2}
    )
    rejects = [reject for part in manifest.labelled("") for reject in part.rejects]
    assert [(r.id, r.detail) for r in rejects] == [(one.id, detail) for one in broken]
    assert b"boom" not in b"".join(state(tmp_path / "redacted").values())
    assert "boom" not in "".join(capfd.readouterr())


def test_nothing_is_committed_where_something_known_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rewriting is made blind; the search of what was written has to notice by itself."""
    source = ingested(tmp_path / "ingested", SESSION)
    monkeypatch.setattr("tasks.redaction.second_pass.Redactor._put", lambda *_: "mia_li_3668")
    with pytest.raises(StageError, match=r"a PERSON_ID .* left in messages\.0 of record [0-9a-f]"):
        run(source)
    assert parts.read_manifest(tmp_path / "redacted") is None


PLANTED = "AKIA" + "QYLPMN5HHHFPZAM2"
ENCODED = {
    "plain": PLANTED,
    "nested JSON": json.dumps({"body": json.dumps({"note": PLANTED})}),
    "escaped": json.dumps(json.dumps({"note": PLANTED}))[1:-1],
    "URL": f"https://x.example/?q=%41{PLANTED[1:]}",
    "base64": base64.b64encode(f"it is {PLANTED}".encode()).decode(),
    "base64 in a URL": quote(base64.b64encode(f"it is: {PLANTED}?".encode()).decode(), safe=""),
}


@pytest.mark.parametrize("name", ENCODED)
@pytest.mark.parametrize("field", ["message", "argument", "reply", "metadata", "edit"])
def test_a_planted_secret_that_the_rewriting_misses_fails_the_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, field: str
) -> None:
    """The walk is made blind: it sees no text at all, in either pass."""
    text = ENCODED[name]
    reply = Reply(content=text)
    made: dict[str, Invocation] = {
        "message": invocation(1, user(text)),
        "argument": invocation(1, response=Reply(tool_calls=(call(note=text),))),
        "reply": invocation(1, response=reply),
        "metadata": invocation(1, metadata={"note": text}),
        "edit": invocation(1),
    }
    edit = Feedback(session_id="s1", metric="m", value=reply, source="human_edit", timestamp="t")
    told = [edit] if field == "edit" else []
    source = ingested(tmp_path / "ingested", [made[field]], feedback=told)
    with monkeypatch.context() as blind:
        blind.setattr("tasks.redaction.decode.Walker.text", lambda _, text, *__: text)
        stop = SETTINGS.model_copy(update={"leak_scan": "stop"})
        with pytest.raises(StageError, match=r"a AWS_KEY .* left"):
            run(source, stop)
        assert parts.read_manifest(tmp_path / "redacted") is None
    run(source)
    assert PLANTED.encode() not in b"".join(state(tmp_path / "redacted").values())


def test_one_record_with_something_left_goes_and_the_night_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [invocation(1, user(f"it is {PLANTED}"), session_id="s1")]
    records += [invocation(n, user("Hello"), session_id=f"s{n}") for n in range(2, 5)]
    source = ingested(tmp_path / "ingested", records)
    monkeypatch.setattr("tasks.redaction.decode.Walker.text", lambda _, text, *__: text)
    manifest = run(source)
    assert manifest.counts == Counts(read=4, accepted=3, rejected=1, reasons={"leak-left": 1})
    assert PLANTED.encode() not in b"".join(state(tmp_path / "redacted").values())
    assert "1 records are left out" in capsys.readouterr().err


def test_the_old_name_of_the_leak_scan_is_read() -> None:
    old = RedactSettings.model_validate(
        {"min_confidence": 0.35, "person_keys": [], "residue": "stop"}
    )
    assert (old.leak_scan, RedactSettings(min_confidence=0.35, person_keys=()).leak_scan) == (
        "stop",
        "reject",
    )


def test_a_part_reads_back_and_writes_the_same_bytes_as_an_invocation(tmp_path: Path) -> None:
    run(ingested(tmp_path / "ingested", SESSION))
    for path in (tmp_path / "redacted" / "parts").glob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            if b'"messages"' in line:
                assert encode(msgspec.json.decode(line, type=Invocation)) == line


def test_the_command_needs_ingested_data_before_it_makes_a_key(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    (tmp_path / "data").mkdir()
    ended = subprocess.run(
        [sys.executable, "-m", "tasks.redact"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 4
    assert "manifest.json is missing: stage ingest has not run here" in ended.stderr
    assert not (tmp_path / ".ratchet").exists()


def test_each_input_part_becomes_one_part_of_its_label_and_one_audit(tmp_path: Path) -> None:
    told = Feedback(session_id="s1", metric="ok", value=1.0, source="outcome", timestamp="t")
    source = ingested(tmp_path / "ingested", SESSION[:1], SESSION[1:], feedback=[told])
    assert labels(run(source).parts) == ["", "", "feedback", "audit", "audit", "audit"]
