import pytest

from tasks.core.errors import SettingsError
from tasks.sandbox import source


def test_a_program_says_what_it_asks_for():
    read = source.read("def score(completion, *, tools=(), weight=2): return 1")
    assert (read.function, read.asks) == ("score", ("tools", "completion"))
    assert source.read("def score(**row): return 1").asks == source.SCORE_ASKS
    assert source.read("def grade(sample, item): return 1").asks == ("sample", "item")
    assert source.read("def grade(sample, item, more=1): return 1").function == "grade"
    assert (
        source.read("def score(x): return x\ndef grade(a, b): return score(a)").function == "grade"
    )


def test_imports_are_found_wherever_they_stand():
    text = "import os.path\ndef score():\n    from json import loads\n    return loads('1')\n"
    assert {("os.path",), ("json", "loads")} <= set(source.read(text).modules)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def score(:\n", "mine.py:1: no Python"),
        ("x = 1\n", "mine.py defines no function; expected `def score"),
        ("\nasync def score(): 1\n", "mine.py:2: score is async"),
        (
            "def score(answer): 1\n",
            "asks for 'answer', which nothing fills; expected any of prompt",
        ),
        ("def score(completion, /): 1\n", "called by keyword"),
        ("def grade(sample): 1\n", "grade takes 1 parameters; it is called with two"),
        ("from . import x\ndef score(): 1\n", "mine.py:1: a relative import"),
        ("import numpy\ndef score(): 1\n", "add numpy to `packages`"),
        ("#" * (256 * 1024 + 1), "more than 262144 bytes"),
    ],
)
def test_what_is_no_program_is_refused(text: str, said: str):
    with pytest.raises(SettingsError) as refused:
        source.read(text, name="mine.py")
    assert said in str(refused.value)


def test_a_package_that_is_not_installed_is_refused():
    with pytest.raises(SettingsError, match="no_such_package, which is not installed here"):
        source.read("import no_such_package\ndef score(): 1", packages=("no_such_package",))
