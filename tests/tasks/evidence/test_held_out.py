"""Splits are read by name; the held-out test only on the record."""

from pathlib import Path
from typing import cast

import pytest

from tasks.core import parts
from tasks.core.errors import EvidenceError, StageError
from tasks.core.records import Example, Message, Reply
from tasks.evidence import held_out


def example(name: str) -> Example:
    return Example(
        id=name,
        messages=(Message(role="user", content=name),),
        tools=(),
        reply=Reply(content="yes"),
        reference=None,
        truth_source="none",
        session_id=name,
        invocations=(),
        sources=(),
    )


def split(folder: Path, **splits: list[str]) -> Path:
    written = tuple(
        parts.write_part(folder, [example(name) for name in names], label=label)
        for label, names in splits.items()
    )
    parts.commit(folder, parts.Manifest(stage="split", parts=written))
    return folder


def read(folder: Path, ledger: Path, *, run_id: str = "run-1", md5: str = "a.dir") -> list[Example]:
    return held_out.read_test(folder, reader="evaluate", run_id=run_id, ledger=ledger, md5=md5)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return split(tmp_path / "split", train=["a", "b"], validation=["c"], test=["d", "e"])


def test_a_split_holds_its_rows_in_order(made: Path):
    assert [row.id for row in held_out.read_split(made, "train")] == ["a", "b"]
    assert [row.id for row in held_out.read_split(made, "validation")] == ["c"]


def test_the_held_out_test_is_no_open_split(made: Path):
    with pytest.raises(EvidenceError, match="read_test"):
        held_out.read_split(made, cast("held_out.Open", "test"))


def test_an_empty_split_is_an_error_that_names_it(tmp_path: Path):
    folder = split(tmp_path / "split", train=["a"])
    with pytest.raises(StageError, match="no validation examples"):
        held_out.read_split(folder, "validation")


def test_a_read_of_the_test_is_on_record_before_rows_are_seen(made: Path, tmp_path: Path):
    ledger = tmp_path / "state" / "reads.jsonl"
    assert [row.id for row in read(made, ledger)] == ["d", "e"]
    line = ledger.read_text()
    assert line.count("\n") == 1
    assert '"md5":"a.dir"' in line
    assert '"reader":"evaluate"' in line
    assert '"run_id":"run-1"' in line


def test_a_run_that_goes_on_reads_once(made: Path, tmp_path: Path):
    ledger = tmp_path / "reads.jsonl"
    for _ in range(3):
        read(made, ledger)
    assert held_out.reads(ledger, "a.dir") == 1


def test_each_run_spends_a_read(made: Path, tmp_path: Path):
    ledger = tmp_path / "reads.jsonl"
    for run_id in ("run-1", "run-2", "run-3"):
        read(made, ledger, run_id=run_id)
    assert held_out.reads(ledger, "a.dir") == 3


def test_new_training_rows_do_not_unread_the_same_test(tmp_path: Path):
    ledger = tmp_path / "reads.jsonl"
    read(split(tmp_path / "one", train=["a"], test=["d"]), ledger, md5="a.dir")
    read(split(tmp_path / "two", train=["a", "b"], test=["d"]), ledger, run_id="2", md5="b.dir")
    assert held_out.reads(ledger, "b.dir") == 2


def test_another_test_is_unread(tmp_path: Path):
    ledger = tmp_path / "reads.jsonl"
    read(split(tmp_path / "one", test=["d"]), ledger, md5="a.dir")
    read(split(tmp_path / "two", test=["e"]), ledger, run_id="2", md5="b.dir")
    assert held_out.reads(ledger, "b.dir") == 1
    assert held_out.reads(ledger, "never.dir") == 0


def test_reads_under_the_ledger_s_earlier_name_still_count(made: Path, tmp_path: Path):
    ledger = tmp_path / "held-out-reads.jsonl"
    read(made, ledger)
    ledger.rename(tmp_path / "sealed-reads.jsonl")
    assert held_out.reads(ledger, "a.dir") == 1
    read(made, ledger, run_id="run-2")
    assert held_out.reads(ledger, "a.dir") == 2


def test_a_ledger_that_cannot_be_read_gives_out_nothing(made: Path, tmp_path: Path):
    ledger = tmp_path / "reads.jsonl"
    ledger.write_text('{"md5": "a.dir"')
    with pytest.raises(EvidenceError, match="backup"):
        read(made, ledger)
    assert ledger.read_text() == '{"md5": "a.dir"'
