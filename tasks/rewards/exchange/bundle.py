"""Finds the packages that a spec's code needs, and copies them.

    packages(files)                   names of distributions, as msgspec

Imports are followed by reading, those inside functions too: what may be needed is brought along.
What only a person at a terminal needs is not (`NOT_NEEDED`).
"""

import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from tasks.core import closure

NOT_NEEDED = frozenset(("rich", "trl", "torch", "transformers", "mlflow"))
"""Progress bars and training; nothing that scores imports them."""


def packages(files: Iterable[Path]) -> tuple[str, ...]:
    """Distributions that these files need, with all that those need."""
    known = _known()
    roots = {name.partition(".")[0] for file in files for name in closure.imported(file)}
    outside = roots - set(sys.stdlib_module_names) - {"tasks"} - NOT_NEEDED
    waiting = [known[root][0] for root in sorted(outside) if root in known]
    found: set[str] = set()
    while waiting:
        name = _normal(waiting.pop())
        if name not in found:
            found.add(name)
            waiting += _required(name)
    return tuple(sorted(found))


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
