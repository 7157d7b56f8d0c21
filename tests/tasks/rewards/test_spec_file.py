from pathlib import Path

import pytest

from tasks.core.errors import SettingsError
from tasks.rewards.specification.spec_file import read


def written(folder: Path, text: str) -> Path:
    file = folder / "spec.yaml"
    file.write_text(text)
    return file


def test_each_place_has_its_line(tmp_path: Path):
    values, places = read(written(tmp_path, "a: 1\nb:\n  - c: 2\n    d: 3\n  - 4\n"))
    assert values == {"a": 1, "b": [{"c": 2, "d": 3}, 4]}
    assert places == {
        (): 1,
        ("a",): 1,
        ("b",): 2,
        ("b", 0): 3,
        ("b", 0, "c"): 3,
        ("b", 0, "d"): 4,
        ("b", 1): 5,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", r":3: a stands twice; keep one"),
        ("a: &x [1]\nb: *x\n", r":2: \*x is an alias; write it out"),
        ("a: [\n", "is no YAML"),
        ("a: !!python/object:os.system 1\n", "is no YAML"),
        ("[" * 30 + "]" * 30, "more than 20 levels"),
        ("#" * 300_000, "more than 262144 bytes"),
    ],
)
def test_yaml_that_is_not_plain_is_refused(tmp_path: Path, text: str, said: str):
    with pytest.raises(SettingsError, match=said):
        read(written(tmp_path, text))


def test_a_missing_file_is_refused_with_the_key_that_names_it(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"no reward spec .*: name one under reward\.spec"):
        read(tmp_path / "none.yaml")


def test_an_empty_file_has_no_places(tmp_path: Path):
    assert read(written(tmp_path, "")) == (None, {})
