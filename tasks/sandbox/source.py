"""Reads a program of the user's before it runs: what it defines, asks for and imports.

    def score(completion, reference):          function score, asks for completion and reference
        return float(completion["content"] == reference["text"])

    def grade(sample, item):                   function grade, called as OpenAI's graders are
        return 1.0 if sample["output_text"] == item["answer"] else 0.0

Nothing of it is executed here. What it may import is the standard library and the packages that
were named; those are imported first, while modules can still be read, so that it needs no file.
"""

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tasks.core.errors import SettingsError

SCORE_ASKS = ("prompt", "messages", "tools", "reference", "completion")
GRADE_ASKS = ("sample", "item")
MAX_BYTES = 256 * 1024
"""As OpenAI's python grader."""

_LATE = {"datetime": "_strptime", "time": "_strptime", "urllib": "encodings.idna"}
"""Modules that import another one only when a function of theirs is called."""
_ALWAYS = ("unicodedata", "encodings.idna")


class Program(NamedTuple):
    """A program that may run."""

    text: str
    name: str
    """For errors: a file's name, or `source`."""
    function: str
    """`score`, called with keywords, or `grade`, called with `sample, item`."""
    asks: tuple[str, ...]
    """What each row has to hold."""
    modules: tuple[tuple[str, ...], ...]
    """`(module, name, ...)` for each import."""
    packages: tuple[str, ...]

    @property
    def sha(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def read(
    text: str,
    *,
    name: str = "source",
    packages: Sequence[str] = (),
    function: str = "",
    asks: Sequence[str] = SCORE_ASKS,
) -> Program:
    """Check a program; `function` and `asks` are for one that defines neither `score` nor `grade`.

    Raises:
        SettingsError: no Python, too long, no `score` or `grade`, a parameter that nothing fills,
            or an import of what was not named.
    """
    tree = _tree(text, name)
    defined = _function(tree, name, (function,) if function else ("score", "grade"))
    found = tuple(sorted(set(_imports(tree, name))))
    _check_imports(found, name, packages)
    roots = {module[0].partition(".")[0] for module in found}
    late = sorted({*_ALWAYS, *(_LATE[root] for root in roots & _LATE.keys())})
    modules = (*((module,) for module in late), *found)
    wanted = _asks(defined, name, tuple(asks))
    return Program(text, name, defined.name, wanted, modules, tuple(packages))


def functions(text: str, name: str) -> frozenset[str]:
    """Names of the functions at the top level.

    Raises:
        SettingsError: no Python, or too long.
    """
    body = _tree(text, name).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))


def _tree(text: str, name: str) -> ast.Module:
    if len(text.encode()) > MAX_BYTES:
        raise SettingsError(f"{name} has more than {MAX_BYTES} bytes; a reward is a page of code")
    try:
        return ast.parse(text, filename=name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        line = getattr(problem, "lineno", None) or 1
        raise SettingsError(f"{name}:{line}: no Python: {problem}") from problem


def _function(tree: ast.Module, name: str, wanted: tuple[str, ...]) -> ast.FunctionDef:
    found: dict[str, ast.FunctionDef] = {}
    for node in tree.body:
        if isinstance(node, ast.AsyncFunctionDef) and node.name in wanted:
            raise SettingsError(
                f"{name}:{node.lineno}: {node.name} is async; nothing can be awaited in the "
                "sandbox, which has no network: make it `def`"
            )
        if isinstance(node, ast.FunctionDef) and node.name in wanted:
            found[node.name] = node
    if not found and "score" not in wanted:
        raise SettingsError(f"{name} defines no function {wanted[0]} at its top level")
    if not found:
        raise SettingsError(
            f"{name} defines no function; expected `def score(completion, reference)` with any of "
            f"{', '.join(SCORE_ASKS)}, or `def grade(sample, item)`"
        )
    # Where both are there, `score` is a function that the grader calls.
    return found.get("grade") or next(iter(found.values()))


def _asks(function: ast.FunctionDef, name: str, filled: tuple[str, ...]) -> tuple[str, ...]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    if function.name == "grade":
        least = len(positional) - len(arguments.defaults)
        if least > 2 or (len(positional) < 2 and arguments.vararg is None):
            raise SettingsError(
                f"{name}:{function.lineno}: grade takes {len(positional)} parameters; it is "
                "called with two, `grade(sample, item)`"
            )
        return GRADE_ASKS
    if arguments.posonlyargs:
        raise SettingsError(f"{name}:{function.lineno}: score is called by keyword; remove the `/`")
    bare = len(positional) - len(arguments.defaults)
    needed = [argument.arg for argument in positional[:bare]]
    optional = [argument.arg for argument in positional[bare:]]
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        (needed if default is None else optional).append(argument.arg)
    for asked in needed:
        if asked not in filled:
            raise SettingsError(
                f"{name}:{function.lineno}: score asks for {asked!r}, which nothing fills; "
                f"expected any of {', '.join(filled)}"
            )
    if arguments.kwarg is not None:
        return filled
    return tuple(asked for asked in filled if asked in (*needed, *optional))


def _imports(tree: ast.Module, name: str) -> Iterator[tuple[str, ...]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name,) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                raise SettingsError(
                    f"{name}:{node.lineno}: a relative import; the program is one file, "
                    "with nothing beside it"
                )
            if node.module != "__future__":
                yield (node.module, *(a.name for a in node.names if a.name != "*"))


def _check_imports(found: Sequence[tuple[str, ...]], name: str, packages: Sequence[str]) -> None:
    for module, *_ in found:
        root = module.partition(".")[0]
        if root in sys.stdlib_module_names:
            continue
        if root not in packages:
            raise SettingsError(
                f"{name}: imports {module}, which is not of the standard library; add {root} to "
                "`packages` if it may be imported: its folder can then be read while modules load"
            )
        if importlib.util.find_spec(root) is None:
            raise SettingsError(f"{name}: imports {module}, which is not installed here")
