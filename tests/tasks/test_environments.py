"""What trains and serves models runs where there is no Prefect: beside vLLM they cannot both be."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tasks.core.closure import PROJECT

ENTRIES = ("baseline", "train", "evaluate", "serving", "demo/random_model")
"""Files and folders below tasks/ that run in the environment with vLLM."""

PRELUDE = """
import importlib, sys
sys.modules["prefect"] = None  # from here on, importing it fails
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def sources(*places: str) -> list[Path]:
    """Python files of the entries."""
    found = []
    for place in places:
        path = PROJECT / "tasks" / place
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    return found


def imported(path: Path) -> Iterator[str]:
    """Every module a file imports, at its top and inside its functions, as a dotted name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_file(module: str) -> Path | None:
    """The project's file of a module, or None where it is another's or no module."""
    path = PROJECT.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if module.startswith("tasks") and candidate.is_file():
            return candidate
    return None


def reachable() -> tuple[set[Path], set[str]]:
    """Own files that the entries lead to, and modules of others that any of these imports."""
    files: set[Path] = set()
    others: set[str] = set()
    todo = sources(*ENTRIES)
    while todo:
        path = todo.pop()
        if path in files:
            continue
        files.add(path)
        for module in imported(path):
            own = own_file(module)
            if own:
                todo.append(own)
            elif not module.startswith("tasks"):
                others.add(module.partition(".")[0])
    return files, others


def test_no_file_that_a_model_step_leads_to_imports_prefect():
    files, others = reachable()
    assert PROJECT / "tasks/learning/sampling_vllm.py" in files
    assert {"torch", "trl", "mlflow"} <= others
    assert "prefect" not in others


def test_all_they_import_can_be_imported_without_prefect():
    files, others = reachable()
    own = [".".join(path.relative_to(PROJECT).with_suffix("").parts) for path in files]
    installed = sorted(name for name in others if find_spec(name))
    assert {"trl", "mlflow", "peft"} <= set(installed)
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE, *installed, *sorted(own), "trl.trainer.grpo_trainer"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
