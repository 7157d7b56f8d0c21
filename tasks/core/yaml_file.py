r"""Reads a YAML file of settings, and says in one line, with its place, what is wrong with it.

params.yaml:12:1 is no YAML: found character '\t' that cannot start any token; indent by
spaces, not by tabs
"""

from pathlib import Path
from typing import Any

import yaml

from tasks.core.errors import SettingsError

SHOWN = 80
"""Characters of a wrong value in a message."""


def sections(path: Path, expected: list[str]) -> dict[str, Any]:
    """The sections of the file, by name; `expected` are those that it may have, for the message.

    Raises:
        SettingsError: it cannot be read, is not UTF-8, no YAML, or holds no sections.
    """
    text = _text(path)
    try:
        values = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise SettingsError(_broken(path, error)) from error
    if values is None:
        raise SettingsError(
            f"{path} is empty: expected the sections {', '.join(expected)}. Bring it back (`git "
            "checkout` of a workspace's file), or make a workspace with `ratchet init`"
        )
    if not isinstance(values, dict):
        raise SettingsError(
            f"{path} holds {_kind(values)} at its top: expected sections, a line each as "
            f"`{expected[0]}:` with its keys indented below it ({', '.join(expected)})"
        )
    return values


def explain(error: dict[str, Any]) -> str:
    """One error of pydantic as place, value, what was expected and the cure."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{key} is no key of it; remove it or correct its name"
    if error["type"] == "missing":
        return f"{key} is missing; add it"
    why = _EXPECTED.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    given = repr(error["input"])
    # Of a whole section the values say less than the reason does.
    shown = "" if isinstance(error["input"], dict) else f" = {given[:SHOWN]}"
    return f"{key}{shown}{'…' if shown and len(given) > SHOWN else ''}: {why}"


_MARK = b"\xef\xbb\xbf"
"""Of bytes in order, as some editors put it in front of UTF-8."""
_EXPECTED = {
    "tuple_type": "expected a list, as [first, second]",
    "list_type": "expected a list, as [first, second]",
    "dict_type": "expected keys with values, indented below it",
    "model_type": "expected keys with values, indented below it",
    "model_attributes_type": "expected keys with values, indented below it",
}


class _Loader(yaml.SafeLoader):
    """YAML takes the last of two equal keys in silence; of settings that would lose one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        places: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            first = places.setdefault(str(key.value), line)
            if first != line:
                raise yaml.constructor.ConstructorError(
                    None,
                    None,
                    f"{key.value} stands twice, in line {first} too; keep one",
                    key.start_mark,
                )
        return super().construct_mapping(node, deep)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes().removeprefix(_MARK)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}; make it readable for who runs this"
        ) from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError(
            f"{path}:{line} is not UTF-8 (byte 0x{data[error.start]:02x}): save the file as UTF-8"
        ) from error


def _broken(path: Path, error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f"{path} is no YAML: {' '.join(str(error).split())}"
    mark = error.problem_mark
    place = f"{path}:{mark.line + 1}:{mark.column + 1}"
    if isinstance(error, yaml.constructor.ConstructorError):
        return f"{place}: {error.problem}"
    cure = "indent by spaces, not by tabs" if "'\\t'" in str(error.problem) else "correct it there"
    context = f"{error.context}, " if error.context else ""
    return f"{place} is no YAML: {context}{error.problem}; {cure}"


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else f"{str(value)[:SHOWN]!r}"
