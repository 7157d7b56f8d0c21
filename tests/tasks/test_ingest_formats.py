"""Several formats in one load: each record counts once, whoever delivered it and however often."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tasks import formats
from tasks.core import parts
from tasks.core.curation_settings import DedupSettings, IngestSettings, LogSource
from tasks.core.parts import Manifest
from tasks.core.records import Example, Feedback, Invocation
from tasks.dedup import dedup
from tasks.formats import bedrock_invocation
from tasks.ingest import ingest
from tasks.logs import seen

INGESTED, DEDUPED = Path("data/ingested"), Path("data/deduped")
ONE_ID = ("litellm_log", "mlflow_trace", "otel_genai")
"""Formats whose samples are one call under the provider's own id."""


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "logs").mkdir()
    monkeypatch.chdir(tmp_path)


def write(name: str, *lines: bytes) -> None:
    Path("logs", name).write_bytes(b"".join(line + b"\n" for line in lines))


def read() -> Manifest:
    return ingest(IngestSettings(sources=(LogSource(uri="logs"),), max_rejected=0.05), INGESTED)


def decided() -> tuple[Manifest, list[Example]]:
    manifest = dedup(DedupSettings(similarity=0.8), INGESTED, DEDUPED)
    return manifest, [
        row for part in manifest.labelled("") for row in parts.read_part(DEDUPED, part, Example)
    ]


def test_each_file_is_read_in_the_format_that_it_is_in() -> None:
    for name in formats.available():
        write(f"{name}.jsonl", formats.load(name).SAMPLE)
    manifest = read()
    assert [part.info["format"] for part in manifest.parts] == formats.available()
    # ShareGPT holds a whole conversation, of two decisions.
    assert manifest.counts.accepted == len(formats.available()) + 1
    found = parts.read_parts(INGESTED, Invocation)
    assert list(dict.fromkeys(row.source.format for row in found)) == formats.available()


def test_one_call_under_one_id_counts_once_in_whatever_formats_it_came() -> None:
    for name in ONE_ID:
        write(f"{name}.jsonl", formats.load(name).SAMPLE)
    read()
    assert len({row.id for row in parts.read_parts(INGESTED, Invocation)}) == 1
    manifest, (example,) = decided()
    assert manifest.counts.reasons == {"redelivered": 2}
    assert {place.format for place in example.sources} == set(ONE_ID)


def test_one_call_under_the_ids_of_two_tools_counts_once_by_what_it_says() -> None:
    record: dict[str, Any] = json.loads(bedrock_invocation.SAMPLE)
    result = record["input"]["inputBodyJson"]["messages"][2]["content"][0]["toolResult"]
    result["content"] = [{"text": '{"id": 7}'}]
    write("bedrock", json.dumps(record).encode())
    write("gateway", formats.load("litellm_log").SAMPLE)
    write("tracing", formats.load("langfuse_export").SAMPLE)
    read()
    assert len({row.id for row in parts.read_parts(INGESTED, Invocation)}) == 3
    manifest, (example,) = decided()
    assert manifest.counts.reasons == {"retried": 2}
    assert len(example.invocations) == 3


def test_one_object_copied_packed_or_renamed_counts_once() -> None:
    write("a.jsonl", bedrock_invocation.SAMPLE)
    write("renamed.jsonl", bedrock_invocation.SAMPLE)
    Path("logs/b.gz").write_bytes(gzip.compress(bedrock_invocation.SAMPLE))
    read()
    manifest, _ = decided()
    assert (manifest.counts.accepted, manifest.counts.reasons) == (1, {"redelivered": 2})


def test_a_training_rows_reference_is_the_truth_of_its_example() -> None:
    asked = [{"role": "user", "content": "Weather in Oslo?"}]
    calls = json.dumps([{"name": "get_weather", "arguments": {"city": "Oslo"}}])
    write(
        "rows",
        json.dumps({"messages": asked, "reference_answer": "For which day?", "id": "r-1"}).encode(),
        json.dumps({"prompt": asked, "reward_model": {"ground_truth": calls}}).encode(),
    )
    manifest = read()
    assert (manifest.counts.accepted, manifest.info["feedback"]["accepted"]) == (2, 2)
    assert len(list(parts.read_parts(INGESTED, Feedback, "feedback"))) == 2
    _, examples = decided()
    found = {(e.truth_source, e.reference.behaviour) for e in examples if e.reference}
    assert found == {("human_edit", "clarify"), ("human_edit", "execute")}


def test_spans_of_other_kinds_are_counted_and_no_fault() -> None:
    batch: dict[str, Any] = json.loads(formats.load("otel_genai").SAMPLE)
    spans = batch["resourceSpans"][0]["scopeSpans"][0]["spans"]
    (call,) = spans
    web = {"spanId": "1", "name": "GET /", "attributes": []}
    silent = call | {
        "attributes": [a for a in call["attributes"] if not a["key"].endswith("messages")]
    }
    spans[:] = [web] * 50 + [call, silent]
    write("otel", json.dumps(batch).encode())
    counts = read().counts
    assert (counts.read, counts.accepted, counts.rejected) == (52, 1, 51)
    assert counts.reasons == {"content-not-captured": 1, "not-a-chat": 50}
    (reject,) = (json.loads(r) for r in (INGESTED / "rejected.jsonl").read_text().splitlines())
    assert reject["detail"].startswith(
        "$.resourceSpans[0].scopeSpans[0].spans[51]: expected gen_ai"
    )


def test_a_call_that_a_span_and_a_log_record_tell_of_counts_once() -> None:
    spans, _, _, logs = formats.load("otel_genai").SAMPLES
    write("spans.jsonl", spans)
    write("logs.jsonl", logs, b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}')
    counts = read().counts
    assert (counts.accepted, counts.reasons) == (2, {"not-a-chat": 1})
    manifest, (example,) = decided()
    assert manifest.counts.reasons == {"redelivered": 1}
    assert {place.uri.rsplit("/")[-1] for place in example.sources} == {"spans.jsonl", "logs.jsonl"}


def test_a_trace_as_mlflow_writes_it_is_read(tmp_path: Path) -> None:
    """Its inputs and outputs are JSON as a text there."""
    trace: dict[str, Any] = json.loads(formats.load("mlflow_trace").SAMPLE)
    told = trace["data"]["spans"][0]["attributes"]
    for key in ("mlflow.spanInputs", "mlflow.spanOutputs"):
        told[key] = json.dumps(told[key])
    write("a", formats.load("mlflow_trace").SAMPLE, json.dumps(trace).encode())
    counts = read().counts
    assert (counts.accepted, counts.reasons) == (1, {"redelivered": 1})


def test_all_files_of_a_langfuse_export_are_read_and_only_calls_are_kept() -> None:
    for folder in ("observations_v2", "traces", "scores"):
        Path("logs", folder).mkdir()
    write("observations_v2/a.jsonl", formats.load("langfuse_export").SAMPLE)
    row = {"id": "1", "project_id": "p1", "timestamp": "2026-11-03 14:20:29.000000"}
    trace = row | {"session_id": "s-12", "public": False, "bookmarked": False}
    score = row | {"trace_id": "trace-4", "name": "helpful", "value": 1, "data_type": "NUMERIC"}
    text = score | {"value": 0, "data_type": "TEXT", "string_value": "good"}
    write("traces/a.jsonl", json.dumps(trace).encode())
    write("scores/a.jsonl", json.dumps(score).encode(), json.dumps(text).encode())
    manifest = read()
    counts = manifest.counts
    assert (counts.read, counts.accepted, counts.reasons) == (3, 1, {"not-a-chat": 2})
    assert manifest.info["feedback"]["accepted"] == 1


def test_a_folder_is_not_passed_over_for_its_name() -> None:
    Path("logs/traces").mkdir()
    write("traces/a.jsonl", formats.load("otel_genai").SAMPLE)
    assert read().counts.accepted == 1


def test_an_object_whose_ids_do_not_fit_memory_gives_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = bedrock_invocation.SAMPLE
    ids = [*range(40), *range(0, 40, 3), *range(39, -1, -1)]
    write("a", *(sample.replace(b"7c9e6679", b"%08x" % number) for number in ids))
    whole = read()
    assert (whole.counts.accepted, whole.counts.reasons) == (40, {"redelivered": len(ids) - 40})
    monkeypatch.setattr(seen, "KEPT", 7)
    Path("data/ingested/manifest.json").unlink()
    assert read() == whole
    assert not list(INGESTED.rglob("*.seen"))


def test_a_score_that_is_named_an_outcome_proves_the_call_that_it_is_about() -> None:
    write("a", formats.load("langfuse_export").SAMPLE)
    score = {
        "id": "1",
        "project_id": "p1",
        "timestamp": "2026-11-03 15:00:00.000000",
        "trace_id": "trace-4",
        "observation_id": "obs-7c9e6679",
        "name": "solved",
        "value": 1,
        "source": "API",
        "data_type": "BOOLEAN",
    }
    write("b", json.dumps(score).encode())
    read()
    _, (example,) = decided()
    assert (example.outcome, example.truth_source) == (None, "incumbent")
    ingest(
        IngestSettings(sources=(LogSource(uri="logs"),), outcomes=("solved",), max_rejected=0.05),
        INGESTED,
    )
    _, (example,) = decided()
    assert (example.outcome, example.truth_source) == (1.0, "outcome")


def test_an_object_of_scores_alone_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"id": "1", "project_id": "p1", "timestamp": "2026-11-03 15:00:00", "name": "solved"}
    row |= {"source": "API", "data_type": "BOOLEAN", "value": 1}
    lines = (json.dumps(row | {"session_id": f"s-{number}"}).encode() for number in range(7))
    write("a", formats.load("langfuse_export").SAMPLE, *lines)
    settings = IngestSettings(sources=(LogSource(uri="logs"),), max_rejected=0.05, part_records=3)
    manifest = ingest(settings, INGESTED)
    assert [part.rows for part in manifest.labelled("feedback")] == [3, 3, 1]
    assert manifest.counts.accepted == 1
    assert len(list(parts.read_parts(INGESTED, Feedback, "feedback"))) == 7
