"""Writes a spec, its code and what that needs into a folder that works without the project.

    spec.yaml          includes and files of programs written out
    tasks/             the code of its rewards, and what that needs of ours
    msgspec/ ...       the packages they need as installed here, or requirements.txt with names

Nothing of training, serving or curation is in it.
"""

from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tasks import rewards
from tasks.core import closure
from tasks.core.errors import SettingsError
from tasks.rewards.exchange import bundle
from tasks.rewards.specification.spec import Spec, load_spec

_PROGRAMS = ("python", "openai_grader", "lambda_function")
"""Rewards that run a program in the sandbox."""


class Portable(NamedTuple):
    sha: str
    """Of the spec as it stands in the folder."""
    packages: tuple[str, ...]


def write(
    spec: Spec, folder: Path, runtime: str, *, vendored: bool, unsafe: bool = False
) -> Portable:
    """Write everything but what calls it; `runtime` is the module that will."""
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "spec.yaml"
    said = _whole(spec, unsafe=unsafe)
    written.write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True))
    packages = _copy(spec, folder, runtime, vendored=vendored)
    if not vendored:
        lines = [f"{name}>={metadata.version(name)}\n" for name in packages]
        (folder / "requirements.txt").write_text("".join(lines))
    return Portable(load_spec(written).sha, packages)


def programs(spec: Spec) -> tuple[str, ...]:
    """Rewards of the spec that run a program in the sandbox."""
    return tuple(
        component.reward
        for component in spec.declared.components
        if component.reward in _PROGRAMS
        and not component.options.get("function_from")
        and (component.reward != "openai_grader" or "'type': 'python'" in str(component.options))
    )


def _whole(spec: Spec, *, unsafe: bool) -> dict[str, Any]:
    """What the spec says; nothing is left outside of it."""
    said: dict[str, Any] = spec.declared.model_dump(
        mode="json", by_alias=True, exclude_defaults=True
    )
    for component in said["components"]:
        if unsafe and component["reward"] in programs(spec):
            component["options"] = {**component["options"], "unsafe_without_sandbox": True}
    return said


def _copy(spec: Spec, folder: Path, runtime: str, *, vendored: bool) -> tuple[str, ...]:
    names = sorted({component.reward for component in spec.declared.components})
    modules = [runtime, *map(rewards.module_name, names)]
    closure.copy(modules, folder)
    packages = bundle.packages(closure.files(*modules))
    if vendored:
        bundle.copy_packages(packages, folder)
    return packages


def refuse_existing(target: Path) -> None:
    """Never write into what is there.

    Raises:
        SettingsError: the target is there already.
    """
    if target.exists():
        raise SettingsError(f"{target} is there already; name another place, or remove it")


def megabytes(files: Iterable[Path]) -> float:
    """Size of all files together."""
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6
