from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core.errors import SettingsError
from tasks.core.services import Services
from tasks.core.settings import Params, load

PARAMS = Path(__file__).parents[3] / "params.yaml"


def written(tmp_path: Path, **sections: Any) -> Path:
    """The project's own params with some sections changed; a section of None is left out."""
    values = yaml.safe_load(PARAMS.read_text())
    for name, section in sections.items():
        if section is None:
            del values[name]
        else:
            values[name] = {**values.get(name, {}), **section}
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def test_the_projects_own_params_are_valid() -> None:
    params = load(PARAMS)
    assert params.ingest.sources[0].format == "auto"
    assert params.dedup.similarity == 0.7


def test_every_section_is_a_key_of_the_file() -> None:
    sections = {field.alias or name for name, field in Params.model_fields.items()}
    assert sections == set(yaml.safe_load(PARAMS.read_text()))


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"dedup": {"similarity": 2}}, r"dedup.similarity = 2: Input should be less than or equal"),
        ({"dedup": {"similar": 1}}, r"dedup.similar is no key of it; remove it or correct"),
        ({"ingest": {"sources": []}}, r"ingest.sources = \[\]: "),
        ({"ingest": {"sources": [{"format": "auto"}]}}, r"ingest.sources.0.uri is missing; add it"),
        ({"ingest": {"max_rejected": "5%"}}, r"ingest.max_rejected = '5%': "),
        ({"ingest": {"max_rejected": 1.5}}, r"ingest.max_rejected = 1.5: "),
        ({"ingest": {"part_records": 0}}, r"ingest.part_records = 0: "),
        ({"gate": None}, r"gate is missing; add it"),
        ({"nowhere": {"a": 1}}, r"nowhere is no key of it"),
        (
            {"split": {"validation": 0.6, "test": 0.5}},
            r"validation 0.6 \+ test 0.5 leave nothing to train on; make their sum less than 1",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_place(
    tmp_path: Path, sections: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        load(written(tmp_path, **sections))


def test_every_wrong_value_is_told_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, dedup={"similarity": 2}, validate={"min_examples": 0})
    with pytest.raises(SettingsError, match=r"dedup\.similarity.*validate\.min_examples"):
        load(path)


def test_a_missing_file_is_named_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="run this in a workspace, or make one with"):
        load(tmp_path / "params.yaml")


@pytest.mark.parametrize("text", ["ingest: [", "ingest: {a: b\nc: d", ": :\n- x"])
def test_what_is_no_yaml_is_told_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match="is no YAML") as error:
        load(path)
    assert "\n" not in str(error.value)


def refusal(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as error:
        load(path)
    told = str(error.value)
    assert "\n" not in told
    assert told.startswith(str(path))
    return told.removeprefix(str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", " is empty: expected the sections ingest, redact, dedup, validate, split"),
        (b"# nothing\n", " is empty: expected the sections ingest"),
        (b"- ingest\n- redact\n", " holds a list at its top: expected sections, a line each as"),
        (b"ingest", " holds 'ingest' at its top: expected sections"),
        (b"a: 1\nb: \xe9t\xe9\n", ":2 is not UTF-8 (byte 0xe9): save the file as UTF-8"),
        (b"ingest:\n\tsources: []\n", ":2:1 is no YAML: while scanning for the next token, found"),
        (b"a: {b: 1\nc: 2\n", ":2:2 is no YAML: while parsing a flow mapping, expected ',' or '}'"),
        (b"ingest: {}\nredact: {}\ningest: {}\n", ":3:1: ingest stands twice, in line 1 too"),
        (b"ingest:\n  feedback: []\n  feedback: []\n", ":3:3: feedback stands twice, in line 2"),
    ],
)
def test_a_file_that_holds_no_settings_is_told_with_its_place(
    tmp_path: Path, content: bytes, message: str
) -> None:
    assert refusal(tmp_path, content).startswith(message)


def test_a_tab_has_its_cure(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"ingest:\n\tsources: []\n").endswith("indent by spaces, not by tabs")


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + PARAMS.read_bytes())
    assert load(path) == load(PARAMS)


@pytest.mark.parametrize("given", ["data/landing", ["data/landing"], {"uri": "data/landing"}, 5])
def test_sources_as_plain_text_are_told_how_they_are_written(tmp_path: Path, given: Any) -> None:
    path = written(tmp_path, ingest={"sources": given})
    with pytest.raises(
        SettingsError, match=r"expected a list, as .{uri: data/landing, format: auto}"
    ):
        load(path)


def test_a_plain_text_where_a_list_is_expected_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, redact={"person_keys": "user_id"})
    with pytest.raises(SettingsError, match=r"redact.person_keys = 'user_id': expected a list, as"):
        load(path)


def test_an_unknown_field_of_a_filter_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    asked = {"all": [{"field": "modle", "equals": "x"}]}
    path = written(tmp_path, ingest={"filter": asked})
    with pytest.raises(SettingsError) as error:
        load(path)
    assert str(error.value).startswith(
        f"{path}: ingest.filter.all.0: unknown field 'modle'; expected time, model, session_id"
    )


def test_settings_do_not_change(tmp_path: Path) -> None:
    params = load(written(tmp_path))
    with pytest.raises(ValueError, match="frozen"):
        params.dedup.similarity = 0.1  # type: ignore[misc]


def test_services_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert Services().mlflow_tracking_uri == "http://127.0.0.1:5000"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert Services().mlflow_tracking_uri == ""
