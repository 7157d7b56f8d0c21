"""Without extras it reads logs, scores replies and judges; each extra adds its part."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
MODELS = ("torch", "transformers", "tokenizers", "trl", "peft", "datasets", "accelerate", "vllm")
ORDER = ("prefect", "fastapi", "dvc", "openfeature", "uvicorn", "starlette", "aiohttp", "mlflow")

BLOCKED = """
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
sys.path.insert(0, {root!r})
"""


def names(requirements: list[str]) -> set[str]:
    return {Requirement(one).name for one in requirements}


def run_without(program: str, *blocked: str) -> subprocess.CompletedProcess[str]:
    code = BLOCKED.format(names=set(blocked), root=str(ROOT)) + program
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_core_needs_no_model_library_and_no_orchestrator() -> None:
    assert names(PROJECT["dependencies"]).isdisjoint({*MODELS, *ORDER, "sqlalchemy"})
    assert {"train", "orchestrate", "vllm", "dev"} == set(EXTRAS)
    assert names(EXTRAS["train"]).isdisjoint({"prefect", "fastapi", "sqlalchemy", "dvc", "vllm"})


def test_without_extras_the_data_steps_the_rewards_and_the_gate_are_there() -> None:
    done = run_without(
        """
import importlib, pkgutil
import tasks
parts = ("logs", "redaction", "labelling", "dataset", "formats", "rewards", "dialects", "evidence")
count = 0
for part in parts:
    package = importlib.import_module(f"tasks.{part}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name != "tasks.rewards.registry.served":  # MLflow itself loads that one
            importlib.import_module(module.name)
            count += 1
for step in ("ingest", "redact", "dedup", "validate", "split", "gate"):
    importlib.import_module(f"tasks.{step}")
from tasks import dialects
assert dialects.parse('<tool_call>{"name": "f", "arguments": {}}</tool_call>').tool_calls
print(count)
""",
        *MODELS,
        *ORDER,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    assert int(done.stdout) > 100


@pytest.mark.parametrize("arguments", [["--help"], ["reward", "--help"]])
def test_without_extras_the_command_line_answers(arguments: list[str]) -> None:
    done = run_without(
        f"""
sys.argv = ["ratchet", *{arguments!r}]
from cli.__main__ import main
main()
""",
        *MODELS,
        *ORDER,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    assert "Usage" in done.stdout


def test_the_steps_of_a_gpu_need_no_orchestrator() -> None:
    done = run_without(
        """
import importlib
for name in ("train", "evaluate", "baseline", "serving.server"):
    importlib.import_module(f"tasks.{name}")
""",
        "prefect", "fastapi", "sqlalchemy", "dvc", "openfeature", "aiohttp",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-1500:]


def test_every_pinned_version_lies_within_its_bounds() -> None:
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
    )
    pins = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    every = [*PROJECT["dependencies"], *EXTRAS["train"], *EXTRAS["orchestrate"], *EXTRAS["dev"]]
    for requirement in map(Requirement, every):
        if requirement.name == PROJECT["name"]:
            continue
        version = pins[requirement.name.lower().replace("_", "-")]
        assert requirement.specifier.contains(version), f"{requirement} is pinned to {version}"
