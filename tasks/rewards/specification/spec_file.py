"""Reads a spec's YAML strictly, and says in which line what is wrong with it.

specs/tool_calls.yaml:19: components.0.weight = 2: Input should be less than or equal to 1
"""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tasks.core.errors import SettingsError

Place = tuple[str | int, ...]
"""Keys and positions from the top, as ("components", 0, "weight")."""

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20


def read(path: Path) -> tuple[Any, dict[Place, int]]:
    """What the file says, and the line (from 1) of each place in it.

    Raises:
        SettingsError: no file, no YAML, or YAML with an alias, a key that stands twice, more than
            256 kB or 20 levels.
    """
    if not path.is_file():
        raise SettingsError(f"no reward spec {path}: name one under reward.spec in params.yaml")
    if path.stat().st_size > MAX_BYTES:
        raise SettingsError(f"{path} has more than {MAX_BYTES} bytes; a reward spec is a page")
    text = path.read_text(errors="replace")
    try:
        _refuse_bombs(path, text)
        top = yaml.compose(text, Loader=yaml.SafeLoader)
        values: Any = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise SettingsError(f"{path} is no YAML: {' '.join(str(problem).split())}") from problem
    places: dict[Place, int] = {}
    if top is not None:
        _walk(path, top, (), places)
    return values, places


def refused(
    path: Path, places: dict[Place, int], problem: ValidationError, below: Place = ()
) -> SettingsError:
    """The error that names each key pydantic refused; `below` is where its model stands."""
    lines = []
    for item in problem.errors():
        place: Place = (*below, *item["loc"])
        if item["type"] == "extra_forbidden":
            said = "is no key of it; remove it or correct its name"
        elif item["type"] == "missing":
            said = "is missing; add it"
        else:
            said = f"= {item['input']!r:.200}: {item['msg']}"
        lines.append(f"{path}:{_line(places, place)}: {_dotted(place)} {said}")
    return SettingsError("; ".join(lines))


def error(path: Path, places: dict[Place, int], place: Place, said: str) -> SettingsError:
    """The error about one place."""
    return SettingsError(f"{path}:{_line(places, place)}: {_dotted(place)}: {said}")


def _refuse_bombs(path: Path, text: str) -> None:
    """Before anything is built: a few aliases can stand for gigabytes."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise SettingsError(f"{path}:{line}: *{event.anchor} is an alias; write it out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise SettingsError(f"{path}:{line}: more than {MAX_DEPTH} levels; flatten it")


def _walk(path: Path, node: yaml.Node, place: Place, places: dict[Place, int]) -> None:
    places[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*place, str(key.value))
            if below in places:
                line = key.start_mark.line + 1
                raise SettingsError(f"{path}:{line}: {_dotted(below)} stands twice; keep one")
            _walk(path, value, below, places)
            places[below] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _walk(path, value, (*place, i), places)


def _line(places: dict[Place, int], place: Place) -> int:
    """The line of the place, or of the nearest one above it that is in the file."""
    while place and place not in places:
        place = place[:-1]
    return places.get(place, 1)


def _dotted(place: Place) -> str:
    return ".".join(map(str, place)) or "the file"
