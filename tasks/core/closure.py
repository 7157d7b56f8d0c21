"""Which files a module is made of: its own, and those of all that it may import, read from source.

    files("tasks.split")   tasks/__init__.py, tasks/core/parts.py, ..., tasks/split.py
    sha("tasks.split")     changes with any of them and with nothing else

Parts, dataset versions and rewards are named by what made them, so this must neither forget a file
(what is stale would be kept) nor name one too many (all would be made again for nothing).

Followed are `import` and `from`, inside functions too; packages' own files; a module that is named
by a constant (`"tasks.sandbox.child"`, to be imported or run later); all public modules of a
package that one is taken from by name (`f"tasks.dialects.{name}"`); and a file that a constant
names beside the module (`"templates/page.html.j2"`), with the templates that it includes. Left out
is what stands under `if TYPE_CHECKING:`, which never runs. Followed are modules of this project,
and those of a user's plug-in wherever Python finds it; not those of installed packages, which have
versions of their own.
"""

import ast
import hashlib
import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import NamedTuple

import msgspec

from tasks.core.errors import SettingsError

PROJECT = Path(__file__).parents[2]

_CACHE = "ratchet/imports.json"
"""What sources name, by their sha256, in the user's cache folder: to parse all of a stage's takes a
third of a second."""
_REMEMBERED = 4000
_OURS = frozenset(("cli", "flows", "tasks"))
_INSTALLED = ("site-packages", "dist-packages")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_PREFIX = re.compile(r"(?:[A-Za-z_]\w*\.)+")
_BESIDE = re.compile(r"[\w-]+(?:/[\w-]+)*(?:\.\w+)+")
_INCLUDED = re.compile(rb"{%-?\s*(?:extends|include|import|from)\s+[\"']([^\"']+)[\"']")


class Named(msgspec.Struct, frozen=True):
    """What one source names."""

    imports: tuple[str, ...]
    """Modules, or names in them; with leading dots as `from .words import X` has them."""
    constants: tuple[str, ...]
    """Texts that may be a module's name or a file beside it."""


class Root(NamedTuple):
    """A folder in which modules are found."""

    folder: Path
    tops: frozenset[str]
    """The top-level modules there that are meant; packages may be installed beside them."""


def files(*modules: str, project: Path = PROJECT, path: Sequence[str] | None = None) -> list[Path]:
    """Absolute paths of all files that these modules are made of, sorted.

    Args:
        modules: names as `tasks.split`, or of something in a module, as `acme.staff.Recogniser`.
            One that is nowhere adds nothing: who loads it says so.
        project: folder of the project whose modules are meant.
        path: where modules outside of the project are looked for; None: `sys.path`.

    Raises:
        SettingsError: a source is no Python.
    """
    return sorted(_sources(modules, project, sys.path if path is None else path))


def sha(*modules: str, project: Path = PROJECT, path: Sequence[str] | None = None) -> str:
    """sha256 over the places and bytes of `files`; the same wherever project and plug-ins lie."""
    sources = _sources(modules, project, sys.path if path is None else path)
    lines = sorted(
        f"{file.relative_to(root.folder).as_posix()}\0{hashlib.sha256(content).hexdigest()}\n"
        for file, (root, content) in sources.items()
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def placed(
    *modules: str, project: Path = PROJECT, path: Sequence[str] | None = None
) -> dict[Path, Path]:
    """Where each of `files` stands, from the folder on in which Python finds it."""
    sources = _sources(modules, project, sys.path if path is None else path)
    return {file: file.relative_to(root.folder) for file, (root, _) in sorted(sources.items())}


def copy(modules: Iterable[str], folder: Path) -> None:
    """Copy all that these modules are made of, so that they can be imported from `folder`."""
    for file, place in placed(*modules).items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / place)


def plugins(package: str, *, project: Path = PROJECT) -> list[str]:
    """Names of the modules in a package, as `openai_chat` in `tasks.formats`; none of its own."""
    return _inside(package, project)


def _inside(package: str, folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.joinpath(*package.split(".")).glob("[!_]*.py"))


def imported(file: Path) -> tuple[str, ...]:
    """All that a source imports, of `from a import b` both `a` and `a.b`, packages' too."""
    content = file.read_bytes()
    return _named(file, content, hashlib.sha256(content).hexdigest()).imports


def _sources(
    modules: Iterable[str], project: Path, path: Sequence[str]
) -> dict[Path, tuple[Root, bytes]]:
    """Each file with the folder that it was found in and its content."""
    roots = [Root(project.resolve(), _OURS)]
    roots += [root for name in modules if (root := _outside(name, roots[0], path))]
    sources: dict[Path, tuple[Root, bytes]] = {}
    waiting = [(name, root) for name in modules for root in roots]
    seen = set(waiting)
    while waiting:
        name, root = waiting.pop()
        for file, module in _files(name, root):
            if file in sources:
                continue
            content = file.read_bytes()
            sources[file] = (root, content)
            if not module:
                continue
            named = _named(file, content, hashlib.sha256(content).hexdigest())
            for beside in _beside(file, named.constants):
                if beside.suffix != ".py":
                    sources[beside] = (root, beside.read_bytes())
            wanted = [_absolute(one, file, module) for one in named.imports]
            wanted += [one for one in named.constants if _MODULE.fullmatch(one)]
            packages = [one[:-2] for one in named.constants if one.endswith(".*")]
            wanted += [
                f"{one}.{name}"
                for one in packages
                for r in roots
                for name in _inside(one, r.folder)
            ]
            wanted += [
                ".".join(one.relative_to(root.folder).with_suffix("").parts)
                for one in _beside(file, named.constants)
                if one.suffix == ".py"
            ]
            more = {(one, other) for one in wanted for other in roots} - seen
            seen |= more
            waiting += more
    _remember()
    return sources


def _files(name: str, root: Root) -> Iterator[tuple[Path, str]]:
    """A module's file and those of the packages that it is in, each with the module's name.

    Without a name where there is no source to look into.
    """
    parts = name.split(".")
    if parts[0] not in root.tops:
        return
    for number in range(1, len(parts) + 1):
        place, module = root.folder.joinpath(*parts[:number]), ".".join(parts[:number])
        if (package := place / "__init__.py").is_file():
            yield package, module
        elif (single := place.with_name(f"{place.name}.py")).is_file():
            yield single, module
            return
        elif not place.is_dir():
            built = (place.with_name(place.name + suffix) for suffix in EXTENSION_SUFFIXES)
            yield from ((file, "") for file in built if file.is_file())
            return


def _outside(name: str, project: Root, path: Sequence[str]) -> Root | None:
    """The folder on Python's path that a plug-in's module is in; None for one of the project."""
    if next(_files(name, project), None):
        return None
    top = frozenset((name.partition(".")[0],))
    for place in path:
        folder = Path(place or os.curdir).resolve()
        if next(_files(name, Root(folder, top)), None):
            shared = folder.name in _INSTALLED or str(folder) == sysconfig.get_path("stdlib")
            return Root(folder, top if shared else _users(folder))
    return None


def _users(folder: Path) -> frozenset[str]:
    """Top-level modules in a folder but for those of packages that are installed there."""
    records = (record.read_text() for record in folder.glob("*.dist-info/RECORD"))
    installed = {line.partition("/")[0] for text in records for line in text.splitlines()}
    inside = (one.name for one in folder.iterdir() if one.name not in installed)
    return frozenset(name.partition(".")[0] for name in inside)


def _absolute(name: str, file: Path, module: str) -> str:
    """A name as `from` has it, without leading dots."""
    bare = name.lstrip(".")
    levels = len(name) - len(bare)
    if not levels:
        return name
    parts = module.split(".")
    above = parts[: len(parts) - levels + (file.name == "__init__.py")]
    return ".".join([*above, *([bare] if bare else [])])


def _beside(file: Path, constants: Iterable[str]) -> Iterator[Path]:
    """Files that constants name from the module's folder on, and the templates that those use."""
    waiting = [one for one in constants if _BESIDE.fullmatch(one)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        place = file.parent / name
        if name in seen or not place.is_file():
            continue
        seen.add(name)
        yield place
        if place.suffix == ".j2":
            waiting += [one.decode() for one in _INCLUDED.findall(place.read_bytes())]


class _Reader(ast.NodeVisitor):
    def __init__(self) -> None:
        self.imports: list[str] = []
        self.constants: list[str] = []

    def visit_If(self, node: ast.If) -> None:
        test = node.test
        if getattr(test, "id", "") == "TYPE_CHECKING" or (
            getattr(test, "attr", "") == "TYPE_CHECKING"
        ):
            for other in node.orelse:
                self.visit(other)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.imports += [alias.name for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = "." * node.level + (node.module or "")
        dot = "" if base.endswith(".") else "."
        self.imports.append(base)
        self.imports += [f"{base}{dot}{alias.name}" for alias in node.names if alias.name != "*"]

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        start = getattr(node.values[0], "value", None) if node.values else None
        if isinstance(start, str) and start.endswith(".") and _PREFIX.fullmatch(start):
            self.constants.append(f"{start}*")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        text = node.value
        if isinstance(text, str) and (_MODULE.fullmatch(text) or _BESIDE.fullmatch(text)):
            self.constants.append(text)


class _Cache(msgspec.Struct):
    by: str = ""
    """Of this file's source: other code reads other things."""
    sources: dict[str, Named] = {}


_cache: _Cache | None = None
_read: dict[str, Named] = {}
"""By this process and not yet on disk."""


def _named(file: Path, content: bytes, digest: str) -> Named:
    found = _read.get(digest) or _remembered().sources.get(digest)
    if found is None:
        try:
            tree = ast.parse(content)
        except (SyntaxError, ValueError) as error:
            place = f"{file}:{getattr(error, 'lineno', None) or 1}"
            raise SettingsError(f"{place} is no Python ({error}); correct it there") from error
        reader = _Reader()
        reader.visit(tree)
        found = Named(tuple(dict.fromkeys(reader.imports)), tuple(dict.fromkeys(reader.constants)))
        _read[digest] = found
    return found


def _remembered() -> _Cache:
    global _cache  # noqa: PLW0603  # one a process, read when first asked for
    if _cache is None:
        by = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
        place = _place()
        try:
            _cache = msgspec.json.decode(place.read_bytes(), type=_Cache) if place else _Cache()
        except (OSError, msgspec.DecodeError):
            _cache = _Cache()
        if _cache.by != by:
            _cache = _Cache(by)
    return _cache


def _remember() -> None:
    """Keep what was parsed for the next process; where nothing can be written it parses again."""
    if not _read:
        return
    cache = _remembered()
    former = cache.sources if len(cache.sources) < _REMEMBERED else {}
    cache.sources = {**former, **_read}
    _read.clear()
    place = _place()
    if place is None:
        return
    temporary = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(msgspec.json.encode(cache))
        temporary.replace(place)
    except OSError:
        return


def _place() -> Path | None:
    """None where nobody has a home."""
    home = os.environ.get("HOME")
    caches = os.environ.get("XDG_CACHE_HOME") or (home and f"{home}/.cache")
    return Path(caches) / _CACHE if caches else None
