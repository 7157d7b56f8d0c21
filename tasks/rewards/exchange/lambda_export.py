"""Writes a spec as an AWS Lambda: a folder, or a zip of it, that scores by itself.

    lambda_function.py   `lambda_handler`, what AWS calls
    spec.yaml, tasks/, msgspec/ ...   as portable.py writes them, packages included

The same spec gives the same zip, byte for byte.
"""

import platform
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from tasks.core.errors import SettingsError
from tasks.rewards.exchange import portable
from tasks.rewards.exchange.lambda_handler import Unscored
from tasks.rewards.specification.spec import Spec

LARGEST_MB = 250
"""What AWS unpacks at most."""

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
            program in a sandbox, for which AWS's own machines have no walls.
    """
    portable.refuse_existing(target)
    if (programs := portable.programs(spec)) and not unsafe_without_sandbox:
        raise SettingsError(
            f"{spec.path}: {', '.join(programs)} runs a program in a sandbox, and AWS's machines "
            "have neither bubblewrap nor Landlock. There the Lambda's own role is the wall: give "
            "it no rights, and say --unsafe-without-sandbox"
        )
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "function"
        runtime = "tasks.rewards.exchange.lambda_handler"
        sha, packages = portable.write(
            spec, folder, runtime, vendored=True, unsafe=unsafe_without_sandbox
        )
        text = _FUNCTION.format(
            name=spec.name, version=spec.version, sha=sha, unscored=unscored, envelope=envelope
        )
        (folder / "lambda_function.py").write_text(text)
        size = portable.megabytes(folder.rglob("*"))
        if size > LARGEST_MB:
            raise SettingsError(
                f"{spec.path}: {size:.0f} MB with {', '.join(packages)}; AWS unpacks "
                f"{LARGEST_MB} MB at most. Deploy a container image, or leave a reward out"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".zip":
            _zip(folder, target)
        else:
            shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__"))
    made_for = f"python{sys.version_info.major}.{sys.version_info.minor} {platform.machine()}"
    return Exported(target, sha, size, packages, made_for)


def _zip(folder: Path, target: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in files if "__pycache__" not in path.parts):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
