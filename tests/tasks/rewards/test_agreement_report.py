import json
from pathlib import Path

import pytest

from tasks.core.errors import EvidenceError, SourceError
from tasks.rewards.specification.rater_agreement import Report, alarms, load, measure, save
from tasks.rewards.specification.spec import load_spec
from tests.tasks.rewards import labelled_rows
from tests.tasks.rewards.graders import Graders


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return labelled_rows.write(tmp_path)


def measured(files: tuple[Path, Path], **options: object) -> Report:
    return measure(load_spec(files[0]), files[1], **options)


def test_a_judge_that_agrees_gives_no_alarm(graders: Graders, files: tuple[Path, Path]):
    found = measured(files)
    # 4 of 80 labels differ, all of them good answers that were called bad.
    assert (found.kappa.agreement, found.kappa.table) == (0.95, ((40, 0), (4, 36)))
    assert found.kappa.value == pytest.approx(0.9)
    assert 0.75 < found.kappa.low < 0.9
    assert 0.9 < found.kappa.high < 0.98
    assert found.facts["helpful.judge_model"] == "openai/gpt-oss-120b"
    assert alarms(found, None, 0.6) == []
    assert alarms(found, None, 0.95) == [
        "kappa 0.90 is below 0.95: the labels are not what it pays"
    ]


def test_a_report_is_the_same_bytes_and_no_alarm_to_itself(
    graders: Graders, files: tuple[Path, Path], tmp_path: Path
):
    first, second = tmp_path / "a" / "first.json", tmp_path / "second.json"
    save(measured(files), first)
    save(measured(files), second)
    assert first.read_bytes() == second.read_bytes()
    assert alarms(load(first), load(second), 0.6) == []


def test_a_judge_that_drifted_is_an_alarm_that_says_what_changed(
    graders: Graders, files: tuple[Path, Path]
):
    before = measured(files)
    graders.read = labelled_rows.drifted
    (found,) = alarms(measured(files), before, -1)
    assert found.startswith("kappa fell from 0.90 to ")
    assert found.endswith("so what answers changed behind its name")
    files[0].write_text(labelled_rows.SPEC.replace("wait_s: 0.01", "model: judge-2"))
    (changed,) = alarms(measured(files), before, -1)
    assert "'helpful.judge_model': 'judge-2'" in changed


def test_five_classes_with_weights(graders: Graders, files: tuple[Path, Path]):
    found = measured(files, classes=5, weights="quadratic", component="helpful")
    assert [one.rows for one in found.kappa.classes] == [44, 0, 0, 0, 36]
    assert found.kappa.value == pytest.approx(0.9)


def test_reports_on_other_rows_or_classes_are_not_compared(
    graders: Graders, files: tuple[Path, Path]
):
    before = measured(files)
    with pytest.raises(EvidenceError, match="other --classes"):
        alarms(measured(files, classes=5), before, 0)
    with pytest.raises(EvidenceError, match="has component ''"):
        alarms(measured(files, component="helpful"), before, 0)
    files[1].write_text("".join(files[1].read_text().splitlines(keepends=True)[:60]))
    with pytest.raises(EvidenceError, match="has labelled_sha256"):
        alarms(measured(files), before, 0)


def test_rows_that_a_component_does_not_apply_to_are_left_out_and_counted(
    graders: Graders, files: tuple[Path, Path]
):
    call = {"content": "", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}
    row = {**labelled_rows.row(0), "reference": {"behaviour": "execute"}}
    more = {**row, "completion": {"role": "assistant", **call}}
    with files[1].open("a") as file:
        file.write(json.dumps(more) + "\n")
    found = measured(files)
    assert (found.rows, found.kappa.rows, found.unscored) == (81, 80, {"not-applicable": 1})


def test_what_cannot_be_measured_is_refused(
    graders: Graders, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(EvidenceError, match="has no component 'kind'"):
        measured(files, component="kind")
    with pytest.raises(SourceError, match="make one with --out"):
        load(files[0])
    with pytest.raises(SourceError, match="no labelled rows"):
        measured((files[0], files[1].with_name("none.jsonl")))
    monkeypatch.setenv("RATCHET_JUDGE_URL", "http://127.0.0.1:9")
    with pytest.raises(EvidenceError, match=r"80 of 80 .*\(judge-unreachable 80\)"):
        measured(files)
    lines = files[1].read_text().splitlines()
    for broken, message in (
        (lines[1].replace('"label"', '"lable"'), r":2: .*missing required field `label`"),
        (lines[1].replace('"label": 0.0', '"label": 5'), r":2: label 5: expected a number"),
        ("{", r":2: .*not-json"),
    ):
        files[1].write_text(f"{lines[0]}\n{broken}\n")
        with pytest.raises(SourceError, match=message):
            measured(files)
