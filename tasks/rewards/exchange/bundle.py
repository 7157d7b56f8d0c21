"""Finds the code that a spec needs to score, ours and that of packages, and copies it.

    ours("tasks.rewards.tool_call")   files below the project that it is made of
    packages(files)                   names of distributions, as msgspec

Imports are followed by reading, those inside functions too: what may be needed is brought along.
What only a person at a terminal needs is not (`NOT_NEEDED`).
"""

import ast
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from tasks.core.step import PROJECT

NOT_NEEDED = frozenset(("rich", "trl", "torch", "transformers", "mlflow"))
"""Progress bars and training; nothing that scores imports them."""


def ours(*modules: str) -> tuple[Path, ...]:
    """Files of the project that importing these modules may need, below the project's folder."""
    found: set[Path] = set()
    waiting = list(modules)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        file = _file(name)
        if file is None:
            continue
        found.add(file.relative_to(PROJECT))
        waiting += [other for other in _imported(file) if other.startswith("tasks.")]
        # A package's own file runs when anything in it is imported.
        waiting += [name.rpartition(".")[0]] if "." in name else []
    return tuple(sorted(found))


def modules_of(places: Iterable[str]) -> tuple[str, ...]:
    """Names of the modules in files and folders of the project, as `tasks/labelling/behaviour`."""
    found = []
    for place in places:
        path = PROJECT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            parts = file.relative_to(PROJECT).with_suffix("").parts
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return tuple(found)


def packages(files: Iterable[Path]) -> tuple[str, ...]:
    """Distributions that these files need, with all that those need."""
    known = _known()
    roots = {name.partition(".")[0] for file in files for name in _imported(PROJECT / file)}
    outside = roots - set(sys.stdlib_module_names) - {"tasks"} - NOT_NEEDED
    waiting = [known[root][0] for root in sorted(outside) if root in known]
    found: set[str] = set()
    while waiting:
        name = _normal(waiting.pop())
        if name not in found:
            found.add(name)
            waiting += _required(name)
    return tuple(sorted(found))


def copy_ours(files: Iterable[Path], folder: Path) -> None:
    """Copy our files, at their places."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / file, folder / file)


def copy_packages(names: Iterable[str], folder: Path) -> None:
    """Copy what is installed of these distributions: modules, and what they say of themselves."""
    for name in names:
        for file in metadata.files(name) or ():
            source = Path(str(file.locate()))
            outside = ".." in file.parts or file.is_absolute()
            if outside or "__pycache__" in file.parts or not source.is_file():
                continue
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / file)


def _file(name: str) -> Path | None:
    place = PROJECT.joinpath(*name.split("."))
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if file.is_file():
            return file
    return None


def _imported(file: Path) -> Iterator[str]:
    """Modules that a file imports; of `from a import b` both a and a.b, of which one is there."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@lru_cache(maxsize=1)
def _known() -> Mapping[str, list[str]]:
    """Top-level module to the distributions it comes from; to ask takes a second."""
    return metadata.packages_distributions()


def _required(name: str) -> list[str]:
    from packaging.requirements import Requirement

    found = map(Requirement, metadata.requires(name) or ())
    return [r.name for r in found if r.marker is None or r.marker.evaluate({"extra": ""})]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
