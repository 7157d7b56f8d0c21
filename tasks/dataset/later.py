"""Puts a module off until something of it is used, though others import it before.

    later("scipy.stats", "altair")
    import great_expectations        # imports both; neither is run

Python's own `importlib.util.LazyLoader` does not serve: up to Python 3.11 the import system's look
at `__spec__` counts as a use, so that the first `import` runs the module after all.
"""

import importlib.util
import sys
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """A module with its place and its spec, and no content yet."""

    def __getattr__(self, name: str) -> Any:
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec = self.__spec__
        assert spec is not None and spec.loader is not None
        if spec.submodule_search_locations is not None:
            self.__path__ = spec.submodule_search_locations
        spec.loader.exec_module(self)
        return getattr(self, name)


def later(*names: str) -> None:
    """Put off the modules of these names, in this process.

    What is loaded already or not installed is left alone; a package above one of them is loaded.
    The first use must not be made by two threads at once.
    """
    for name in names:
        if name in sys.modules:
            continue
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            continue
        module = importlib.util.module_from_spec(spec)
        # Without it, to import a module below this one is a use of this one.
        vars(module).pop("__path__", None)
        module.__class__ = _Later
        sys.modules[name] = module
