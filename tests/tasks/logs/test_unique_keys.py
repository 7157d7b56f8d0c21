import json
from pathlib import Path
from typing import Any

import pytest

from tasks import formats
from tasks.core import parts
from tasks.core.curation_settings import IngestSettings, LogSource
from tasks.core.parts import Counts
from tasks.core.records import Invocation
from tasks.ingest import ingest
from tasks.logs import unique_keys
from tasks.logs.json_lines import Malformed


@pytest.mark.parametrize(
    "line",
    [
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": [[], {"c": 1, "d": {}, "c": 2}]}}',
        b' {"a" :1,"\\u0061"\t: 2}',
        b'{"": 1, "": 2}',
        '{"é": 1, "\\u00e9": 2}'.encode(),
        b'{"name": "refund", "arguments": "{\\"amount\\": 10, \\"amount\\": 1000}"}',
        b'{"\\u0061rguments": "{\\"a\\": 1, \\"a\\": 2}"}',
        b'{"arguments": "{\\"arguments\\": \\" {\\\\\\"a\\\\\\":1,\\\\\\"a\\\\\\":2}\\"}"}',
    ],
)
def test_a_key_that_stands_twice_in_one_object_is_found(line: bytes) -> None:
    for _ in range(2):
        with pytest.raises(Malformed) as raised:
            unique_keys.check(line)
        assert raised.value.reason == "duplicate-key"
    unique_keys.check(b'{"a": 1}')


@pytest.mark.parametrize(
    "line",
    [
        b'{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}',
        b'{"a": "\\"a\\": 1, \\"a\\": 2", "A": 1}',
        b'{"text": "{\\"a\\": 1, \\"a\\": 2}"}',
        b'{"arguments": {"a": 1}}',
        b'{"arguments": "no json"}',
    ],
)
def test_other_repetition_is_none(line: bytes) -> None:
    unique_keys.check(line)


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b'{"a": 1, "a": 2', b"\xff", b'{"a":' + b"[" * 5000, b"9" * 5000, b"NaN", b"null"],
)
def test_what_is_no_json_is_left_to_what_reads_it(line: bytes) -> None:
    unique_keys.check(line)
    with pytest.raises(Malformed):
        unique_keys.check(b'{"a": 1, "a": 2}')


@pytest.mark.parametrize("name", formats.available())
def test_in_logs_of_each_format_a_setting_makes_it_a_reject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    sample = formats.load(name).SAMPLE
    Path("a.log").write_bytes(sample + b"\n" + b'{"x": 1, "x": 2,' + sample[1:] + b"\n")

    def counts(**settings: Any) -> Counts:
        given = {"sources": (LogSource(uri="a.log", format=name),), "max_rejected": 1}
        return ingest(IngestSettings(**given, **settings), Path("ingested")).counts

    assert counts().rejected == 0
    assert counts(unique_keys=True).reasons == {"duplicate-key": 1}
    assert counts().rejected == 0


def test_feedback_is_always_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_bytes(formats.load("bedrock_invocation").SAMPLE + b"\n")
    told = {"session_id": "s", "metric": "m", "value": 1, "source": "outcome"}
    line = json.dumps(told | {"timestamp": "2026-11-03T15:00:00Z"})
    Path("told").write_text(f"{line}\n" + line.replace('"value": 1', '"value": 0, "value": 1'))
    settings = IngestSettings(
        sources=(LogSource(uri="a.log"),), feedback=("told",), max_rejected=0.05
    )
    made = ingest(settings, Path("ingested"))
    assert made.info["feedback"]["reasons"] == {"duplicate-key": 1}
    assert len(list(parts.read_parts(Path("ingested"), Invocation))) == 1
