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


def test_settings_do_not_change(tmp_path: Path) -> None:
    params = load(written(tmp_path))
    with pytest.raises(ValueError, match="frozen"):
        params.dedup.similarity = 0.1  # type: ignore[misc]


def test_services_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert Services().mlflow_tracking_uri == "http://127.0.0.1:5000"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert Services().mlflow_tracking_uri == ""
