"""What keeps a decision from proving anything though its session ended well."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from tasks.core import parts
from tasks.core.closure import PROJECT
from tasks.core.curation_settings import DedupSettings, IngestSettings, LogSource
from tasks.core.parts import Manifest
from tasks.core.records import Example, Feedback, Invocation, Message
from tasks.dedup import dedup
from tasks.ingest import ingest
from tests.tasks.curation_logs import calls, outcome, redacted, says, session

SETTINGS = DedupSettings(similarity=0.8)
WILD = PROJECT.parent / "shared" / "data" / "wild" / "logs"


def run(folder: Path, *loads: list[Invocation]) -> tuple[Manifest, dict[str, Example]]:
    """All sessions succeeded."""
    sessions = {row.session_id for load in loads for row in load}
    feedback: list[Feedback] = [outcome(name) for name in sorted(sessions)]
    manifest = dedup(SETTINGS, redacted(folder / "in", loads, feedback), folder / "out")
    return manifest, {row.id: row for row in parts.read_parts(folder / "out", Example)}


@pytest.mark.parametrize(
    ("ended", "rule"),
    [
        ("length", "cut-by-length"),
        ("max_tokens", "cut-by-length"),
        ("MAX_TOKENS", "cut-by-length"),
        ("model_context_window_exceeded", "cut-by-length"),
        ("guardrail_intervened", "guardrail"),
        ("content_filter", "content-filter"),
        ("content_filtered", "content-filter"),
        ("SAFETY", "content-filter"),
        ("refusal", "content-filter"),
        ("MALFORMED_FUNCTION_CALL", "broken-off"),
        ("error", "broken-off"),
    ],
)
def test_a_reply_that_did_not_end_by_itself_proves_nothing(
    tmp_path: Path, ended: str, rule: str, capsys: pytest.CaptureFixture[str]
) -> None:
    load = session("s-1", "Where is my order?", says("Your order 7731 is on its way."))
    load = [msgspec.structs.replace(row, finish_reason=ended) for row in load]
    manifest, rows = run(tmp_path, load)
    assert rows[load[0].id].reference is None
    assert rows[load[0].id].truth_source == "none"
    assert manifest.info["kept_out"] == {rule: 1}
    assert f"({rule} 1): they prove nothing" in capsys.readouterr().err


@pytest.mark.parametrize("ended", ["", "stop", "end_turn", "tool_use", "tool_calls", "STOP", "eos"])
def test_a_clean_end_proves_what_it_did(tmp_path: Path, ended: str) -> None:
    load = session("s-1", "Where is my order?", says("Your order 7731 is on its way."))
    load = [msgspec.structs.replace(row, finish_reason=ended) for row in load]
    manifest, rows = run(tmp_path, load)
    assert rows[load[0].id].reference is not None
    assert manifest.info["kept_out"] == {}


@pytest.mark.parametrize(
    "result",
    [
        "Error: no such order",
        '{"error": "no such order"}',
        '{"error": {"code": 404, "message": "no such order"}}',
        '{"success": false, "reason": "no such order"}',
        '{"isError": true, "content": []}',
        '{"statusCode": 500}',
        "Traceback (most recent call last):\n  File",
        "ValueError: no such order",
        "404 Not Found",
        "Failed to fetch order 77: no such order",
        "[ERROR] order service: 77",
        "**Error**: no such order",
        "Access denied",
        "<tool_use_error>no such order</tool_use_error>",
        '{"result": null, "error": "no such order"}',
        '{"jsonrpc": "2.0", "id": 7, "error": {"code": -32602, "message": "no such order"}}',
        '[{"type": "text", "text": "Error: no such order"}]',
        '{"status": "error", "message": "no such order"}',
        '{"status": 422, "title": "no such order"}',
        "Internal Server Error",
        "Invalid parameter: order_id",
    ],
)
def test_a_failure_that_only_its_text_shows_is_one(tmp_path: Path, result: str) -> None:
    order = calls("get_order", order_id="77")
    load = session("s-1", "Where is order 77?", order, f"> {result}", says("It is on its way."))
    manifest, rows = run(tmp_path, load)
    assert rows[load[0].id].reference is None
    assert rows[load[1].id].reference is not None
    assert manifest.info["kept_out"] == {"failed-call": 1}


@pytest.mark.parametrize(
    "result",
    [
        '{"error": null, "id": 77}',
        '{"errors": [], "id": 77}',
        '{"id": 77, "status": "failed"}',
        '{"id": 77, "error": "printer out of paper", "owner": "Ann"}',
        "Error-free since May.",
        '{"page": "Exception handling in Python"}',
        '{"success": true}',
        '{"result": {"id": 77}, "error": null}',
        "Failed logins this week: 3",
        '[{"type": "text", "text": "No errors since May."}]',
        '[{"id": 77, "text": "Error: paper"}, {"id": 78, "text": "ok"}]',
        '{"id": 77, "status": 450}',
        "Forbidden City, Beijing, opens at 8:30",
        "",
    ],
)
def test_a_result_that_tells_of_a_failure_elsewhere_is_none(tmp_path: Path, result: str) -> None:
    order = calls("get_job", job_id="77")
    load = session("s-1", "How is job 77?", order, f"> {result}", says("It is done."))
    manifest, rows = run(tmp_path, load)
    assert rows[load[0].id].reference is not None
    assert manifest.info["kept_out"] == {}


def test_a_failure_that_the_provider_tells_is_one_whatever_the_text(tmp_path: Path) -> None:
    order = calls("get_order", order_id="77")
    told = Message(role="tool", content="Nothing to see", status="error")
    load = session("s-1", "Where is order 77?", order, told, says("It is on its way."))
    manifest, rows = run(tmp_path, load)
    assert rows[load[0].id].reference is None
    assert manifest.info["kept_out"] == {"failed-call": 1}


def test_a_call_that_was_undone_is_no_reference_and_the_undoing_is(tmp_path: Path) -> None:
    load = session(
        "s-1",
        "Cancel order 7731, please.",
        calls("book_slot", day="Monday"),
        '> {"slot": "S-9"}',
        calls("cancel_slot", slot="S-9"),
        "> done",
        calls("book_slot", day="Tuesday"),
    )
    manifest, rows = run(tmp_path, load)
    proved = [rows[row.id].reference is not None for row in load]
    assert proved == [False, True, True]
    assert manifest.info["kept_out"] == {"undone-later": 1}


def test_the_last_reply_undoes_too_though_no_later_call_shows_it(tmp_path: Path) -> None:
    load = session(
        "s-1",
        "A slot, please.",
        calls("book_slot", day="Monday"),
        '> {"slot": "S-9"}',
        calls("cancel_slot", slot="S-9"),
    )
    _, rows = run(tmp_path, load)
    assert [rows[row.id].reference is not None for row in load] == [False, True]


def test_a_language_that_no_rule_covers_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dutch = session("s-1", "Waar is mijn bestelling?", says("Die is helaas zoek geraakt."))
    english = session("s-2", "Where is my parcel now?", says("It is on its way to you."))
    manifest, rows = run(tmp_path, dutch, english)
    assert manifest.info["not_understood"] == {"nl": 1}
    assert rows[dutch[0].id].reference is None
    assert rows[english[0].id].reference is not None
    assert "1 of 2 decisions (50.0%) are replies in languages that no rule covers (nl 1)" in (
        capsys.readouterr().err
    )


def wild(folder: Path, name: str) -> tuple[Manifest, list[Example]]:
    if not (WILD / name).is_dir():
        pytest.skip(f"{WILD / name} is not here")
    source = LogSource(uri=str(WILD / name / "logs"))
    feedback = (str(WILD / name / "fb"),)
    ingest(IngestSettings(sources=(source,), feedback=feedback, max_rejected=1.0), folder / "in")
    manifest = dedup(SETTINGS, folder / "in", folder / "out")
    return manifest, list(parts.read_parts(folder / "out", Example))


def test_none_of_130_failed_calls_becomes_a_reference(tmp_path: Path) -> None:
    manifest, rows = wild(tmp_path, "w12_error_then_ok")
    calls_made = [row for row in rows if row.reply.tool_calls]
    wrong = [r for r in calls_made if str(r.reply.tool_calls[0].arguments).count("WRONG")]
    assert len(wrong) == 130
    assert manifest.info["kept_out"] == {"failed-call": 130}
    assert sum(row.reference is not None for row in wrong) == 0
    assert sum(row.reference is not None for row in calls_made) == len(calls_made) - 130


def test_of_replies_that_were_stopped_none_is_a_reference(tmp_path: Path) -> None:
    manifest, rows = wild(tmp_path, "w2_ends")
    assert manifest.info["kept_out"] == {
        "content-filter": 3,
        "cut-by-length": 3,
        "forced-tool-choice": 3,
        "guardrail": 3,
    }
    assert sum(row.reference is not None for row in rows if "odd" not in row.session_id) == 150


def test_no_german_reply_is_labelled_wrongly_above_the_review_line(tmp_path: Path) -> None:
    _, rows = wild(tmp_path, "w8_german")
    behaviours = Counter(row.behaviour for row in rows if row.confidence >= SETTINGS.review_below)
    assert behaviours == {"refuse": 60, "clarify": 60, "answer": 60}
    right = {"Leider": "refuse", "Bitte ": "clarify", "Ihre B": "answer"}
    assert all(row.behaviour == right[row.reply.content[:6]] for row in rows)
