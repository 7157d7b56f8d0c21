"""A module that is put off is the module itself from its first use on."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.dataset.later import later


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    """A package `told` that leaves a file when it is run, with a module `told.inner`."""
    ran = tmp_path / "ran"
    folder = tmp_path / "told"
    folder.mkdir()
    (folder / "__init__.py").write_text(f"open({str(ran)!r}, 'a').write('x')\nvalue = 7\n")
    (folder / "inner.py").write_text("from told import value\nmore = value + 1\n")
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    yield ran
    sys.path.remove(str(tmp_path))
    for name in ("told", "told.inner"):
        sys.modules.pop(name, None)


def test_to_import_it_does_not_run_it_and_to_use_it_does(package: Path) -> None:
    later("told")
    told = importlib.import_module("told")
    assert not package.exists()
    assert told.value == 7
    assert told.__path__
    assert importlib.import_module("told") is told
    assert told.value == 7
    assert package.read_text() == "x"


def test_a_module_below_it_is_a_use_of_it(package: Path) -> None:
    later("told")
    assert importlib.import_module("told.inner").more == 8
    assert package.read_text() == "x"


def test_what_it_does_not_have_is_an_attribute_error(package: Path) -> None:
    later("told")
    with pytest.raises(AttributeError, match=r"told.*none"):
        _ = sys.modules["told"].none


def test_what_is_loaded_or_not_there_is_left_alone(package: Path) -> None:
    told = importlib.import_module("told")
    later("told", "not_installed_anywhere")
    assert sys.modules["told"] is told
    assert "not_installed_anywhere" not in sys.modules
