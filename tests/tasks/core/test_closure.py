"""What a module is made of: nothing forgotten, nothing too much, whatever way it is named."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core import closure
from tasks.core.closure import PROJECT
from tasks.core.errors import SettingsError


def write(folder: Path, **sources: str) -> None:
    """Sources by the name of their module; `a__b` stands for `a/b.py`."""
    for name, text in sources.items():
        file = folder.joinpath(*name.split("__")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def package(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "__init__.py").touch()


def made_of(folder: Path, *modules: str, path: tuple[str, ...] = ()) -> set[str]:
    """Without the files of packages that are empty."""
    found = closure.files(*modules, project=folder, path=path)
    return {file.relative_to(folder).as_posix() for file in found if file.stat().st_size}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project with a step and things that it may import."""
    package(tmp_path, "tasks", "tasks/core")
    names = ("one", "two", "three", "core__parts", "core__pages")
    write(tmp_path, **{f"tasks__{name}": f"X = {name!r}\n" for name in names})
    return tmp_path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from tasks.core import parts\n", {"core/parts"}),
        ("from tasks.core.parts import X\n", {"core/parts"}),
        ("import tasks.core.parts as p, tasks.two\n", {"core/parts", "two"}),
        ("def f():\n    from tasks import one\n    return one.X\n", {"one"}),
        ("class A:\n    def f(self):\n        import tasks.one\n", {"one"}),
        ("try:\n    import tasks.one\nexcept ImportError:\n    import tasks.two\n", {"one", "two"}),
        ("async def f(x=lambda: __import__('tasks.one')):\n    pass\n", {"one"}),
        ("from .core import parts\n", {"core/parts"}),
        ("from . import one, two as other\n", {"one", "two"}),
        ("from .core.parts import *\n", {"core/parts"}),
        ("import importlib\nm = importlib.import_module('tasks.core.pages')\n", {"core/pages"}),
        ("def f(name):\n    return load(f'tasks.core.{name}')\n", {"core/parts", "core/pages"}),
        ("def f(name):\n    return load(f'{name}.core.')\n", set()),
        ("COMMAND = ['python', '-m', 'tasks.three']\n", {"three"}),
        ("if TYPE_CHECKING:\n    from tasks import one\n", set()),
        ("if typing.TYPE_CHECKING:\n    import tasks.one\nelse:\n    import tasks.two\n", {"two"}),
        ("if 1:\n    pass\nelif f():\n    import tasks.one\n", {"one"}),
        ('"""As `import tasks.one`.\n    import tasks.two\n"""\n# import tasks.three\n', set()),
        ("import json, tasksother\nfrom os.path import join\n", set()),
        ("NAME = 'tasks.nowhere'\nPAGE = 'page.html'\n", set()),
    ],
)  # fmt: skip
def test_each_way_to_name_a_module_is_followed(tree: Path, source: str, expected: set[str]) -> None:
    write(tree, tasks__step=source)
    assert made_of(tree, "tasks.step") == {"tasks/step.py"} | {f"tasks/{e}.py" for e in expected}


def test_what_is_imported_is_followed_in_turn_and_in_circles(tree: Path) -> None:
    write(
        tree,
        tasks__step="from tasks import one\n",
        tasks__one="def f():\n    from tasks.core import parts\n",
        tasks__core__parts="import tasks.one\n",
    )
    assert made_of(tree, "tasks.step") == {"tasks/step.py", "tasks/one.py", "tasks/core/parts.py"}


def test_the_file_of_each_package_on_the_way_runs_too(tree: Path) -> None:
    (tree / "tasks/core/__init__.py").write_text("from ..two import X\n")
    write(tree, tasks__step="import tasks.core.parts\n")
    assert made_of(tree, "tasks.step") == {
        "tasks/step.py",
        "tasks/core/__init__.py",
        "tasks/core/parts.py",
        "tasks/two.py",
    }


def test_a_file_beside_a_module_counts_where_a_constant_names_it(tree: Path) -> None:
    write(tree, tasks__step="PAGE = 'templates/page.html.j2'\nOTHER = 'templates/none.html.j2'\n")
    (tree / "tasks/templates").mkdir()
    (tree / "tasks/templates/page.html.j2").write_text('{%- include "templates/row.html.j2" %}')
    (tree / "tasks/templates/row.html.j2").write_text("<td>")
    (tree / "tasks/templates/unused.html.j2").write_text("<td>")
    assert made_of(tree, "tasks.step") == {
        "tasks/step.py",
        "tasks/templates/page.html.j2",
        "tasks/templates/row.html.j2",
    }


def test_a_users_module_brings_what_lies_beside_it(tree: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    package(own, "acme")
    write(
        own,
        acme__log="import yaml, house\nfrom . import lines\nfrom tasks.core import parts\n",
        acme__lines="X = 1\n",
        acme__unused="X = 1\n",
        house="X = 1\n",
    )
    write(tree, tasks__step="import json\n")
    found = made_of(tree, "tasks.step", "acme.log.Reader", path=(str(own), *sys.path))
    assert found == {
        "tasks/step.py",
        "tasks/core/parts.py",
        "own/acme/log.py",
        "own/acme/lines.py",
        "own/house.py",
    }


def test_of_an_installed_plug_in_its_own_package_counts(tree: Path, tmp_path: Path) -> None:
    site = tmp_path / "lib/site-packages"
    package(site, "acme", "yaml")
    write(site, acme__log="import yaml.nodes\nimport acme.lines\n", acme__lines="X = 1\n")
    write(site, yaml__nodes="X = 1\n")
    assert made_of(tree, "acme.log", path=(str(site),)) == {
        "lib/site-packages/acme/log.py",
        "lib/site-packages/acme/lines.py",
    }


def test_packages_that_lie_beside_the_code_are_not_followed(tree: Path, tmp_path: Path) -> None:
    own = tmp_path / "function"
    package(own, "msgspec", "msgspec-0.22.dist-info")
    (own / "msgspec/__init__.py").write_text("X = 1\n")
    (own / "msgspec-0.22.dist-info/RECORD").write_text("msgspec/__init__.py,sha256=x,6\n")
    write(own, acme="import msgspec\nimport house\n", house="X = 1\n")
    found = made_of(tree, "acme", path=(str(own),))
    assert found == {"function/acme.py", "function/house.py"}


def test_a_compiled_plug_in_counts_by_its_bytes(tree: Path, tmp_path: Path) -> None:
    built = tmp_path / f"acme{closure.EXTENSION_SUFFIXES[0]}"
    built.write_bytes(b"\x7fELF one")
    before = closure.sha("acme", project=tree, path=(str(tmp_path),))
    built.write_bytes(b"\x7fELF two")
    assert closure.sha("acme", project=tree, path=(str(tmp_path),)) != before


def test_one_that_is_nowhere_adds_nothing(tree: Path) -> None:
    assert made_of(tree, "tasks.one", "acme.nowhere", path=()) == {"tasks/one.py"}


def test_no_python_is_refused_with_its_place(tree: Path) -> None:
    write(tree, tasks__step="import json\nfrom tasks import\n")
    with pytest.raises(SettingsError, match=r"tasks/step\.py:2 is no Python"):
        made_of(tree, "tasks.step")


def test_the_sha_does_not_depend_on_where_the_project_lies(tree: Path, tmp_path: Path) -> None:
    write(tree, tasks__step="from tasks import one\n")
    shutil.copytree(tree / "tasks", tmp_path / "elsewhere/tasks")
    here, there = (closure.sha("tasks.step", project=p) for p in (tree, tmp_path / "elsewhere"))
    assert here == there


@pytest.mark.parametrize("change", ["content", "name", "new import"])
def test_the_sha_changes_with_content_and_place(tree: Path, change: str) -> None:
    write(tree, tasks__step="from tasks import one\n")
    before = closure.sha("tasks.step", project=tree)
    if change == "content":
        (tree / "tasks/one.py").write_text("X = 'one'\n# said\n")
    elif change == "name":
        (tree / "tasks/one.py").rename(tree / "tasks/one_.py")
        package(tree, "tasks/one")
        (tree / "tasks/one_.py").rename(tree / "tasks/one/__init__.py")
    else:
        write(tree, tasks__one="def f():\n    import tasks.two\n")
    assert closure.sha("tasks.step", project=tree) != before


def test_what_was_parsed_is_remembered_by_content(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that starts from the cache of another sees the same; a broken cache is none."""
    write(tree, tasks__step="from tasks import one\n")
    command = (
        "import sys; from pathlib import Path; from tasks.core import closure; "
        "print(closure.sha('tasks.step', project=Path(sys.argv[1])))"
    )
    environment = os.environ | {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": str(PROJECT),
    }

    def sha() -> str:
        done = subprocess.run(
            [sys.executable, "-c", command, str(tree)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    first = sha()
    kept = tmp_path / "cache/ratchet/imports.json"
    assert kept.is_file()
    assert sha() == first
    kept.write_bytes(kept.read_bytes()[:20])
    assert sha() == first
    (tree / "tasks/step.py").write_text("from tasks import two\n")
    assert sha() != first
