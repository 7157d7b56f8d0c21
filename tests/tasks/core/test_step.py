import errno
from pathlib import Path

import pytest
import yaml

from tasks.core import parts, step
from tasks.core.curation_settings import CurationParams, DedupSettings
from tasks.core.errors import EvidenceError, RatchetError, SettingsError, SourceError, StageError
from tasks.core.parts import Counts, Manifest, Part
from tasks.core.records import Message

PARAMS = Path(__file__).parents[3] / "params.yaml"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params.yaml").write_text(PARAMS.read_text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def message(text: str) -> Message:
    return Message(role="user", content=text)


def upper(source: Path, target: Path, worked: list[str], settings: str = "") -> Manifest:
    """A whole stage: every record in capitals, one part for each part of the source."""

    def work(part: Part, key: str) -> Part:
        worked.append(part.sha256)
        found = (message(m.content.upper()) for m in parts.read_part(source, part, Message))
        counts = Counts(read=part.rows, accepted=part.rows)
        return parts.write_part(target, found, key=key, counts=counts)

    inputs = parts.require_manifest(source).parts
    made = tuple(
        step.each_part(
            inputs, target, lambda part: step.fingerprint(part.sha256, settings), work, "test"
        )
    )
    manifest = Manifest(stage="upper", parts=made, counts=step.total(made))
    parts.commit(target, manifest)
    return manifest


def feed(source: Path, *texts: str) -> None:
    made = tuple(parts.write_part(source, [message(text)]) for text in texts)
    parts.commit(source, Manifest(stage="feed", parts=made))


def test_a_run_works_on_new_parts_alone_and_equals_a_rebuild(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    worked: list[str] = []
    feed(source, "a", "b")
    upper(source, target, worked)
    feed(source, "c", "a", "b")
    grown = upper(source, target, worked)
    assert len(worked) == 3
    assert upper(source, tmp_path / "rebuilt", []) == grown
    assert [m.content for m in parts.read_parts(target, Message)] == ["C", "A", "B"]


def test_other_settings_are_worked_on_again(tmp_path: Path) -> None:
    source, worked = tmp_path / "in", list[str]()
    feed(source, "a")
    upper(source, tmp_path / "out", worked)
    upper(source, tmp_path / "out", worked, settings="other")
    assert len(worked) == 2


def test_a_part_whose_file_is_gone_is_made_again(tmp_path: Path) -> None:
    source, worked = tmp_path / "in", list[str]()
    feed(source, "a")
    (part,) = upper(source, tmp_path / "out", worked).parts
    parts.part_path(tmp_path / "out", part).unlink()
    upper(source, tmp_path / "out", worked)
    assert len(worked) == 2
    assert [m.content for m in parts.read_parts(tmp_path / "out", Message)] == ["A"]


def test_a_fingerprint_tells_where_one_value_ends() -> None:
    assert step.fingerprint("ab", "c") != step.fingerprint("a", "bc")
    first, second = DedupSettings(similarity=0.8), DedupSettings(similarity=0.7)
    assert step.fingerprint(first) != step.fingerprint(second)
    assert step.fingerprint(first) == step.fingerprint(DedupSettings(similarity=0.8))


def test_a_summary_is_one_line() -> None:
    counts = Counts(
        read=10, accepted=7, rejected=1, duplicate=2, reasons={"torn": 1, "redelivered": 2}
    )
    assert step.summary(counts) == (
        "read 10 = 7 accepted + 1 rejected + 2 duplicate (redelivered 2, torn 1)"
    )


def test_a_stage_prints_its_counts(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def work(params: CurationParams, data: Path) -> Manifest:
        manifest = Manifest(stage="dedup", counts=Counts(read=1, accepted=1))
        parts.commit(data / "deduped", manifest)
        return manifest

    step.main("dedup", work)
    expected = "dedup: read 1 = 1 accepted + 0 rejected + 0 duplicate\n"
    assert capsys.readouterr().out == expected
    assert (workspace / "data" / "deduped" / "manifest.json").is_file()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RatchetError("what went wrong"), 1),
        (SettingsError("what went wrong"), 2),
        (SourceError("what went wrong"), 3),
        (StageError("what went wrong"), 4),
        (EvidenceError("what went wrong"), 5),
    ],
)
def test_an_error_of_the_users_is_one_line_and_an_exit_code(
    workspace: Path, capsys: pytest.CaptureFixture[str], error: RatchetError, code: int
) -> None:
    def work(params: CurationParams, data: Path) -> Manifest:
        raise error

    with pytest.raises(SystemExit) as ended:
        step.main("dedup", work)
    assert ended.value.code == code
    assert capsys.readouterr().err == "ratchet dedup: what went wrong\n"


@pytest.mark.parametrize(
    ("number", "cure"),
    [(errno.ENOSPC, "make room"), (errno.EDQUOT, "make room"), (errno.EROFS, "make it writable")],
)
def test_a_full_or_locked_disk_is_one_line(
    workspace: Path, capsys: pytest.CaptureFixture[str], number: int, cure: str
) -> None:
    def work(params: CurationParams, data: Path) -> Manifest:
        raise OSError(number, "The disk says no", "data/deduped/parts/x")

    with pytest.raises(SystemExit) as ended:
        step.main("dedup", work)
    assert ended.value.code == 4
    assert capsys.readouterr().err == (
        f"ratchet dedup: The disk says no: data/deduped/parts/x; {cure} and run it again "
        "(what was committed before is untouched)\n"
    )


def test_a_fault_of_the_program_is_not_hidden(workspace: Path) -> None:
    def work(params: CurationParams, data: Path) -> Manifest:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        step.main("dedup", work)


def test_an_interrupt_is_one_line(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def work(params: CurationParams, data: Path) -> Manifest:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        step.main("dedup", work)
    assert ended.value.code == 130
    assert "nothing was committed" in capsys.readouterr().err


def test_outside_of_a_workspace_the_cure_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        step.main("dedup", lambda params, data: Manifest(stage="dedup"))
    assert ended.value.code == 2
    assert "run this in a workspace" in capsys.readouterr().err


def test_every_data_stage_has_its_section() -> None:
    assert set(step.FOLDERS) <= set(yaml.safe_load(PARAMS.read_text()))
