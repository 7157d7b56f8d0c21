"""Writes a spec as an AWS Lambda: a folder, or a zip of it, that scores by itself.

    lambda_function.py   `lambda_handler`, what AWS calls
    spec.yaml            the spec, includes and files of programs written out
    tasks/               the code of its rewards, and what that needs of ours
    msgspec/ ...         the packages they need, as installed here

Nothing of training, serving or curation is in it. The same spec gives the same zip, byte for byte.
"""

import platform
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tasks import rewards
from tasks.core.errors import SettingsError
from tasks.rewards.exchange import bundle
from tasks.rewards.exchange.lambda_handler import Unscored
from tasks.rewards.python import read_file
from tasks.rewards.spec import SHARED, Spec, load_spec

LARGEST_MB = 250
"""What AWS unpacks at most."""

_UNSAFE = ("python", "openai_grader", "lambda_function")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FUNCTION = '''"""{name} {version} as a reward Lambda; AWS calls `lambda_handler`."""

from pathlib import Path

from tasks.rewards.exchange.lambda_handler import handler

lambda_handler = handler(
    Path(__file__).with_name("spec.yaml"),
    sha="{sha}",
    unscored="{unscored}",
    envelope={envelope},
)
'''


class Exported(NamedTuple):
    path: Path
    sha: str
    """Of the spec as it stands in there."""
    megabytes: float
    """Unpacked."""
    packages: tuple[str, ...]
    runtime: str
    """What it was made for, as `python3.11 x86_64`."""


def export(
    spec: Spec,
    target: Path,
    *,
    unscored: Unscored = "fail",
    envelope: bool = False,
    unsafe_without_sandbox: bool = False,
) -> Exported:
    """Write the folder, or the zip where the target is called so.

    Raises:
        SettingsError: the target is there already, is too large for AWS, or a reward in it runs a
            program in a sandbox, which AWS's own machines do not have room for.
    """
    if target.exists():
        raise SettingsError(f"{target} is there already; name another place, or remove it")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "function"
        folder.mkdir()
        said = _whole(spec, unsafe_without_sandbox=unsafe_without_sandbox)
        written = folder / "spec.yaml"
        written.write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True))
        sha = load_spec(written).sha
        packages = _copy(spec, folder)
        text = _FUNCTION.format(
            name=spec.name, version=spec.version, sha=sha, unscored=unscored, envelope=envelope
        )
        (folder / "lambda_function.py").write_text(text)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
        if size > LARGEST_MB:
            raise SettingsError(
                f"{spec.path}: {size:.0f} MB with {', '.join(packages)}; AWS unpacks "
                f"{LARGEST_MB} MB at most. Deploy a container image, or leave a reward out"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".zip":
            _zip(folder, target)
        else:
            shutil.copytree(folder, target)
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor} {platform.machine()}"
    return Exported(target, sha, size, packages, runtime)


def _whole(spec: Spec, *, unsafe_without_sandbox: bool) -> dict[str, Any]:
    """What the spec says, with nothing left outside of it."""
    said: dict[str, Any] = spec.declared.model_dump(
        mode="json", by_alias=True, exclude_defaults=True
    )
    for component in said["components"]:
        options = component.setdefault("options", {})
        if component["reward"] in _UNSAFE and not options.get("function_from"):
            options |= _unpacked(spec, component, unsafe_without_sandbox)
            options.pop("file", None)
        if not options:
            del component["options"]
    return said


def _unpacked(spec: Spec, component: dict[str, Any], unsafe: bool) -> dict[str, Any]:
    options = component["options"]
    runs = component["reward"] != "openai_grader" or "'python'" in str(options["grader"])
    if not runs:
        return {}
    if not unsafe:
        raise SettingsError(
            f"{spec.path}: {component['reward']} runs a program in a sandbox, and AWS's machines "
            "have neither bubblewrap nor Landlock. There the Lambda's own role is the wall: give "
            "it no rights, and say --unsafe-without-sandbox"
        )
    found: dict[str, Any] = {"unsafe_without_sandbox": True}
    if options.get("file"):
        found["source"] = read_file(options["file"])[0]
    return found


def _copy(spec: Spec, folder: Path) -> tuple[str, ...]:
    """Copy code and packages; the packages' names."""
    names = sorted({component.reward for component in spec.declared.components})
    own = [name for name in names if "." in name]
    beside = [source for name in names for source in rewards.sources(name)]
    files = bundle.ours(
        "tasks.rewards.exchange.lambda_handler",
        *(f"tasks.rewards.{name}" for name in names if "." not in name),
        *bundle.modules_of((*SHARED, *beside)),
    )
    bundle.copy_ours(files, folder)
    for name in own:
        place = folder.joinpath(*name.split(".")).with_suffix(".py")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(rewards.source_file(name), place)
    packages = bundle.packages([*files, *map(rewards.source_file, own)])
    bundle.copy_packages(packages, folder)
    return packages


def _zip(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
